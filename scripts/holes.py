#!/usr/bin/env python3
"""Does the context help the model? Cuts lines and blocks out of repositories and compares what a model thinks of them.

  holes.py write PROMPTS.jsonl GITDIR=SUFFIX… [--holes 200] [--budget 256] [--kind any|foreign] [--longsight BINARY]
  cargo bench --bench likelihood -- MODEL.gguf PROMPTS.jsonl > JUDGED.jsonl
  holes.py show PROMPTS.jsonl JUDGED.jsonl

Every hole has three prompts of the same length, in the very form that `longsight.contextPreview` prints: with our context, with as much
more of the open file, and with a ring of chunks of 64 lines as llama.vim sends them (from files that were last changed together with this
one). A hole is a line or a block of three lines; `--kind foreign` takes lines that use a name which another file defines and this
file does not show elsewhere, in the way of CrossCodeEval. The summary has exact matches, edit similarity and the likelihood of what stood
there in nats a token; for the differences 95 % intervals by resampling.
"""
import argparse, collections, difflib, itertools, json, os, pathlib, random, re, subprocess, sys, tempfile

sys.path.insert(0, os.path.dirname(__file__))
from lsp import Server

TEST = re.compile(r"(^|/)(tests?|testing|testsuite|testdata|benches|examples?|docs?|fixtures)(/|$)|(^|/)tests?\.\w+$|_test\.\w+$|(^|/)test_")
LANGUAGE = {".rs": "rust", ".py": "python"}
DEFINES = re.compile(r"^\s*(?:pub(?:\([^)]*\))?\s+)?(?:async\s+|unsafe\s+|const\s+)*(?:fn|struct|enum|trait|type|static|const|def|class|macro_rules!)\s+([A-Za-z_]\w{3,})", re.M)
WORD = re.compile(r"[A-Za-z_]\w{3,}")
COMMENT = ("//", "#", "*", '"', "use ", "import ", "from ")
CHUNK = 64
BLOCK = 3
CONTEXTS = ("ours", "file", "ring")


def git(repository, *arguments):
    return subprocess.run(["git", "-C", repository, *arguments], capture_output=True).stdout.decode("utf8", "replace")


def holes(root, suffix, kind, chance):
    """Places in functions, at most two in a file."""
    texts = {}
    for file in sorted(root.rglob(f"*{suffix}")):
        if file.is_file() and file.stat().st_size < 200_000:
            texts[file.relative_to(root).as_posix()] = file.read_text("utf8", "replace")
    defined = collections.Counter(name for text in texts.values() for name in set(DEFINES.findall(text)))
    found = []
    for path, text in texts.items():
        if TEST.search(path) or len(text) < 2_000:
            continue
        lines = text.split("\n")
        words, own = collections.Counter(WORD.findall(text)), set(DEFINES.findall(text))
        foreign = lambda line: any(words[name] == 1 and name not in own and 1 <= defined[name] <= 2 for name in WORD.findall(line))
        tests = next((at for at, line in enumerate(lines) if line.startswith("#[cfg(test)]")), len(lines))
        quoted = [count % 2 == 1 for count in itertools.accumulate(line.count('"""') for line in lines)]
        code = lambda at: len(lines[at].strip()) >= 12 and lines[at].startswith((" ", "\t")) and not lines[at].strip().startswith(COMMENT) and not quoted[at]
        places = [at for at in range(20, min(tests, len(lines) - 10)) if code(at) and (kind == "any" or foreign(lines[at]))]
        chance.shuffle(places)
        for at in places[:2]:
            count = BLOCK if kind == "any" and chance.random() < 0.25 else 1
            if all(line.strip() for line in lines[at:at + count]):
                found.append({"path": path, "line": at, "count": count})
    chance.shuffle(found)
    return found


def whole(repository):
    """Whether a snapshot has the files that its tree names: what lacks some cannot be judged."""
    named = git(repository, "ls-tree", "-r", "HEAD").split("\n")[:-1]
    objects = "\n".join(line.split()[2] for line in named if " blob " in line)
    found = subprocess.run(["git", "-C", repository, "cat-file", "--batch-check=%(objecttype)"], input=objects.encode(), capture_output=True)
    return found.stdout.decode().count("missing") < len(named) / 100


def together(repository, path, suffix):
    """Files that were last changed together with this one, newest first."""
    commits = git(repository, "log", "-n", "12", "--format=%h", "HEAD", "--", path).split()
    files = []
    for commit in commits:
        for name in git(repository, "show", "--name-only", "--format=", commit).split("\n"):
            if name.endswith(suffix) and name != path and name not in files:
                files.append(name)
    return files


def ring(root, repository, path, suffix, length, chance):
    """Chunks of 64 lines from files changed together, up to so many characters, as the prompt quotes files."""
    text = ""
    for name in together(repository, path, suffix):
        file = root / name
        if not file.is_file() or len(text) >= length:
            continue
        lines = file.read_text("utf8", "replace").split("\n")
        start = chance.randrange(max(1, len(lines) - CHUNK))
        text += "<|file_sep|>%s\n%s\n" % (name, "\n".join(lines[start:start + CHUNK]))
    return text if len(text) <= length else text[:length].rsplit("\n", 1)[0] + "\n"


