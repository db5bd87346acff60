#!/usr/bin/env python3
"""Does the context help the model? Cuts lines and blocks out of repositories and compares what a model writes there.

  holes.py RESULTS.jsonl MODEL.gguf GITDIR=SUFFIX… [--holes 200] [--budget 256] [--longsight BINARY] [--python PYTHON]

The same model completes every hole three times, greedily: with our context, with the open file alone, and with a ring of chunks of 64
lines as llama.vim sends them (from files that were last changed together with this one), all in the very prompt that `longsight
context` prints, with so many tokens of other files. The model is served by a llama.cpp server (PYTHON has the package xllamacpp, as
`scripts/get-llama-server` installs it). Each hole is a line of the results; a run goes on where the last one stopped. The summary has
exact matches, edit similarity, and for the differences 95 % intervals by resampling.
"""
import argparse, difflib, json, os, pathlib, random, re, subprocess, sys, tempfile, time, urllib.request

sys.path.insert(0, os.path.dirname(__file__))
from lsp import Server

TEST = re.compile(r"(^|/)(tests?|testing|testsuite|testdata|benches|examples?|docs?|fixtures)(/|$)|(^|/)tests?\.\w+$|_test\.\w+$|(^|/)test_")
SERVE = """
import sys, xllamacpp
params = xllamacpp.CommonParams()
params.model.path = sys.argv[1]
params.hostnames = ["127.0.0.1"]
params.port = int(sys.argv[2])
params.n_ctx = 4096
params.n_parallel = 1
params.cpuparams.n_threads = 2
params.warmup = False
params.verbosity = 0
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
"""
CHUNK = 64
CONTEXTS = ("ours", "file", "ring")


def git(repository, *arguments):
    return subprocess.run(["git", "-C", repository, *arguments], capture_output=True).stdout.decode("utf8", "replace")


def holes(root, suffix, chance):
    """Places in functions: a line, or a block of three to six lines; at most two in a file."""
    found = []
    for file in sorted(root.rglob(f"*{suffix}")):
        path = file.relative_to(root).as_posix()
        if TEST.search(path) or not 2_000 < file.stat().st_size < 200_000:
            continue
        lines = file.read_text("utf8", "replace").split("\n")
        code = lambda at: len(lines[at].strip()) >= 12 and lines[at].startswith((" ", "\t")) and not lines[at].strip().startswith(("//", "#", "*", '"', "use ", "import ", "from "))
        places = [at for at in range(20, len(lines) - 10) if code(at)]
        chance.shuffle(places)
        for at in places[:2]:
            kind = chance.choice(["line", "block"])
            count = 1 if kind == "line" else chance.randint(3, 6)
            cut = lines[at:at + count]
            if all(line.strip() for line in cut):
                found.append({"path": path, "line": at, "count": count, "kind": kind})
    chance.shuffle(found)
    return found


def together(repository, path, suffix):
    """Files that were last changed together with this one, newest first."""
    commits = git(repository, "log", "-n", "12", "--format=%h", "HEAD", "--", path).split()
    files = []
    for commit in commits:
        for name in git(repository, "show", "--name-only", "--format=", commit).split("\n"):
            if name.endswith(suffix) and name != path and name not in files:
                files.append(name)
    return files


def complete(address, prompt, kind):
    body = {"prompt": prompt, "temperature": 0, "n_predict": 48 if kind == "line" else 128, "cache_prompt": True, "stop": ["<|", "\n"] if kind == "line" else ["<|"]}
    request = urllib.request.Request(address + "/completion", json.dumps(body).encode(), {"Content-Type": "application/json"})
    answer = json.load(urllib.request.urlopen(request, timeout=600))
    return answer["content"], answer.get("tokens_evaluated", 0)


def tokens(address, text):
    request = urllib.request.Request(address + "/tokenize", json.dumps({"content": text}).encode(), {"Content-Type": "application/json"})
    return len(json.load(urllib.request.urlopen(request, timeout=600))["tokens"])


