// Ghost text: the client's own feature asks the server; here is decided when not to ask, and remembered why nothing came.

import * as vscode from "vscode";
import type { Middleware } from "vscode-languageclient/node";
import { blocked } from "./gate";
import { messageOf } from "./log";
import { settings } from "./settings";

/** What the middleware tells the status item. */
export interface Watcher {
  busy<T>(work: () => PromiseLike<T>): Promise<T>;
  /** Why nothing was suggested; empty when something was. */
  suggested(reason: string): void;
  /** The server has answered, with something or with nothing. */
  completed(document: vscode.Uri, empty: boolean, ms: number): void;
  /** The server could not answer. */
  failed(message: string): void;
}

/** Run by the editor when a suggestion is accepted. */
export const ACCEPTED = "longsight.suggestionAccepted";

export function inlineMiddleware(watcher: () => Watcher): Pick<Middleware, "provideInlineCompletionItems"> {
  return {
    async provideInlineCompletionItems(document, position, context, token, next) {
      const reason = gate(document, context);
      if (reason) {
        watcher().suggested(reason);
        return undefined;
      }
      const asked = performance.now();
      try {
        const found = await watcher().busy(async () => next(document, position, context, token));
        if (token.isCancellationRequested) return undefined;
        const items = Array.isArray(found) ? found : (found?.items ?? []);
        watcher().completed(document.uri, items.length === 0, performance.now() - asked);
        for (const item of items) item.command ??= { command: ACCEPTED, title: "Accepted" };
        return items;
      } catch (error) {
        if (!token.isCancellationRequested) watcher().failed(messageOf(error));
        return undefined;
      }
    },
  };
}

function gate(document: vscode.TextDocument, context: vscode.InlineCompletionContext): string | undefined {
  const editor = vscode.window.activeTextEditor;
  const here = editor?.document === document ? editor.selections : [];
  return blocked({
    mode: settings.mode(document),
    invoked: context.triggerKind === vscode.InlineCompletionTriggerKind.Invoke,
    lines: document.lineCount,
    maxLines: settings.maxLines(),
    cursors: here.length,
    selecting: here.some((selection) => !selection.isEmpty),
  });
}
