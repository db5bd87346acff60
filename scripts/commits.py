#!/usr/bin/env python3
"""Finds files by the messages of commits, beside BM25 over 40-line chunks. No model is asked.

  commits.py GITDIR SUFFIX [--back 400] [--most 300] [--budget 4096] [--longsight BINARY]

The tree is that of HEAD~back. A query is the message of a later commit that touches one to five files that exist there and are no
tests; a ranker finds it when one of these is among its first files. Ours is what `longsight context --ask MESSAGE` puts forward: the
files of its excerpts, in the order in which `ask` lists them as places.
"""
import argparse, collections, json, math, os, pathlib, re, subprocess, sys, tempfile

sys.path.insert(0, os.path.dirname(__file__))
from lsp import Server

TEST = re.compile(r"(^|/)(tests?|testsuite|testdata|test_data|benches|benchsuite|examples?|docs?|fixtures|testing)(/|$)|(^|/)tests?\.\w+$|_test\.\w+$|(^|/)test_")
WORD = re.compile(r"[A-Za-z][a-z]+|[A-Z]+(?![a-z])|[a-z]+|\d+")
CHUNK = 40
FIRST = (1, 5, 10)


def git(repository, *arguments):
    return subprocess.run(["git", "-C", repository, *arguments], capture_output=True, check=True).stdout.decode("utf8", "replace")


def queries(repository, base, suffix, most):
    """Messages with the files that they touch, oldest first."""
    there = {path for path in git(repository, "ls-tree", "-r", "--name-only", base).split("\n") if path.endswith(suffix) and not TEST.search(path)}
    found = []
    log = git(repository, "log", "--reverse", "--no-merges", "--name-status", "--no-renames", "--format=%x01%B%x02", f"{base}..HEAD")
    for entry in log.split("\x01")[1:]:
        message, _, changes = entry.partition("\x02")
        touched = {line.split("\t")[1] for line in changes.strip().split("\n") if line.startswith(("M\t", "D\t")) and "\t" in line}
        gold = touched & there
        message = "\n".join(line for line in message.split("\n") if not re.match(r"(Signed-off-by|Co-authored-by|Reviewed-by|Change-Id):", line, re.I)).strip()
        if 1 <= len(gold) <= 5 and len(message.split()) >= 2:
            found.append((message, gold))
    return there, found[-most:]


def words(text):
    return [word.lower() for word in WORD.findall(text) if len(word) > 1]


class Chunks:
    """BM25 (k1 1.2, b 0.75); a file is worth its best chunk."""

    def __init__(self, files):
        self.chunks, self.postings = [], collections.defaultdict(list)
        for path, text in files.items():
            lines = text.split("\n")
            for start in range(0, len(lines), CHUNK):
                counts = collections.Counter(words("\n".join(lines[start:start + CHUNK])))
                number = len(self.chunks)
                self.chunks.append((path, sum(counts.values())))
                for word, count in counts.items():
                    self.postings[word].append((number, count))
        self.mean = sum(size for _, size in self.chunks) / max(len(self.chunks), 1)

    def rank(self, message):
        scores = collections.Counter()
        for word in set(words(message)):
            having = self.postings.get(word, ())
            rarity = math.log(1 + (len(self.chunks) - len(having) + 0.5) / (len(having) + 0.5))
            for number, count in having:
                length = self.chunks[number][1]
                scores[number] += rarity * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * length / self.mean))
        best = collections.Counter()
        for number, score in scores.items():
            best[self.chunks[number][0]] = max(best[self.chunks[number][0]], score)
        return [path for path, _ in best.most_common()]


def ours(server, message, budget):
    """Files in the order in which a question's places are put forward."""
    answer = server.request("workspace/executeCommand", {"command": "longsight.contextPreview", "arguments": [{"question": message[:8000], "budget": budget}]})
    files = []
    for part in answer["parts"]:
        if part["kind"] == "definition" and part["path"] not in files:
            files.append(part["path"])
    return files


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository"), parser.add_argument("suffix"), parser.add_argument("--back", type=int, default=400)
    parser.add_argument("--most", type=int, default=300), parser.add_argument("--budget", type=int, default=4096)
    parser.add_argument("--longsight", default=os.environ.get("LONGSIGHT", "longsight")), parser.add_argument("--missed", action="store_true")
    options = parser.parse_args()
    base = git(options.repository, "rev-list", "--first-parent", f"--skip={options.back}", "--max-count=1", "HEAD").strip()
    there, asked = queries(options.repository, base, options.suffix, options.most)
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(["git", "-C", options.repository, "archive", base], capture_output=True).stdout
        subprocess.run(["tar", "-x", "-C", folder], input=archive, stderr=subprocess.DEVNULL)
        os.makedirs(os.path.join(folder, ".git"), exist_ok=True)
        files = {path: (pathlib.Path(folder) / path).read_text("utf8", "replace") for path in there if (pathlib.Path(folder) / path).is_file()}
        chunks = Chunks(files)
        hits = {"bm25": collections.Counter(), "longsight": collections.Counter()}
        server = Server([options.longsight, "serve"], folder)
        try:
            for message, gold in asked:
                lists = {"bm25": chunks.rank(message), "longsight": [path for path in ours(server, message, options.budget)]}
                for name, ranked in lists.items():
                    ranked = [path for path in ranked if path in there]
                    for first in FIRST:
                        hits[name][first] += bool(gold & set(ranked[:first]))
                if options.missed and not gold & set(lists["longsight"][:5]):
                    print(json.dumps({"message": message[:300], "gold": sorted(gold), "ours": lists["longsight"][:8]}))
        finally:
            server.stop()
    rows = {name: {f"acc@{first}": round(counts[first] / max(len(asked), 1), 3) for first in FIRST} for name, counts in hits.items()}
    print(json.dumps({"files": len(files), "queries": len(asked), **rows, "gain@5": round(rows["longsight"]["acc@5"] - rows["bm25"]["acc@5"], 3)}))


if __name__ == "__main__":
    main()
