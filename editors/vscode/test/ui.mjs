// What a person meets in the workbench, step by step, each with a screenshot of real output. The first steps use the default model
// without any configuration, the later ones a scripted endpoint.

import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { configureEndpoint, Endpoint, fills, never, unconfigure } from "./endpoint.ts";

async function ghostText(person) {
  const { page } = person;
  // The engine is started and the model loaded before the recording.
  await person.goTo(20);
  await person.suggestion();
  await page.keyboard.press("Escape");
  await person.goTo(26);
  const stop = await person.record("ghost-text");
  await page.keyboard.type("\n/// The price of `count` items.\npub fn price_of(count: u64, cents: u64) -> u64 {\n", { delay: 45 });
  await person.suggestion();
  // Who looks at the recording needs a moment to read.
  await page.waitForTimeout(900);
  await person.shot("ghost-text");
  await person.accept();
  await page.waitForTimeout(1200);
  await stop();
}

async function lightbulb(person) {
  await person.goTo(15);
  await person.action(/Document|Rewrite|Explain/);
  await person.shot("lightbulb");
  await person.page.keyboard.press("Escape");
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

/** The braces in the status bar: model, and why nothing was suggested. */
async function statusItem(person) {
  const { page } = person;
  await person.goTo(20);
  await person.suggestion();
  await page.keyboard.press("Escape");
  await person.retry("the model in the status", async () => {
    await page.mouse.move(600, 300);
    await page.locator("#status\\.languageStatus").first().hover();
    await page.locator(".monaco-hover:visible").filter({ hasText: "longsight: qwen2.5-coder" }).first().waitFor({ timeout: 5000 });
    return true;
  });
  await person.shot("status");
}

async function log(person) {
  await person.command("longsight: Show Log");
  // Its text is written by a native module that the tests' VS Code does without.
  await person.retry("the log", async () => (await person.page.locator(".part.panel select, .part.panel .monaco-select-box").first().inputValue()) !== "" && (await person.page.locator(".part.panel").innerText()).includes("longsight"));
  await person.page.keyboard.press("Control+J");
}

async function walkthrough(person) {
  const { page } = person;
  await person.command("longsight: Get Started");
  await person.retry("the walkthrough", async () => (await page.locator(".gettingStartedContainer").innerText()).includes("From nothing to a first accepted completion"));
  const done = (title) => page.locator(`.getting-started-step:has-text("${title}") .codicon-getting-started-step-checked`).first().isVisible();
  // The model is on this machine, so its step needs nobody.
  await person.retry("the model's step to be done", () => done("Get a model"));
  await person.shot("walkthrough");
  await page.locator('.getting-started-step:has-text("Accept a completion")').click();
  await page.locator('.getting-started-step .monaco-button:has-text("Try a Completion")').click();
  await page.waitForSelector('.tab.active:has-text("Untitled")');
  await person.suggestion();
  await person.accept();
  await person.shot("practice");
  // Empty again, it is closed without a question.
  await page.keyboard.press("Control+A");
  await page.keyboard.press("Delete");
  await page.locator('.tab:has-text("Welcome")').first().click();
  await person.retry("the step to be done", () => done("Accept a completion"));
}

// --- with a scripted endpoint ------------------------------------------------------------------------------------------------

const endpoint = new Endpoint();
const chats = () => endpoint.chats;

/** From here on the endpoint answers; its key goes in as a person would type it. */
async function storeKey(person) {
  await endpoint.start();
  configureEndpoint(endpoint);
  // The first server would be taken for the other one where this is the first step.
  await person.serving();
  const before = person.servers();
  await person.command("longsight: Store an API Key");
  await person.page.waitForSelector('.quick-input-list .monaco-list-row.focused:has-text("LONGSIGHT_TEST_KEY")');
  await person.page.keyboard.press("Enter");
  await person.answer("Key for LONGSIGHT_TEST_KEY", "sk-longsight-not-for-logs");
  endpoint.reply = () => ({ deltas: ["Nothing of note."] });
  // A key is handed over at the start.
  await person.retry("another server", async () => person.servers().some((pid) => !before.includes(pid)));
  await person.serving();
  await person.goTo(15);
  await person.command("longsight: Explain");
  await person.retry("the key at the endpoint", async () => chats().some(({ key }) => key === "Bearer sk-longsight-not-for-logs"));
  await person.renders(/Nothing of note/);
}

/** The heading's link leads back to the code, from wherever one is. */
async function jump(person) {
  endpoint.reply = () => ({ deltas: ["It takes a share off."] });
  await person.goTo(15);
  await person.command("longsight: Explain");
  const page15 = await person.renders(/Explanation of src\/lib\.rs:15[\s\S]*a share off[\s\S]*(scout|coder)/);
  await person.goTo(3);
  await page15.locator("h1 a").click();
  await person.at(15);
}

async function askPeeks(person) {
  const { page } = person;
  endpoint.reply = () => ({ deltas: ["The folder is decided in src/receipts.rs:6", " and asked for in src/lib.rs:24."], every: 300 });
  await person.goTo(3);
  await person.command("longsight: Ask About This Repository");
  await person.answer("Ask about this repository", "Where is the folder of receipts decided?");
  await page.waitForSelector(".peekview-widget");
  await person.retry("both places in the peek", async () => /receipts\.rs[\s\S]*lib\.rs|lib\.rs[\s\S]*receipts\.rs/.test(await page.locator(".peekview-widget").innerText()));
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
  await person.retry("the committed letters", async () => /let 合計\s*$/.test(await line()));
  await person.suggestion();
  await page.keyboard.press("Tab");
  await person.retry("the suggestion behind them, once", async () => /^\s*let 合計 = a \+ b;\s*$/.test(await line()));
}

/** Presses the preview's button until the preview is gone: one that is being drawn anew does not notice. */
async function applyPreview(person) {
  const { page } = person;
  const button = page.locator('.part.panel .monaco-button:has-text("Apply")');
  // A box shows its tick before the workbench has taken it in: who presses the button at once applies nothing.
  await page.waitForTimeout(1000);
  await button.click();
  await person.retry("the preview to end", async () => {
    if ((await page.locator(".edit-checkbox").count()) === 0) return true;
    await page.waitForTimeout(2000);
    if (await button.isVisible()) await button.click();
    return false;
  });
}

/** Two hunks, one of them unticked in the editor's own preview; then one undo. */
async function review(person) {
  const { page } = person;
  await person.settings({ "longsight.edit.review": "always" });
  endpoint.reply = fills({ new_code: BOTH });
  await person.goTo(11);
  await person.selectLines(11);
  await person.command("longsight: Edit With Instruction");
  await person.answer("Edit with an instruction", "write these without overflow");
  // A change that asks for confirmation is not ticked by itself.
  const boxes = page.locator(".edit-checkbox");
  await person.retry("the preview", async () => (await boxes.count()) >= 3);
  await person.notification("tick what to keep").waitFor();
  await person.shot("review");
  // Of two hunks the first is taken, the second is not.
  await person.tick("fold(0");
  await applyPreview(person);
  await person.retry("the ticked hunk", async () => (await person.shown()).includes("fold(0"));
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
  });
  await person.notification("tick what to keep").waitFor();
  await person.shot("refactor");
  await person.tick("the-shop");
  await applyPreview(person);
  await person.retry("the ticked file", async () => (await person.shown()).includes("the-shop"));
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
  endpoint.reply = fills({ new_code: BOTH }, never);
  await person.goTo(15);
  await (await person.action("Rewrite")).click();
  await person.retry("the question", async () => chats().length === 1);
  const progress = person.notification("longsight: Rewrite");
  await progress.waitFor();
  await person.shot("progress");
  await progress.locator('.monaco-button:has-text("Cancel")').click();
  await person.retry("the endpoint to be left", async () => chats()[0].closed);
  await progress.waitFor({ state: "detached" });
  await person.unchanged("lib.rs");
}

/** A program that is not there: one message, commands that need a server gone from the palette, and all well again afterwards. */
async function missingServer(person) {
  const { page } = person;
  await person.machineSettings({ "longsight.server.path": "/nowhere/longsight" });
  await person.notification("does not exist").waitFor();
  await person.shot("missing-server");
  await person.palette("longsight: ");
  await page.waitForSelector('.quick-input-list .monaco-list-row:has-text("longsight: Restart Server")');
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
  await question.waitFor();
  await person.shot("workspace-program");
  await question.locator('.monaco-button:has-text("Ignore It")').click();
  // The next server is not asked about again.
  await person.restart();
  assert.ok(!(await question.isVisible()));
  rmSync(folder, { recursive: true });
}

/** Ends what the steps have started. */
export function finish() {
  endpoint.stop();
  unconfigure();
}

export const steps = [ghostText, lightbulb, explain, statusItem, log, walkthrough, storeKey, jump, askPeeks, composition, review, refactor, cancel, missingServer, workspaceProgram];
