// What a person does with the workbench: keys, clicks, looking until something is there.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

export const GHOST = ".ghost-text-decoration, .ghost-text, .ghost-text-decoration-preview";

/**
 * How long is waited for what the editor does, and for what a model writes. Both are upper limits: every wait ends with what it waits
 * for, and they are long because a machine may have twenty other programs to run.
 */
const PATIENCE_S = 120;
const MODEL_S = 420;

export class Person {
  constructor(page, values) {
    this.page = page;
    this.values = values;
  }

  async shot(name) {
    await this.page.screenshot({ path: path.join(this.values.shots, `vscode-${name}.png`) });
  }

  /** Keeps what the screen shows until the returned function is called; `gif.py` makes a recording of it. */
  async record(name) {
    const folder = path.join(this.values.shots, `frames-${name}`);
    mkdirSync(folder, { recursive: true });
    const session = await this.page.context().newCDPSession(this.page);
    const times = [];
    session.on("Page.screencastFrame", ({ data, sessionId, metadata }) => {
      writeFileSync(path.join(folder, `${String(times.length).padStart(4, "0")}.png`), Buffer.from(data, "base64"));
      times.push(metadata.timestamp);
      void session.send("Page.screencastFrameAck", { sessionId }).catch(() => undefined);
    });
    await session.send("Page.startScreencast", { format: "png" });
    return async () => {
      await session.send("Page.stopScreencast");
      writeFileSync(path.join(folder, "times.json"), JSON.stringify(times));
      await session.detach();
    };
  }

  /** Looks until `look` finds something. Looking is repeated, never what a person did. */
  async retry(what, look, seconds = PATIENCE_S) {
    let error;
    for (const end = Date.now() + seconds * 1000; Date.now() < end; await this.page.waitForTimeout(100)) {
      const found = await look().catch((thrown) => void (error = thrown));
      if (found) return found;
    }
    throw new Error(`waited ${seconds} s for ${what}${error ? `: ${error.message}` : ""}`);
  }

  async openFile(name) {
    const { page } = this;
    await this.pick("Control+P", name);
    await page.waitForSelector(`.tab.active[data-resource-name="${name}"]`, { timeout: PATIENCE_S * 1000 });
    await page.locator(".editor-instance .view-lines").first().click();
    await this.inText();
  }

  /** Waits until keys go into the text. */
  async inText() {
    await this.retry("the editor to have the keyboard", () => this.page.locator(".editor-instance .monaco-editor.focused").first().isVisible());
  }

  /** Opens the list or input that belongs to `key`, with `text` typed into it, whatever the workbench was busy with. */
  async palette(text, key = "F1") {
    const { page } = this;
    const input = page.locator(".quick-input-widget .quick-input-box input").first();
    await this.retry(`${text} in the list for ${key}`, async () => {
      await page.keyboard.press(key);
      await input.waitFor({ state: "visible", timeout: 5000 });
      const before = await input.inputValue();
      await page.keyboard.type(text, { delay: 10 });
      // What stood there is a sign (`>`, `:`), or is selected and typed over.
      for (let looks = 0; looks < 50; looks++, await page.waitForTimeout(100)) {
        if ([text, before + text].includes(await input.inputValue())) return true;
      }
      // A busy workbench has lost a letter.
      const read = await input.inputValue();
      await page.keyboard.press("Escape");
      throw new Error(`it reads ${read}`);
    });
  }

  /** Takes the row with this text from a list, once it is the row in focus and stays it: lists are sorted while one types. */
  async pick(key, text) {
    const focused = () => this.page.locator(`.quick-input-list .monaco-list-row.focused:has-text("${text}")`).isVisible();
    await this.retry(`the row ${text}`, async () => {
      await this.palette(text, key);
      for (let looks = 0, steady = 0; looks < 100; looks++, await this.page.waitForTimeout(100)) {
        steady = (await focused()) ? steady + 1 : 0;
        if (steady < 3) continue;
        await this.page.keyboard.press("Enter");
        return true;
      }
      await this.page.keyboard.press("Escape");
      return false;
    });
  }

  async command(title) {
    await this.pick("F1", title);
  }

  /** The cursor at the end of this line, as the status bar says. */
  async goTo(line) {
    const { page } = this;
    const widget = page.locator(".quick-input-widget");
    await this.retry(`to leave for line ${line}`, async () => {
      await this.palette(String(line), "Control+G");
      await page.keyboard.press("Enter");
      if (await widget.waitFor({ state: "hidden", timeout: 5000 }).then(() => true, () => false)) return true;
      // A busy workbench has lost the key, or a page has the keyboard, in which there are no lines.
      await page.keyboard.press("Escape");
      await page.locator(".editor-instance .view-lines").first().click();
      return false;
    });
    await this.inText();
    await page.keyboard.press("End");
    await this.at(line);
  }

