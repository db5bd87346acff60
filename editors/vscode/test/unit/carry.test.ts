// Edits that were computed for an older text: where they belong now, or that nobody can say.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { TextEdit } from "vscode-languageclient/node";
import { carried, type Typed } from "../../src/carry";

const range = (line: number, character: number, toLine = line, to = character) => ({ start: { line, character }, end: { line: toLine, character: to } });
const typed = (version: number, ...changes: Typed["changes"]): Typed => ({ version, changes });

/** The text after edits that do not overlap. */
function applied(text: string, edits: readonly TextEdit[]): string {
  const offset = ({ line, character }: { line: number; character: number }) => text.split("\n").slice(0, line).reduce((sum, one) => sum + one.length + 1, 0) + character;
  return [...edits].sort((a, b) => offset(b.range.start) - offset(a.range.start)).reduce((now, { range: { start, end }, newText }) => now.slice(0, offset(start)) + newText + now.slice(offset(end)), text);
}

test("typing above, below and in the same line moves an edit with its text", () => {
  const before = "one\ntwo three four\nfive\n";
  const edits = [{ range: range(1, 4, 1, 9), newText: "THREE", annotationId: "why" }];
  const cases: [Typed[], string][] = [
    [[typed(2, { range: range(0, 0), text: "zero\n" })], "zero\none\ntwo THREE four\nfive\n"],
    [[typed(2, { range: range(0, 1, 1, 2), text: "" })], "oo THREE four\nfive\n"],
    [[typed(2, { range: range(1, 0, 1, 3), text: "2" })], "one\n2 THREE four\nfive\n"],
    [[typed(2, { range: range(1, 0, 1, 3), text: "a\r\nbc" })], "one\na\nbc THREE four\nfive\n"],
    [[typed(2, { range: range(1, 12), text: "!\n" })], "one\ntwo THREE fo!\nur\nfive\n"],
    [[typed(2, { range: range(2, 0, 2, 4), text: "5" }), typed(3, { range: range(0, 3), text: "\n\n" })], "one\n\n\ntwo THREE four\n5\n"],
  ];
  for (const [events, expected] of cases) {
    const now = events.reduce((text, { changes }) => applied(text, changes.map(({ range, text }) => ({ range, newText: text.replace("\r", "") }))), before);
    const there = carried(edits, events);
    assert.ok(there, JSON.stringify(events));
    assert.equal(applied(now, there), expected);
    assert.equal(there[0]!.annotationId, "why");
  }
});

test("changes of one event count from the text before it", () => {
  // Two cursors, told from the bottom up, as the editor does, and the other way round.
  const both = [{ range: range(1, 0), text: "x" }, { range: range(0, 0), text: "a\nb" }];
  for (const changes of [both, [...both].reverse()]) {
    assert.deepEqual(carried([{ range: range(1, 4, 1, 5), newText: "" }], [typed(2, ...changes)])?.[0]!.range, range(2, 5, 2, 6));
  }
});

test("what touches an edit leaves nothing of it", () => {
  const edit = { range: range(1, 4, 1, 9), newText: "" };
  for (const touching of [range(1, 4), range(1, 9), range(1, 6), range(0, 0, 1, 4), range(1, 9, 2, 0), range(0, 0, 3, 0)]) {
    assert.equal(carried([edit], [typed(2, { range: touching, text: "x" })]), undefined, JSON.stringify(touching));
  }
});
