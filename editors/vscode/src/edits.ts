// Computed edits: shown in the refactor preview where the setting asks for it, carried over what was typed meanwhile, or dropped.

import * as vscode from "vscode";
import { CodeActionResolveRequest, type CodeActionMiddleware, type LanguageClient, type Middleware, type TextDocumentEdit, type TextEdit, type WorkspaceEdit as ProtocolEdit } from "vscode-languageclient/node";
import { carried, type Typed } from "./carry";
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
      const typing = new Typing();
      try {
        return await job(item.title, token, async (cancel) => {
          const asked = await running.code2ProtocolConverter.asCodeAction(item);
          const answer = await running.sendRequest(CodeActionResolveRequest.type, asked, cancel);
          if (answer.edit) {
            answer.edit = marked(typing.current(answer.edit), settings.review(), item.title);
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
      } finally {
        typing.dispose();
      }
    },
  };
}

type Apply = NonNullable<NonNullable<Middleware["workspace"]>["handleApplyEdit"]>;

/**
 * Edits that the server sends by itself (`longsight.edit`) go through the same review. `applied` is called when the editor has done so.
 * Where the person is asked because the setting wants it, the server is told by `chosen` that hunks may be missing, and were not lost.
 */
export function applyMiddleware(say: (message: string) => void, applied: () => void): Apply {
  return async (params, next) => {
    const label = params.label?.replace(/^longsight: /, "") ?? "longsight";
    const edit = marked(params.edit, settings.review(), label);
    const chosen = Object.values(edit.changeAnnotations ?? {}).some(({ needsConfirmation }) => needsConfirmation);
    if (chosen) say("tick what to keep in the refactor preview");
    const result = await next({ ...params, edit }, new vscode.CancellationTokenSource().token);
    if (result instanceof Error) return result;
    if (result?.applied) applied();
    return { ...result, chosen };
  };
}

/** What is typed while an edit is computed. The server carries edits over what it has been told of; a key may still be on its way. */
class Typing {
  private readonly events = new Map<string, Typed[]>();
  private readonly hook = vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
    const uri = document.uri.toString();
    // A document that only becomes dirty keeps its version.
    if (!contentChanges.length) return;
    if (!this.events.has(uri)) this.events.set(uri, []);
    this.events.get(uri)!.push({ version: document.version, changes: contentChanges.map(({ range, text }) => ({ range, text })) });
  });

  /** The edit for the documents as they are now. Throws when one of them was changed where the edit would change it. */
  current(edit: ProtocolEdit): ProtocolEdit {
    return { ...edit, ...(edit.documentChanges && { documentChanges: edit.documentChanges.map((change) => ("textDocument" in change ? this.carry(change) : change)) }) };
  }

  private carry(change: TextDocumentEdit): TextDocumentEdit {
    const uri = vscode.Uri.parse(change.textDocument.uri).toString();
    const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri);
    const made = change.textDocument.version;
    if (!open || typeof made !== "number" || open.version === made) return change;
    const since = (this.events.get(uri) ?? []).filter(({ version }) => version > made);
    // Places of changes that the editor has put together are those of several texts, and say nothing of this one.
    const isWhole = since.at(-1)?.version === open.version && since.every(({ version }, at) => version === made + 1 + at);
    const edits = isWhole ? carried(change.edits as TextEdit[], since) : undefined;
    if (!edits) throw new Error(`${vscode.workspace.asRelativePath(open.uri)} was changed while the edit was computed. Nothing was applied; ask again.`);
    return { textDocument: { ...change.textDocument, version: open.version }, edits };
  }

  dispose(): void {
    this.hook.dispose();
  }
}
