#!/usr/bin/env python3
"""Measures longsight on this machine, quiet and beside a busy neighbour.

1. From the start of the server to its answer to `initialize`.
2. Prefill and decode rate of the default model, against the same model file in another llama.cpp program (`xllamacpp`), in the same
   run and measured by the same code (`longsight bench`).
3. Completion latency while 60 characters are typed through a real function: p50 and p95, and tokens decoded per keystroke.
4. Keystroke to ghost text in real Neovims and a real VS Code, split into editor, server and model.

Called by `make bench`; `--json FILE` keeps the figures, `--only PART` measures a part. Each part says that it begins, has a time limit,
and does not take the others with it when it fails; the exit status tells that one has.
"""

import argparse
import json
import multiprocessing
import os
import pathlib
import queue
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import lsp  # noqa: E402
import sample  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODEL = "qwen2.5-coder-0.5b"
STARTS = 10
PARTS = ("start", "engines", "typing", "neovim", "vscode")
# Upper limits in seconds, for machines that do much else: a quiet one needs a fraction of them.
ENGINE_S, LOAD_S, NEOVIM_S, VSCODE_S, SETUP_S = 900, 120, 360, 720, 900


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--longsight", default="longsight")
    arguments.add_argument("--python", default=sys.executable, help="a Python that has the package xllamacpp")
    arguments.add_argument("--prompt", default="2048", help="tokens of the prompt")
    arguments.add_argument("--tokens", default="256", help="tokens to generate")
    arguments.add_argument("--json", help="file for the figures")
    arguments.add_argument("--only", action="append", choices=PARTS, help="measure this part (can be given several times)")
    arguments = arguments.parse_args()
    longsight = str(pathlib.Path(arguments.longsight).resolve())
    measures = {
        "start": lambda: start(longsight),
        "engines": lambda: engines(longsight, arguments),
        "typing": lambda: typing(longsight),
        "neovim": lambda: neovims(longsight),
        "vscode": lambda: vscode(longsight),
    }
    figures = {}
    for name, neighbours in (("quiet", 0), ("one busy neighbour", 1)):
        with Neighbours(neighbours):
            say(f"\n== {name} (load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores)")
            figures[name] = {part: attempt(part, measures[part]) for part in arguments.only or PARTS}
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(figures, indent=2), encoding="utf-8")
    if FAILED:
        sys.exit(f"not measured: {', '.join(FAILED)}")


FAILED = []


def attempt(part, measure):
    """What a part measures; nothing when it could not, which is told and does not end the others."""
    say(f"-- {part}")
    try:
        return measure()
    except queue.Empty:
        failed(part, "the server did not answer in two minutes")
    except (subprocess.SubprocessError, OSError, RuntimeError, ValueError) as error:
        failed(part, error)
    return None


def failed(what, why):
    FAILED.append(what)
    say(f"   {what}: FAILED: {why}")


def say(text):
    """Whoever waits sees at once what is being done, also through a pipe."""
    print(text, flush=True)


class Neighbours:
    """Processes that keep a core busy each."""

    def __init__(self, count):
        self.processes = [multiprocessing.Process(target=spin, daemon=True) for _ in range(count)]

    def __enter__(self):
        for process in self.processes:
            process.start()

    def __exit__(self, *_):
        for process in self.processes:
            process.terminate()


def spin():
    while True:
        pass


def start(longsight):
    """Milliseconds from starting the server to its answer to `initialize` (limit: 100), in a copy of a real crate."""
    workspace = sample.copy(sample.crate_source("ropey"), "bench")
    times = []
    for _ in range(STARTS):
        started = time.monotonic()
        server = lsp.Server([longsight, "serve"], workspace)
        times.append((time.monotonic() - started) * 1e3)
        server.stop()
    say(f"   start to initialize answered: p50 {statistics.median(times):.0f} ms, most {max(times):.0f} ms of {STARTS} (limit 100)")
    return times


