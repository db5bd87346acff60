// What a person meets in the workbench, step by step, each with a screenshot of real output. The first steps use the default model
// without any configuration, the later ones a scripted endpoint.

import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { configureEndpoint, Endpoint, fills, unconfigure } from "./endpoint.ts";

async function ghostText(person) {
  const { page } = person;
  await person.goTo(20);
  await person.suggestion();
  await page.keyboard.press("Escape");
  await person.goTo(26);
  const stop = await person.record("ghost-text");
  await page.keyboard.type("\n/// The price of `count` items.\npub fn price_of(count: u64, cents: u64) -> u64 {\n", { delay: 45 });
  await person.suggestion();
  await page.waitForTimeout(900);
  await person.shot("ghost-text");
  const before = await person.shown();
  await page.keyboard.press("Tab");
  await person.retry("the suggestion to be in the text", async () => (await person.shown()) !== before, 10);
  await page.waitForTimeout(1200);
  await stop();
}

async function lightbulb(person) {
  const { page } = person;
  await person.goTo(15);
  // The menu is asked for while the server may still be reading the workspace.
  await person.retry("the menu", async () => {
    await page.keyboard.press("Control+.");
    await page.waitForSelector(".action-widget .monaco-list-row", { timeout: 5000 });
    const rows = await page.locator(".action-widget .monaco-list-row").allInnerTexts();
    if (rows.some((row) => /Document|Rewrite|Explain/.test(row))) return true;
    await page.keyboard.press("Escape");
    return false;
  }, 30);
  await person.shot("lightbulb");
  await page.keyboard.press("Escape");
}

async function explain(person) {
  await person.goTo(15);
  const stop = await person.record("explain");
  await person.command("longsight: Explain");
  // Finished pages end with the route; until then the page fills.
  await person.renders(/Explanation of src\/lib\.rs:15[\s\S]*(scout|coder)/);
  await person.page.waitForTimeout(1500);
  await stop();
  await person.shot("explain");
}

/** The heading's link leads back to the code, from wherever one is. */
async function jump(person) {
  const { page } = person;
  await person.goTo(15);
  await person.command("longsight: Explain");
  const page15 = await person.renders(/Explanation of src\/lib\.rs:15[\s\S]*(scout|coder)/);
  await person.goTo(3);
  await page15.locator("h1 a").click();
  await person.retry("the cursor in line 15", async () => /Ln 15,/.test(await page.locator(".statusbar").innerText()), 20);
}

/** The braces in the status bar: model, and why nothing was suggested. */
async function statusItem(person) {
  const { page } = person;
  await person.goTo(20);
  await person.suggestion();
  await page.keyboard.press("Escape");
  await page.locator("#status\\.languageStatus").first().hover();
  await person.retry("the model in the status", async () => /longsight: qwen2\.5-coder/.test(await page.locator(".monaco-hover, .hover-language-status").allInnerTexts().then((all) => all.join())), 20);
  await person.shot("status");
}

async function log(person) {
  await person.command("longsight: Show Log");
  // Its text is written by a native module that the tests' VS Code does without.
  await person.retry("the log", async () => (await person.page.locator(".part.panel select, .part.panel .monaco-select-box").first().inputValue()) !== "" && (await person.page.locator(".part.panel").innerText()).includes("longsight"), 30);
  await person.page.keyboard.press("Control+J");
}

async function walkthrough(person) {
  const { page } = person;
  await person.command("longsight: Get Started");
  await person.retry("the walkthrough", async () => (await page.locator(".gettingStartedContainer").innerText()).includes("From nothing to a first accepted completion"), 30);
  const done = (title) => page.locator(`.getting-started-step:has-text("${title}") .codicon-getting-started-step-checked`).first().isVisible();
  // The model is on this machine, so its step needs nobody.
  await person.retry("the model's step to be done", () => done("Get a model"), 20);
  await person.shot("walkthrough");
  await page.locator('.getting-started-step:has-text("Accept a completion")').click();
  await page.locator('.getting-started-step .monaco-button:has-text("Try a Completion")').click();
  await page.waitForSelector('.tab.active:has-text("Untitled")', { timeout: 20_000 });
  await person.suggestion();
  const offered = await person.shown();
  await page.keyboard.press("Tab");
  await person.retry("the suggestion to be in the text", async () => (await person.shown()) !== offered, 10);
  await person.shot("practice");
  // Empty again, it is closed without a question.
  await page.keyboard.press("Control+A");
  await page.keyboard.press("Delete");
  await page.locator('.tab:has-text("Welcome")').first().click();
  await person.retry("the step to be done", () => done("Accept a completion"), 20);
}

// --- with a scripted endpoint ------------------------------------------------------------------------------------------------

const endpoint = new Endpoint();
const chats = () => endpoint.chats;