def ring(address, root, repository, path, suffix, budget, chance):
    """Chunks of 64 lines from files changed together, as many as fit, as the prompt quotes files."""
    text = ""
    for name in together(repository, path, suffix):
        file = root / name
        if not file.is_file():
            continue
        lines = file.read_text("utf8", "replace").split("\n")
        start = chance.randrange(max(1, len(lines) - CHUNK))
        chunk = "<|file_sep|>%s\n%s\n" % (name, "\n".join(lines[start:start + CHUNK]))
        while (size := tokens(address, text + chunk)) > budget and chunk.count("\n") > 4:
            # The last chunk is cut to what is left.
            chunk = chunk.rsplit("\n", max(2, chunk.count("\n") // 6))[0] + "\n"
        if size > budget:
            break
        text += chunk
        if size > budget * 0.9:
            break
    return text


def one(hole, root, repository, suffix, server, address, options, chance):
    file = root / hole["path"]
    lines = file.read_text("utf8", "replace").split("\n")
    cut = lines[hole["line"]:hole["line"] + hole["count"]]
    blank = cut[0][:len(cut[0]) - len(cut[0].lstrip())]
    wanted = "\n".join(cut)[len(blank):]
    text = "\n".join(lines[:hole["line"]] + [blank] + lines[hole["line"] + hole["count"]:])
    language = {".rs": "rust", ".py": "python"}[suffix]
    uri = file.as_uri()
    server.notify("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": language, "version": 1, "text": text}})
    at = {"line": hole["line"], "character": len(blank)}
    look = lambda budget: server.request("workspace/executeCommand", {"command": "longsight.contextPreview", "arguments": [{"uri": uri, "position": at, "budget": budget}]})
    try:
        with_ours, alone = look(options.budget), look(0)
    finally:
        server.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    around = ring(address, root, repository, hole["path"], suffix, options.budget, chance)
    head, mark, rest = alone["prompt"].partition("<|file_sep|>")
    prompts = {"ours": with_ours["prompt"], "file": alone["prompt"], "ring": head + around + mark + rest}
    result = {**hole, "wanted": wanted}
    for name in CONTEXTS:
        written, size = complete(address, prompts[name], hole["kind"])
        # A block is compared over as many lines as were cut.
        written = "\n".join(written.split("\n")[:hole["count"]])
        result[name] = {"text": written, "exact": written.strip() == wanted.strip(), "tokens": size,
                        "similar": round(difflib.SequenceMatcher(None, written.strip(), wanted.strip(), autojunk=False).ratio(), 4)}
    return result


def summary(results):
    chance = random.Random(7)
    for kind in ("line", "block", "all"):
        some = [one for one in results if kind in (one["kind"], "all")]
        if not some:
            continue
        row = {"holes": len(some), "kind": kind}
        for name in CONTEXTS:
            row[name] = {"exact": round(sum(one[name]["exact"] for one in some) / len(some), 3), "similar": round(sum(one[name]["similar"] for one in some) / len(some), 3),
                         "tokens": round(sum(one[name]["tokens"] for one in some) / len(some))}
        for other in ("file", "ring"):
            for what in ("exact", "similar"):
                differences = [float(one["ours"][what]) - float(one[other][what]) for one in some]
                means = sorted(sum(chance.choices(differences, k=len(differences))) / len(differences) for _ in range(2000))
                row[f"{what} over {other}"] = [round(sum(differences) / len(differences), 3), round(means[50], 3), round(means[1949], 3)]
        print(json.dumps(row))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results"), parser.add_argument("model"), parser.add_argument("repositories", nargs="*")
    parser.add_argument("--holes", type=int, default=200), parser.add_argument("--budget", type=int, default=256)
    parser.add_argument("--longsight", default=os.environ.get("LONGSIGHT", "longsight")), parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--port", type=int, default=18437), parser.add_argument("--latency", type=int, default=250)
    options = parser.parse_args()
    results = [json.loads(line) for line in open(options.results)] if os.path.exists(options.results) else []
    done = {(one["repository"], one["path"], one["line"]) for one in results}
    each = -(-options.holes // max(len(options.repositories), 1))
    serving = None
    with tempfile.TemporaryDirectory() as scratch:
        config = pathlib.Path(scratch) / "config.toml"
        config.write_text(f"[completion]\nlatency_ms = {options.latency}\nin_comments = true\n")
        try:
            for given in options.repositories:
                repository, suffix = given.rsplit("=", 1)
                name = pathlib.Path(repository).parent.name
                root = pathlib.Path(scratch) / name
                root.mkdir()
                archive = subprocess.run(["git", "-C", repository, "archive", "HEAD"], capture_output=True).stdout
                subprocess.run(["tar", "-x", "-C", root], input=archive, stderr=subprocess.DEVNULL)
                (root / ".git").mkdir()
                chosen = holes(root, suffix, random.Random(20261125))[:each]
                chosen = [hole for hole in chosen if (name, hole["path"], hole["line"]) not in done]
                if not chosen:
                    continue
                if serving is None:
                    serving = subprocess.Popen([options.python, "-c", SERVE, options.model, str(options.port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
                    address = serving.stdout.readline().strip()
                server = Server([options.longsight, "--config", str(config), "serve"], root)
                for hole in chosen:
                    chance = random.Random(f"{hole['path']}:{hole['line']}")
                    try:
                        result = {"repository": name, **one(hole, root, repository, suffix, server, address, options, chance)}
                    except RuntimeError as refused:
                        print(f"{hole['path']}:{hole['line'] + 1}: {refused}", file=sys.stderr)
                        continue
                    results.append(result)
                    with open(options.results, "a") as file:
                        file.write(json.dumps(result) + "\n")
                server.stop()
        finally:
            if serving:
                serving.kill()
    summary(results)


if __name__ == "__main__":
    main()
