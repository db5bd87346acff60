// What ghost text came to: who served it, why nothing came, and a way out when the model is missing.

import * as vscode from "vscode";
import type { Watcher } from "./inline";
import type { Log } from "./log";
import { SERVER_COMMANDS, type ServerStatus } from "./protocol";
import type { Server } from "./server";
import type { Status } from "./status";

/** The server is asked who served and why nothing came, but not at every key. */
const PAUSE_MS = 300;

export class Whys implements Watcher, vscode.Disposable {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly server: Server,
    private readonly status: Status,
    private readonly log: Log,
  ) {}

  busy<T>(work: () => PromiseLike<T>): Promise<T> {
    return this.status.busy(work);
  }

  suggested(reason: string): void {
    clearTimeout(this.timer);
    this.status.suggested(reason);
  }

  completed(document: vscode.Uri, empty: boolean, ms: number): void {
    this.status.took(ms);
    this.suggested(empty ? "the model had nothing to add here" : "");
    this.timer = setTimeout(() => void this.look(document, empty), PAUSE_MS);
  }

  failed(message: string): void {
    this.suggested(message);
    if (!message.includes("models pull")) return;
    this.log.tell("model", message, {
      "Download a Model": () => vscode.commands.executeCommand("longsight.downloadModel"),
      "Get Started": () => vscode.commands.executeCommand("longsight.openWalkthrough"),
    });
  }

  dispose(): void {
    clearTimeout(this.timer);
  }

  private async look(document: vscode.Uri, empty: boolean): Promise<void> {
    const client = this.server.running;
    const said = await this.server.execute<ServerStatus>(SERVER_COMMANDS.status, {}).catch(() => undefined);
    // Suggestions from memory ask nobody; whoever served the last one that was asked for has written them.
    this.status.answered(said?.decisions?.findLast(({ task, failed }) => task?.startsWith("complete") && !failed));
    const uri = client?.code2ProtocolConverter.asUri(document);
    const why = empty ? said?.nothing?.find((silence) => silence.uri === uri)?.reason : undefined;
    if (why) this.status.suggested(why);
  }
}