/** From here on the endpoint answers; its key goes in as a person would type it. */
async function storeKey(person) {
  await endpoint.start();
  configureEndpoint(endpoint);
  await person.command("longsight: Store an API Key");
  await person.page.waitForSelector('.quick-input-list .monaco-list-row:has-text("LONGSIGHT_TEST_KEY")', { timeout: 30_000 });
  await person.page.keyboard.press("Enter");
  await person.answer("Key for LONGSIGHT_TEST_KEY", "sk-longsight-not-for-logs");
  endpoint.reply = () => ({ deltas: ["Nothing of note."] });
  await person.page.waitForTimeout(500);
  await person.serving();
  await person.goTo(15);
  await person.command("longsight: Explain");
  await person.retry("the key at the endpoint", async () => chats().some(({ key }) => key === "Bearer sk-longsight-not-for-logs"), 60);
  await person.renders(/Nothing of note/);
}

async function askPeeks(person) {
  const { page } = person;
  endpoint.reply = () => ({ deltas: ["The folder is decided in src/receipts.rs:6", " and asked for in src/lib.rs:24."], every: 300 });
  await person.goTo(3);
  await person.command("longsight: Ask About This Repository");
  await person.answer("Ask about this repository", "Where is the folder of receipts decided?");
  await page.waitForSelector(".peekview-widget", { timeout: 60_000 });
  await person.retry("both places in the peek", async () => /receipts\.rs[\s\S]*lib\.rs|lib\.rs[\s\S]*receipts\.rs/.test(await page.locator(".peekview-widget").innerText()), 20);
  await person.renders(/Places/);
  await person.shot("ask");
  await page.keyboard.press("Escape");
}

const BOTH = `pub fn total(items: &[Item]) -> u64 {
    items.iter().fold(0, |sum, item| sum + item.cents)
}

pub fn discount(cents: u64, percent: u64) -> u64 {
    cents - cents * percent.min(100) / 100
}

pub fn add(a: u64, b: u64) -> u64 {
    a.saturating_add(b)
}`;

/** Letters of an input method: what is only composed is no text yet, and what is accepted behind it goes in once. */
async function composition(person) {
  const { page } = person;
  await person.goTo(20);
  await page.keyboard.type("let ");
  endpoint.reply = () => ({ deltas: ["= a + b;"] });
  const session = await page.context().newCDPSession(page);
  for (const text of ["ご", "ごう", "ごうけい"]) {
    await session.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
    await page.waitForTimeout(150);
  }
  await session.send("Input.insertText", { text: "合計 " });
  await session.detach();
  const line = async () => (await person.shown()).split("\n").find((text) => text.includes("let ")) ?? "";
  await person.retry("the committed letters", async () => /let 合計\s*$/.test(await line()), 20);
  await person.suggestion();
  await page.keyboard.press("Tab");
  await person.retry("the suggestion behind them, once", async () => /^\s*let 合計 = a \+ b;\s*$/.test(await line()), 20);
}

/** Two hunks, one of them unticked in the editor's own preview; then one undo. */
async function review(person) {
  const { page } = person;
  await person.settings({ "longsight.edit.review": "always" });
  endpoint.reply = fills({ new_code: BOTH });
  await person.goTo(11);
  await page.keyboard.press("Home");
  for (let line = 11; line < 21; line++) await page.keyboard.press("Shift+ArrowDown");
  await page.keyboard.press("Shift+End");
  await person.command("longsight: Edit With Instruction");
  await person.answer("Edit with an instruction", "write these without overflow");
  // A change that asks for confirmation is not ticked by itself.
  const boxes = page.locator(".edit-checkbox");
  await person.retry("the preview", async () => (await boxes.count()) >= 3, 60);
  await person.notification("tick what to keep").waitFor({ timeout: 20_000 });
  await person.shot("review");
  // The file's row, then one for each hunk: the first is taken, the second is not.
  await boxes.nth(1).click();
  await page.locator('.part.panel .monaco-button:has-text("Apply")').click();
  await person.retry("the ticked hunk", async () => (await person.shown()).includes("fold(0"), 20);
  assert.ok(!(await person.shown()).includes("saturating_add"), "the unticked hunk stays away");
  await page.locator(".editor-instance .view-lines").first().click();
  await page.keyboard.press("Control+Z");
  await person.unchanged("lib.rs");
  await person.settings({ "longsight.edit.review": "severalFiles" });
}

