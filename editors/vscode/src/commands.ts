// What a person starts: explain, ask, edit, preview. Each takes the cursor or an argument of the server's own command.

import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import type { Diagnostic, Location } from "vscode-languageclient/node";
import { hrefOf, returnTo, type Answers, type Sheet } from "./answers";
import type { Job } from "./jobs";
import { isCancel, messageOf, type Log } from "./log";
import { SERVER_COMMANDS, type Answer, type AskArgument, type ContextPreview, type ContextPreviewArgument, type EditArgument, type EditOutcome, type ExplainArgument } from "./protocol";
import type { Server } from "./server";
import { settings } from "./settings";
import type { Status } from "./status";
import { StreamedAnswer } from "./stream";

/** What the commands work with. */
export interface Desk {
  server: Server;
  answers: Answers;
  status: Status;
  log: Log;
  job: Job;
}

export async function explain(desk: Desk, given?: ExplainArgument): Promise<void> {
  const argument = given ?? here();
  if (!argument) return void vscode.window.showInformationMessage("Open a file and put the cursor into what is to be explained.");
  const uri = vscode.Uri.parse(argument.uri);
  const place = vscode.workspace.asRelativePath(uri);
  const line = argument.range.start.line + 1;
  const [label, href] = [`${escapeLabel(place)}:${line}`, hrefOf(uri)];
  const sheet = await desk.answers.open(`Explain ${place.split("/").at(-1)}`, `# Explanation of ${href ? `[${label}](${href}#L${line})` : label}`);
  await answer(desk, SERVER_COMMANDS.explain, argument, "Explain", sheet);
}

export async function ask(desk: Desk, given?: AskArgument): Promise<void> {
  const question = given?.question ?? (await vscode.window.showInputBox({ title: "Ask about this repository", prompt: "For example: where is the cache directory decided?", ignoreFocusOut: true }));
  if (!question?.trim()) return;
  const from = vscode.window.activeTextEditor;
  const sheet = await desk.answers.open(question, `# ${escapeLabel(question)}`);
  const found = await answer(desk, SERVER_COMMANDS.ask, { question }, "Ask", sheet);
  if (found?.locations?.length && settings.peek() && from) await peek(desk, from, found.locations);
}

/** Streams an answer into `sheet`. Nothing is returned when it failed or was cancelled; the sheet says so then. */
async function answer(desk: Desk, command: string, argument: object, title: string, sheet: Sheet): Promise<Answer | undefined> {
  const streamToken = randomUUID();
  const partial = new StreamedAnswer();
  const listening = desk.server.onStream((part) => part.token === streamToken && partial.push(part) && sheet.streaming(partial));
  try {
    const found = await desk.job(title, undefined, (cancel, workDoneToken) => desk.server.execute<Answer>(command, { ...argument, streamToken }, cancel, { workDoneToken }));
    sheet.finish({ ...found, text: found?.text || partial.text });
    desk.status.answered(found?.route);
    return found;
  } catch (error) {
    sheet.fail(isCancel(error) ? "cancelled" : messageOf(error), partial);
    if (!isCancel(error)) desk.log.channel.error(`${title}: ${messageOf(error)}`);
    return undefined;
  } finally {
    listening.dispose();
  }
}

async function peek(desk: Desk, from: vscode.TextEditor, found: Location[]): Promise<void> {
  const client = desk.server.running;
  if (!client) return;
  const locations = found.map((location) => client.protocol2CodeConverter.asLocation(location));
  const editor = await returnTo(from);
  if (editor) await vscode.commands.executeCommand("editor.action.peekLocations", editor.document.uri, editor.selection.active, locations, "peek");
}

export async function edit(desk: Desk, given?: EditArgument): Promise<void> {
  const argument: EditArgument | undefined = given ?? here();
  if (!argument) return void vscode.window.showInformationMessage("Open a file and select what is to be edited.");
  if (!argument.instruction && !argument.action) {
    const instruction = await vscode.window.showInputBox({ title: "Edit with an instruction", prompt: "What should change? For example: return an error instead of panicking", ignoreFocusOut: true });
    if (!instruction?.trim()) return;
    argument.instruction = instruction;
  }
  argument.diagnostics ??= complaints(vscode.Uri.parse(argument.uri));
  const streamToken = randomUUID();
  const partial = new StreamedAnswer();
  const started = Date.now();
  try {
    const outcome = await desk.job(argument.instruction ?? "Edit", undefined, async (cancel, workDoneToken, report) => {
      const listening = desk.server.onStream((part) => part.token === streamToken && partial.push(part) && report(partial.progress || partial.text));
      try {
        return await desk.server.execute<EditOutcome>(SERVER_COMMANDS.edit, { ...argument, streamToken }, cancel, { workDoneToken });
      } finally {
        listening.dispose();
      }
    });
    desk.status.answered(outcome?.route);
    if (outcome?.applied === false && !outcome.hunks?.length && !desk.server.appliedSince(started)) void vscode.window.showWarningMessage(`Nothing was changed: ${unchanged(outcome)}`);
  } catch (error) {
    if (!isCancel(error)) void vscode.window.showErrorMessage(`No edit: ${messageOf(error)}`);
  }
}

function unchanged({ refused, edits }: EditOutcome): string {
  if (refused) return refused;
  return edits?.length ? "the edit was discarded, or the text has changed since." : "the model proposed no change. Another wording may help.";
}

/** What would be put in front of the model here, before anything is sent. */
export async function previewContext(desk: Desk): Promise<void> {
  const place = here();
  if (!place) return;
  const argument: ContextPreviewArgument = { uri: place.uri, position: place.range.end };
  try {
    const found = await desk.server.execute<ContextPreview>(SERVER_COMMANDS.contextPreview, argument);
    const content = [...(found.parts ?? []).map((part) => `${part.path}:${part.start_line}-${part.end_line}  ${part.kind}, ${part.tokens} tokens: ${part.why}`), "", `${found.tokens ?? "?"} of ${found.budget ?? "?"} tokens. The exact text:`, "", found.prompt ?? ""].join("\n");
    await desk.answers.show("What would be sent", content);
  } catch (error) {
    void vscode.window.showErrorMessage(`No preview: ${messageOf(error)}`);
  }
}

/** The selection, or the cursor's line, as an argument. */
function here(): ExplainArgument | undefined {
  const editor = vscode.window.activeTextEditor;
  if (!editor) return undefined;
  const { start, end } = editor.selection;
  const at = ({ line, character }: vscode.Position) => ({ line, character });
  return { uri: editor.document.uri.toString(), range: { start: at(start), end: at(end) } };
}

/** What the editor complains of in a document. */
function complaints(uri: vscode.Uri): Diagnostic[] {
  const at = ({ line, character }: vscode.Position) => ({ line, character });
  return vscode.languages.getDiagnostics(uri).map(({ range, message, source }) => {
    const found = { range: { start: at(range.start), end: at(range.end) }, message };
    return source === undefined ? found : { ...found, source };
  });
}

function escapeLabel(label: string): string {
  return label.replace(/\s+/g, " ").replace(/[\\[\]<>&*_`!$|]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
