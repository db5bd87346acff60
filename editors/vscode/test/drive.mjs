// Drives code-server in Chromium: `host` runs mocha inside the extension host, `ui` uses the workbench as a person does and takes screenshots.
//   node drive.mjs host|ui --port N --workspace DIR --extension DIR --tests FILE --shots DIR --profile DIR

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";

const strings = ["port", "workspace", "extension", "tests", "shots", "profile"];
const { values, positionals } = parseArgs({ allowPositionals: true, options: Object.fromEntries(strings.map((name) => [name, { type: "string" }])) });
const origin = `http://127.0.0.1:${values.port}`;
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const context = await chromium.launchPersistentContext(values.profile, { executablePath: "/usr/bin/chromium", headless: true, args: flags, viewport: { width: 1280, height: 800 } });
const page = context.pages()[0] ?? (await context.newPage());

try {
  await (positionals[0] === "host" ? host() : ui());
} catch (error) {
  mkdirSync(values.shots, { recursive: true });
  await shot(`failed-${positionals[0]}`).catch(() => undefined);
  console.error(error);
  process.exitCode = 1;
} finally {
  await context.close();
}

async function host() {
  const remote = (file) => `vscode-remote://127.0.0.1:${values.port}${file}`;
  const payload = [["extensionDevelopmentPath", remote(values.extension)], ["extensionTestsPath", remote(values.tests)], ["enableProposedApi", ""], ["skipWelcome", "true"]];
  const code = new Promise((done, fail) => {
    setTimeout(() => fail(new Error("the extension host did not finish its tests in 9 minutes")), 540_000).unref();
    // The workbench's own log is noise (missing native modules); results are in the report.
    void page.exposeFunction("codeAutomationLog", () => undefined);
    void page.exposeFunction("codeAutomationExit", done);
  });
  await page.goto(`${origin}/?folder=${values.workspace}&payload=${encodeURIComponent(JSON.stringify(payload))}`);
  process.exitCode = Number(await code);
}

async function ui() {
  await page.goto(`${origin}/?folder=${values.workspace}`);
  await page.waitForSelector(".monaco-workbench .explorer-folders-view", { timeout: 90_000 });
  await openFile("lib.rs");
  const only = new RegExp(process.env.LONGSIGHT_TEST_ONLY ?? "");
  for (const step of [ghostText, lightbulb, explain, jump]) if (only.test(step.name)) await told(step);
}

async function told(step) {
  await step();
  console.log(`ok   ui: ${step.name}`);
}

async function shot(name) {
  await page.screenshot({ path: path.join(values.shots, `vscode-${name}.png`) });
}

async function openFile(name) {
  await page.keyboard.press("Control+P");
  await page.waitForSelector(".quick-input-widget input");
  await page.keyboard.type(name, { delay: 30 });
  await page.waitForSelector(`.quick-input-list .monaco-list-row:has-text("${name}")`, { timeout: 30_000 });
  await page.keyboard.press("Enter");
  await page.waitForSelector(`.tab.active[data-resource-name="${name}"]`, { timeout: 30_000 });
  await page.click(".editor-instance .view-lines");
}

async function goTo(line) {
  await page.keyboard.press("Control+G");
  await page.waitForSelector(".quick-input-widget input");
  await page.keyboard.type(String(line));
  await page.keyboard.press("Enter");
  await page.keyboard.press("End");
}

async function command(title) {
  await page.keyboard.press("F1");
  await page.waitForSelector(".quick-input-widget input");
  await page.keyboard.type(title, { delay: 10 });
  await page.waitForSelector(`.quick-input-list .monaco-list-row:has-text("${title}")`, { timeout: 30_000 });
  await page.keyboard.press("Enter");
}

/** Text of the editor as it is shown, without ghost text. */
async function shown() {
  const parts = await page.locator(".editor-instance .view-line > span > span:not(.ghost-text-decoration):not(.ghost-text)").allInnerTexts();
  return parts.join("").replace(/\u00a0/g, " ");
}

async function ghostText() {
  const ghost = page.locator(".ghost-text-decoration, .ghost-text, .ghost-text-decoration-preview").first();
  await goTo(20);
  // The first request starts the engine and loads the model; a person would type on, too.
  for (let tries = 0; tries < 12 && !(await ghost.isVisible()); tries++) {
    await page.keyboard.type(" ");
    await page.keyboard.press("Backspace");
    await ghost.waitFor({ timeout: 10_000 }).catch(() => undefined);
  }
  assert.ok(await ghost.isVisible(), "no ghost text");
  await shot("ghost-text");
  const before = await shown();
  await page.keyboard.press("Tab");
  await page.waitForTimeout(700);
  assert.notEqual(await shown(), before, "Tab inserted nothing");
  await shot("accepted");
}

async function lightbulb() {
  await goTo(15);
  await page.keyboard.press("Control+.");
  await page.waitForSelector(".action-widget .monaco-list-row", { timeout: 30_000 });
  await shot("lightbulb");
  const rows = await page.locator(".action-widget .monaco-list-row").allInnerTexts();
  assert.ok(rows.some((row) => /Document|Rewrite|Explain/.test(row)), `the menu has ${rows.join(", ")}`);
  await page.keyboard.press("Escape");
}

/** The rendered page: a frame in a frame, without a name that stays. */
async function rendered() {
  for (const frame of page.frames()) if (await frame.locator("h1").count()) return frame;
  return undefined;
}

function rendersText(pattern) {
  return retry(async () => pattern.test((await (await rendered())?.locator("body").innerText()) ?? ""), 90);
}

async function explain() {
  await goTo(15);
  await command("longsight: Explain");
  await rendersText(/Explanation of src\/lib\.rs:15/);
  // Finished pages end with the route; until then the page fills.
  await rendersText(/scout|coder/);
  await shot("explain");
}

/** The heading's link leads back to the code, from wherever one is. */
async function jump() {
  await goTo(3);
  await command("longsight: Explain");
  await rendersText(/Explanation of src\/lib\.rs:3/);
  await page.locator(".editor-instance .view-lines").first().click();
  await (await rendered()).locator("h1 a").click();
  await retry(() => page.locator('.tab.active[data-resource-name="lib.rs"]').count(), 20);
  await retry(async () => /Ln 3,/.test(await page.locator(".statusbar").innerText()), 20);
  await shot("jump");
}

async function retry(look, seconds) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
    const found = await look().catch(() => undefined);
    if (found) return found;
    await page.waitForTimeout(300);
  }
  throw new Error(`nothing after ${seconds} s`);
}