/** A refactoring of two files, step by step: the endpoint proposes both edits, then ends. One file is taken, the other is not. */
async function refactor(person) {
  const { page } = person;
  configureEndpoint(endpoint, true, 32_768);
  endpoint.reply = ({ body }) => {
    if (!body.tools?.some(({ function: { name } }) => name === "finish")) return { deltas: ["a + b"] };
    if (body.messages.some(({ role }) => role === "tool")) return { call: { name: "finish", arguments: { summary: "Both name the folder anew." } } };
    const edits = [
      { path: "src/receipts.rs", old: '    std::env::temp_dir().join("receipts").join(shop)', new: '    std::env::temp_dir().join("bills").join(shop)', reason: "they are bills" },
      { path: "src/lib.rs", old: '    receipts::folder("shop")', new: '    receipts::folder("the-shop")', reason: "as the sign says" },
    ];
    return { call: { name: "propose_edit", arguments: { edits } } };
  };
  await person.restart();
  await person.goTo(24);
  endpoint.seen.splice(0);
  await person.command("longsight: Edit With Instruction");
  await person.answer("Edit with an instruction", "rename the folders");
  const boxes = page.locator(".edit-checkbox");
  await person.retry("the preview of two files", async () => {
    const tools = chats().map(({ body }) => (body.tools ?? []).map(({ function: { name } }) => name).join(" "));
    if ((await boxes.count()) === 4) return true;
    throw new Error(`${await boxes.count()} boxes; asked ${tools.length} times, with ${tools[0]}`);
  }, 60);
  await person.notification("tick what to keep").waitFor({ timeout: 20_000 });
  await person.shot("refactor");
  const row = page.locator('.part.panel .monaco-list-row:has-text("the-shop")');
  await row.locator(".edit-checkbox").click();
  await page.locator('.part.panel .monaco-button:has-text("Apply")').click();
  await person.retry("the ticked file", async () => (await person.shown()).includes("the-shop"), 20);
  await page.locator(".editor-instance .view-lines").first().click();
  await page.keyboard.press("Control+Z");
  await person.unchanged("lib.rs");
  await person.openFile("receipts.rs");
  await person.unchanged("receipts.rs");
  configureEndpoint(endpoint);
  await person.restart();
}

/** Progress with a button that stops the model. */
async function cancel(person) {
  const { page } = person;
  endpoint.seen.splice(0);
  endpoint.reply = fills({ new_code: BOTH }, 60_000);
  await person.goTo(15);
  await page.keyboard.press("Control+.");
  await page.locator('.action-widget .monaco-list-row.action:has-text("Rewrite")').click();
  await person.retry("the question", async () => chats().length === 1, 30);
  const progress = person.notification("longsight: Rewrite");
  await progress.waitFor({ timeout: 20_000 });
  await person.shot("progress");
  await progress.locator('.monaco-button:has-text("Cancel")').click();
  await person.retry("the endpoint to be left", async () => chats()[0].closed, 20);
  await progress.waitFor({ state: "detached", timeout: 20_000 });
  await person.unchanged("lib.rs");
}

/** A program that is not there: one message, commands that need a server gone from the palette, and all well again afterwards. */
async function missingServer(person) {
  const { page } = person;
  await person.machineSettings({ "longsight.server.path": "/nowhere/longsight" });
  await person.notification("does not exist").waitFor({ timeout: 30_000 });
  await person.shot("missing-server");
  await person.palette("longsight: ");
  await page.waitForSelector('.quick-input-list .monaco-list-row:has-text("longsight: Restart Server")', { timeout: 30_000 });
  const offered = await page.locator(".quick-input-list .monaco-list-row").allInnerTexts();
  assert.ok(!offered.some((row) => /longsight: (Explain|Ask|Edit)/.test(row)), offered.join(" | "));
  await page.keyboard.press("Escape");
  await person.machineSettings({});
  await person.serving();
  endpoint.reply = () => ({ deltas: ["a + b"] });
  await person.goTo(20);
  await person.suggestion();
}

/** A repository that names a program is asked about, and the answer is remembered. */
async function workspaceProgram(person) {
  const folder = path.join(person.values.workspace, ".vscode");
  mkdirSync(folder);
  writeFileSync(path.join(folder, "settings.json"), JSON.stringify({ "longsight.server.path": "/evil/longsight" }));
  // The tests' VS Code watches no files: the folder is opened anew.
  await person.page.reload();
  const question = person.notification("This workspace wants longsight to run /evil/longsight");
  await question.waitFor({ timeout: 60_000 });
  await person.shot("workspace-program");
  await question.locator('.monaco-button:has-text("Ignore It")').click();
  await person.command("longsight: Restart Server");
  await person.page.waitForTimeout(2000);
  assert.ok(!(await question.isVisible()));
  rmSync(folder, { recursive: true });
}

/** Ends what the steps have started. */
export function finish() {
  endpoint.stop();
  unconfigure();
}

/** Those that wait for the default model, which a machine with too much else to do cannot run. */
export const ofTheModel = new Set([ghostText, explain, jump, statusItem, walkthrough]);

export const steps = [ghostText, lightbulb, explain, jump, statusItem, log, walkthrough, storeKey, askPeeks, composition, review, refactor, cancel, missingServer, workspaceProgram];
