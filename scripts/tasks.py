#!/usr/bin/env python3
"""Tasks over real crates and a real Python package, judged by the compiler or by tests: `longsight edit` with a model that is given, or
with a scripted V3.2 that plays a known-good transcript through both dialects.

Each task of `tests/data/tasks.json` is a repository (a crate of cargo's registry, a package of Python's library), a seeded change, a
marked line, words, and a check. Only the edits that the command prints are applied, to a copy; a check that passes before the edit is
an error of the task. Reports success, steps, tokens and seconds, and why each task failed.

    scripts/tasks.py --longsight target/release/longsight --scripted      # also with faults: none may harm a file
    scripts/tasks.py --longsight target/release/longsight [--config FILE] [--only PART] [--kept FOLDER [--again]]
    scripts/tasks.py --longsight target/release/longsight --server MODEL.gguf [--only PART] [--kept FOLDER [--again]]

With --kept, the result of each task and the talk with the model are kept in that folder, and a run that was broken off goes on there.
"""

import argparse
import contextlib
import difflib
import glob
import hashlib
import http.server
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
DSML = "｜DSML｜"


class Missing(Exception):
    """The repository of a task is not here, or not in the version that it was written for."""


def source(repo):
    """The folder of a repository as it lies on this machine."""
    kind, name = repo.split(":")
    if kind == "python":
        return pathlib.Path(__import__(name).__path__[0])
    home = os.environ.get("CARGO_HOME", os.path.expanduser("~/.cargo"))
    lock = (HERE.parent / "Cargo.lock").read_text()
    for version in re.findall(rf'^name = "{name}"\nversion = "([^"]+)"', lock, re.M)[::-1]:
        for found in sorted(glob.glob(f"{home}/registry/src/*/{name}-{version}")):
            if (pathlib.Path(found) / "Cargo.toml").exists():
                return pathlib.Path(found)
    raise Missing(f"{repo} is not here; cargo downloads it when longsight is built")


def replace(root, path, old, new):
    file = root / path
    if not old and not file.exists():
        file.write_text(new)
        return
    text = file.read_text()
    if text.count(old) != 1:
        raise Missing(f"{path} has {text.count(old)} places {old!r}")
    file.write_text(text.replace(old, new))


def code_files(root):
    return [file for file in sorted(root.rglob("*")) if file.suffix in (".rs", ".py") and ".git" not in file.parts]


class Place:
    """A task's repository in a folder of its own: `start` as the model finds it, `goal` as a known-good edit leaves it."""

    def __init__(self, task, folder):
        self.task, self.folder = task, folder
        origin = source(task["repo"])
        below = "jsonx" if task["repo"].startswith("python:") else ""
        self.base, self.below = folder / "start", below
        ignore = shutil.ignore_patterns("__pycache__", "target", ".cargo-ok")
        shutil.copytree(origin, self.base / below, ignore=ignore)
        (self.base / ".git").mkdir(exist_ok=True)
        self.start = self.base / below
        original = {str(file.relative_to(self.start)): file.read_text() for file in code_files(self.start)}
        for path, old, new in task["seed"]:
            replace(self.start, path, old, new)
        shutil.copytree(self.base, folder / "goal")
        goal = folder / "goal" / below
        if "rename" in task:
            old, new = task["rename"]
            for file in code_files(goal):
                file.write_text(re.sub(rf"\b{re.escape(old)}\b", new, file.read_text()))
        elif "good" in task:
            for path, old, new in task["good"]:
                replace(goal, path, old, new)
        else:
            for path, text in original.items():
                (goal / path).write_text(text)
        self.goal = goal

    def named(self, path):
        return f"{self.below}/{path}" if self.below else path

    def line(self):
        lines = (self.start / self.task["path"]).read_text().split("\n")
        if lines.count(self.task["mark"]) < 1:
            raise Missing(f"{self.task['path']} has no line {self.task['mark']!r}")
        return lines.index(self.task["mark"]) + 1

    def edits(self):
        """The difference of start and goal as edits with unique anchors."""
        edits = []
        for file in code_files(self.goal):
            path = file.relative_to(self.goal)
            old = self.start / path
            if not old.exists():
                edits.append({"path": self.named(str(path)), "old": "", "new": file.read_text(), "reason": "A new file."})
                continue
            before, after = old.read_text().splitlines(True), file.read_text().splitlines(True)
            groups = [op for op in difflib.SequenceMatcher(None, before, after, False).get_opcodes() if op[0] != "equal"]
            # From the end, so that earlier lines keep their numbers.
            current = before[:]
            for _, first, last, new_first, new_last in reversed(groups):
                edits.append(anchored(self.named(str(path)), current, first, last, after[new_first:new_last]))
                current[first:last] = after[new_first:new_last]
        return edits

    def transcript(self):
        edits = self.edits()
        paths = sorted({edit["path"] for edit in edits if edit["old"]})[:4] or [self.named(self.task["path"])]
        look = [("read_file", {"path": path}) for path in paths]
        name = re.findall(r"[A-Za-z_]\w{3,}", self.task["mark"]) or ["main"]
        look.append(("find_references", {"name": name[-1]}))
        return [Turn(look), Turn([("propose_edit", {"edits": edits})]), Turn([("finish", {"summary": "Done."})])]


