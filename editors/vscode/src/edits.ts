// Computed edits: shown in the refactor preview where the setting asks for it, dropped when the text has moved on since.

import * as vscode from "vscode";
import { CodeActionResolveRequest, type CodeActionMiddleware, type LanguageClient, type WorkspaceEdit as ProtocolEdit } from "vscode-languageclient/node";
import { settings, type Review } from "./settings";
import type { Job } from "./jobs";

/** Resolves an action with progress and cancel. The stock client forgets the versions of an edit; here they are checked. */
export function editMiddleware(client: () => LanguageClient | undefined, job: Job): CodeActionMiddleware {
  return {
    async resolveCodeAction(item, token, next) {
      const running = client();
      if (!running || item.edit) return next(item, token);
      return job(item.title, token, async (cancel) => {
        const asked = await running.code2ProtocolConverter.asCodeAction(item);
        const answer = await running.sendRequest(CodeActionResolveRequest.type, asked, cancel);
        if (answer.edit) refuseStale(answer.edit);
        const resolved = await running.protocol2CodeConverter.asCodeAction(answer, cancel);
        if (resolved?.edit) item.edit = review(resolved.edit, settings.review(), item.title);
        if (resolved?.command) item.command = resolved.command;
        return item;
      });
    },
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

/** The edit with every change marked for the refactor preview, where the setting asks for a review. */
export function review(edit: vscode.WorkspaceEdit, setting: Review, label: string): vscode.WorkspaceEdit {
  const files = edit.entries();
  if (setting === "server" || (setting === "severalFiles" && edit.size < 2)) return edit;
  // Created and renamed files cannot be read back from an edit; such an edit keeps what the server marked.
  if (edit.size !== files.length) return edit;
  const marked = new vscode.WorkspaceEdit();
  for (const [uri, changes] of files) {
    const description = vscode.workspace.asRelativePath(uri);
    marked.set(uri, changes.map((change): [vscode.TextEdit, vscode.WorkspaceEditEntryMetadata] => [change, { needsConfirmation: true, label, description }]));
  }
  return marked;
}
