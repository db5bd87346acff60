"""The repository that `make try` and `make bench` work on: a scratch copy, and functions in it worth showing."""

import json
import os
import pathlib
import re
import shutil
import stat
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "longsight"

# The header of a function, its body's first line and what closes it, per kind of file.
SCRIPT = re.compile(r"^( *)(?:export )?(?:default )?(?:async )?function (?P<name>\w+)[^\n]*\{\n(?P<body>(?:\1 [^\n]*\n|\n){2,30})\1\}\n", re.M)
C = re.compile(
    r"^()(?!(?:if|for|while|switch|else|do|return|typedef|struct|class|namespace|extern)\b)\w[\w:<>*&~ \t]*?(?:\n)?"
    r"(?P<name>[\w~]+)\([^;{}()]*\)[^;{}()\n]*\n?\{\n(?P<body>(?:[ \t][^\n]*\n|\n){2,30})\}\n",
    re.M,
)
JAVA = re.compile(
    r"^( +)(?:(?:public|private|protected|static|final|synchronized) )*[\w<>\[\], ?]+ (?P<name>\w+)\([^;{}()]*\)[^;{}()\n]*\{\n"
    r"(?P<body>(?:\1 [^\n]*\n|\n){2,30})\1\}\n",
    re.M,
)
FUNCTIONS = {
    ".rs": re.compile(r"^( *)(?:pub(?:\([a-z]+\))? )?(?:const )?fn (?P<name>\w+)[^\n;]*\{\n(?P<body>(?:\1 [^\n]*\n|\n){2,30})\1\}\n", re.M),
    ".py": re.compile(r"^( *)def (?P<name>\w+)\([^\n]*:\n(?P<body>(?:\1 +[^\n]*\n|\n){2,30})", re.M),
    ".go": re.compile(r"^()func (?:\([^)\n]*\) )?(?P<name>\w+)[^\n]*\{\n(?P<body>(?:\t[^\n]*\n|\n){2,30})\}\n", re.M),
    **dict.fromkeys((".js", ".jsx", ".mjs", ".ts", ".tsx"), SCRIPT),
    **dict.fromkeys((".c", ".cc", ".cpp", ".cxx", ".h", ".hpp"), C),
    ".java": JAVA,
}


def crate_source(name):
    """The source that cargo has downloaded for our own build."""
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--manifest-path", str(ROOT / "Cargo.toml")]
    packages = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["packages"]
    return next(pathlib.Path(package["manifest_path"]).parent for package in packages if package["name"] == name)


def copy(source, purpose):
    """A scratch copy, as a git repository of its own, so that editors and longsight see its root. What is no file, folder or link (a
    pipe, a socket) and what cannot be read is left out."""
    workspace = CACHE / purpose / source.name
    shutil.rmtree(workspace, ignore_errors=True)
    named = shutil.ignore_patterns("target", "node_modules", ".venv", "*.gguf")

    def ignored(folder, names):
        odd = {name for name in names if not stat_is_plain(os.lstat(os.path.join(folder, name)).st_mode)}
        return odd | named(folder, names)

    try:
        shutil.copytree(source, workspace, symlinks=True, ignore=ignored)
    except shutil.Error as error:
        print(f"not copied: {', '.join(str(entry[0]) for entry in error.args[0][:3])} and so on ({len(error.args[0])} in all)")
    if not (workspace / ".git").exists():
        subprocess.run(["git", "init", "-q", str(workspace)], check=False)
    return workspace


def stat_is_plain(mode):
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)


def find_function(workspace, skip, known=None):
    """A function worth showing, as its file and its match; none where there is none. `known` is a path and a name; else the function of
    middling size that most deserves it: in the source, documented, not a test. `skip` takes the next, or the last there is."""
    if known and (workspace / known[0]).is_file():
        path = workspace / known[0]
        named = [match for match in FUNCTIONS[path.suffix].finditer(path.read_text(encoding="utf-8")) if match.group("name") == known[1]]
        if named:
            return path, named[0]
    found = []
    for path in sorted(workspace.rglob("*")):
        pattern = FUNCTIONS.get(path.suffix)
        relative = str(path.relative_to(workspace))
        if not pattern or not path.is_file() or re.search(r"(^|/)(tests?|benches|examples|fuzz|\.git)/|test", relative):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        text = text.split("#[cfg(test)]")[0]
        for match in pattern.finditer(text):
            before = text[: match.start()].rstrip().splitlines()[-1:] or [""]
            documented = before[0].lstrip().startswith(("///", "//", "#", '"""', "*"))
            length = match.group("body").count("\n")
            found.append((not documented, abs(length - 6), relative, match.start(), path, match))
    return sorted(found, key=lambda entry: entry[:4])[: skip + 1][-1][4:] if found else None


def range_of(path, match):
    text = path.read_text(encoding="utf-8", errors="replace")
    first = text.count("\n", 0, match.start()) + 1
    return first, first + match.group(0).rstrip("\n").count("\n")
