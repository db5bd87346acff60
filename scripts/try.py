#!/usr/bin/env python3
"""Shows longsight at work on a real repository, with the real model: index, complete, explain, ask, edit.

Works on a copy below the cache folder; the repository itself is not touched. Every command is printed before it runs, so that it can
be run by hand. Called by `make try`; REPO=path chooses another repository than the source of the crate `ropey`.
"""

import argparse
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import sample

ROOT = pathlib.Path(__file__).resolve().parent.parent
BOLD, DIM, END = ("\x1b[1m", "\x1b[2m", "\x1b[0m") if sys.stdout.isatty() else ("", "", "")

# For the crate that is shown by default: functions that show something, and a question whose answer can be looked up.
ROPEY = {
    "complete": ("src/rope.rs", "chunks_at_line_break"),
    "explain": ("src/str_utils.rs", "byte_to_utf16_surrogate_idx"),
    "edit": ("src/str_utils.rs", "byte_to_utf16_surrogate_idx"),
}
ROPEY_QUESTION = "Where is it decided what counts as a line break?"
ANY_QUESTION = "Where does the program start, and where are its options decided?"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--longsight", default="longsight")
    arguments.add_argument("--repo", help="the repository to show it on")
    arguments = arguments.parse_args()
    longsight = shutil.which(arguments.longsight) or sys.exit(f"there is no program {arguments.longsight}; run make build")
    longsight = str(pathlib.Path(longsight).resolve())
    if arguments.repo and not pathlib.Path(arguments.repo).is_dir():
        sys.exit(f"there is no folder {arguments.repo}; give REPO=path")
    source = pathlib.Path(arguments.repo).resolve() if arguments.repo else sample.crate_source("ropey")
    workspace = sample.copy(source, "try")
    print(f"{BOLD}longsight on {source.name}{END}: a copy at {home(workspace)}; nothing else is touched")

    known = {} if arguments.repo else ROPEY
    show = Show(longsight, workspace)
    functions = [sample.find_function(workspace, skip, known.get(step)) for skip, step in enumerate(("complete", "explain", "edit"))]
    if not all(functions):
        print("No function of a few lines was found in it: completing, explaining and editing are not shown.")
    show.run("Index the repository", "index")
    if functions[0]:
        show.complete(*functions[0])
    if functions[1]:
        show.run("Explain a function", "explain", show.place(*functions[1]))
    show.run("Ask where something is decided", "ask", ANY_QUESTION if arguments.repo else ROPEY_QUESTION)
    if functions[2]:
        show.edit(*functions[2])
    show.close()
    editors(longsight, workspace, functions[0][0] if functions[0] else workspace)
    sys.exit(1 if show.failed else 0)


def home(path):
    below = os.path.relpath(path, pathlib.Path.home())
    return str(path) if below.startswith("..") else f"~/{below}"


class Show:
    """Runs the steps, as a person would."""

    def __init__(self, longsight, workspace):
        self.longsight, self.workspace = longsight, workspace
        self.steps, self.failed = 0, []

    def place(self, path, match):
        first, last = sample.range_of(path, match)
        return f"{path.relative_to(self.workspace)}:{first}-{last}"

    def run(self, title, *arguments):
        self.steps += 1
        print(f"\n{BOLD}{self.steps}. {title}{END}\n{DIM}$ longsight {shlex.join(arguments)}{END}", flush=True)
        done = subprocess.run([self.longsight, *arguments], cwd=self.workspace, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            self.failed.append(title)
        return done.returncode == 0

    def complete(self, path, match):
        """Cuts out a function's body, completes in the hole, puts the body back."""
        text = path.read_text(encoding="utf-8", errors="replace")
        body = match.group("body")
        indent = re.match(r"[ \t]*", body.lstrip("\n")).group(0)
        cut = text[: match.start("body")] + indent + "\n" + text[match.end("body") :]
        line = cut.count("\n", 0, match.start("body")) + 1
        path.write_text(cut, encoding="utf-8")
        try:
            place = f"{path.relative_to(self.workspace)}:{line}:{len(indent) + 1}"
            self.run(f"Complete a function whose body is cut out: {match.group('name')}", "complete", place)
        finally:
            path.write_text(text, encoding="utf-8")
        print(f"\n{DIM}What had been cut out, to compare:\n{body.rstrip()}{END}", flush=True)

    def edit(self, path, match):
        kind = "refactor.rewrite.longsight.document"
        self.run(f"Compute a change, written nowhere: document {match.group('name')}", "edit", self.place(path, match), "--action", kind)

    def close(self):
        if self.failed:
            print(f"\n{BOLD}Did not work: {', '.join(self.failed)}.{END} The reasons stand above; `{self.longsight} doctor` may say more.")


def editors(longsight, workspace, file):
    print(f"\n{BOLD}The same repository in your editor{END}")
    plugin = ROOT / "editors" / "neovim"
    options = f"lua vim.g.longsight = {{ cmd = {{ '{longsight}', 'serve' }}, keys = {{ accept = '<Tab>' }} }}; vim.lsp.enable('longsight')"
    neovim = ["nvim", "--cmd", f"set runtimepath^={plugin}", "--cmd", options, str(file)]
    print("Neovim 0.11 or newer. Type and wait a moment, <Tab> accepts; gra lists actions; :Longsight explain explains:")
    print(f"  {shlex.join(neovim)}")
    print("VS Code, after `make install-vscode`:")
    print(f"  code {shlex.quote(str(workspace))} --goto {shlex.quote(str(file))}:1")


if __name__ == "__main__":
    main()
