// The server's life: found, checked, started, watched, started again. One message when it cannot be, and quiet after that.

import * as os from "node:os";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import * as vscode from "vscode";
import {
  CloseAction, ErrorAction, ExecuteCommandRequest, LanguageClient, RevealOutputChannelOn, TransportKind,
  type ErrorHandler, type LanguageClientOptions, type Middleware, type ServerOptions,
} from "vscode-languageclient/node";
import { Crashes } from "./crashes";
import type { Keys } from "./keys";
import { locate, probe } from "./locate";
import { messageOf, type Log } from "./log";
import { STREAM_METHOD, type StreamPart } from "./protocol";
import { serverPath, settings } from "./settings";

/** How long a program that ended at once is given to say why. */
const WORDS_MS = 1000;
/** How long a program may take to answer `initialize`, which takes a tenth of a second. */
const ANSWER_MS = 20_000;
/** Why a start is given up. */
const OVERTAKEN = new Error("another start was asked for");
const SILENT = new Error(`it did not answer within ${ANSWER_MS / 1000} s`);

/** The stock client pops up every failure; ours are told once, with a way out, by this room. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

export type Phase = "starting" | "running" | "stopped";

export class Server implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private readonly crashes = new Crashes();
  private queue: Promise<void> = Promise.resolve();
  private readonly phases = new vscode.EventEmitter<Phase>();
  private readonly parts = new vscode.EventEmitter<StreamPart>();
  readonly onPhase = this.phases.event;
  readonly onStream = this.parts.event;
  phase: Phase = "stopped";
  /** What a person sees of the running program: file, origin, version. */
  program = "";
  private lastApplied = 0;
  /** Why there is no server. */
  problem = "";
  /** The last line that the server wrote for people, which is why it ended when it ends at once. */
  private lastWords = "";
  /** Gives up the start that is waited for. */
  private overtake: (() => void) | undefined;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly log: Log,
    private readonly keys: Keys,
    private readonly middleware: Middleware,
    private readonly trace: vscode.LogOutputChannel,
  ) {}

  get running(): LanguageClient | undefined {
    return this.phase === "running" ? this.client : undefined;
  }

  /** Starts, or stops and starts. Calls wait for each other, so that there is never more than one server. */
  restart(): Promise<void> {
    this.crashes.forget();
    this.log.forget();
    this.overtake?.();
    return this.enqueue(async () => {
      await this.shut();
      await this.start();
    });
  }

  stop(): Promise<void> {
    this.overtake?.();
    return this.enqueue(() => this.shut());
  }

  dispose(): void {
    this.phases.dispose();
    this.parts.dispose();
  }

  /** The located program's file, for one-shot commands such as `models pull`. */
  async file(): Promise<string> {
    const found = await locate(serverPath(this.context.workspaceState, () => void this.restart()), this.context.extensionPath, process.env["PATH"] ?? "", os.homedir());
    if ("problem" in found) throw new Error(found.problem);
    const checked = await probe(found.file);
    if ("problem" in checked) throw new Error(checked.problem);
    this.program = `${found.file} (${found.origin}), version ${checked.version}`;
    return found.file;
  }

  /** Options that every run of the program gets: the person's configuration file. */
  options(): string[] {
    return settings.configFile() ? ["--config", settings.configFile()] : [];
  }

  /** Runs a command of the server. `extra` can carry a progress token. */
  async execute<T>(command: string, argument: object, token?: vscode.CancellationToken, extra: object = {}): Promise<T> {
    const client = this.running;
    if (!client) throw new Error(this.problem || (this.phase === "starting" ? "The longsight server is starting. Try again in a moment." : "The longsight server is not running."));
    return (await client.sendRequest(ExecuteCommandRequest.type, { command, arguments: [argument], ...extra }, token)) as T;
  }

  /** Notes that the editor has applied an edit of the server, or what the person kept of it in the preview. */
  applied(): void {
    this.lastApplied = Date.now();
  }

  appliedSince(time: number): boolean {
    return this.lastApplied >= time;
  }

  private enqueue(work: () => Promise<void>): Promise<void> {
    this.queue = this.queue.then(work, work);
    return this.queue;
  }

  private async start(): Promise<void> {
    this.enter("starting");
    [this.problem, this.lastWords] = ["", ""];
    let command: string | undefined;
    try {
      command = await this.file();
      this.log.channel.info(`Starting ${this.program}`);
      const run = { command, args: ["serve", ...this.options()], transport: TransportKind.stdio, options: { env: { ...process.env, ...(await this.keys.environment()) } } };
      this.client = this.build({ run, debug: run });
      await this.answered(this.client);
      // One that has ended meanwhile is on its way back already.
      if (this.client.isRunning()) this.enter("running");
    } catch (error) {
      if (error === OVERTAKEN) return;
      this.fail(command ? await this.stumbled(command, error) : messageOf(error));
      await this.discard();
    }
  }

  /** Waits until the client runs, but neither for ever nor once another start is asked for. */
  private async answered(client: LanguageClient): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const given = new Promise<never>((_, giveUp) => {
      timer = setTimeout(() => giveUp(SILENT), ANSWER_MS);
      this.overtake = () => giveUp(OVERTAKEN);
    });
    const started = client.start();
    // Given up, it may still fail.
    started.catch(() => undefined);
    try {
      await Promise.race([started, given]);
    } finally {
      clearTimeout(timer);
      this.overtake = undefined;
    }
  }

  /** Why a program that is longsight does not serve. */
  private async stumbled(command: string, error: unknown): Promise<string> {
    return `${command} cannot be used as the longsight server: ${error === SILENT ? SILENT.message : await this.words(error)}. Repair it, or choose another with longsight.server.path.`;
  }

  /** What the program said at its end; its words come a moment after the broken pipe. */
  private async words(error: unknown): Promise<string> {
    for (const end = Date.now() + WORDS_MS; !this.lastWords && Date.now() < end; ) await new Promise((done) => setTimeout(done, 50));
    return this.lastWords ? `it says "${this.lastWords.slice(0, 300)}"` : `it ended without a word (${messageOf(error)})`;
  }

  private listen(input: Readable, show: (line: string) => void): void {
    createInterface({ input, crlfDelay: Infinity, terminal: false }).on("line", (line) => {
      if (line.trim()) this.lastWords = line.trim();
      show(line);
    });
  }

  private build(options: ServerOptions): LanguageClient {
    const clientOptions: LanguageClientOptions = {
      documentSelector: [{ scheme: "file" }, { scheme: "untitled" }],
      initializationOptions: { streaming: true, trusted: vscode.workspace.isTrusted },
      outputChannel: this.log.channel,
      stdioOptions: { stdout: () => undefined, stderr: (input: Readable) => this.listen(input, (line) => this.log.channel.error(line)) },
      traceOutputChannel: this.trace,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationFailedHandler: () => false,
      middleware: this.middleware,
    };
    const client: LanguageClient = new QuietClient("longsight", "longsight", options, { ...clientOptions, errorHandler: this.errorHandler(() => client) });
    client.onNotification(STREAM_METHOD, (part: StreamPart) => this.parts.fire(part));
    return client;
  }

  /** What the client does when the connection is in trouble. It restarts nothing by itself: every start is one of ours. */
  private errorHandler(client: () => LanguageClient): ErrorHandler {
    return {
      // Where writing or reading fails, the end of the connection follows, and is looked after below.
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      closed: () => {
        // One that has never served is told of by the start that waits for it; here are only those that went away at work.
        if (client().isRunning()) {
          this.enter("starting");
          void this.enqueue(() => this.revive(client()));
        }
        return { action: CloseAction.DoNotRestart, handled: true, message: "The connection to the server is closed." };
      },
    };
  }

  /** Starts again after `gone` went away at work, unless that happens over and over. */
  private async revive(gone: LanguageClient): Promise<void> {
    if (this.client !== gone) return;
    if (this.crashes.again(Date.now())) {
      this.log.channel.warn("The server went away and is started again.");
      return this.start();
    }
    const said = this.lastWords ? ` The last it said: "${this.lastWords.slice(0, 300)}".` : "";
    this.fail(`The longsight server stopped several times within three minutes and is not started again by itself.${said} Restart it, or choose another with longsight.server.path.`);
  }

  private fail(problem: string): void {
    this.problem = problem;
    this.enter("stopped");
    this.log.tell("server", problem, {
      Restart: () => vscode.commands.executeCommand("longsight.restartServer"),
      Settings: () => vscode.commands.executeCommand("workbench.action.openSettings", "longsight.server"),
    });
  }

  private async shut(): Promise<void> {
    this.enter("stopped");
    await this.discard();
  }

  /** Ends the client that there is, and with it its process. */
  private async discard(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    // A server that is stuck must not keep the editor from closing.
    await client?.dispose(2000).catch((error: unknown) => this.log.channel.warn(`Stopping the server: ${messageOf(error)}`));
  }

  private enter(phase: Phase): void {
    if (phase === this.phase) return;
    this.phase = phase;
    void vscode.commands.executeCommand("setContext", "longsight.running", phase === "running");
    this.phases.fire(phase);
  }
}
