// One run of the server: its process, and the client that talks with it, from start to end.
// The stock client cannot be stopped while it starts: it refuses, goes on, and registers commands that nobody takes back, so that
// every later start fails on them. Here the process is our own, and ending it ends the start.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import * as vscode from "vscode";
import { LanguageClient, type LanguageClientOptions } from "vscode-languageclient/node";

/** How long a server may take to end by itself, and a client to notice that its server is gone. */
const END_MS = 2000;

/** The stock client pops up every failure; ours are told once, with a way out, by `Server`. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

export interface Program {
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
}

export class Run {
  readonly client: LanguageClient;
  private child: ChildProcess | undefined;
  /** Fulfilled once the start has come to its end, whichever; until then the client must not be stopped. */
  private started: Promise<unknown> = Promise.resolve();
  private starting = false;

  constructor(program: Program, options: LanguageClientOptions) {
    this.client = new QuietClient("longsight", "longsight", () => this.spawn(program), options);
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  start(): Promise<void> {
    const started = this.client.start();
    this.starting = true;
    this.started = started.catch(() => undefined).then(() => (this.starting = false));
    return started;
  }

  /** Ends client and process, in whatever state they are. What did not go well is the result. */
  async end(): Promise<string | undefined> {
    if (this.starting) {
      this.child?.kill("SIGKILL");
      await within(END_MS, this.started);
    }
    // A start that failed has nothing to be stopped.
    const wrong = this.client.isRunning() ? await this.client.stop(END_MS).then(() => undefined, (error: Error) => error.message) : undefined;
    if (!hasEnded(this.child)) await within(END_MS, once(this.child!, "exit"));
    if (!hasEnded(this.child)) this.child!.kill("SIGKILL");
    return wrong;
  }

  private async spawn({ command, args, env }: Program): Promise<ChildProcess> {
    const child = spawn(command, args, { env, cwd: folder(), stdio: "pipe" });
    this.child = child;
    await once(child, "spawn");
    // A process that is gone while something is written to it is told of by the end of the connection.
    child.on("error", () => undefined);
    return child;
  }
}

function hasEnded(child: ChildProcess | undefined): boolean {
  return !child?.pid || child.exitCode !== null || child.signalCode !== null;
}

/** Waits for `work`, but not for ever. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise((done) => (timer = setTimeout(done, ms)));
  await Promise.race([work.catch(() => undefined), enough]);
  clearTimeout(timer);
}

/** The first folder, where a server is started, if it is there. */
function folder(): string | undefined {
  const uri = vscode.workspace.workspaceFolders?.[0]?.uri;
  return uri?.scheme === "file" && statSync(uri.fsPath, { throwIfNoEntry: false })?.isDirectory() ? uri.fsPath : undefined;
}
