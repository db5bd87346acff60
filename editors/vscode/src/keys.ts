// API keys: kept in the editor's secret storage, handed to the server in its environment, never in settings, messages or logs.

import * as vscode from "vscode";
import { isKeyName, keyFault, keyNames } from "./keynames";

const NAMES = "keys.names";

export class Keys {
  constructor(
    private readonly secrets: vscode.SecretStorage,
    private readonly memory: vscode.Memento,
  ) {
    this.show();
  }

  names(): string[] {
    return this.memory.get<string[]>(NAMES, []).filter(isKeyName);
  }

  /** The stored keys as environment variables. */
  async environment(): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const name of this.names()) {
      const key = await this.secrets.get(name);
      if (key) found[name] = key;
    }
    return found;
  }

  /** Asks for a name and a key; true when one was stored. */
  async ask(configuration: string): Promise<boolean> {
    const name = await pickName([...new Set([...keyNames(configuration), ...this.names()])]);
    if (!name) return false;
    const key = await vscode.window.showInputBox({
      title: `Key for ${name}`,
      prompt: "It is kept in the editor's secret storage and given to the server's process only.",
      password: true,
      ignoreFocusOut: true,
      validateInput: (value) => keyFault(value.trim()),
    });
    if (!key) return false;
    await this.put(name, key.trim());
    return true;
  }

  async put(name: string, key: string): Promise<void> {
    await this.secrets.store(name, key);
    await this.remember([...new Set([...this.names(), name])]);
  }

  async remove(name: string): Promise<void> {
    await this.secrets.delete(name);
    await this.remember(this.names().filter((kept) => kept !== name));
  }

  /** Asks which key to delete; true when one was. */
  async delete(): Promise<boolean> {
    const name = await vscode.window.showQuickPick(this.names(), { title: "Delete which key?" });
    if (!name) return false;
    await this.remove(name);
    return true;
  }

  private async remember(names: string[]): Promise<void> {
    await this.memory.update(NAMES, names);
    this.show();
  }

  private show(): void {
    void vscode.commands.executeCommand("setContext", "longsight.hasKeys", this.names().length > 0);
  }
}

const OTHER = "Another name…";

/** A name from the configuration's `api_key_env` lines, or a typed one. */
async function pickName(known: string[]): Promise<string | undefined> {
  const chosen = known.length ? await vscode.window.showQuickPick([...known, OTHER], { title: "Which key?" }) : OTHER;
  if (chosen !== OTHER) return chosen;
  return vscode.window.showInputBox({
    title: "Name of the key",
    prompt: "As `api_key_env` in the configuration names it",
    value: "DEEPSEEK_API_KEY",
    ignoreFocusOut: true,
    validateInput: (name) => (isKeyName(name) ? undefined : "Capital letters, digits and _, with _KEY or _TOKEN at the end."),
  });
}
