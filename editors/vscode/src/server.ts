// The server's life: found, checked, started, watched, started again. One message when it cannot be, and quiet after that.

import * as os from "node:os";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import * as vscode from "vscode";
import {
  CloseAction, ErrorAction, ExecuteCommandRequest, LanguageClient, RevealOutputChannelOn, State, TransportKind,
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
    return this.enqueue(async () => {
      await this.shut();
      await this.start();
    });
  }

  stop(): Promise<void> {
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
    if (!client) throw new Error(this.problem || "The longsight server is not running.");
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
    this.lastWords = "";
    let command: string | undefined;
    try {
      command = await this.file();
      this.log.channel.info(`Starting ${this.program}`);
      const run = { command, args: ["serve", ...this.options()], transport: TransportKind.stdio, options: { env: { ...process.env, ...(await this.keys.environment()) } } };
      this.client = this.build({ run, debug: run });
      await this.client.start();
      this.problem = "";
      this.enter("running");
    } catch (error) {
      this.fail(command ? await this.stumbled(command, error) : messageOf(error));
    }
  }

  /** Why a program that is longsight does not serve. Its own words come a moment after the broken pipe. */
  private async stumbled(command: string, error: unknown): Promise<string> {
    for (const end = Date.now() + WORDS_MS; !this.lastWords && Date.now() < end; ) await new Promise((done) => setTimeout(done, 50));
    const said = this.lastWords ? `it says "${this.lastWords.slice(0, 300)}"` : `it ended, or does not answer (${messageOf(error)})`;
    return `${command} cannot be used as the longsight server: ${said}. Repair it, or choose another with longsight.server.path.`;
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
      errorHandler: this.errorHandler(),
      initializationFailedHandler: () => false,
      middleware: this.middleware,
    };
    const client = new QuietClient("longsight", "longsight", options, clientOptions);
    client.onNotification(STREAM_METHOD, (part: StreamPart) => this.parts.fire(part));
    client.onDidChangeState(({ newState }) => {
      if (newState === State.Running) this.enter("running");
      else if (newState === State.Starting) this.enter("starting");
    });
    return client;
  }

  private errorHandler(): ErrorHandler {
    return {
      error: (_error, _message, count) => ({ action: (count ?? 0) <= 3 ? ErrorAction.Continue : ErrorAction.Shutdown, handled: true }),
      closed: () => {
        if (this.crashes.again(Date.now())) {
          this.enter("starting");
          return { action: CloseAction.Restart, handled: true, message: "The server went away and is started again." };
        }
        const said = this.lastWords ? ` The last it said: "${this.lastWords.slice(0, 300)}".` : "";
        this.fail(`The longsight server stopped several times within three minutes and is not started again by itself.${said} Restart it, or choose another with longsight.server.path.`);
        return { action: CloseAction.DoNotRestart, handled: true };
      },
    };
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
    const client = this.client;
    this.client = undefined;
    this.enter("stopped");
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
