// What several rooms share: the log channel and one-time messages.

import * as vscode from "vscode";
import { LSPErrorCodes, ResponseError } from "vscode-languageclient/node";

export interface Log {
  readonly channel: vscode.LogOutputChannel;
  /** Shows a failure that needs the person, once per `key` until `forget`; later ones only go to the log. */
  tell(key: string, message: string, actions?: Record<string, () => unknown>): void;
  forget(): void;
  /** What has been shown since `forget`. */
  shown(): string[];
}

export function createLog(channel: vscode.LogOutputChannel): Log {
  const told = new Map<string, string>();
  return {
    channel,
    tell(key, message, actions = {}) {
      channel.error(message);
      if (told.has(key)) return;
      told.set(key, message);
      const choices: Record<string, () => unknown> = { ...actions, "Show Log": () => channel.show() };
      void vscode.window.showErrorMessage(message, ...Object.keys(choices)).then((chosen) => chosen && choices[chosen]?.());
    },
    forget: () => told.clear(),
    shown: () => [...told.values()],
  };
}

/** Whether somebody called it off, which is no failure. */
export function isCancel(error: unknown): boolean {
  return error instanceof vscode.CancellationError || (error instanceof ResponseError && error.code === LSPErrorCodes.RequestCancelled);
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
