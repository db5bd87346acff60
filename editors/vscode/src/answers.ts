// Answers as rendered markdown: a read-only virtual document in the editor's own preview, filled while the model writes.

import { posix } from "node:path";
import * as vscode from "vscode";
import { links, render, type Link } from "./markdown";
import type { Answer } from "./protocol";
import type { StreamedAnswer } from "./stream";

const SCHEME = "longsight-answer";
/** The preview renders the whole document each time; more often than this would only flicker. */
const REPAINT_MS = 120;
/** How long a preview may take to come to the front. */
const FOCUS_MS = 2000;
const AGAIN_MS = [1000, 5000];
/** Older answers are forgotten, so that a long session does not grow. */
const KEPT = 20;

export class Answers implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly texts = new Map<string, string>();
  private readonly changes = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changes.event;
  // Last: the editor reads `onDidChange` when it registers.
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
  private count = 0;

  /** Opens an empty answer beside the code. */
  async open(title: string, heading: string): Promise<Sheet> {
    const uri = this.place(title, "md");
    const sheet = new Sheet(heading, (text) => this.put(uri, text), uri);
    sheet.waiting("Thinking…");
    await vscode.workspace.openTextDocument(uri);
    const from = vscode.window.activeTextEditor;
    await vscode.commands.executeCommand("markdown.showLockedPreviewToSide", uri);
    // Reading beside is no reason to stop typing. The preview takes the focus a moment after its command has returned.
    // Its cursor is where it was: naming it anew would scroll the text.
    if (from && (await left(FOCUS_MS))) await returnTo(from);
    return sheet;
  }

  /** Shows a text as it is beside the code: nobody is asked to save it, and nothing is suggested in it. */
  async show(title: string, text: string): Promise<void> {
    const uri = this.place(title, "txt");
    this.put(uri, text);
    await vscode.window.showTextDocument(uri, { viewColumn: vscode.ViewColumn.Beside });
  }

  private place(title: string, ending: string): vscode.Uri {
    const name = title.replace(/[\\/:*?"<>|#%\n\r]/g, " ").replace(/\s+/g, " ").trim().slice(0, 60);
    return vscode.Uri.from({ scheme: SCHEME, path: `/${++this.count}/${name || "Answer"}.${ending}` });
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.path) ?? "This answer is no longer kept. Ask again.";
  }

  dispose(): void {
    this.registration.dispose();
    this.changes.dispose();
  }

  private put(uri: vscode.Uri, text: string): void {
    this.texts.delete(uri.path);
    this.texts.set(uri.path, text);
    for (const old of this.texts.keys()) {
      if (this.texts.size <= KEPT) break;
      this.texts.delete(old);
    }
    this.changes.fire(uri);
    // The editor closes unseen documents after a while; a closed one would stop updating its preview.
    void vscode.workspace.openTextDocument(uri);
  }
}

/** The editor that `from` was, in front again. Nothing where the person has opened another file meanwhile: they stay in that one. */
export async function returnTo(from: vscode.TextEditor): Promise<vscode.TextEditor | undefined> {
  return vscode.window.showTextDocument(from.document, { viewColumn: from.viewColumn ?? vscode.ViewColumn.One }).then((editor) => editor, () => undefined);
}

/** True once no text editor is active any more; false when that has not happened in time. */
async function left(ms: number): Promise<boolean> {
  for (const end = Date.now() + ms; vscode.window.activeTextEditor && Date.now() < end; ) await new Promise((done) => setTimeout(done, 20));
  return !vscode.window.activeTextEditor;
}

/** One answer while it is written. */
export class Sheet {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly heading: string,
    private readonly put: (text: string) => void,
    readonly uri: vscode.Uri,
  ) {}

  waiting(note: string): void {
    this.put(`${this.heading}\n\n*${render(note)}*\n`);
  }

  /** Shows what has come so far, soon. */
  streaming(answer: StreamedAnswer): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      if (answer.text) this.put(`${this.heading}\n\n${render(answer.text)} ▍\n`);
      else this.waiting(answer.progress || (answer.reasoning ? "Thinking…" : "Reading…"));
    }, REPAINT_MS);
  }

  /** The checked answer, with links to what it cites. */
  finish(answer: Answer): void {
    const known = links(answer.citations ?? [], resolvePath);
    const text = answer.text.trim() ? render(answer.text, known) : "*The model gave no answer.*";
    this.end([this.heading, text, sources(known), footer(answer)].filter(Boolean).join("\n\n") + "\n");
  }

  /** What has come stays visible, under the reason why it ends here. */
  fail(reason: string, partial: StreamedAnswer): void {
    const kept = partial.text ? `\n\n${render(partial.text)}` : "";
    this.end(`${this.heading}\n\n**Not finished:** ${render(reason)}${kept}\n`);
  }

  /** Shows how it ended, and again a little later: a preview that is still loading loses what it is told. */
  private end(text: string): void {
    this.settle();
    this.put(text);
    for (const [at, wait] of AGAIN_MS.entries()) setTimeout(() => this.put(text + "\n".repeat(at + 1)), wait).unref();
  }

  private settle(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}

function sources(known: readonly Link[]): string {
  if (!known.length) return "";
  return ["**Places** (checked)", "", ...[...known].reverse().map(({ text, uri }) => `- [${render(text)}](${uri})`)].join("\n");
}

function footer({ route }: Answer): string {
  if (!route) return "";
  const parts = [route.role, route.model ?? route.engine, route.reason].filter((part): part is string => Boolean(part));
  return parts.length ? `---\n\n*${parts.map((part) => render(part)).join(" · ")}*` : "";
}

/** What a link to a workspace path says; a citation writes it relative to a folder, or with the folder's name in front. */
function resolvePath(path: string): string | undefined {
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (path.startsWith("/") || path.split("/").includes("..")) return undefined;
  const named = folders.length > 1 ? folders.find(({ name }) => path.startsWith(`${name}/`)) : undefined;
  if (named) return hrefOf(vscode.Uri.joinPath(named.uri, path.slice(named.name.length + 1)));
  return folders[0] && hrefOf(vscode.Uri.joinPath(folders[0].uri, path));
}

/**
 * A link that the preview follows to `uri`. It refuses `file:`; what begins with a slash it looks for below the first folder,
 * and folders beside that one are reached from there. Without a folder there is no such link.
 */
export function hrefOf(uri: vscode.Uri): string | undefined {
  const first = vscode.workspace.workspaceFolders?.[0];
  if (!first || first.uri.scheme !== uri.scheme || first.uri.authority !== uri.authority) return undefined;
  const relative = posix.relative(first.uri.path, uri.path);
  return `/${relative.split("/").map((part) => encodeURIComponent(part).replace(/[()']/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)).join("/")}`;
}
