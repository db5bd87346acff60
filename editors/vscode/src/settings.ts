// The extension's settings, typed. Their descriptions, defaults and scopes are in package.json; a test holds the two together.

import * as vscode from "vscode";
import type { Mode } from "./gate";
import type { Review } from "./marks";

export const SECTION = "longsight";

function get<T>(key: string, scope?: vscode.ConfigurationScope): T {
  return vscode.workspace.getConfiguration(SECTION, scope ?? null).get<T>(key) as T;
}

export const settings = {
  mode: (document: vscode.TextDocument) => get<Mode>("inlineCompletion.enabled", document),
  maxLines: () => get<number>("inlineCompletion.maxFileLines"),
  peek: () => get<boolean>("ask.peek"),
  review: () => get<Review>("edit.review"),
  configFile: () => get<string>("server.configFile").trim(),
};

/**
 * The server's path. A repository can hold `.vscode/settings.json`, so a path from a workspace is used only after the person
 * has said yes to exactly this path; until then, and after a no, the user's own setting counts.
 */
export function serverPath(memory: vscode.Memento, restart: () => void): string {
  const found = vscode.workspace.getConfiguration(SECTION).inspect<string>("server.path");
  const own = found?.globalValue ?? found?.defaultValue ?? "";
  const offered = found?.workspaceFolderValue ?? found?.workspaceValue;
  if (!offered?.trim() || offered === own || !vscode.workspace.isTrusted) return own;
  const key = `server.path:${offered}`;
  const allowed = memory.get<boolean>(key);
  // Asked beside, so that longsight runs meanwhile; `restart` when the answer is yes.
  if (allowed === undefined && !asked.has(key)) void askFor(offered, memory, key, restart);
  return allowed ? offered : own;
}

/** Questions of this session; each is asked once. */
const asked = new Set<string>();

async function askFor(offered: string, memory: vscode.Memento, key: string, restart: () => void): Promise<void> {
  asked.add(key);
  const question = `This workspace wants longsight to run ${offered}. Use it?`;
  const answer = await vscode.window.showWarningMessage(question, "Use It", "Ignore It");
  // A question that was closed without an answer is asked again with the next start.
  if (!answer) return;
  await memory.update(key, answer === "Use It");
  if (answer === "Use It") restart();
}

/** Settings that take effect with a new server process. */
export function needsRestart(change: vscode.ConfigurationChangeEvent): boolean {
  return change.affectsConfiguration("longsight.server");
}
