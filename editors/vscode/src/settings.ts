// The extension's settings, typed. Their descriptions, defaults and scopes are in package.json; a test holds the two together.

import * as vscode from "vscode";
import type { Mode } from "./gate";

export const SECTION = "longsight";

export type Review = "always" | "severalFiles" | "server";

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
export async function serverPath(memory: vscode.Memento): Promise<string> {
  const found = vscode.workspace.getConfiguration(SECTION).inspect<string>("server.path");
  const own = found?.globalValue ?? found?.defaultValue ?? "";
  const offered = found?.workspaceFolderValue ?? found?.workspaceValue;
  if (!offered?.trim() || offered === own || !vscode.workspace.isTrusted) return own;
  const key = `server.path:${offered}`;
  let allowed = memory.get<boolean>(key);
  if (allowed === undefined) {
    const question = `This workspace wants longsight to run ${offered}. Use it?`;
    allowed = (await vscode.window.showWarningMessage(question, "Use It", "Ignore It")) === "Use It";
    await memory.update(key, allowed);
  }
  return allowed ? offered : own;
}

/** Settings that take effect with a new server process. */
export function needsRestart(change: vscode.ConfigurationChangeEvent): boolean {
  return change.affectsConfiguration("longsight.server");
}
