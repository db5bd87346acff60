// Computed edits: shown in the refactor preview where the setting asks for it, dropped when the text has moved on since.

import * as vscode from "vscode";
import { CodeActionResolveRequest, type CodeActionMiddleware, type LanguageClient, type Middleware, type WorkspaceEdit as ProtocolEdit } from "vscode-languageclient/node";
import { isCancel, messageOf } from "./log";
import { marked } from "./marks";
import { settings } from "./settings";
import type { Job } from "./jobs";

/** Resolves an action with progress and cancel. The stock client forgets the versions of an edit; here they are checked. */
export function editMiddleware(client: () => LanguageClient | undefined, job: Job): CodeActionMiddleware {
  return {
    async resolveCodeAction(item, token, next) {
      const running = client();
      if (!running || item.edit) return next(item, token);
      try {
        return await job(item.title, token, async (cancel) => {
          const asked = await running.code2ProtocolConverter.asCodeAction(item);
          const answer = await running.sendRequest(CodeActionResolveRequest.type, asked, cancel);
          if (answer.edit) {
            refuseStale(answer.edit);
            answer.edit = marked(answer.edit, settings.review(), item.title);
          }
          const resolved = await running.protocol2CodeConverter.asCodeAction(answer, cancel);
          if (resolved?.edit) item.edit = resolved.edit;
          if (resolved?.command) item.command = resolved.command;
          return item;
        });
      } catch (error) {
        // The editor itself says nothing when an action cannot be resolved.
        if (!isCancel(error)) void vscode.window.showErrorMessage(`No edit: ${messageOf(error)}`);
        throw error;
      }
    },
  };
}

type Apply = NonNullable<NonNullable<Middleware["workspace"]>["handleApplyEdit"]>;

/** Edits that the server sends by itself (`longsight.edit`) go through the same review. `applied` is called when the editor has done so. */
export function applyMiddleware(say: (message: string) => void, applied: () => void): Apply {
  return async (params, next) => {
    const label = params.label?.replace(/^longsight: /, "") ?? "longsight";
    const edit = marked(params.edit, settings.review(), label);
    if (Object.values(edit.changeAnnotations ?? {}).some(({ needsConfirmation }) => needsConfirmation)) say("tick what to keep in the refactor preview");
    const result = await next({ ...params, edit }, new vscode.CancellationTokenSource().token);
    if (!(result instanceof Error) && result?.applied) applied();
    return result;
  };
}

/** Throws when a document has another version than the one that the edit was computed for. */
function refuseStale(edit: ProtocolEdit): void {
  for (const change of edit.documentChanges ?? []) {
    if (!("textDocument" in change) || typeof change.textDocument.version !== "number") continue;
    const uri = vscode.Uri.parse(change.textDocument.uri).toString();
    const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri);
    if (open && open.version !== change.textDocument.version) {
      throw new Error(`${vscode.workspace.asRelativePath(open.uri)} was changed while the edit was computed. Nothing was applied; ask again.`);
    }
  }
}
