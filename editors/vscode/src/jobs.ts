// Work that a person waits for: a notification with progress and a cancel button, fed by the server's own progress.

import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import { WorkDoneProgress, type LanguageClient, type Middleware } from "vscode-languageclient/node";

/** Runs `work` under a notification. It gets a token that cancels, and the token for the server's progress. */
export type Job = <T>(
  title: string,
  outer: vscode.CancellationToken | undefined,
  work: (cancel: vscode.CancellationToken, workDoneToken: string, report: (message: string) => void) => Promise<T>,
) => Promise<T>;

/** Our own tokens; others are made by the server, where a request has no place for one (`codeAction/resolve`). */
const OWN = "longsight-vscode/";

/** Shows what the server reports by itself in the notification that already stands, and in the status bar only when there is none. */
export class Reports {
  private readonly open: ((message: string) => void)[] = [];

  add(report: (message: string) => void): vscode.Disposable {
    this.open.push(report);
    return new vscode.Disposable(() => void this.open.splice(this.open.indexOf(report), 1));
  }

  /** Shows a message of our own in the notification that stands. */
  say(message: string): void {
    this.open.at(-1)?.(message);
  }

  readonly middleware: Pick<Middleware, "handleWorkDoneProgress"> = {
    handleWorkDoneProgress: (token, value, next) => {
      const newest = this.open.at(-1);
      if (String(token).startsWith(OWN) || !newest || value.kind === "end") return next(token, value);
      if (value.message) newest(value.message);
    },
  };
}

export function jobs(client: () => LanguageClient | undefined, reports: Reports, busy: <T>(work: () => PromiseLike<T>) => Promise<T>): Job {
  return (title, outer, work) =>
    busy(() =>
      vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, cancellable: true, title: `longsight: ${title}` }, async (progress, button) => {
        const source = new vscode.CancellationTokenSource();
        const workDoneToken = OWN + randomUUID();
        const report = (message: string) => progress.report({ message: message.slice(-120) });
        const hooks = [
          reports.add(report),
          button.onCancellationRequested(() => source.cancel()),
          outer?.onCancellationRequested(() => source.cancel()),
          client()?.onProgress(WorkDoneProgress.type, workDoneToken, (value) => {
            if (value.kind !== "end" && value.message) report(value.message);
          }),
        ];
        try {
          return await work(source.token, workDoneToken, report);
        } finally {
          for (const hook of hooks) hook?.dispose();
          source.dispose();
        }
      }),
    );
}