def anchored(path, lines, first, last, new):
    text = "".join(lines)
    for around in range(len(lines)):
        start, end = max(first - around, 0), min(last + around, len(lines))
        old = "".join(lines[start:end])
        if old.strip() and text.count(old) == 1:
            whole = "".join(lines[start:first] + new + lines[last:end])
            return {"path": path, "old": old, "new": whole, "reason": "As the task says."}
    raise Missing(f"no unique anchor in {path}")


CHECKED = {}


def missing(task, base):
    """What the task asks for and no compiler looks for; none when it is there."""
    if "rename" in task:
        old, new = (rf"\b{re.escape(name)}\b" for name in task["rename"])
        code = "\n".join(file.read_text() for file in code_files(base))
        if re.search(old, code) or not re.search(new, code):
            return f"{task['rename'][0]} is still there"
    for path, pattern in task.get("wants", []):
        if not re.search(pattern, (base / path).read_text()):
            return f"{path} has nothing like {pattern!r}"
    return None


def check(task, base):
    """Why the repository in `base` does not do what the task wants; none when it does. The same files are checked once."""
    if (why := missing(task, base / "jsonx" if task["repo"].startswith("python:") else base)) is not None:
        return why
    state = hashlib.sha256(json.dumps([task["repo"], task["check"], task.get("test")]).encode())
    for file in code_files(base):
        state.update(f"{file.relative_to(base)}\0".encode() + file.read_bytes() + b"\0")
    if state.digest() not in CHECKED:
        CHECKED[state.digest()] = run_check(task, base)
    return CHECKED[state.digest()]


def run_check(task, base):
    if task["repo"].startswith("python:"):
        done = subprocess.run([sys.executable, "-B", "-c", task["check"]], cwd=base, capture_output=True, text=True, timeout=60)
        return None if done.returncode == 0 else (done.stderr.strip().splitlines() or ["failed"])[-1]
    manifest = (base / "Cargo.toml").read_text()
    edition = (re.findall(r'^edition = "(\d+)"', manifest, re.M) or ["2015"])[0]
    root = base / "src/lib.rs" if (base / "src/lib.rs").exists() else base / "lib.rs"
    name = task["repo"].split(":")[1]
    with tempfile.TemporaryDirectory() as out:
        command = ["rustc", "--edition", edition, "--crate-name", name, "--cap-lints", "allow", "--cfg", 'feature="std"', "--out-dir", out]
        command += ["--test"] if task["check"] == "test" else ["--crate-type", "lib", "--emit", "metadata"]
        built = subprocess.run(command + [root], capture_output=True, text=True, timeout=180)
        if built.returncode != 0:
            return next((line for line in built.stderr.splitlines() if line.startswith("error")), "does not compile")
        if task["check"] != "test":
            return None
        ran = subprocess.run([f"{out}/{name}", task["test"]], capture_output=True, text=True, timeout=60)
        if ran.returncode == 0 and "running 0 tests" not in ran.stdout:
            return None
        failed = [line for line in ran.stdout.splitlines() if "FAILED" in line or "panicked" in line]
        crashed = [line.strip() for line in ran.stderr.splitlines() if line.strip()] if ran.returncode < 0 else []
        return (failed + crashed + ["no such test"])[0]


def apply(base, edits):
    for edit in edits:
        file = base / edit["path"]
        lines = file.read_text().splitlines(True) if file.exists() else []
        for hunk in reversed(edit["hunks"]):
            lines[hunk["start_line"] - 1 : hunk["end_line"]] = [hunk["new"]]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(lines))