  /** Waits until the status bar says that the cursor is in this line. */
  async at(line) {
    await this.retry(`the cursor in line ${line}`, async () => new RegExp(`Ln ${line},`).test(await this.page.locator(".statusbar").innerText()));
  }

  /** Selects as many lines downwards as it takes to select `lines` whole ones, from the cursor's. */
  async selectLines(lines) {
    const { page } = this;
    await page.keyboard.press("Home");
    for (let more = 1; more < lines; more++) await page.keyboard.press("Shift+ArrowDown");
    await page.keyboard.press("Shift+End");
    await this.retry("the selection", async () => /\(\d+ selected\)/.test(await page.locator(".statusbar").innerText()));
  }

  /** Answers an input box with this title. */
  async answer(title, text) {
    await this.page.waitForSelector(`.quick-input-title:has-text("${title}")`, { timeout: PATIENCE_S * 1000 });
    const input = this.page.locator(".quick-input-widget .quick-input-box input").first();
    await input.fill(text);
    await this.retry(`the answer to ${title}`, async () => (await input.inputValue()) === text);
    await this.page.keyboard.press("Enter");
  }

  /** Ticks the box of the change that shows `text` in the preview of changes. */
  async tick(text) {
    const box = this.page.locator(`.part.panel .monaco-list-row:has-text("${text}") .edit-checkbox`).last();
    await box.click({ timeout: PATIENCE_S * 1000 });
    await this.retry(`the box at ${text} to be ticked`, async () => (await box.getAttribute("aria-checked")) === "true");
  }

  /** The row of the menu of code actions. The menu is asked for anew while the server may still be reading the workspace. */
  async action(pattern) {
    const rows = this.page.locator(".action-widget .monaco-list-row.action").filter({ hasText: pattern });
    return this.retry(`${pattern} in the menu of actions`, async () => {
      await this.page.keyboard.press("Control+.");
      await this.page.locator(".action-widget .monaco-list-row").first().waitFor({ timeout: 10_000 });
      if (await rows.first().isVisible()) return rows.first();
      await this.page.keyboard.press("Escape");
      return undefined;
    });
  }

  /** Text of the first editor as it is shown, without ghost text. */
  async shown() {
    const lines = this.page.locator(".editor-instance").first().locator(".view-line");
    const text = await lines.evaluateAll((all) =>
      all
        .sort((a, b) => parseInt(a.style.top) - parseInt(b.style.top))
        .map((line) => [...line.querySelectorAll(":scope > span > span")].filter((part) => !/ghost-text/.test(part.className)).map((part) => part.textContent).join(""))
        .join("\n"),
    );
    return text.replace(/\u00a0/g, " ");
  }

  /**
   * Waits until the file's text is what is on disk: the editor says so, and shows a stretch of it. What an editor shows is no measure
   * by itself, because it fills after it has opened, and panels take lines from it.
   */
  async unchanged(name) {
    const disk = readFileSync(path.join(this.values.workspace, "src", name), "utf8");
    await this.retry(`${name} as it is on disk`, async () => {
      const dirty = await this.page.locator(`.tab.dirty[data-resource-name="${name}"]`).count();
      const shown = await this.shown();
      if (!dirty && shown.trim() && disk.includes(shown)) return true;
      throw new Error(`${dirty ? "dirty" : "clean"}, showing:\n${shown}`);
    });
  }

  /** Waits until a suggestion shows and stays: one that does not may belong to a place that the cursor has just left. */
  async ghost(seconds = MODEL_S) {
    const ghost = this.page.locator(GHOST).first();
    let steady = 0;
    await this.retry("ghost text", async () => (steady = (await ghost.isVisible()) ? steady + 1 : 0) >= 4, seconds);
    return ghost;
  }

  /**
   * Types and waits until a suggestion shows. As a person would, types on where the editor has stopped asking without one: a server
   * that has just started may still have been reading the workspace.
   */
  async suggestion() {
    const busy = this.page.locator("#status\\.languageStatus .codicon-loading");
    const ghost = this.page.locator(GHOST).first();
    let idle = 0;
    await this.retry("a request for ghost text to bring something", async () => {
      if (await ghost.isVisible()) return true;
      idle = (await busy.isVisible()) ? 0 : idle + 1;
      if (idle % 30 === 1) {
        await this.page.keyboard.type(" ");
        await this.page.keyboard.press("Backspace");
      }
      return false;
    }, MODEL_S);
    return this.ghost();
  }