def limited(command, seconds, **more):
    """Runs a program that tells on its standard error what it does. What it printed; an error when it fails or takes too long."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True, **more)
    try:
        printed, _ = process.communicate(timeout=seconds)
    except BaseException as error:
        # With whatever it has started.
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
        if isinstance(error, subprocess.TimeoutExpired):
            raise RuntimeError(f"not done after {seconds} s, stopped; what it did last is above") from None
        raise
    if process.returncode != 0:
        raise RuntimeError(f"it ended with {process.returncode}; why is above{': ' + printed.strip() if printed.strip() else ''}")
    return printed


def engines(longsight, arguments):
    """The rates of our engine and of the other program, one after the other."""
    say(f"   a prompt of {arguments.prompt} tokens, {arguments.tokens} to write: longsight, then the other program (at most {ENGINE_S} s each)")
    model = subprocess.run([longsight, "models", "path", MODEL], check=True, capture_output=True, text=True).stdout.strip()
    rows = {"longsight": bench(longsight, arguments, f'[engines.local]\nkind = "llama"\nmodel = "{MODEL}"\ncontext = 4096\n', "local")}
    other = subprocess.Popen(
        [arguments.python, str(ROOT / "tests/support/llama_server.py"), model, "0", str(threads())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        # As our own engine process has it: beside busy neighbours the other's threads would spin more than they work.
        env={**os.environ, "GOMP_SPINCOUNT": os.environ.get("GOMP_SPINCOUNT", "1000")},
    )
    loading = threading.Timer(LOAD_S, other.kill)
    loading.start()
    try:
        address = other.stdout.readline().strip()
        loading.cancel()
        if address:
            config = f'[engines.other]\nkind = "openai"\nmodel = "tiny"\nbase_url = "{address}/v1"\ncontext = 4096\n'
            rows["xllamacpp"] = bench(longsight, arguments, config, "other")
        else:
            say(f"   (no comparison: {arguments.python} has no xllamacpp, or did not load the model in {LOAD_S} s)")
    finally:
        loading.cancel()
        other.kill()
    for name, row in rows.items():
        if row:
            say(
                f"   {name:10}  prefill {row['prefill_rate']:6.1f}  decode {row['decode_rate']:5.1f} tokens/s   "
                f"first token cold {row['first_token_cold_ms']:6.0f} ms, warm {row['first_token_warm_ms']:5.0f} ms"
            )
    ours, theirs = rows["longsight"], rows.get("xllamacpp")
    if ours and theirs and theirs["prefill_rate"] and theirs["decode_rate"]:
        prefill, decode = ours["prefill_rate"] / theirs["prefill_rate"], ours["decode_rate"] / theirs["decode_rate"]
        say(f"   longsight / xllamacpp: prefill {prefill:.2f}, decode {decode:.2f}")
    return rows


def threads():
    """As many as longsight takes by itself, so that the same work is compared."""
    cores = os.cpu_count() or 1
    return cores if cores <= 2 else cores - 1 if cores <= 8 else max(cores // 2, 7)


def bench(longsight, arguments, config, name):
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(config)
        file.flush()
        command = [longsight, "bench", "--json", "--config", file.name, "--engine", name]
        done = subprocess.run([*command, "--prompt", arguments.prompt, "--tokens", arguments.tokens], capture_output=True, text=True, timeout=ENGINE_S)
    if done.returncode != 0:
        found = json.loads(done.stdout)["engines"] if done.stdout.strip() else []
        errors = [engine["error"] for engine in found if engine.get("error")]
        failed(name, "; ".join(errors) or done.stderr.strip())
        return None
    return json.loads(done.stdout)["engines"][0]


def typing(longsight):
    """Types the first 60 characters of a cut-out body, a completion asked after every key, as an editor does."""
    workspace = sample.copy(sample.crate_source("ropey"), "bench")
    path, match = sample.find_function(workspace, 0, ("src/rope.rs", "chunks_at_line_break"))
    text = path.read_text(encoding="utf-8")
    body = match.group("body")
    typed = re.sub(r"\n\s*", lambda found: found.group(0), body)[:60]
    before, after = text[: match.start("body")], text[match.end("body") :]
    server = lsp.Server([longsight, "serve"], workspace)
    uri, version = path.as_uri(), 1
    say(f"   {len(typed)} characters of {path.name}, a completion asked at each")
    document = {"uri": uri, "languageId": "rust", "version": version, "text": before + after}
    server.notify("textDocument/didOpen", {"textDocument": document})
    latencies, shown = [], 0
    for count in range(1, len(typed) + 1):
        version += 1
        now = before + typed[:count] + "\n" + after
        server.notify("textDocument/didChange", {"textDocument": {"uri": uri, "version": version}, "contentChanges": [{"text": now}]})
        head = before + typed[:count]
        line = head.count("\n")
        character = len(head[head.rfind("\n") + 1 :].encode("utf-16-le")) // 2
        params = {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}, "context": {"triggerKind": 2}}
        started = time.monotonic()
        result = server.request("textDocument/inlineCompletion", params)
        latencies.append((time.monotonic() - started) * 1e3)
        items = result.get("items", []) if isinstance(result, dict) else result or []
        shown += bool(items)
    decoded = tokens_decoded(server)
    server.stop()
    if not latencies:
        return None
    first, rest = latencies[0], sorted(latencies[1:])
    p50, p95 = statistics.median(rest), rest[int(len(rest) * 0.95)]
    say(f"   typing {len(typed)} characters: first {first:.0f} ms, then p50 {p50:.0f} ms, p95 {p95:.0f} ms; {shown} answers with a suggestion")
    if decoded:
        again = [tokens for tokens in decoded[1:]] or decoded
        say(f"   tokens read per keystroke that asked the model (the others were answered from memory): first {decoded[0]}, "
              f"then median {statistics.median(again):.0f}, most {max(again)}; asked {len(decoded)} times")
    return {"first_ms": first, "p50_ms": p50, "p95_ms": p95, "shown": shown, "latencies_ms": latencies, "tokens_decoded": decoded}


def neovims(longsight):
    """Keystroke to ghost text in the Neovims that `scripts/get-neovim` has brought."""
    figures = {}
    for version, kind in (("0.11", "own"), ("0.12", "native"), ("0.12", "own")):
        name = f"Neovim {version}, {kind}"
        neovim = cache() / "longsight/test/neovim" / version / "nvim"
        if not neovim.exists():
            say(f"   {name}: SKIP, not at {neovim} (scripts/get-neovim)")
            continue
        say(f"   {name} (at most {NEOVIM_S} s)")
        command = [str(neovim), "--headless", "-u", "NONE", "-l", str(ROOT / "tests/neovim/bench.lua"), str(ROOT), longsight, kind]
        try:
            with tempfile.TemporaryDirectory() as config:
                found = json.loads(limited(command, NEOVIM_S, env={**os.environ, "XDG_CONFIG_HOME": config}).strip().splitlines()[-1])
        except (RuntimeError, ValueError, IndexError) as error:
            failed(name, error)
            continue
        split = found["split_ms"]
        say(
            f"   {name}: key to ghost text p50 {found['total_ms']} ms, p95 {found['p95_ms']} ms "
            f"(editor {split['editor']}, server {split['server']}, model {split['model']}; {found['rounds']} rounds)"
        )
        figures[f"{version} {kind}"] = found
    return figures


def vscode(longsight):
    """The same in a real VS Code, where one can be had."""
    folder = ROOT / "editors/vscode/test"
    say(f"   VS Code: is it here? (installing it takes at most {SETUP_S} s)")
    try:
        limited([str(folder / "setup.sh")], SETUP_S)
    except RuntimeError as error:
        say(f"   VS Code: SKIP, it cannot be had here: {error}")
        return None
    with tempfile.TemporaryDirectory() as shots:
        printed = limited([str(folder / "run.sh"), "bench", "--server", longsight, "--shots", shots], VSCODE_S)
        say(f"   {printed.strip()}")
        return json.loads((pathlib.Path(shots) / "vscode-bench.json").read_text(encoding="utf-8"))


def cache():
    return pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")


def tokens_decoded(server):
    """What the server's last decisions say about the model's work."""
    status = server.request("workspace/executeCommand", {"command": "longsight.status", "arguments": [{}]}) or {}
    decisions = status.get("decisions") or []
    timings = [decision.get("timing") or {} for decision in decisions]
    return [timing["tokens_decoded"] for timing in timings if "tokens_decoded" in timing]


if __name__ == "__main__":
    main()