class Scripted:
    """A V3.2 that plays a transcript, as a server that parses calls itself or as one that completes raw text."""

    def __init__(self, dialect):
        self.transcript, self.step = [], 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                self.answer("application/json", json.dumps({"data": [{"id": "v32", "max_model_len": 65536}]}))

            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                turn = outer.transcript[outer.step] if outer.step < len(outer.transcript) else Turn([("finish", {"summary": "Over."})])
                outer.step += 1
                if turn.before:
                    turn.before()
                chunks = (native if dialect == "native" else raw)(turn.calls, turn.finish)
                body = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
                self.answer("text/event-stream", body[: int(len(body) * turn.share)], len(body))

            def answer(self, kind, body, length=None):
                data = body.encode()
                self.send_response(200)
                self.send_header("Content-Type", kind)
                # A body that is cut short is shorter than it says.
                self.send_header("Content-Length", str(max(length or 0, len(data))))
                self.end_headers()
                self.wfile.write(data)
                self.close_connection = True

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.config = (
            '[roles]\nscout = "v32"\ncoder = "v32"\n[engines.v32]\nkind = "openai"\nmodel = "v32"\n'
            f'base_url = "http://127.0.0.1:{self.server.server_port}/v1"\ndialect = "{dialect}"\n'
        )

    def play(self, transcript):
        self.transcript, self.step = transcript, 0


class Server:
    """A llama.cpp server that serves a model to the tasks; it ends with the block."""

    PYTHON = "~/.cache/longsight/test/llama-server/bin/python"

    def __init__(self, model):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.command = [os.path.expanduser(self.PYTHON), HERE.parent / "tests/support/llama_server.py", model, str(port)]
        self.config = (
            '[roles]\nscout = "server"\ncoder = "server"\n[engines.server]\nkind = "openai"\nmodel = "tiny"\n'
            f'base_url = "http://127.0.0.1:{port}/v1"\ndialect = "native"\n'
        )

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if not self.process.stdout.readline():
            sys.exit(f"the server did not start; `make test` installs what it needs: {self.command}")
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=30)


class Turn:
    """One answer of the scripted model: its calls, how much of it arrives, what it ends with, and what happens before it."""

    def __init__(self, calls, share=1.0, finish="tool_calls", before=None):
        self.calls, self.share, self.finish, self.before = calls, share, finish, before


def spoiled(fault, turns, place):
    """A known-good transcript with a fault in it, and whether the task must be done all the same."""
    look, propose, finish = turns
    edits = propose.calls[0][1]["edits"]
    file = place.base / edits[0]["path"]
    if fault == "bad anchor":
        wrong = [dict(edit, old=edit["old"] + "\n// not in the file\n") for edit in edits]
        return [look, Turn([("propose_edit", {"edits": wrong})]), propose, finish], any(edit["old"] for edit in edits)
    if fault == "wrong arguments":
        return [look, Turn([("propose_edit", {"edits": "all of them"}), ("read_file", {"path": 7})]), propose, finish], True
    if fault == "unknown tool":
        return [look, Turn([("shell", {"command": "cargo fix"}), ("write_file", {"path": edits[0]["path"], "text": ""})]), propose, finish], True
    if fault == "cut stream":
        return [look, Turn(propose.calls, share=0.6), finish], False
    if fault == "cut by length":
        return [look, Turn(propose.calls, share=1.0, finish="length"), finish], False
    if fault == "in circles":
        return [look] * 30, False
    if fault == "stale file":
        later = Turn(finish.calls, before=lambda: file.exists() and file.write_text(file.read_text() + "\n"))
        return [look, propose, later], False
    raise ValueError(fault)


FAULTS = ["bad anchor", "wrong arguments", "unknown tool", "cut stream", "cut by length", "in circles", "stale file"]


