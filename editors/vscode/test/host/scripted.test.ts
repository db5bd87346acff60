// The same extension and server with a scripted endpoint, for what must be known exactly: partial accept, order, cancel, review, staleness.

import assert from "node:assert/strict";
import * as vscode from "vscode";
import { configure, configureEndpoint, fills, gate, never } from "../endpoint";
import { accepted, actions, answerOn, answers, api, ask, HOLE, open, pause, putCursor, root, scripted, type, until } from "./kit";

const [KEY, SECRET] = ["LONGSIGHT_TEST_KEY", "sk-longsight-not-for-logs"];

const DISCOUNT = "pub fn discount(cents: u64, percent: u64) -> u64 {\n    let off = cents * percent.min(100) / 100;\n    cents - off\n}";

describe("longsight in VS Code, with a scripted endpoint", () => {
  const endpoint = scripted({ name: KEY, secret: SECRET });
  const chats = () => endpoint.chats;

  it("accepts a word, then a line, then the rest", async () => {
    endpoint.reply = () => ({ deltas: ["let sum = a + b;\n    let twice = sum * 2;\n    twice"] });
    const editor = await open("src/lib.rs");
    putCursor(editor, HOLE);
    const inserted = async (command: string) => {
      const before = editor.document.getText();
      await vscode.commands.executeCommand(`editor.action.inlineSuggest.${command}`);
      const now = await until(command, () => (editor.document.getText() !== before ? editor.document.getText() : undefined));
      return now.slice(now.indexOf(HOLE) + HOLE.length, now.indexOf("\n}", now.indexOf(HOLE)));
    };
    await accepted(editor, "editor.action.inlineSuggest.acceptNextWord");
    const text = editor.document.getText();
    assert.equal(text.slice(text.indexOf(HOLE) + HOLE.length).split("\n")[0]!.trim(), "let");
    assert.equal((await inserted("acceptNextLine")).trim(), "let sum = a + b;");
    assert.equal(await inserted("commit"), "let sum = a + b;\n    let twice = sum * 2;\n    twice");
  });

  it("hangs up on requests that typing has overtaken, and offers what fits the last one", async () => {
    // Nothing is answered before all is typed, so that every question but the last is overtaken.
    const typing = gate();
    endpoint.reply = () => ({ deltas: ["+ b"], before: () => typing.opened });
    const editor = await open("src/lib.rs");
    putCursor(editor, HOLE);
    const typed = "a.max(0).min(1_000_000).max(1) ";
    for (const key of typed) {
      await type(key);
      // Slower than the editor's own delay.
      await pause(120);
    }
    await until("more than one question", () => endpoint.asked.length > 1);
    typing.open();
    await until("an answer to the end", () => endpoint.asked.some(({ done }) => done));
    const overtaken = endpoint.asked.slice(0, -1);
    await until("the overtaken ones to be left", () => overtaken.every(({ closed }) => closed));
    const written = editor.document.getText();
    assert.ok(written.includes(typed.trimEnd()), written);
    await accepted(editor);
    assert.match(editor.document.getText(), /\.max\(1\) ?\+ b/);
  });

  it("streams an explanation into its page as it comes", async () => {
    const stages: string[] = [];
    const shown = (words: string) => until(words, () => stages.some((stage) => stage.includes(words)));
    // Each piece is only written once the one before it can be seen; the last word of what has come may still wait for its end.
    const seen = ["", "It takes a share", "and rounds it"];
    const before = async (piece: number) => void (seen[piece] && (await shown(seen[piece])));
    endpoint.reply = () => ({ deltas: ["It takes a share off the price ", "and rounds it down to cents. ", "See src/receipts.rs:6 ", "and src/lib.rs:9999."], before });
    const editor = await open("src/lib.rs");
    putCursor(editor, "pub fn discount");
    const watch = vscode.workspace.onDidChangeTextDocument(({ document }) => document.uri.scheme === "longsight-answer" && stages.push(document.getText()));
    await vscode.commands.executeCommand("longsight.explainSelection");
    watch.dispose();
    const grown = stages.filter((stage) => stage.includes("▍"));
    assert.ok(grown.length >= 2 && grown[0]!.length < grown.at(-1)!.length, `${stages.length} stages`);
    const page = answerOn("Explain");
    const text = await until("the checked answer", () => (page.getText().includes("**Places**") ? page.getText() : undefined));
    assert.ok(text.includes("[src/receipts.rs:6](/src/receipts.rs#L6)"), text);
    assert.ok(!text.includes("#L9999"), text);
  });

  it("explains to the end where the person opens other files meanwhile", async () => {
    endpoint.reply = () => ({ deltas: ["It takes a share off the price."] });
    const editor = await open("src/lib.rs");
    putCursor(editor, "pub fn discount");
    // As soon as the page has the focus, and the code is to get it back: the workbench refuses to show what has been overtaken. That was
    // thrown at the person, nothing was asked, and the page kept thinking.
    const documents = await Promise.all(["src/lib.rs", "src/receipts.rs"].map((name) => vscode.workspace.openTextDocument(vscode.Uri.joinPath(root(), name))));
    const clicks = vscode.window.onDidChangeActiveTextEditor(async (active) => {
      for (let click = 0; !active && click < 20; click += 1, await pause(3)) void vscode.window.showTextDocument(documents[click % 2]!).then(undefined, () => undefined);
    });
    try {
      await vscode.commands.executeCommand("longsight.explainSelection");
    } finally {
      clicks.dispose();
    }
    await until("the answer", () => answerOn("Explain").getText().includes("takes a share"), 60);
  });

  it("keeps a key in secret storage, and gives it to nobody but the endpoint", async () => {
    const editor = await open("src/lib.rs");
    putCursor(editor, "pub fn discount");
    await vscode.commands.executeCommand("longsight.explainSelection");
    assert.equal(chats().at(-1)?.key, `Bearer ${SECRET}`);
    assert.ok(!JSON.stringify(vscode.workspace.getConfiguration("longsight")).includes(SECRET));
    // And nowhere in what this session has written down; the run as a whole looks at the logs again.
    assert.ok(!answers().some((page) => page.getText().includes(SECRET)));
  });

  it("gives a question's places to the peek view", async () => {
    endpoint.reply = () => ({ deltas: ["In src/receipts.rs:6, called from src/lib.rs:24."] });
    await open("src/lib.rs");
    await vscode.commands.executeCommand("longsight.ask", { question: "Where is the folder decided?" });
    const page = answerOn("folder decided");
    await until("both places", () => /\(\/src\/receipts\.rs#L6\)[\s\S]*\(\/src\/lib\.rs#L24\)/.test(page.getText()));
    // The peek itself is looked at in the workbench run.
    await vscode.commands.executeCommand("closeReferenceSearch");
  });

  it("leaves the model when an answer is cancelled", async () => {
    endpoint.reply = () => ({ deltas: ["word ", "word "], before: (piece) => (piece ? never() : undefined) });
    const editor = await open("src/lib.rs");
    const source = new vscode.CancellationTokenSource();
    const uri = api.desk.server.running!.code2ProtocolConverter.asUri(editor.document.uri);
    const range = { start: { line: 14, character: 0 }, end: { line: 14, character: 0 } };
    const running = api.desk.server.execute("longsight.explain", { uri, range }, source.token).then(() => "answered", () => "cancelled");
    await until("the question", () => chats().length === 1);
    source.cancel();
    assert.equal(await running, "cancelled");
    await until("the endpoint to be left", () => chats()[0]!.closed);
  });

  it("marks the hunks of an edit for the preview where the setting says always", async () => {
    const settings = vscode.workspace.getConfiguration("longsight");
    await settings.update("edit.review", "always", vscode.ConfigurationTarget.Global);
    try {
      endpoint.reply = fills({ new_code: DISCOUNT });
      const editor = await open("src/lib.rs");
      putCursor(editor, "pub fn discount");
      const [action] = (await actions(editor, "refactor.rewrite", 4)).filter(({ edit }) => edit);
      assert.ok(action?.edit, "an edit");
      // What the editor asks before it applies; the preview itself is in the workbench run.
      assert.equal(action.edit.size, 1);
    } finally {
      await settings.update("edit.review", undefined, vscode.ConfigurationTarget.Global);
    }
  });

  it("edits by instruction, and one undo takes it back", async () => {
    endpoint.reply = fills({ new_code: DISCOUNT });
    const editor = await open("src/lib.rs");
    const before = editor.document.getText();
    const at = before.indexOf("pub fn discount");
    editor.selection = new vscode.Selection(editor.document.positionAt(at), editor.document.positionAt(before.indexOf("}", at) + 1));
    const uri = api.desk.server.running!.code2ProtocolConverter.asUri(editor.document.uri);
    await vscode.commands.executeCommand("longsight.edit", { uri, range: api.desk.server.running!.code2ProtocolConverter.asRange(editor.selection), instruction: "name the discount" });
    assert.ok(editor.document.getText().includes("let off = cents"), editor.document.getText());
    await vscode.commands.executeCommand("undo");
    assert.equal(editor.document.getText(), before);
  });

  it("n1: drops an edit whose text has changed since, and carries one over that was typed beside", async () => {
    const editor = await open("src/lib.rs");
    const resolve = async (change: () => PromiseLike<unknown>) => {
      const changed = gate();
      endpoint.reply = fills({ new_code: DISCOUNT }, () => changed.opened);
      endpoint.seen.splice(0);
      putCursor(editor, "pub fn discount");
      // The first is the explanation, which has nothing to compute.
      const running = actions(editor, "refactor.rewrite", 2);
      await until("the question", () => chats().length === 1);
      await change();
      changed.open();
      return (await running).find(({ kind }) => kind?.value === "refactor.rewrite");
    };
    const write = (at: string, text: string) => editor.edit((edit) => edit.insert(editor.document.positionAt(editor.document.getText().indexOf(at)), text));
    const beside = await resolve(() => write("//! A small shop", "//! Written meanwhile.\n"));
    assert.ok(beside?.edit, "typing elsewhere does not lose the edit");
    await vscode.workspace.applyEdit(beside.edit);
    const text = editor.document.getText();
    assert.ok(text.startsWith("//! Written meanwhile.") && text.includes(DISCOUNT), text);
    await vscode.commands.executeCommand("undo");
    const before = editor.document.getText();
    const stale = await resolve(() => write("cents - cents *", "// typed in it\n    "));
    assert.equal(stale?.edit, undefined);
    assert.equal(editor.document.getText().replace("// typed in it\n    ", ""), before);
  });

  it("says what is wrong with a configuration, and works again once it is put right", async () => {
    configure('[roles]\nscout = "nobody"\ncoder = "nobody"\n');
    const editor = await open("src/lib.rs");
    putCursor(editor, HOLE);
    await until("the reason", async () => {
      await ask();
      return api.desk.status.lines().some((line) => line.includes("nobody"));
    });
    configureEndpoint(endpoint);
    endpoint.reply = () => ({ deltas: ["a + b"] });
    await until("the endpoint to be asked", async () => {
      await ask();
      return endpoint.asked.length > 0;
    });
  });
});
