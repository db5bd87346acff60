// Which edits open the refactor preview, and that marking loses nothing of them.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { WorkspaceEdit } from "vscode-languageclient/node";
import { filesOf, marked } from "../../src/marks";

const at = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };
const change = (uri: string, ...edits: object[]) => ({ textDocument: { uri, version: 3 }, edits: edits as never[] });
const one: WorkspaceEdit = { documentChanges: [change("file:///a", { range: at, newText: "x" })] };
const two: WorkspaceEdit = {
  documentChanges: [change("file:///a", { range: at, newText: "x", annotationId: "why" }), change("file:///b", { range: at, newText: "y" }), { kind: "create", uri: "file:///c" }],
  changeAnnotations: { why: { label: "because", description: "of this" } },
};

test("marks by setting and number of files", () => {
  assert.equal(marked(two, "server", "l"), two);
  assert.equal(marked(one, "severalFiles", "l"), one);
  assert.notEqual(marked(one, "always", "l"), one);
  assert.notEqual(marked(two, "severalFiles", "l"), two);
});

test("every change is marked, and what the server wrote stays", () => {
  const { documentChanges, changeAnnotations } = marked(two, "severalFiles", "l");
  const ids = documentChanges!.flatMap((entry) => ("textDocument" in entry ? entry.edits.map((edit) => (edit as { annotationId?: string }).annotationId) : [entry.annotationId]));
  assert.equal(ids[0], "why");
  for (const id of ids) assert.equal(changeAnnotations![id!]!.needsConfirmation, true);
  assert.deepEqual(changeAnnotations!["why"], { label: "because", description: "of this", needsConfirmation: true });
  assert.deepEqual(documentChanges!.map((entry) => ("textDocument" in entry ? entry.textDocument.version : undefined)), [3, 3, undefined]);
});

test("the older form of an edit is marked as well", () => {
  const edit: WorkspaceEdit = { changes: { "file:///a": [{ range: at, newText: "x" }], "file:///b": [{ range: at, newText: "y" }] } };
  assert.deepEqual(filesOf(edit), ["file:///a", "file:///b"]);
  assert.equal(marked(edit, "severalFiles", "l").documentChanges!.length, 2);
});
