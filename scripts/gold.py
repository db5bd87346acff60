#!/usr/bin/env python3
"""Asks a type checker what function bodies use of other files: gold for `cargo bench --bench context`.

  gold.py FOLDER OUT.json [--sites 300]      needs: pip install ty

A site is a function body of 8 to 60 lines, not of a test. Every identifier in it is asked for its definition; those in other files of
the folder are its gold, by name, with their lines (0-based).
"""
import argparse, ast, json, os, pathlib, random, re, sys

sys.path.insert(0, os.path.dirname(__file__))
from lsp import Server

TEST = re.compile(r"(^|/)(tests?|testsuite|testing|test_data|testdata|examples?|docs|locale|fixtures)(/|$)|(^|/)(tests?|conftest)\.py$|_test\.py$|(^|/)test_")


def bodies(path, source):
    """Functions with the first and last statement of their bodies."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first, last = node.body[0], node.body[-1]
            if 8 <= last.end_lineno - first.lineno + 1 <= 60:
                yield path, node.name, first, last


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder"), parser.add_argument("out"), parser.add_argument("--sites", type=int, default=300)
    parser.add_argument("--ty", default="ty")
    options = parser.parse_args()
    root = pathlib.Path(options.folder).resolve()
    sources, found = {}, []
    for file in sorted(root.rglob("*.py")):
        path = file.relative_to(root).as_posix()
        if TEST.search(path) or file.stat().st_size > 400_000:
            continue
        sources[path] = source = file.read_text("utf8", "replace")
        for site in bodies(path, source):
            found.append(site)
    random.Random(20261123).shuffle(found)
    per, chosen = {}, []
    for site in found:
        per[site[0]] = per.get(site[0], 0) + 1
        if per[site[0]] <= 3:
            chosen.append(site)
    server, answers = Server([options.ty, "server"], root), []
    for path, label, first, last in chosen:
        if len(answers) == options.sites:
            break
        source = sources[path]
        lines = source.split("\n")
        uri = (root / path).as_uri()
        server.notify("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "python", "version": 0, "text": source}})
        gold, seen = {}, set()
        whole = ast.parse(source)
        for node in ast.walk(whole):
            if isinstance(node, ast.Name):
                name, line, column = node.id, node.lineno - 1, node.col_offset
            elif isinstance(node, ast.Attribute):
                name, line = node.attr, node.end_lineno - 1
                column = node.end_col_offset - len(name.encode())
            else:
                continue
            if not first.lineno - 1 <= line < last.end_lineno or len(name) < 2:
                continue
            character = len(lines[line].encode()[:column].decode("utf8", "replace").encode("utf-16-le")) // 2
            answer = server.request("textDocument/definition", {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}})
            for place in answer if isinstance(answer, list) else [answer] if answer else []:
                target = place.get("targetUri") or place.get("uri")
                there = (place.get("targetSelectionRange") or place.get("range"))["start"]["line"]
                if not target.startswith(root.as_uri() + "/"):
                    continue
                other = target[len(root.as_uri()) + 1:]
                if other != path and other in sources and there > 0 and [other, there] not in gold.setdefault(name, []):
                    gold[name].append([other, there])
        server.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        gold = {name: places for name, places in gold.items() if places}
        if gold:
            start = sum(len(line.encode()) + 1 for line in lines[:first.lineno - 1]) + first.col_offset
            end = sum(len(line.encode()) + 1 for line in lines[:last.end_lineno - 1]) + last.end_col_offset
            answers.append({"path": path, "label": label, "start": start, "end": end, "gold": gold})
    server.stop()
    pathlib.Path(options.out).write_text(json.dumps(answers, indent=0))
    print(f"{len(answers)} sites, {sum(len(one['gold']) for one in answers)} definitions")


if __name__ == "__main__":
    main()
