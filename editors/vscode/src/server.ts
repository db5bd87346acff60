// The server's life: found, checked, started, watched, started again. One message when it cannot be, and quiet after that.

import * as os from "node:os";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import * as vscode from "vscode";
import {
  CloseAction, ErrorAction, ExecuteCommandRequest, RevealOutputChannelOn,
  type ErrorHandler, type LanguageClient, type LanguageClientOptions, type Middleware,
} from "vscode-languageclient/node";
import { Crashes } from "./crashes";
import type { Keys } from "./keys";
import { locate, probe } from "./locate";
import { messageOf, type Log } from "./log";
import { STREAM_METHOD, type StreamPart } from "./protocol";
import { Run } from "./run";
import { serverPath, settings } from "./settings";

/** How long a program that ended at once is given to say why. */
const WORDS_MS = 1000;
/** How long a program may take to answer `initialize`, which takes a tenth of a second. */
const ANSWER_MS = 20_000;
/** Why a start is given up. */
const OVERTAKEN = new Error("another start was asked for");
const SILENT = new Error(`it did not answer within ${ANSWER_MS / 1000} s`);

export type Phase = "starting" | "running" | "stopped";

export class Server implements vscode.Disposable {
  private run: Run | undefined;
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
  /** Counts what was asked for, so that a start notices that it is no longer wanted. */
  private wishes = 0;
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
    return this.phase === "running" ? this.run?.client : undefined;
  }

  /** The process of the server, if there is one. */
  get pid(): number | undefined {
    return this.run?.pid;
  }

  /** Starts, or stops and starts. Calls wait for each other, so that there is never more than one server. */
  restart(): Promise<void> {
    this.crashes.forget();
    this.log.forget();
    this.wish();
    return this.enqueue(async () => {
      await this.shut();
      await this.start();
    });
  }

  stop(): Promise<void> {
    this.wish();
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

  private wish(): void {
    this.wishes++;
    this.overtake?.();
  }

  private enqueue(work: () => Promise<void>): Promise<void> {
    this.queue = this.queue.then(work, work);
    return this.queue;
  }

  private async start(): Promise<void> {
    const wish = this.wishes;
    this.enter("starting");
    [this.problem, this.lastWords] = ["", ""];
    let command: string | undefined;
    try {
      command = await this.file();
      const env = { ...process.env, ...(await this.keys.environment()) };
      // The next in the queue does it better.
      if (wish !== this.wishes) return;
      this.log.channel.info(`Starting ${this.program}`);
      this.run = this.build(command, env);
      await this.answered(this.run);
      // One that has ended meanwhile is on its way back already.
      if (this.run.client.isRunning()) this.enter("running");
    } catch (error) {
      if (error === OVERTAKEN) return;
      this.fail(command ? await this.stumbled(command, error) : messageOf(error));
      await this.discard();
    }
  }

  /** Waits until the client runs, but neither for ever nor once another start is asked for. */
  private async answered(run: Run): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const given = new Promise<never>((_, giveUp) => {
      timer = setTimeout(() => giveUp(SILENT), ANSWER_MS);
      this.overtake = () => giveUp(OVERTAKEN);
    });
    const started = run.start();
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

  private build(command: string, env: NodeJS.ProcessEnv): Run {
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
    const run: Run = new Run({ command, args: ["serve", ...this.options()], env }, { ...clientOptions, errorHandler: this.errorHandler(() => run) });
    run.client.onNotification(STREAM_METHOD, (part: StreamPart) => this.parts.fire(part));
    return run;
  }

  /** What the client does when the connection is in trouble. It restarts nothing by itself: every start is one of ours. */
  private errorHandler(run: () => Run): ErrorHandler {
    return {
      // Where writing or reading fails, the end of the connection follows, and is looked after below.
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      closed: () => {
        // One that has never served is told of by the start that waits for it; here are only those that went away at work.
        if (run() === this.run && run().client.isRunning()) {
          this.enter("starting");
          void this.enqueue(() => this.revive(run()));
        }
        return { action: CloseAction.DoNotRestart, handled: true, message: "The connection to the server is closed." };
      },
    };
  }

  /** Starts again after `gone` went away at work, unless that happens over and over. */
  private async revive(gone: Run): Promise<void> {
    if (this.run !== gone) return;
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

  /** Ends the run that there is. */
  private async discard(): Promise<void> {
    const run = this.run;
    this.run = undefined;
    const wrong = await run?.end();
    if (wrong) this.log.channel.warn(`Stopping the server: ${wrong}`);
  }

  private enter(phase: Phase): void {
    if (phase === this.phase) return;
    this.phase = phase;
    void vscode.commands.executeCommand("setContext", "longsight.running", phase === "running");
    this.phases.fire(phase);
  }
}
