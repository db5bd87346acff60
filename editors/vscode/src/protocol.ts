// What the extension and the server say to each other beyond standard LSP: command arguments, answers and the stream.
// Answers are read leniently: a field that a server does not send is absent, never an error.

import type { Diagnostic, Location, Position, Range } from "vscode-languageclient/node";

/** Commands of the server (`workspace/executeCommand`), each with one object as its argument. */
export const SERVER_COMMANDS = {
  explain: "longsight.explain",
  ask: "longsight.ask",
  edit: "longsight.edit",
  contextPreview: "longsight.contextPreview",
  status: "longsight.status",
} as const;

/** Sent by the server while a command runs that was given a `streamToken`. */
export const STREAM_METHOD = "longsight/stream";

export interface StreamPart {
  token: string | number;
  /** Counts from the first part of this token on. */
  seq: number;
  /** `restart`: what came so far is not the answer, which begins anew. */
  kind: "text" | "reasoning" | "progress" | "restart";
  delta: string;
}

export interface ExplainArgument {
  uri: string;
  range: Range;
}

export interface AskArgument {
  question: string;
}

export interface EditArgument extends ExplainArgument {
  instruction?: string;
  action?: string;
  /** What the editor complains of in the document; the server picks what is at the range. */
  diagnostics?: Diagnostic[];
}

export interface ContextPreviewArgument {
  uri: string;
  position?: Position;
  range?: Range;
}

/** A place that an answer names; `verified` when the server found it in the workspace. */
export interface Citation {
  path: string;
  line: number;
  verified: boolean;
}

export interface Route {
  role?: string;
  engine?: string;
  model?: string;
  reason?: string;
}

export interface Answer {
  text: string;
  citations?: Citation[];
  locations?: Location[];
  route?: Route;
  timing?: Record<string, unknown>;
}

/** What `longsight.status` says, as far as it is read here. */
export interface ServerStatus {
  /** The last decisions on who serves a task (`complete_auto`, `explain` …), oldest first. */
  decisions?: (Route & { task?: string; failed?: string })[];
  /** Why nothing was offered, newest first. */
  nothing?: { uri: string; reason: string }[];
}

export interface EditOutcome {
  edits?: unknown[];
  diff?: string;
  route?: Route;
  applied?: boolean;
  /** Why an edit was computed and not applied. */
  refused?: string;
  /** Its parts wait for a decision; the server has said so. */
  hunks?: number[];
}

export interface ContextPart {
  path: string;
  start_line: number;
  end_line: number;
  kind: string;
  tokens: number;
  why: string;
}

export interface ContextPreview {
  parts?: ContextPart[];
  tokens?: number;
  budget?: number;
  prompt?: string;
}