def prompts(hole, root, repository, suffix, server, budget, chance):
    lines = (root / hole["path"]).read_text("utf8", "replace").split("\n")
    cut = lines[hole["line"]:hole["line"] + hole["count"]]
    blank = cut[0][:len(cut[0]) - len(cut[0].lstrip())]
    before = "\n".join(lines[:hole["line"]] + [blank])
    text = before + "\n" + "\n".join(lines[hole["line"] + hole["count"]:])
    uri = (root / hole["path"]).as_uri()
    server.notify("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": LANGUAGE[suffix], "version": 1, "text": text}})
    asked = {"uri": uri, "position": {"line": hole["line"], "character": len(blank)}, "budget": budget}
    try:
        ours = server.request("workspace/executeCommand", {"command": "longsight.contextPreview", "arguments": [asked]})["prompt"]
    finally:
        server.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    head, _, rest = ours.partition("<|fim_prefix|>")
    shown, _, tail = rest.partition("<|fim_suffix|>")
    repo, at = head.index("<|file_sep|>"), head.rindex("<|file_sep|>")
    length = at - repo
    more = before[max(0, len(before) - len(shown) - length):]
    more = more if len(more) == len(before) else more[more.find("\n") + 1:]
    alone = head[:repo] + head[at:]
    chunks = ring(root, repository, hole["path"], suffix, length, chance)
    made = {"ours": ours, "file": f"{alone}<|fim_prefix|>{more}<|fim_suffix|>{tail}", "ring": f"{head[:repo]}{chunks}{head[at:]}<|fim_prefix|>{rest}"}
    wanted = "\n".join(cut)[len(blank):]
    return [{**hole, "context": name, "prompt": made[name], "wanted": wanted, "lines": hole["count"]} for name in CONTEXTS]


def write(options):
    each = -(-options.holes // len(options.repositories))
    with tempfile.TemporaryDirectory() as scratch, open(options.prompts, "w") as out:
        config = pathlib.Path(scratch) / "config.toml"
        config.write_text("[completion]\nin_comments = true\n")
        for given in options.repositories:
            repository, suffix = given.rsplit("=", 1)
            name = pathlib.Path(repository).parent.name
            if not whole(repository):
                print(f"{repository}: SKIP, the snapshot lacks files", file=sys.stderr)
                continue
            root = pathlib.Path(scratch) / name
            root.mkdir()
            archive = subprocess.run(["git", "-C", repository, "archive", "HEAD"], capture_output=True)
            if archive.returncode:
                print(f"{repository}: SKIP, {archive.stderr.decode('utf8', 'replace').strip()}", file=sys.stderr)
                continue
            subprocess.run(["tar", "-x", "-C", root], input=archive.stdout, check=True)
            (root / ".git").mkdir()
            server = Server([options.longsight, "--config", str(config), "serve"], root)
            for hole in holes(root, suffix, options.kind, random.Random(20261125))[:each]:
                chance = random.Random(f"{hole['path']}:{hole['line']}")
                try:
                    rows = prompts(hole, root, repository, suffix, server, options.budget, chance)
                except RuntimeError as refused:
                    print(f"{hole['path']}:{hole['line'] + 1}: {refused}", file=sys.stderr)
                    continue
                out.writelines(json.dumps({"repository": name, **row}) + "\n" for row in rows)
            server.stop()


def show(options):
    rows, judged = ([json.loads(line) for line in open(path)] for path in (options.prompts, options.judged))
    places = collections.defaultdict(dict)
    for row, found in zip(rows, judged):
        if found["nats"] is None:
            continue
        similar = difflib.SequenceMatcher(None, found["text"].strip(), row["wanted"].strip(), autojunk=False).ratio()
        # By the text: the model may write the end of the line and the line break as one token, which the cut-out line has not.
        figures = {"exact": float(found["text"].strip() == row["wanted"].strip()), "similar": similar, "nats": found["nats"] / found["wanted_tokens"], "tokens": found["tokens"]}
        places[row["repository"], row["path"], row["line"], row["count"]][row["context"]] = figures
    complete = [(place, found) for place, found in places.items() if len(found) == len(CONTEXTS)]
    for kind, some in (("lines", [f for p, f in complete if p[3] == 1]), ("blocks", [f for p, f in complete if p[3] > 1]), ("all", [f for _, f in complete])):
        if not some:
            continue
        mean = lambda name, what: sum(found[name][what] for found in some) / len(some)
        print(f"{len(some)} {kind}")
        for name in CONTEXTS:
            print(f"  {name:5} exact {mean(name, 'exact'):.3f}  similar {mean(name, 'similar'):.3f}  {mean(name, 'nats'):.3f} nats a token  prompt {mean(name, 'tokens'):.0f} tokens")
        chance = random.Random(7)
        for other in CONTEXTS[1:]:
            for what in ("exact", "similar", "nats"):
                differences = [found["ours"][what] - found[other][what] for found in some]
                means = sorted(sum(chance.choices(differences, k=len(differences))) / len(differences) for _ in range(2000))
                print(f"  ours over {other}: {what} {sum(differences) / len(differences):+.3f} ({means[50]:+.3f} to {means[1949]:+.3f})")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    writes, shows = commands.add_parser("write"), commands.add_parser("show")
    writes.set_defaults(run=write), shows.set_defaults(run=show)
    for command in (writes, shows):
        command.add_argument("prompts")
    writes.add_argument("repositories", nargs="+"), shows.add_argument("judged")
    writes.add_argument("--holes", type=int, default=200), writes.add_argument("--budget", type=int, default=256)
    writes.add_argument("--kind", choices=("any", "foreign"), default="any")
    writes.add_argument("--longsight", default=os.environ.get("LONGSIGHT", "longsight"))
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
