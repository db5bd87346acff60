// Start and end of the extension: builds its parts, connects them, registers commands. What they do is in the other rooms.

import * as vscode from "vscode";
import type { Middleware } from "vscode-languageclient/node";
import { Answers } from "./answers";
import { ask, edit, explain, previewContext, type Desk } from "./commands";
import { applyMiddleware, editMiddleware } from "./edits";
import { ACCEPTED, inlineMiddleware } from "./inline";
import { jobs, Reports } from "./jobs";
import { Keys } from "./keys";
import { createLog, messageOf } from "./log";
import { SERVER_COMMANDS, type AskArgument, type EditArgument, type ExplainArgument } from "./protocol";
import { Server } from "./server";
import { needsRestart } from "./settings";
import { checkSetup, configurationText, downloadModel, noticeModel, openConfiguration, tryCompletion } from "./setup";
import { Status } from "./status";
import { Whys } from "./whys";

let server: Server | undefined;

/** What tests see of the running extension. */
export interface Api {
  desk: Desk;
  keys: Keys;
}

export async function activate(context: vscode.ExtensionContext): Promise<Api> {
  const log = createLog(vscode.window.createOutputChannel("longsight", { log: true }));
  const trace = vscode.window.createOutputChannel("longsight trace", { log: true });
  const keys = new Keys(context.secrets, context.globalState);
  const answers = new Answers();
  const client = () => server?.running;
  const reports = new Reports();
  const job = jobs(client, reports, (work) => status.busy(work));
  server = new Server(context, log, keys, { ...middleware(() => desk, () => whys, reports), ...reports.middleware }, trace);
  const status = new Status(server);
  const whys = new Whys(server, status, log);
  const desk: Desk = { server, answers, status, log, job };
  context.subscriptions.push(log.channel, trace, server, status, answers, whys);
  register(context, desk, keys);
  context.subscriptions.push(
    vscode.workspace.onDidChangeConfiguration((change) => needsRestart(change) && desk.server.restart()),
    vscode.workspace.onDidGrantWorkspaceTrust(() => desk.server.restart()),
  );
  await server.restart();
  return { desk, keys };
}

export function deactivate(): Promise<void> | undefined {
  return server?.stop();
}

/** What the stock client hands to us on its way to the server and back. */
function middleware(desk: () => Desk, whys: () => Whys, reports: Reports): Middleware {
  return {
    ...inlineMiddleware(whys),
    ...editMiddleware(() => desk().server.running, (...job) => desk().job(...job)),
    workspace: {
      handleApplyEdit: applyMiddleware((message) => reports.say(message), () => desk().server.applied()),
    },
    // The server's own commands, as its code actions name them, get the same views as those of the palette.
    executeCommand: (command, args: unknown[], next) => {
      if (command === SERVER_COMMANDS.explain) return explain(desk(), args[0] as ExplainArgument);
      if (command === SERVER_COMMANDS.ask) return ask(desk(), args[0] as AskArgument);
      if (command === SERVER_COMMANDS.edit) return edit(desk(), args[0] as EditArgument);
      return next(command, args);
    },
  };
}

function register(context: vscode.ExtensionContext, desk: Desk, keys: Keys): void {
  const restart = () => desk.server.restart();
  const commands: Record<string, () => unknown> = {
    "longsight.explainSelection": () => explain(desk),
    "longsight.askRepository": () => ask(desk),
    "longsight.editSelection": () => edit(desk),
    "longsight.previewContext": () => previewContext(desk),
    "longsight.showStatus": () => showStatus(desk),
    "longsight.restartServer": restart,
    "longsight.showLog": () => desk.log.channel.show(),
    "longsight.openConfiguration": openConfiguration,
    "longsight.downloadModel": () => downloadModel(desk),
    "longsight.checkSetup": () => checkSetup(desk),
    "longsight.setKey": async () => (await keys.ask(await configurationText())) && restart(),
    "longsight.deleteKey": async () => (await keys.delete()) && restart(),
    "longsight.tryCompletion": tryCompletion,
    "longsight.openWalkthrough": () => openWalkthrough(desk, `${context.extension.id}#start`),
    // The walkthrough's step ends with this command; there is nothing else to do.
    [ACCEPTED]: () => undefined,
  };
  for (const [name, action] of Object.entries(commands)) {
    context.subscriptions.push(vscode.commands.registerCommand(name, () => action()));
  }
}

/** Opens the walkthrough, and ticks what needs nobody any more: the editor sees only what happens once it is open. */
async function openWalkthrough(desk: Desk, id: string): Promise<void> {
  await vscode.commands.executeCommand("workbench.action.openWalkthrough", id);
  await noticeModel(desk);
}

/** What runs, what answered last, why nothing was suggested; and what the server itself says. */
async function showStatus(desk: Desk): Promise<void> {
  const sheet = await desk.answers.open("Status", "# longsight");
  const lines = desk.status.lines().map((line) => `- ${line}`);
  const said = await desk.server.execute<unknown>(SERVER_COMMANDS.status, {}).catch((error: unknown) => messageOf(error));
  const detail = typeof said === "string" ? said : "```json\n" + JSON.stringify(said, null, 2) + "\n```";
  sheet.finish({ text: [...lines, "", detail].join("\n") });
}
