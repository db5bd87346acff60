// Ghost text in the moments in which other tools insert twice (fault row L5), with a scripted endpoint.

import assert from "node:assert/strict";
import * as vscode from "vscode";
import { gate } from "../endpoint";
import { accepted, api, ask, HOLE, open, putCursor, scripted, type, until } from "./kit";

const count = (text: string, part: string) => text.split(part).length - 1;

/** The text between the beginning of the body that is written and the end of its function. */
function body(editor: vscode.TextEditor): string {
  const text = editor.document.getText();
  const from = text.indexOf(HOLE) + HOLE.length;
  return text.slice(from, text.indexOf("\n}", from));
}

describe("longsight in VS Code, while one types", () => {
  const endpoint = scripted();

  it("l5_next_arrives: accepting while the next suggestion is on its way inserts nothing twice", async () => {
    const first = "let sum = a + b;";
    const next = gate();
    endpoint.reply = ({ body: { prompt } }) => (String(prompt).includes(first) ? { deltas: ["    sum * 2"], before: () => next.opened } : { deltas: [first] });
    const editor = await open("src/lib.rs");
    putCursor(editor, HOLE);
    await accepted(editor);
    assert.equal(body(editor), first);
    // The next one is being written: accepting now must take neither the first again nor half of the next.
    await vscode.commands.executeCommand("editor.action.inlineSuggest.commit");
    await vscode.commands.executeCommand("editor.action.inlineSuggest.commit");
    assert.equal(body(editor), first);
    await type("\n");
    for (let tries = 0; tries < 3; tries++) await vscode.commands.executeCommand("editor.action.inlineSuggest.commit");
    assert.equal(count(body(editor), first), 1, body(editor));
    next.open();
    await accepted(editor);
    assert.equal(count(body(editor), first), 1, body(editor));
    assert.equal(count(body(editor), "sum * 2"), 1, body(editor));
  });

  it("l5_typed_through: what is typed of a suggestion is not inserted again", async () => {
    endpoint.reply = () => ({ deltas: ["let sum = a + b;"] });
    const editor = await open("src/lib.rs");
    putCursor(editor, HOLE);
    await ask();
    for (const key of "let su") await type(key);
    await accepted(editor);
    assert.equal(body(editor), "let sum = a + b;");
  });

  it("l5_multi_cursor: two cursors are offered nothing, and nothing is asked for them", async () => {
    const editor = await open("src/lib.rs");
    putCursor(editor, HOLE);
    const [other] = [editor.document.positionAt(0)];
    editor.selections = [editor.selection, new vscode.Selection(other, other)];
    const before = editor.document.getText();
    await until("the reason", async () => {
      await ask();
      return api.desk.status.lines().some((line) => line.includes("more than one cursor"));
    });
    await vscode.commands.executeCommand("editor.action.inlineSuggest.commit");
    assert.equal(editor.document.getText(), before);
    assert.equal(endpoint.asked.length, 0);
  });

  it("l5_selection: typing over a selection inserts what was typed, once", async () => {
    endpoint.reply = () => ({ deltas: ["a + b"] });
    const editor = await open("src/lib.rs");
    const at = editor.document.getText().indexOf("    cents - cents");
    editor.selection = new vscode.Selection(editor.document.positionAt(at + 4), editor.document.positionAt(at + 9));
    await vscode.commands.executeCommand("editor.action.inlineSuggest.commit");
    await type("price");
    assert.ok(editor.document.getText().includes("\n    price - cents * percent"), editor.document.getText());
  });

  it("l5_snippet: a snippet's places are left alone, and behind it a suggestion goes in once", async () => {
    endpoint.reply = () => ({ deltas: ["a + b"] });
    const editor = await open("src/lib.rs");
    putCursor(editor, "receipts::folder(\"shop\")\n}\n");
    await editor.insertSnippet(new vscode.SnippetString("\npub fn ${1:name}(a: u64, b: u64) -> u64 {\n    ${2:body}\n}\n$0"));
    await type("plus");
    await vscode.commands.executeCommand("jumpToNextSnippetPlaceholder");
    await vscode.commands.executeCommand("deleteLeft");
    // The editor offers nothing inside a snippet (editor.inlineSuggest.suppressInSnippetMode).
    await ask();
    const inside = editor.document.getText();
    await vscode.commands.executeCommand("editor.action.inlineSuggest.commit");
    assert.equal(editor.document.getText(), inside);
    assert.equal(count(inside, "pub fn plus(a: u64, b: u64) -> u64 {\n    \n}\n"), 1, inside);
    await vscode.commands.executeCommand("leaveSnippet");
    const after = await accepted(editor);
    assert.equal(count(after, "pub fn plus(a: u64, b: u64) -> u64 {\n    a + b\n}\n"), 1, after);
    assert.equal(after.length, inside.length + "a + b".length);
  });

  it("l5_crlf_tabs: line ends and tabs of the file are kept", async () => {
    endpoint.reply = () => ({ deltas: ["let sum = a + b;\n    sum"] });
    const text = "pub fn add(a: u64, b: u64) -> u64 {\r\n\t\r\n}\r\n\r\npub fn sub(a: u64, b: u64) -> u64 {\r\n\ta - b\r\n}\r\n";
    const uri = vscode.Uri.joinPath(vscode.workspace.workspaceFolders![0]!.uri, "src/tabs.rs");
    await vscode.workspace.fs.writeFile(uri, Buffer.from(text));
    const editor = await open("src/tabs.rs");
    assert.equal(editor.document.eol, vscode.EndOfLine.CRLF);
    editor.selection = new vscode.Selection(1, 1, 1, 1);
    const after = await accepted(editor);
    assert.equal(after, text.replace("\t\r\n", "\tlet sum = a + b;\r\n\tsum\r\n"));
  });
});
