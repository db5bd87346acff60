"""The repository that `make try` and `make bench` work on: a scratch copy, and functions in it worth showing."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "longsight"

# The header of a function, its body's first line and what closes it, per kind of file.
FUNCTIONS = {
    ".rs": re.compile(r"^( *)(?:pub(?:\([a-z]+\))? )?(?:const )?fn (?P<name>\w+)[^\n;]*\{\n(?P<body>(?:\1 [^\n]*\n|\n){3,14})\1\}\n", re.M),
    ".py": re.compile(r"^( *)def (?P<name>\w+)\([^\n]*:\n(?P<body>(?:\1 +[^\n]*\n|\n){3,14})", re.M),
    ".go": re.compile(r"^()func (?:\([^)\n]*\) )?(?P<name>\w+)[^\n]*\{\n(?P<body>(?:\t[^\n]*\n|\n){3,14})\}\n", re.M),
    ".js": re.compile(r"^( *)(?:export )?(?:async )?function (?P<name>\w+)[^\n]*\{\n(?P<body>(?:\1 [^\n]*\n|\n){3,14})\1\}\n", re.M),
    ".ts": re.compile(r"^( *)(?:export )?(?:async )?function (?P<name>\w+)[^\n]*\{\n(?P<body>(?:\1 [^\n]*\n|\n){3,14})\1\}\n", re.M),
}


def crate_source(name):
    """The source that cargo has downloaded for our own build."""
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--manifest-path", str(ROOT / "Cargo.toml")]
    packages = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["packages"]
    return next(pathlib.Path(package["manifest_path"]).parent for package in packages if package["name"] == name)


def copy(source, purpose):
    """A scratch copy, as a git repository of its own, so that editors and longsight see its root."""
    workspace = CACHE / purpose / source.name
    shutil.rmtree(workspace, ignore_errors=True)
    ignored = shutil.ignore_patterns("target", "node_modules", ".venv", "*.gguf")
    shutil.copytree(source, workspace, symlinks=True, ignore=ignored)
    if not (workspace / ".git").exists():
        subprocess.run(["git", "init", "-q", str(workspace)], check=False)
    return workspace


def find_function(workspace, skip, known=None):
    """A function worth showing, as its file and its match. `known` is a path and a name; else the function of middling size that most
    deserves it: in the source, documented, not a test. `skip` takes the next."""
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
    if len(found) <= skip:
        sys.exit(f"no function that could be shown was found in {workspace}; try another repository")
    return sorted(found, key=lambda entry: entry[:4])[skip][4:]


def range_of(path, match):
    text = path.read_text(encoding="utf-8", errors="replace")
    first = text.count("\n", 0, match.start()) + 1
    return first, first + match.group(0).rstrip("\n").count("\n")
