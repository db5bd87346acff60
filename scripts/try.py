#!/usr/bin/env python3
"""Shows longsight at work on a real repository, with the real model: index, complete, explain, ask, edit.

Works on a copy below the cache folder; the repository itself is not touched. Every command that is run is printed, so that it can
be run by hand. Called by `make try`; REPO=path chooses another repository than the source of the crate `ropey`.
"""

import argparse
import json
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import time

import sample

ROOT = pathlib.Path(__file__).resolve().parent.parent
BOLD, DIM, END = ("\x1b[1m", "\x1b[2m", "\x1b[0m") if sys.stdout.isatty() else ("", "", "")

# For the crate that is shown by default: a function to complete, one to explain, and a question with a known answer.
ROPEY_QUESTION = "Where is it decided what counts as a line break?"
ANY_QUESTION = "Where does the program start, and where are its options decided?"


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--longsight", default="longsight")
    arguments.add_argument("--repo", help="the repository to show it on")
    arguments = arguments.parse_args()
    longsight = shutil.which(arguments.longsight) or str(pathlib.Path(arguments.longsight).resolve())
    source = pathlib.Path(arguments.repo).resolve() if arguments.repo else sample.crate_source("ropey")
    workspace = sample.copy(source, "try")
    show = Show(longsight, workspace)
    print(f"{BOLD}longsight on {source.name}{END} (a copy at {workspace})")

    path, match = sample.find_function(workspace, skip=0)
    relative = path.relative_to(workspace)
    show.index()
    show.complete(path, relative, match)
    path, match = sample.find_function(workspace, skip=1)
    relative = path.relative_to(workspace)
    lines = sample.range_of(path, match)
    show.explain(relative, lines)
    show.ask(ROPEY_QUESTION if not arguments.repo else ANY_QUESTION)
    show.edit(relative, lines)
    editors(longsight, workspace, relative)
    if show.failed:
        sys.exit(f"{show.failed} of the steps failed; {longsight} doctor says what is missing")


class Show:
    """Runs the steps and prints what each sent, who answered and how long it took."""

    def __init__(self, longsight, workspace):
        self.longsight, self.workspace, self.failed = longsight, workspace, 0

    def run(self, title, *arguments):
        print(f"\n{BOLD}{title}{END}\n{DIM}$ longsight {shlex.join(arguments)}{END}", flush=True)
        started = time.monotonic()
        done = subprocess.run([self.longsight, *arguments, "--json"], cwd=self.workspace, capture_output=True, text=True)
        seconds = time.monotonic() - started
        try:
            result = json.loads(done.stdout) if done.returncode == 0 else None
        except ValueError:
            result = None
        if result is None:
            self.failed += 1
            print(f"failed: {done.stderr.strip() or done.stdout.strip()}")
            return None
        timing, route = result.get("timing"), result.get("route")
        if timing and route:
            sent = timing.get("tokens_reused", 0) + timing.get("tokens_decoded", 0)
            self.told = (
                f"{DIM}sent {sent} tokens ({timing.get('tokens_reused', 0)} were in the cache), got {timing.get('tokens_out', 0)}; "
                f"{route.get('role')} on {route.get('engine')}: {route.get('reason')}; {seconds:.1f} s{END}"
            )
        else:
            self.told = f"{DIM}{seconds:.1f} s{END}"
        return result

    def index(self):
        result = self.run("Index the repository", "index")
        if result:
            counts = {key: result.get(key) for key in ("files", "symbols", "references", "languages")}
            print(", ".join(f"{key} {value}" for key, value in counts.items()))
            print(self.told)

    def complete(self, path, relative, match):
        """Cuts out a function's body, completes in the hole, puts the body back."""
        text = path.read_text(encoding="utf-8", errors="replace")
        body = match.group(2)
        indent = re.match(r"\s*", body.lstrip("\n")).group(0)
        cut = text[: match.start(2)] + indent + "\n" + text[match.end(2) :]
        line = cut.count("\n", 0, match.start(2)) + 1
        path.write_text(cut, encoding="utf-8")
        try:
            place = f"{relative}:{line}:{len(indent) + 1}"
            result = self.run("Complete a function whose body is cut out", "complete", place)
        finally:
            path.write_text(text, encoding="utf-8")
        if result is None:
            return
        head = text[match.start() : match.start(2)].rstrip()
        items = result.get("items") or []
        offered = items[0]["text"] if items else "(nothing was offered)"
        print(f"{head}\n{BOLD}{indent}{offered}{END}\n{DIM}instead of{END}\n{body.rstrip()}")
        print(self.told)

    def explain(self, relative, lines):
        result = self.run("Explain a function", "explain", f"{relative}:{lines[0]}-{lines[1]}")
        self.answer(result)

    def ask(self, question):
        self.answer(self.run("Ask about the repository", "ask", question))

    def answer(self, result):
        if result is None:
            return
        print(result["text"].strip())
        for citation in result.get("citations", []):
            print(f"  {'checked' if citation.get('verified') else 'NOT FOUND'}  {citation['path']}:{citation['line']}")
        print(self.told)

    def edit(self, relative, lines):
        place = f"{relative}:{lines[0]}-{lines[1]}"
        kind = "refactor.rewrite.longsight.document"
        result = self.run("Compute an edit (nothing is written)", "edit", place, "--action", kind, "--diff")
        if result:
            print(result.get("diff", "").rstrip())
            print(self.told)


def editors(longsight, workspace, relative):
    plugin, file = ROOT / "editors" / "neovim", workspace / relative
    init = f"lua vim.g.longsight = {{ cmd = {{ '{longsight}', 'serve' }}, keys = {{ accept = '<Tab>' }} }}"
    neovim = ["nvim", "--cmd", f"set runtimepath^={plugin}", "--cmd", init, "-c", "lua vim.lsp.enable('longsight')", str(file)]
    print(f"\n{BOLD}The same repository in your editor{END}")
    print(f"Neovim 0.11 or newer (Tab accepts a suggestion, gra shows actions, :Longsight explain explains):\n  {shlex.join(neovim)}")
    print(f"VS Code (after `make install-vscode`):\n  code {shlex.quote(str(workspace))} --goto {shlex.quote(str(file))}:1")


if __name__ == "__main__":
    main()
