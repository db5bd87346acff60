// Marks edits for the editor's refactor preview. Pure: it works on the protocol's own form, so that what the server wrote on a change
// (its label, the model's reason) stays.

import type { AnnotatedTextEdit, ChangeAnnotation, WorkspaceEdit } from "vscode-languageclient/node";

export type Review = "always" | "severalFiles" | "server";

/** The files that an edit touches. */
export function filesOf(edit: WorkspaceEdit): string[] {
  const listed = (edit.documentChanges ?? []).map((change) => ("textDocument" in change ? change.textDocument.uri : "uri" in change ? change.uri : change.newUri));
  return [...new Set([...listed, ...Object.keys(edit.documentChanges ? {} : (edit.changes ?? {}))])];
}

/** The edit with every change marked for confirmation, where the setting asks for a review; else as it came. */
export function marked(edit: WorkspaceEdit, setting: Review, label: string): WorkspaceEdit {
  if (setting === "server" || (setting === "severalFiles" && filesOf(edit).length < 2)) return edit;
  const changeAnnotations: Record<string, ChangeAnnotation> = {};
  for (const [id, annotation] of Object.entries(edit.changeAnnotations ?? {})) changeAnnotations[id] = { ...annotation, needsConfirmation: true };
  let own: string | undefined;
  const id = () => {
    own ??= `longsight-review-${Object.keys(changeAnnotations).length}`;
    changeAnnotations[own] = { label, needsConfirmation: true };
    return own;
  };
  const documentChanges = edit.documentChanges ?? Object.entries(edit.changes ?? {}).map(([uri, edits]) => ({ textDocument: { uri, version: null }, edits }));
  return {
    documentChanges: documentChanges.map((change) => {
      if (!("textDocument" in change)) return change.annotationId ? change : { ...change, annotationId: id() };
      return { ...change, edits: change.edits.map((one) => ("annotationId" in one && one.annotationId ? one : { ...one, annotationId: id() })) as AnnotatedTextEdit[] };
    }),
    changeAnnotations,
  };
}
