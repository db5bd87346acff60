// What a person does with the workbench: keys, clicks, looking until something is there.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

export const GHOST = ".ghost-text-decoration, .ghost-text, .ghost-text-decoration-preview";

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

  async retry(what, look, seconds = 60) {
    let error;
    for (const end = Date.now() + seconds * 1000; Date.now() < end; await this.page.waitForTimeout(200)) {
      const found = await look().catch((thrown) => void (error = thrown));
      if (found) return found;
    }
    throw new Error(`waited ${seconds} s for ${what}${error ? `: ${error.message}` : ""}`);
  }

  async openFile(name) {
    const { page } = this;
    await this.pick(`the file ${name}`, "Control+P", name);
    await page.waitForSelector(`.tab.active[data-resource-name="${name}"]`, { timeout: 30_000 });
    await page.locator(".editor-instance .view-lines").first().click();
  }

  /** Opens a list with `key`, types into it, and takes what was typed once that is the row in focus: lists are sorted while one types. */
  async pick(what, key, text) {
    const { page } = this;
    await this.retry(what, async () => {
      try {
        await page.keyboard.press(key);
        await page.waitForSelector(".quick-input-widget input", { timeout: 5000 });
        await page.keyboard.type(text, { delay: 20 });
        await page.waitForSelector(`.quick-input-list .monaco-list-row.focused:has-text("${text}")`, { timeout: 10_000 });
        await page.waitForTimeout(150);
        await page.waitForSelector(`.quick-input-list .monaco-list-row.focused:has-text("${text}")`, { timeout: 2000 });
      } catch (error) {
        await page.keyboard.press("Escape");
        throw error;
      }
      await page.keyboard.press("Enter");
      return true;
    }, 90);
  }

  async goTo(line) {
    const { page } = this;
    await page.keyboard.press("Control+G");
    await page.waitForSelector(".quick-input-widget input");
    await page.keyboard.type(String(line));
    await page.keyboard.press("Enter");
    await page.locator(".quick-input-widget").waitFor({ state: "hidden" });
    await page.keyboard.press("End");
  }

  /** The palette with what was typed into it. */
  async palette(title) {
    await this.page.keyboard.press("F1");
    await this.page.waitForSelector(".quick-input-widget input");
    await this.page.keyboard.type(title, { delay: 10 });
  }

  async command(title) {
    await this.pick(`the command ${title}`, "F1", title);
  }

  /** Answers an input box with this title. */
  async answer(title, text) {
    await this.page.waitForSelector(`.quick-input-title:has-text("${title}")`, { timeout: 30_000 });
    await this.page.keyboard.type(text);
    await this.page.keyboard.press("Enter");
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
  async unchanged(name, seconds = 20) {
    const disk = readFileSync(path.join(this.values.workspace, "src", name), "utf8");
    await this.retry(`${name} as it is on disk`, async () => {
      const dirty = await this.page.locator(`.tab.dirty[data-resource-name="${name}"]`).count();
      const shown = await this.shown();
      if (!dirty && shown.trim() && disk.includes(shown)) return true;
      throw new Error(`${dirty ? "dirty" : "clean"}, showing:\n${shown}`);
    }, seconds);
  }

  /** Types and waits until a suggestion shows. */
  async suggestion() {
    const ghost = this.page.locator(GHOST).first();
    // The first request starts the engine and loads the model; a person would type on, too.
    for (let tries = 0; tries < 30; tries++) {
      await ghost.waitFor({ timeout: tries ? 10_000 : 3000 }).catch(() => undefined);
      // It may belong to a place that the cursor has just left.
      await this.page.waitForTimeout(400);
      if (await ghost.isVisible()) return ghost;
      await this.page.keyboard.type(" ");
      await this.page.keyboard.press("Backspace");
    }
    throw new Error("no ghost text");
  }

  /** The rendered page whose text has `pattern`: a frame in a frame, without a name that stays. */
  async rendered(pattern) {
    for (const frame of this.page.frames().reverse()) {
      const text = (await frame.locator("h1").count().catch(() => 0)) ? await frame.locator("body").innerText().catch(() => "") : "";
      if (pattern.test(text)) return frame;
    }
    return undefined;
  }

  renders(pattern, seconds = 120) {
    return this.retry(`a page with ${pattern}`, () => this.rendered(pattern), seconds);
  }

  notification(text) {
    return this.page.locator(`.notifications-toasts .notification-list-item:has-text("${text}")`).first();
  }

  /** A new server, which has read the configuration: its commands are gone for a moment and come back. */
  async restart() {
    await this.command("longsight: Restart Server");
    await this.page.waitForTimeout(500);
    await this.serving();
  }

  /** Waits until the commands that need a server are there. */
  async serving() {
    await this.retry("the server", async () => {
      await this.palette("longsight: Explain");
      await this.page.waitForTimeout(300);
      const there = await this.page.locator('.quick-input-list .monaco-list-row:has-text("longsight: Explain")').isVisible();
      await this.page.keyboard.press("Escape");
      return there;
    }, 60);
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
    await page.waitForSelector('.tab.active[data-resource-name="settings.json"]', { timeout: 30_000 });
    await page.locator(".editor-instance .view-lines").first().click();
    await page.keyboard.press("Control+A");
    await page.keyboard.press("Delete");
    await page.keyboard.insertText(JSON.stringify(settings));
    await page.keyboard.press("Control+S");
    await page.locator(".tab.active.dirty").waitFor({ state: "detached", timeout: 20_000 });
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
    await page.locator(".tab").first().waitFor({ state: "detached", timeout: 10_000 });
    await this.openFile("lib.rs");
  }
}
