// Drives code-server in Chromium: `host` runs mocha inside the extension host, `ui` uses the workbench as a person does and takes screenshots.
//   node drive.mjs host|ui|bench --port N --workspace DIR --extension DIR --tests FILE --shots DIR --profile DIR --settings FILE

import { mkdirSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { bench } from "./bench.mjs";
import { Person } from "./person.mjs";
import { finish, ofTheModel, steps } from "./ui.mjs";

const strings = ["port", "workspace", "extension", "tests", "shots", "profile", "settings"];
const { values, positionals } = parseArgs({ allowPositionals: true, options: Object.fromEntries(strings.map((name) => [name, { type: "string" }])) });
const origin = `http://127.0.0.1:${values.port}`;
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const context = await chromium.launchPersistentContext(values.profile, { executablePath: "/usr/bin/chromium", headless: true, args: flags, viewport: { width: 1280, height: 800 } });
const page = context.pages()[0] ?? (await context.newPage());
const person = new Person(page, values);

try {
  await { host, ui, bench: async () => bench(person, await atWork()) }[positionals[0]]();
} catch (error) {
  mkdirSync(values.shots, { recursive: true });
  await person.shot(`failed-${positionals[0]}`).catch(() => undefined);
  console.error(error);
  process.exitCode = 1;
} finally {
  await context.close();
}

async function host() {
  const remote = (file) => `vscode-remote://127.0.0.1:${values.port}${file}`;
  const payload = [["extensionDevelopmentPath", remote(values.extension)], ["extensionTestsPath", remote(values.tests)], ["enableProposedApi", ""], ["skipWelcome", "true"]];
  const code = new Promise((done, fail) => {
    setTimeout(() => fail(new Error("the extension host did not finish its tests in 20 minutes")), 1_200_000).unref();
    // The workbench's own log is noise (missing native modules); results are in the report.
    void page.exposeFunction("codeAutomationLog", () => undefined);
    void page.exposeFunction("codeAutomationExit", done);
  });
  await page.goto(`${origin}/?folder=${values.workspace}&payload=${encodeURIComponent(JSON.stringify(payload))}`);
  process.exitCode = Number(await code);
}

/** Opens the workspace and waits for the workbench. */
async function atWork() {
  await page.goto(`${origin}/?folder=${values.workspace}`);
  await page.waitForSelector(".monaco-workbench .explorer-folders-view", { timeout: 90_000 });
  await person.openFile("lib.rs");
}

/** A step that fails is tried once more, said loudly: a busy machine drops a click or a key now and then. What is broken fails twice. */
async function ui() {
  await atWork();
  const only = new RegExp(process.env.LONGSIGHT_TEST_ONLY ?? "");
  let failed = 0;
  for (const step of steps) {
    if (!only.test(step.name)) continue;
    if ((await attempt(step, "AGAIN")) || (await attempt(step, "FAIL"))) continue;
    if (ofTheModel.has(step) && isSwamped()) console.log(`TOLD ui: ${step.name} does not count: the machine's load is ${loadavg()[0].toFixed(0)} on ${cpus().length} cores`);
    else failed++;
  }
  console.log(`ui: ${failed} failed`);
  finish();
  if (failed) process.exitCode = 1;
}

/** More than four programs wait for each core: what a model does not manage then says nothing about the extension. */
function isSwamped() {
  return loadavg()[0] > 4 * cpus().length;
}

async function attempt(step, otherwise) {
  const began = Date.now();
  let done = false;
  try {
    await step(person);
    done = true;
    console.log(`ok   ui: ${step.name} (${Date.now() - began} ms)`);
  } catch (error) {
    console.log(`${otherwise} ui: ${step.name} (${Date.now() - began} ms)\n     ${error.stack}`);
    await person.shot(`failed-${step.name}`).catch(() => undefined);
  }
  await person.clean().catch((error) => console.log(`     not tidied up: ${error.message}`));
  return done;
}
