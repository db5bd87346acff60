// The packaged extension in a real extension host, with the real server and the real default model, without any configuration.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import * as vscode from "vscode";
import { accepted, actions, activate, answerOn, answers, api, HOLE, open, pause, pids, putCursor, root, serverPid, tidyUp, until } from "./kit";

describe("longsight in VS Code", () => {
  before(activate);
  afterEach(tidyUp);

  it("starts the bundled server without configuration", () => {
    assert.match(api.desk.server.program, /server\/longsight \(bundled\), version \d/);
    assert.equal(api.desk.server.problem, "");
    assert.ok(!existsSync(path.join(process.env["XDG_CONFIG_HOME"]!, "longsight", "config.toml")));
  });

  it("offers ghost text, and accepting it inserts it once", async () => {
    const editor = await open("src/lib.rs");
    putCursor(editor, HOLE);
    const [before, after] = [editor.document.getText(), await accepted(editor)];
    const at = before.indexOf(HOLE) + HOLE.length;
    assert.ok(after.startsWith(before.slice(0, at).trimEnd()), after);
    assert.ok(after.endsWith(before.slice(at).trimStart()), after);
    await until("the model's name", () => api.desk.status.lines().some((line) => line.includes("qwen2.5-coder-0.5b")));
  });

  it("says why nothing was suggested when ghost text is off", async () => {
    const settings = vscode.workspace.getConfiguration("longsight");
    await settings.update("inlineCompletion.enabled", "off", vscode.ConfigurationTarget.Global);
    try {
      const editor = await open("src/lib.rs");
      putCursor(editor, HOLE);
      await vscode.commands.executeCommand("editor.action.inlineSuggest.trigger");
      await until("the reason", () => api.desk.status.lines().some((line) => line.includes("ghost text is off")));
    } finally {
      await settings.update("inlineCompletion.enabled", undefined, vscode.ConfigurationTarget.Global);
    }
  });

  it("says why nothing was suggested in a file that is kept from models", async () => {
    await vscode.workspace.fs.writeFile(vscode.Uri.joinPath(root(), ".env"), Buffer.from("TOKEN=secret\n"));
    const editor = await open(".env");
    putCursor(editor, "TOKEN=secret\n");
    await until("the reason", async () => {
      await vscode.commands.executeCommand("editor.action.inlineSuggest.trigger");
      await pause(700);
      return api.desk.status.lines().some((line) => line.includes("secrets"));
    });
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

  it("computes an edit on resolve, or refuses it with the reason", async () => {
    const editor = await open("src/lib.rs");
    const client = api.desk.server.running!;
    const uri = client.code2ProtocolConverter.asUri(editor.document.uri);
    const range = { start: { line: 14, character: 10 }, end: { line: 14, character: 10 } };
    const only = ["refactor.rewrite.longsight.document"];
    const listed = await client.sendRequest<{ kind: string; edit?: object }[]>("textDocument/codeAction", { textDocument: { uri }, range, context: { diagnostics: [], only } });
    assert.deepEqual(listed.map(({ kind, edit }) => [kind, edit]), [[only[0], undefined]]);
    // A small model's edit is refused more often than not; what edits do to the text is known with the scripted endpoint.
    const outcome = await client.sendRequest<{ edit?: { documentChanges?: unknown[] } }>("codeAction/resolve", listed[0]).catch((error: Error) => error.message);
    if (typeof outcome === "string") assert.ok(outcome.length > 20, outcome);
    else assert.equal(outcome.edit?.documentChanges?.length, 1);
  });

  it("explains into a rendered document, and leaves the cursor in the code", async () => {
    const editor = await open("src/lib.rs");
    putCursor(editor, "pub fn discount");
    await vscode.commands.executeCommand("longsight.explainSelection");
    const text = await until("the answer", () => (/Thinking|▍/.test(answerOn("Explain").getText()) ? undefined : answerOn("Explain").getText()));
    assert.match(text, /^# Explanation of \[src\/lib\.rs:15\]\(\/src\/lib\.rs#L15\)/);
    assert.doesNotMatch(text, /Not finished|no answer/);
    assert.equal(vscode.window.activeTextEditor?.document.uri.toString(), editor.document.uri.toString());
  });

  it("shows what would be sent on a page that nobody has to save", async () => {
    const editor = await open("src/lib.rs");
    putCursor(editor, HOLE);
    await vscode.commands.executeCommand("longsight.previewContext");
    const page = await until("the page", () => answers().find(({ uri }) => uri.path.endsWith("What would be sent.txt")));
    assert.match(page.getText(), /tokens\. The exact text:[\s\S]*pub fn add/);
    assert.ok(!page.isDirty && !page.isUntitled);
  });

  it("answers a question about the repository", async () => {
    await open("src/lib.rs");
    await vscode.commands.executeCommand("longsight.ask", { question: "Where is the folder of receipts decided?" });
    const text = await until("the answer", () => (/Thinking|▍/.test(answerOn("receipts").getText()) ? undefined : answerOn("receipts").getText()));
    assert.doesNotMatch(text, /Not finished|no answer/);
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
    putCursor(editor, HOLE);
    await accepted(editor);
    await vscode.commands.executeCommand("workbench.action.files.revert");
    const killed = pids("engine");
    assert.ok(killed.length, "an engine runs");
    for (const pid of killed) process.kill(pid, "SIGKILL");
    // Another place, so that what is remembered of the first does not answer.
    putCursor(editor, "    receipts::folder(\"shop\")\n");
    await vscode.commands.executeCommand("type", { text: "}\n\n/// The larger one.\npub fn larger(a: u64, b: u64) -> u64 {\n    " });
    await accepted(editor);
    assert.ok(pids("engine").every((pid) => !killed.includes(pid)) && pids("engine").length, "another engine runs");
  });

  it("l1: a wrong server path is one clear problem, and correcting it repairs it", async () => {
    const settings = vscode.workspace.getConfiguration("longsight");
    await settings.update("server.path", "/nowhere/longsight", vscode.ConfigurationTarget.Global);
    await until("the problem", () => api.desk.server.phase === "stopped" && api.desk.server.problem.includes("/nowhere/longsight"));
    await settings.update("server.path", undefined, vscode.ConfigurationTarget.Global);
    await until("the server", () => api.desk.server.phase === "running");
    assert.equal(api.desk.server.problem, "");
  });

  it("takes neither program nor configuration from a workspace", async () => {
    const file = vscode.Uri.joinPath(root(), ".vscode/settings.json");
    const evil = { "longsight.server.path": "/evil/longsight", "longsight.server.configFile": "/evil/config.toml" };
    await vscode.workspace.fs.writeFile(file, Buffer.from(JSON.stringify(evil)));
    try {
      const settings = vscode.workspace.getConfiguration("longsight");
      await until("the workspace's settings", () => vscode.workspace.getConfiguration("longsight").inspect("server.path")?.workspaceValue === "/evil/longsight");
      assert.equal(settings.get("server.configFile"), "");
      await vscode.commands.executeCommand("longsight.restartServer");
      await until("the server", () => api.desk.server.phase === "running");
      assert.match(api.desk.server.program, /\(bundled\)/);
      assert.deepEqual(api.desk.server.options(), []);
    } finally {
      await vscode.workspace.fs.delete(vscode.Uri.joinPath(root(), ".vscode"), { recursive: true });
    }
  });

  it("declares scopes and conditions for what could do harm or makes no sense", () => {
    const { contributes, capabilities } = vscode.extensions.getExtension("longsight.longsight")!.packageJSON;
    const properties = contributes.configuration.properties as Record<string, { scope?: string; description?: string; markdownDescription?: string }>;
    for (const [name, { scope, description, markdownDescription }] of Object.entries(properties)) assert.ok(scope && (description ?? markdownDescription), name);
    assert.deepEqual(capabilities.untrustedWorkspaces.restrictedConfigurations, Object.keys(properties).filter((name) => name.startsWith("longsight.server.")));
    // What needs a server cannot be called without one.
    for (const name of ["explainSelection", "askRepository", "editSelection", "previewContext"]) {
      const command = contributes.commands.find(({ command }: { command: string }) => command === `longsight.${name}`);
      assert.match(command.enablement, /longsight\.running/);
    }
  });

  it("has every setting of its README, and none besides", () => {
    const extension = vscode.extensions.getExtension("longsight.longsight")!;
    const readme = readFileSync(path.join(extension.extensionPath, "readme.md"), "utf8");
    const listed = [...readme.matchAll(/^\| `(longsight\.[\w.]+)`/gm)].map(([, name]) => name).sort();
    assert.deepEqual(listed, Object.keys(extension.packageJSON.contributes.configuration.properties).sort());
  });
});
