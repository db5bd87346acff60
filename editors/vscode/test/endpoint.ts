// A scripted OpenAI-compatible endpoint, so that what a model writes, and when, is known in a test. Runs in the tests' own process.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";

export interface Reply {
  /** Pieces of text, sent one after the other. */
  deltas?: string[];
  call?: { name: string; arguments: object };
  /** Milliseconds before each piece. */
  every?: number;
  /** What each piece waits for, by its number: a test that must do something first lets it go on. */
  before?: (piece: number) => Promise<unknown> | void;
}

/** An answer that does not come. */
export const never = (): Promise<never> => new Promise(() => undefined);

/** A gate that is closed until `open` is called. */
export function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((done) => (open = done));
  return { opened, open };
}

export interface Seen {
  path: string;
  key: string | undefined;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
  /** The other side hung up before the answer was complete. */
  closed: boolean;
  done: boolean;
}

export class Endpoint {
  readonly seen: Seen[] = [];
  reply: (seen: Seen) => Reply = () => ({ deltas: ["ok"] });
  private server: Server | undefined;

  async start(): Promise<void> {
    if (this.server) return;
    this.server = createServer((request, response) => void this.serve(request, response));
    await new Promise<void>((ready) => this.server!.listen(0, "127.0.0.1", ready));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server!.address() as AddressInfo).port}/v1`;
  }

  /** Requests for chat or text, without those that look at what the endpoint is. */
  get asked(): Seen[] {
    return this.seen.filter(({ path }) => path.endsWith("/completions"));
  }

  /** Those of them that are conversations: explanations, questions, edits. */
  get chats(): Seen[] {
    return this.asked.filter(({ path }) => path.endsWith("/chat/completions"));
  }

  stop(): void {
    this.server?.closeAllConnections();
    this.server?.close();
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const seen: Seen = { path: request.url ?? "", key: request.headers.authorization, body: text ? JSON.parse(text) : {}, closed: false, done: false };
    this.seen.push(seen);
    response.on("close", () => (seen.closed = !seen.done));
    if (request.method === "GET") {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ object: "list", data: [{ id: MODEL, object: "model", max_model_len: 32768 }] }));
      seen.done = true;
      return;
    }
    const { deltas = [], call, every = 0, before } = this.reply(seen);
    const chat = seen.path.endsWith("/chat/completions");
    response.setHeader("content-type", "text/event-stream");
    response.flushHeaders();
    const send = (choice: object) => response.write(`data: ${JSON.stringify({ id: "1", object: "chunk", model: MODEL, choices: [{ index: 0, ...choice }] })}\n\n`);
    const pause = async (piece: number) => {
      await before?.(piece);
      await new Promise((done) => setTimeout(done, every));
    };
    for (const [piece, delta] of deltas.entries()) {
      await pause(piece);
      if (seen.closed) return;
      send(chat ? { delta: { content: delta } } : { text: delta });
    }
    if (call) {
      await pause(deltas.length);
      if (seen.closed) return;
      send({ delta: { tool_calls: [{ index: 0, id: "call_1", type: "function", function: { name: call.name, arguments: JSON.stringify(call.arguments) } }] } });
    }
    send({ ...(chat ? { delta: {} } : { text: "" }), finish_reason: call ? "tool_calls" : "stop" });
    seen.done = true;
    response.end("data: [DONE]\n\n");
  }
}

/** Fills what the asked function wants, with `values` by field. */
export const fills = (values: Record<string, string>, before?: () => Promise<unknown>) => ({ body }: Seen): Reply => {
  const fields = Object.keys(body.tools?.[0]?.function.parameters.properties ?? {});
  return { ...(before && { before }), call: { name: "propose_edit", arguments: Object.fromEntries(fields.map((field) => [field, values[field] ?? "because"])) } };
};

const MODEL = "qwen2.5-coder-scripted";
const file = () => path.join(process.env["XDG_CONFIG_HOME"]!, "longsight", "config.toml");

/** Writes the person's configuration. */
export function configure(text: string): void {
  mkdirSync(path.dirname(file()), { recursive: true });
  writeFileSync(file(), text);
}

/** A configuration that names only this endpoint. Its window is small, so that an edit is one call and not a conversation. */
export function configureEndpoint({ url }: Endpoint, withKey = true, context = 8192): void {
  configure(`[roles]\nscout = "scripted"\ncoder = "scripted"\n\n[engines.scripted]\nkind = "openai"\nbase_url = "${url}"\nmodel = "${MODEL}"\ncontext = ${context}\n${withKey ? 'api_key_env = "LONGSIGHT_TEST_KEY"\n' : ""}`);
}

export function unconfigure(): void {
  rmSync(file(), { force: true });
}
