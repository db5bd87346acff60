// The packaged extension in a real extension host, with the real server and the real default model, without any configuration.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import * as vscode from "vscode";
import type { Api } from "../../src/extension";
import { review } from "../../src/edits";

let api: Api;

const root = () => vscode.workspace.workspaceFolders![0]!.uri;
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** Waits until `look` finds something. */
async function until<T>(what: string, look: () => T | undefined | false | Promise<T | undefined | false>, seconds = 120): Promise<T> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await pause(200)) {
    const found = await look();
    if (found) return found;
  }
  throw new Error(`waited ${seconds} s for ${what}; status: ${api.desk.status.lines().join(" | ")}`);
}

async function open(name: string): Promise<vscode.TextEditor> {
  const editor = await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(vscode.Uri.joinPath(root(), name)), { viewColumn: vscode.ViewColumn.One });
  await vscode.commands.executeCommand("workbench.action.focusActiveEditorGroup");
  return editor;
}

/** Puts the cursor behind `text`, at its end. */
function putCursor(editor: vscode.TextEditor, text: string): void {
  const at = editor.document.positionAt(editor.document.getText().indexOf(text) + text.length);
  editor.selection = new vscode.Selection(at, at);
}

const serverPid = () => (api.desk.server.running as unknown as { _serverProcess?: { pid: number } } | undefined)?._serverProcess?.pid;

/** The engine processes of the program that the server runs. */
function enginePids(): number[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      const [program, command] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      return program!.endsWith("longsight") && command === "engine";
    } catch {
      return false;
    }
  });
}

/** Accepts ghost text at the cursor once it is there; what was inserted. */
async function complete(editor: vscode.TextEditor): Promise<string> {
  const before = editor.document.getText();
  // Inline suggestions are only asked for in an editor that is being typed in.
  await vscode.commands.executeCommand("type", { text: " " });
  await vscode.commands.executeCommand("deleteLeft");
  return until("ghost text", async () => {
    await vscode.commands.executeCommand("editor.action.inlineSuggest.trigger");
    await pause(1500);
    await vscode.commands.executeCommand("editor.action.inlineSuggest.commit");
    const now = editor.document.getText();
    return now !== before && now.length > before.length ? now : undefined;
  });
}

const actions = (editor: vscode.TextEditor, kind?: string, resolve?: number) =>
  vscode.commands.executeCommand<vscode.CodeAction[]>("vscode.executeCodeActionProvider", editor.document.uri, editor.selection, kind, resolve);

const answers = () => vscode.workspace.textDocuments.filter((document) => document.uri.scheme === "longsight-answer");