  /** Accepts what is offered: its first words are in the text then, and nothing is offered in their place. */
  async accept() {
    const offered = (await this.page.locator(GHOST).first().innerText()).replace(/\u00a0/g, " ").trim();
    await this.page.keyboard.press("Tab");
    await this.retry(`${JSON.stringify(offered)} in the text`, async () => (await this.shown()).includes(offered));
  }

  /** The rendered page whose text has `pattern`: a frame in a frame, without a name that stays. */
  async rendered(pattern) {
    for (const frame of this.page.frames().reverse()) {
      const text = (await frame.locator("h1").count().catch(() => 0)) ? await frame.locator("body").innerText().catch(() => "") : "";
      if (pattern.test(text)) return frame;
    }
    return undefined;
  }

  /** Waits for such a page, as long as something is still being written or read: a model that gets little of the machine is no fault. */
  async renders(pattern) {
    const state = async () => (await this.page.locator(".notifications-toasts").allInnerTexts()).join() + (await Promise.all(this.page.frames().map((frame) => frame.locator("body").innerText({ timeout: 1000 }).catch(() => "")))).join();
    for (let [last, since] = ["", Date.now()]; Date.now() - since < MODEL_S * 1000; await this.page.waitForTimeout(500)) {
      const found = await this.rendered(pattern);
      if (found) return found;
      const now = await state();
      if (now !== last) [last, since] = [now, Date.now()];
    }
    throw new Error(`waited for a page with ${pattern}, and nothing has changed for ${MODEL_S} s`);
  }

  notification(text) {
    return this.page.locator(`.notifications-toasts .notification-list-item:has-text("${text}")`).first();
  }

  /** Another server, which has read the configuration. */
  async restart() {
    const before = this.servers();
    await this.command("longsight: Restart Server");
    await this.retry("another server", async () => this.servers().some((pid) => !before.includes(pid)));
    await this.serving();
  }

  /** The server's processes: those that run a program of the tests' own folder. */
  servers() {
    const folder = path.dirname(this.values.workspace);
    return readdirSync("/proc").filter((name) => {
      try {
        const [file, command] = /^\d+$/.test(name) ? readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0") : [];
        return file?.startsWith(folder) && command === "serve";
      } catch {
        return false;
      }
    });
  }

  /** Waits until the commands that need a server are there, with or without an open file. */
  async serving() {
    await this.retry("the server", async () => {
      await this.palette("longsight: Ask");
      const there = await this.page.locator('.quick-input-list .monaco-list-row:has-text("longsight: Ask")').waitFor({ timeout: 1000 }).then(() => true, () => false);
      await this.page.keyboard.press("Escape");
      return there;
    });
  }

  /** Changes the person's settings in their file, in the editor: the tests' VS Code watches no files. */
  async settings(change) {
    this.changed = { ...(this.changed ?? JSON.parse(readFileSync(this.values.settings, "utf8"))), ...change };
    await this.rewrite("Preferences: Open User Settings (JSON)", this.changed);
  }

  /** Those of the machine that the server runs on, which is another one than the browser's. */
  async machineSettings(change) {
    await this.rewrite("Preferences: Open Remote Settings (JSON)", change);
  }

  async rewrite(command, settings) {
    const { page } = this;
    await this.command(command);
    await page.waitForSelector('.tab.active[data-resource-name="settings.json"]', { timeout: PATIENCE_S * 1000 });
    await page.locator(".editor-instance .view-lines").first().click();
    await this.inText();
    await page.keyboard.press("Control+A");
    await page.keyboard.press("Delete");
    await page.keyboard.insertText(JSON.stringify(settings));
    await page.keyboard.press("Control+S");
    await page.locator(".tab.active.dirty").waitFor({ state: "detached", timeout: PATIENCE_S * 1000 });
    await this.openFile("lib.rs");
  }

  /** Closes what is open and takes back what was typed. */
  async clean() {
    const { page } = this;
    await page.keyboard.press("Escape");
    await this.openFile("lib.rs");
    await this.command("File: Revert File");
    await page.keyboard.press("Control+K");
    await page.keyboard.press("Control+W");
    await page.locator(".tab").first().waitFor({ state: "detached", timeout: PATIENCE_S * 1000 });
    await this.openFile("lib.rs");
  }
}
