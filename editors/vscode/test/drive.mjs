// Drives code-server in Chromium: `host` runs mocha inside the extension host, `ui` uses the workbench as a person does and takes screenshots.
//   node drive.mjs host|ui|bench --port N --workspace DIR --extension DIR --tests FILE --shots DIR --profile DIR --settings FILE

import { mkdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { bench } from "./bench.mjs";
import { Person } from "./person.mjs";
import { finish, steps } from "./ui.mjs";

const strings = ["port", "workspace", "extension", "tests", "shots", "profile", "settings"];
const { values, positionals } = parseArgs({ allowPositionals: true, options: Object.fromEntries(strings.map((name) => [name, { type: "string" }])) });
const origin = `http://127.0.0.1:${values.port}`;
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const context = await chromium.launchPersistentContext(values.profile, { executablePath: "/usr/bin/chromium", headless: true, args: flags, viewport: { width: 1280, height: 800 } });
const page = context.pages()[0] ?? (await context.newPage());
// Without a graphics card each frame of a turning wheel is painted by the processor that the model needs.
await page.addInitScript(() => {
  const still = new CSSStyleSheet();
  still.replaceSync("*, *::before, *::after { animation: none !important; transition: none !important; }");
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, still];
});
// An upper limit for what a step waits for; a machine that compiles beside has others to serve.
page.setDefaultTimeout(120_000);
const person = new Person(page, values);

try {
  await { host, ui, bench: measured }[positionals[0]]();
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
    setTimeout(() => fail(new Error("the extension host did not finish its tests in 30 minutes")), 1_800_000).unref();
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
  await page.waitForSelector(".monaco-workbench .explorer-folders-view");
  await person.openFile("lib.rs");
}

async function measured() {
  console.error("   opening the workspace");
  await atWork();
  await bench(person);
}

async function ui() {
  await atWork();
  const only = new RegExp(process.env.LONGSIGHT_TEST_ONLY ?? "");
  let failed = 0;
  for (const step of steps.filter(({ name }) => only.test(name))) failed += (await passes(step)) ? 0 : 1;
  console.log(`ui: ${failed} failed`);
  finish();
  if (failed) process.exitCode = 1;
}

async function passes(step) {
  const began = Date.now();
  let done = false;
  try {
    await step(person);
    done = true;
    console.log(`ok   ui: ${step.name} (${Date.now() - began} ms)`);
  } catch (error) {
    console.log(`FAIL ui: ${step.name} (${Date.now() - began} ms)\n     ${error.stack}`);
    await person.shot(`failed-${step.name}`).catch(() => undefined);
  }
  await person.clean().catch((error) => console.log(`     not tidied up: ${error.message}`));
  return done;
}
