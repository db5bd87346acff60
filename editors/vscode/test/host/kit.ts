// What the tests inside the extension host share: waiting, opening, typing.

import { readFileSync, readdirSync } from "node:fs";
import * as vscode from "vscode";
import type { Api } from "../../src/extension";
import { configureEndpoint, Endpoint, unconfigure } from "../endpoint";

export let api: Api;

export async function activate(): Promise<void> {
  api = await vscode.extensions.getExtension<Api>("longsight.longsight")!.activate();
  await until("the server", () => api.desk.server.phase === "running");
}

export const root = () => vscode.workspace.workspaceFolders![0]!.uri;
export const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** Waits until `look` finds something. The limit is high: a machine that compiles beside has others to serve. */
export async function until<T>(what: string, look: () => T | undefined | false | Promise<T | undefined | false>, seconds = 180): Promise<T> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await pause(100)) {
    const found = await look();
    if (found) return found;
  }
  throw new Error(`waited ${seconds} s for ${what}; status: ${api.desk.status.lines().join(" | ")}`);
}

export async function open(name: string): Promise<vscode.TextEditor> {
  const editor = await show(await vscode.workspace.openTextDocument(vscode.Uri.joinPath(root(), name)));
  await vscode.commands.executeCommand("workbench.action.focusActiveEditorGroup");
  return editor;
}

/** Shows a document, again where the workbench has opened another one meanwhile: it does so by itself while it starts. */
const show = (document: vscode.TextDocument) =>
  until(`an editor of ${document.uri.path}`, async () => vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.One }).then((editor) => editor, () => undefined));

/** Puts the cursor behind `text`, at its end. */
export function putCursor(editor: vscode.TextEditor, text: string): void {
  const at = editor.document.positionAt(editor.document.getText().indexOf(text) + text.length);
  editor.selection = new vscode.Selection(at, at);
}

/** Where a body is to be written. */
export const HOLE = "pub fn add(a: u64, b: u64) -> u64 {\n    ";

export const type = (text: string) => vscode.commands.executeCommand("type", { text });

/** Types and asks, as a person who waits for a suggestion does. */
export async function ask(): Promise<void> {
  // Inline suggestions are only asked for in an editor that is being typed in.
  await type(" ");
  await vscode.commands.executeCommand("deleteLeft");
  await vscode.commands.executeCommand("editor.action.inlineSuggest.trigger");
  await settled();
}

/** Waits until the editor has all answers that it asked for, and a moment in which it asks for no other. */
async function settled(): Promise<void> {
  let idle = 0;
  await until("the answer", async () => {
    idle = api.desk.status.isBusy ? 0 : idle + 1;
    return idle > 5;
  }, 420);
}

/** Runs `accept` until it has changed the text: ghost text comes when the model has written it. The new text. */
export async function accepted(editor: vscode.TextEditor, accept = "editor.action.inlineSuggest.commit"): Promise<string> {
  const before = editor.document.getText();
  return until("ghost text", async () => {
    await ask();
    await vscode.commands.executeCommand(accept);
    const now = editor.document.getText();
    return now.length > before.length ? now : undefined;
  }, 420);
}

export const serverPid = () => (api.desk.server.running ? api.desk.server.pid : undefined);

/** The processes of the program that the server runs: itself (`serve`), or its engine. */
export function pids(what: "serve" | "engine"): number[] {
  const program = api.desk.server.program.split(" (")[0];
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      const [file, command] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      return file === program && command === what;
    } catch {
      return false;
    }
  });
}

export const actions = (editor: vscode.TextEditor, kind?: string, resolve?: number) =>
  vscode.commands.executeCommand<vscode.CodeAction[]>("vscode.executeCodeActionProvider", editor.document.uri, editor.selection, kind, resolve);

export const answers = () => vscode.workspace.textDocuments.filter((document) => document.uri.scheme === "longsight-answer");

/** The newest answer with these words in its title; their paths are numbered. */
export function answerOn(words: string): vscode.TextDocument {
  const number = ({ uri }: vscode.TextDocument) => Number(uri.path.split("/")[1]);
  return answers().filter(({ uri }) => uri.path.includes(words)).sort((a, b) => number(b) - number(a))[0]!;
}

/** Puts the workspace back as it was on disk. The person's settings, which the workbench writes too, are its own to save. */
export async function tidyUp(): Promise<void> {
  const ours = ({ isDirty, uri }: vscode.TextDocument) => isDirty && uri.scheme === "file" && vscode.workspace.getWorkspaceFolder(uri);
  for (const document of vscode.workspace.textDocuments.filter(ours)) {
    await show(document);
    await vscode.commands.executeCommand("workbench.action.files.revert");
  }
  await vscode.commands.executeCommand("workbench.action.closeAllEditors");
}

/** Inside a `describe`: its tests have a scripted endpoint for their only model, with a stored key where one is given. */
export function scripted(key?: { name: string; secret: string }): Endpoint {
  const endpoint = new Endpoint();
  before(async () => {
    await activate();
    await endpoint.start();
    if (key) await api.keys.put(key.name, key.secret);
    configureEndpoint(endpoint, key !== undefined);
    await vscode.commands.executeCommand("longsight.restartServer");
    await until("the server", () => api.desk.server.phase === "running");
  });
  beforeEach(() => void endpoint.seen.splice(0));
  afterEach(tidyUp);
  after(async () => {
    endpoint.stop();
    unconfigure();
    if (key) await api.keys.remove(key.name);
    await vscode.commands.executeCommand("longsight.restartServer");
  });
  return endpoint;
}