describe("longsight in VS Code", () => {
  before(async () => {
    api = (await vscode.extensions.getExtension<Api>("longsight.longsight")!.activate());
    await until("the server", () => api.desk.server.phase === "running");
  });

  afterEach(async () => {
    await vscode.commands.executeCommand("workbench.action.files.revert");
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  });

  it("starts the bundled server without configuration", () => {
    assert.match(api.desk.server.program, /server\/longsight \(bundled\), version \d/);
    assert.equal(api.desk.server.problem, "");
  });

  it("offers ghost text, and accepting it inserts it once", async () => {
    const editor = await open("src/lib.rs");
    putCursor(editor, "pub fn add(a: u64, b: u64) -> u64 {\n    ");
    const [before, after] = [editor.document.getText(), await complete(editor)];
    const at = before.indexOf("-> u64 {\n    \n}") + "-> u64 {\n    ".length;
    assert.ok(after.startsWith(before.slice(0, at).trimEnd()), after);
    assert.ok(after.endsWith(before.slice(at).trimStart()), after);
  });

  it("asks for nothing when ghost text is off, and says so", async () => {
    const settings = vscode.workspace.getConfiguration("longsight");
    await settings.update("inlineCompletion.enabled", "off", vscode.ConfigurationTarget.Global);
    try {
      const editor = await open("src/lib.rs");
      putCursor(editor, "pub fn add(a: u64, b: u64) -> u64 {\n    ");
      await vscode.commands.executeCommand("editor.action.inlineSuggest.trigger");
      await until("the reason", () => api.desk.status.lines().some((line) => line.includes("ghost text is off")), 20);
    } finally {
      await settings.update("inlineCompletion.enabled", undefined, vscode.ConfigurationTarget.Global);
    }
  });

  it("lists code actions that claim neither preference nor `source`", async () => {
    const editor = await open("src/lib.rs");
    putCursor(editor, "pub fn discount");
    const ours = await until("actions", async () => {
      const found = (await actions(editor)).filter(({ kind }) => kind?.value.startsWith("refactor.rewrite") || kind?.value.includes("longsight"));
      return found.length ? found : undefined;
    });
    for (const { kind, isPreferred, title } of ours) {
      assert.ok(!isPreferred, title);
      assert.ok(!kind?.value.startsWith("source"), title);
    }
  });

  it("computes an edit on resolve that one undo takes back", async () => {
    const editor = await open("src/lib.rs");
    const before = editor.document.getText();
    putCursor(editor, "pub fn discount");
    const [action] = await until("an edit", async () => {
      const found = (await actions(editor, "refactor.rewrite.longsight.document", 1)).filter(({ edit }) => edit);
      return found.length ? found : undefined;
    });
    assert.deepEqual(action!.edit!.entries().map(([uri]) => uri.toString()), [editor.document.uri.toString()]);
    assert.ok(await vscode.workspace.applyEdit(action!.edit!));
    assert.notEqual(editor.document.getText(), before);
    await vscode.commands.executeCommand("undo");
    assert.equal(editor.document.getText(), before);
  });

  it("explains into a rendered document", async () => {
    const editor = await open("src/lib.rs");
    putCursor(editor, "pub fn discount");
    await vscode.commands.executeCommand("longsight.explainSelection");
    const [page] = answers().filter(({ uri }) => uri.path.includes("Explain"));
    const text = page!.getText();
    assert.match(text, /^# Explanation of \[src\/lib\.rs:15\]\(\/src\/lib\.rs#L15\)/);
    assert.doesNotMatch(text, /Not finished|no answer|Thinking/);
  });

  it("answers a question about the repository", async () => {
    await open("src/lib.rs");
    await vscode.commands.executeCommand("longsight.ask", { question: "Where is the folder of receipts decided?" });
    const [page] = answers().filter(({ uri }) => uri.path.includes("receipts"));
    assert.doesNotMatch(page!.getText(), /Not finished|no answer|Thinking/);
  });

  it("marks every change of an edit for review where the setting asks for it", () => {
    const edit = new vscode.WorkspaceEdit();
    for (const name of ["a.rs", "b.rs"]) edit.insert(vscode.Uri.joinPath(root(), name), new vscode.Position(0, 0), "x");
    assert.equal(review(edit, "server", "t"), edit);
    const marked = review(edit, "severalFiles", "t");
    assert.notEqual(marked, edit);
    assert.deepEqual(marked.entries().map(([uri, changes]) => [uri.path, changes.length]), edit.entries().map(([uri, changes]) => [uri.path, changes.length]));
  });

  it("l1: a server that is killed comes back and serves", async () => {
    const first = serverPid()!;
    process.kill(first, "SIGKILL");
    await until("another server", () => api.desk.server.phase === "running" && serverPid() !== undefined && serverPid() !== first);
    const status = await api.desk.server.execute<{ version: string }>("longsight.status", {});
    assert.match(status.version, /^\d/);
  });

  it("an engine that is killed comes back with the next completion", async () => {
    const editor = await open("src/lib.rs");
    await until("an engine", async () => {
      void complete(editor).catch(() => undefined);
      await pause(3000);
      return enginePids().length > 0;
    }, 60);
    for (const pid of enginePids()) process.kill(pid, "SIGKILL");
    await vscode.commands.executeCommand("workbench.action.files.revert");
    putCursor(editor, "pub fn add(a: u64, b: u64) -> u64 {\n    ");
    await complete(editor);
  });

  it("l1: a wrong server path is one clear problem, and correcting it repairs it", async () => {
    const settings = vscode.workspace.getConfiguration("longsight");
    await settings.update("server.path", "/nowhere/longsight", vscode.ConfigurationTarget.Global);
    await until("the problem", () => api.desk.server.phase === "stopped" && api.desk.server.problem.includes("/nowhere/longsight"), 30);
    await settings.update("server.path", undefined, vscode.ConfigurationTarget.Global);
    await until("the server", () => api.desk.server.phase === "running", 30);
    assert.equal(api.desk.server.problem, "");
  });
});