def native(calls, finish):
    listed = [
        {"index": index, "id": f"call_{index}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
        for index, (name, arguments) in enumerate(calls)
    ]
    # Arguments come in pieces, as servers send them.
    chunks = []
    for call in listed:
        text = call["function"]["arguments"]
        head = dict(call, function=dict(call["function"], arguments=""))
        chunks.append([head])
        for at in range(0, len(text), 160):
            chunks.append([{"index": call["index"], "function": {"arguments": text[at : at + 160]}}])
    chunks = [{"id": "a", "model": "v32", "choices": [{"index": 0, "delta": {"tool_calls": chunk}}]} for chunk in chunks]
    return chunks + [{"id": "a", "model": "v32", "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}]


def raw(calls, finish):
    text = f"<{DSML}function_calls>\n"
    for name, arguments in calls:
        text += f'<{DSML}invoke name="{name}">\n'
        for key, value in arguments.items():
            string = isinstance(value, str)
            shown = value if string else json.dumps(value, ensure_ascii=False)
            text += f'<{DSML}parameter name="{key}" string="{str(string).lower()}">{shown}</{DSML}parameter>\n'
        text += f"</{DSML}invoke>\n"
    text += f"</{DSML}function_calls>"
    if finish == "length":
        text = text[: len(text) * 2 // 3]
    pieces = [text[at : at + 200] for at in range(0, len(text), 200)]
    chunks = [{"id": "a", "model": "v32", "choices": [{"index": 0, "text": piece}]} for piece in pieces]
    end = "length" if finish == "length" else "stop"
    return chunks + [{"id": "a", "model": "v32", "choices": [{"index": 0, "text": "", "finish_reason": end}]}]


def files(root):
    return {file: file.read_bytes() for file in root.rglob("*") if file.is_file()}


REASONS = [
    ("no call", "calls nothing|neither words nor a call|could not be read|no valid|is missing|is not known"),
    ("same text", "stands there already|no place has changed"),
    ("echo", "repeats the description"),
    ("bad anchor", "not in the file|begins at lines"),
    ("refused by the parser", "do not parse"),
    ("definition lost", "would be gone"),
    ("no end", "no end in|came to no end"),
    ("wrong code", "^wrong code"),
]


def class_of(why):
    """Whose failure it is, in a word or two."""
    return next((name for name, pattern in REASONS if re.search(pattern, why)), "other")


def talk(record):
    """What the model read and wrote, by the recording of a task."""
    lines = [json.loads(line) for line in record.read_text().splitlines()] if record and record.exists() else []
    timings = [line["event"]["done"]["timing"] for line in lines if "done" in line.get("event", {})]
    total = lambda name: sum(timing[name] for timing in timings)
    asked = sum("ask" in line for line in lines)
    return {"steps": asked, "read": total("tokens_decoded"), "reused": total("tokens_reused"), "written": total("tokens_out")}


def attempt(task, longsight, config, scripted, fault, record=None):
    """One task, once; what came of it."""
    with tempfile.TemporaryDirectory() as temporary:
        place = Place(task, pathlib.Path(temporary))
        line = place.line()
        if check(task, place.base) is None:
            raise Missing("the check passes before anything was done")
        if (why := check(task, place.folder / "goal")) is not None:
            raise Missing(f"the known-good edit does not pass: {why}")
        must = True
        if scripted:
            transcript = place.transcript()
            if fault:
                transcript, must = spoiled(fault, transcript, place)
            scripted.play(transcript)
        command = [longsight, "edit", f"{place.named(task['path'])}:{line}-{line}", "--instruction", task["words"], "--json"]
        if config:
            command += ["--config", config]
        if record:
            record.unlink(missing_ok=True)
            command += ["--record", str(record)]
        before = files(place.base)
        started = time.time()
        done = subprocess.run(command, cwd=place.base, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=3600)
        result = {"name": task["name"], "kind": task["kind"], "seconds": round(time.time() - started, 1)} | talk(record)
        if fault:
            result["fault"] = fault
        changed = [file for file, text in files(place.base).items() if before.get(file) != text]
        if fault == "stale file":
            # The script itself adds a line end to one file.
            changed = [file for file in changed if file.read_bytes() != before.get(file, b"") + b"\n"]
        if changed or before.keys() - files(place.base).keys():
            return result | {"ok": False, "why": f"a file was written: {changed}"}
        if done.returncode not in (0, 1) or "panicked" in done.stderr:
            return result | {"ok": False, "why": f"exit code {done.returncode}: {done.stderr[-200:]}"}
        if done.returncode != 0:
            said = [line for line in done.stderr.strip().splitlines() if line.startswith("longsight:")]
            why = (said or ["no reason given"])[-1].removeprefix("longsight: ")
            return result | {"ok": not must and bool(said), "why": why}
        edited = json.loads(done.stdout)
        result |= {"diff": edited["diff"], "engine": edited["route"]["engine"]}
        # What is offered is whole in any case.
        apply(place.base, edited["edits"])
        why = check(task, place.base)
        return result | ({"ok": True} if why is None else {"ok": False, "why": f"wrong code: {why}"})


def run(tasks, longsight, config, scripted, title, faults=(), kept=None, again=False):
    known = json.loads(kept.joinpath("results.json").read_text()) if kept and kept.joinpath("results.json").exists() else {}
    results, left_out = [], 0
    for number, task in enumerate(tasks):
        fault = faults[number % len(faults)] if faults else None
        name = task["name"]
        if name in known and (known[name]["ok"] or not again):
            result = known[name]
        else:
            try:
                result = attempt(task, longsight, config, scripted, fault, kept and kept / f"{name}.jsonl")
            except Missing as missing:
                left_out += 1
                print(f"left out   {name}: {missing}", flush=True)
                continue
            except subprocess.TimeoutExpired:
                result = {"name": name, "kind": task["kind"], "ok": False, "why": "no end in an hour"}
            if not result["ok"]:
                result["class"] = class_of(result["why"])
            if kept:
                known[name] = result
                kept.joinpath("results.json").write_text(json.dumps(known, indent=1))
        results.append(result)
        word = ("held" if fault else "done") if result["ok"] else "failed"
        why = " ".join(result.get("why", "").split())
        print(f"{word:8} {fault or result.get('class', ''):16} {name:26} {result.get('seconds', 0):6} s  {why[:200]}", flush=True)
    good = sum(result["ok"] for result in results)
    print(f"{title}: {good} of {len(results)}, {left_out} left out", flush=True)
    return results


def summary(results):
    """A line per kind of task, and the failures by whose they are."""
    mean = lambda some, name: round(sum(result.get(name, 0) for result in some) / max(len(some), 1), 1)
    rows = sorted({result["kind"] for result in results}) + ["all"]
    for kind in rows:
        some = [result for result in results if kind in ("all", result["kind"])]
        done = sum(result["ok"] for result in some)
        told = ", ".join(f"{mean(some, name)} {name}" for name in ("steps", "read", "reused", "written", "seconds"))
        print(f"{kind:12} {done} of {len(some)}; on average {told}")
    classes = [result["class"] for result in results if not result["ok"]]
    print("failed: " + (", ".join(f"{classes.count(name)} {name}" for name in sorted(set(classes))) or "none"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--longsight", required=True)
    parser.add_argument("--scripted", action="store_true", help="play the known-good transcripts through both dialects")
    parser.add_argument("--config", help="the configuration of the model to be judged; else the default model")
    parser.add_argument("--server", metavar="MODEL", help="a model file that a llama.cpp server serves to the tasks, over HTTP")
    parser.add_argument("--only", default="", help="tasks whose name contains one of these, with commas between")
    parser.add_argument("--kept", help="keep the results and the talk with the model in this folder, and go on with what is there")
    parser.add_argument("--again", action="store_true", help="what has failed there is tried again")
    options = parser.parse_args()
    tasks = json.loads((HERE.parent / "tests/data/tasks.json").read_text())
    tasks = [task for task in tasks if any(part in task["name"] for part in options.only.split(","))]
    longsight = str(pathlib.Path(options.longsight).resolve())
    if not options.scripted:
        kept = options.kept and pathlib.Path(options.kept).resolve()
        if kept:
            kept.mkdir(parents=True, exist_ok=True)
        config = options.config and str(pathlib.Path(options.config).resolve())
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as running:
            if options.server:
                server = running.enter_context(Server(options.server))
                config = f"{folder}/server.toml"
                pathlib.Path(config).write_text(server.config)
            summary(run(tasks, longsight, config, None, "model", kept=kept, again=options.again))
        good = True
    else:
        results = {}
        with tempfile.TemporaryDirectory() as folder:
            for dialect in ("native", "deepseek-v3.2"):
                scripted = Scripted(dialect)
                config = pathlib.Path(folder) / f"{dialect}.toml"
                config.write_text(scripted.config)
                results[dialect] = run(tasks, longsight, str(config), scripted, dialect)
                # Every task with another fault, and in the other dialect with yet another.
                first = 0 if dialect == "native" else 3
                faults = FAULTS[first:] + FAULTS[:first]
                results[f"{dialect}, with faults"] = run(tasks, longsight, str(config), scripted, f"{dialect}, with faults", faults)
        good = all(result["ok"] for each in results.values() for result in each) and all(results.values())
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
