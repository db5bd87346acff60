// Setting up from inside the editor: models, configuration, the doctor, a practice file. They run the server's one-shot commands.

import { execFile, spawn } from "node:child_process";
import * as os from "node:os";
import * as path from "node:path";
import * as vscode from "vscode";
import type { Desk } from "./commands";
import { messageOf } from "./log";
import { settings } from "./settings";

interface Check {
  name: string;
  status: string;
  detail?: string;
  fix?: string;
}

/** `longsight doctor`, as a page. */
export async function checkSetup(desk: Desk): Promise<void> {
  const sheet = await desk.answers.open("Set-up", "# The set-up of longsight");
  try {
    const { checks } = JSON.parse(await run(desk, ["doctor", "--json"])) as { checks: Check[] };
    const line = ({ name, status, detail, fix }: Check) => `- ${status}: ${name}${detail ? `: ${detail}` : ""}${fix ? `\n  - to do: ${fix}` : ""}`;
    sheet.finish({ text: checks.map(line).join("\n") });
  } catch (error) {
    sheet.finish({ text: messageOf(error) });
  }
}

/** Lets the person choose from the catalogue and downloads. What has come is kept when it is cancelled. */
export async function downloadModel(desk: Desk): Promise<void> {
  try {
    const name = await pickModel(desk);
    if (!name) return;
    const file = await desk.server.file();
    await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, cancellable: true, title: `longsight: ${name}` }, (progress, cancel) =>
      pull(file, [...desk.server.options(), "models", "pull", name], (message) => progress.report({ message }), cancel),
    );
    await vscode.commands.executeCommand("setContext", "longsight.hasModel", true);
    await desk.server.restart();
  } catch (error) {
    if (!(error instanceof vscode.CancellationError)) desk.log.tell(`pull:${messageOf(error)}`, messageOf(error), { "Try Again": () => downloadModel(desk) });
  }
}

async function pickModel(desk: Desk): Promise<string | undefined> {
  const listed: unknown = JSON.parse(await run(desk, ["models", "list", "--json"]));
  const models = (Array.isArray(listed) ? listed : ((listed as { models?: unknown[] }).models ?? [])) as { name: string; bytes?: number; licence?: string; present?: boolean }[];
  const items = models.map(({ name, bytes, licence, present }) => ({
    label: name,
    description: [bytes && `${Math.round(bytes / 1e6)} MB`, licence, present && "already here"].filter(Boolean).join(", "),
  }));
  return (await vscode.window.showQuickPick(items, { title: "Download which model?" }))?.label;
}

function pull(file: string, args: string[], report: (line: string) => void, cancel: vscode.CancellationToken): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn(file, args, { stdio: ["ignore", "ignore", "pipe"] });
    const hook = cancel.onCancellationRequested(() => child.kill());
    let last = "";
    child.stderr.setEncoding("utf8").on("data", (data: string) => {
      last = data.split(/[\r\n]+/).filter((line) => line.trim()).at(-1) ?? last;
      report(last.trim().slice(0, 100));
    });
    child.on("error", fail);
    child.on("close", (code) => {
      hook.dispose();
      if (cancel.isCancellationRequested) fail(new vscode.CancellationError());
      else if (code === 0) done();
      else fail(new Error(last.trim() || `longsight models pull ended with ${code}`));
    });
  });
}

/** Whether the default model is on this machine; the walkthrough ticks its step. */
export async function noticeModel(desk: Desk): Promise<void> {
  const present = await run(desk, ["models", "path", "qwen2.5-coder-0.5b"]).then(() => true, () => false);
  await vscode.commands.executeCommand("setContext", "longsight.hasModel", present);
}

async function run(desk: Desk, args: string[]): Promise<string> {
  const file = await desk.server.file();
  return new Promise((done, fail) => {
    execFile(file, [...desk.server.options(), ...args], { encoding: "utf8", timeout: 60_000, maxBuffer: 4 << 20 }, (error, stdout, stderr) => {
      // A report that was printed whole is one, however the program ended.
      if (!error || stdout.trim().startsWith("{")) done(stdout);
      else fail(new Error(stderr.trim().split("\n").at(-1) || error.message));
    });
  });
}

/** The person's configuration file; made with a comment when there is none. */
export async function openConfiguration(): Promise<void> {
  const uri = vscode.Uri.file(configurationFile());
  const there = await vscode.workspace.fs.stat(uri).then(() => true, () => false);
  if (!there) {
    const text = '# longsight: which model serves which role. Without entries both roles run on the built-in model.\n#\n# [roles]\n# scout = "local"\n# coder = "local"\n';
    await vscode.workspace.fs.writeFile(uri, Buffer.from(text));
  }
  await vscode.window.showTextDocument(uri);
}

export async function configurationText(): Promise<string> {
  const read = vscode.workspace.fs.readFile(vscode.Uri.file(configurationFile()));
  return read.then((bytes) => Buffer.from(bytes).toString("utf8"), () => "");
}

function configurationFile(): string {
  const chosen = settings.configFile();
  if (chosen) return chosen;
  const base = process.env["XDG_CONFIG_HOME"];
  return path.join(base && path.isAbsolute(base) ? base : path.join(os.homedir(), ".config"), "longsight", "config.toml");
}

// The cursor stands behind a word: at the beginning of a line, Tab may indent instead of accepting.
const PRACTICE = ["def fibonacci(n):", '    """Return the n-th Fibonacci number."""', "    if n < 2:", "        return n", "    return "];

/** A practice file with the cursor where a completion belongs. It is never saved. */
export async function tryCompletion(): Promise<void> {
  const document = await vscode.workspace.openTextDocument({ language: "python", content: PRACTICE.join("\n") });
  const editor = await vscode.window.showTextDocument(document);
  const end = document.lineAt(document.lineCount - 1).range.end;
  editor.selection = new vscode.Selection(end, end);
  await vscode.commands.executeCommand("workbench.action.focusActiveEditorGroup");
  await vscode.commands.executeCommand("editor.action.inlineSuggest.trigger");
}
