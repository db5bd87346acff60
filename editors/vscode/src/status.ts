// The language status item: which model and route, whether something runs, and why nothing was suggested.

import * as vscode from "vscode";
import type { Route } from "./protocol";
import type { Server } from "./server";

export class Status implements vscode.Disposable {
  private readonly item = vscode.languages.createLanguageStatusItem("longsight", [{ scheme: "file" }, { scheme: "untitled" }]);
  private working = 0;
  private engine = "";
  private role = "";
  private reason = "";
  private nothing = "";
  private ms: number | undefined;

  constructor(private readonly server: Server) {
    this.item.name = "longsight";
    this.item.command = { command: "longsight.showStatus", title: "Details" };
    server.onPhase(() => this.paint());
    this.paint();
  }

  /** Shows the busy mark while `work` runs. */
  async busy<T>(work: () => PromiseLike<T>): Promise<T> {
    this.working++;
    this.paint();
    try {
      return await work();
    } finally {
      this.working--;
      this.paint();
    }
  }

  /** Whether something is being worked on. */
  get isBusy(): boolean {
    return this.working > 0;
  }

  /** Which role and engine answered last, and why. */
  answered(route: Route | undefined): void {
    if (!route) return;
    this.engine = route.model ?? route.engine ?? this.engine;
    this.role = route.role ?? "";
    this.reason = route.reason ?? "";
    this.paint();
  }

  /** How long the last ghost text was asked for, until its answer. */
  took(ms: number): void {
    this.ms = Math.round(ms);
    this.paint();
  }

  /** Why nothing was suggested; empty when something was. */
  suggested(reason: string): void {
    if (reason === this.nothing) return;
    this.nothing = reason;
    this.paint();
  }

  /** Lines for people, as far as the extension itself knows. */
  lines(): string[] {
    const lines = [`Server: ${this.server.phase}${this.server.program ? `, ${this.server.program}` : ""}`];
    if (this.server.problem) lines.push(`Problem: ${this.server.problem}`);
    const route = [this.role, this.reason].filter(Boolean).join(": ");
    if (this.engine) lines.push(`Last answer: ${this.engine}${route ? ` (${route})` : ""}`);
    lines.push(this.nothing ? `Why nothing was suggested: ${this.nothing}` : "The last request for ghost text was answered, or there was none.");
    return lines;
  }

  dispose(): void {
    this.item.dispose();
  }

  private paint(): void {
    const { phase } = this.server;
    this.item.busy = phase === "starting" || this.working > 0;
    this.item.severity = phase === "stopped" ? vscode.LanguageStatusSeverity.Error : vscode.LanguageStatusSeverity.Information;
    this.item.text = phase === "running" ? `longsight${this.engine ? `: ${this.engine}` : ""}` : `longsight: ${phase}`;
    this.item.detail = this.detail();
  }

  /** A few words: the hover has room for one line, and the page behind "Details" has the rest. */
  private detail(): string {
    if (this.server.problem) return this.server.problem;
    if (this.nothing) return `no suggestion: ${this.nothing}`;
    return [this.role, this.ms !== undefined && `suggestion in ${this.ms} ms`].filter(Boolean).join(", ");
  }
}
