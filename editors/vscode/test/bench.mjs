// Keystroke to ghost text in the workbench, split into editor, server and model: the editor's share is what lies around the request,
// the server's what a request takes when the endpoint answers at once, the model's the rest. Says what it does as it goes; the last
// line is the result, and `vscode-bench.json` beside the screenshots has the figures.

import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import path from "node:path";
import { configureEndpoint, Endpoint, unconfigure } from "./endpoint.ts";
import { GHOST } from "./person.mjs";

const LOCAL_ROUNDS = 20;
const SCRIPTED_ROUNDS = 12;
/** The first suggestion starts the engine, loads the model and reads what lies around; it is waited for and not counted. */
const FIRST_S = 150;
const ROUND_S = 12;
/** Until what was asked before is over: a busy machine gives the model little. */
const IDLE_S = 60;
/** A server that is done and still shows nothing for this long has nothing to show. */
const SILENT_MS = 1500;
/** Rounds that may bring nothing, of those that a measurement wants. */
const EMPTY_SHARE = 0.5;
/** Beginnings of functions; each round adds a number, so that nothing is answered from memory. */
const BEGINNINGS = ["pub fn difference", "pub fn product", "pub fn share", "pub fn is_even"];

export async function bench(person) {
  const load = () => loadavg()[0].toFixed(1);
  const before = load();
  const local = await measure(person, "default model", LOCAL_ROUNDS);
  const endpoint = new Endpoint();
  await endpoint.start();
  let scripted;
  try {
    endpoint.reply = () => ({ deltas: ["a + b"] });
    configureEndpoint(endpoint, false);
    say("restarting the server with an endpoint that answers at once");
    await person.restart();
    await person.openFile("lib.rs");
    scripted = await measure(person, "scripted endpoint", SCRIPTED_ROUNDS);
    if (!endpoint.asked.length) throw new Error("the scripted endpoint was never asked: the server did not take its new configuration");
  } finally {
    endpoint.stop();
    unconfigure();
  }
  report(person, local, scripted, `${before} to ${load()} on ${cpus().length} cores`);
}

function report(person, local, scripted, load) {
  const request = percentile(local, "request", 0.5);
  // Two runs are compared: what is within their noise is not given as less than nothing.
  const server = Math.min(percentile(scripted, "request", 0.5), request);
  const figures = {
    load,
    rounds: local.length,
    total_ms: percentile(local, "total", 0.5),
    p95_ms: percentile(local, "total", 0.95),
    split_ms: { editor: percentile(local, "editor", 0.5), server, model: request - server },
  };
  writeFileSync(path.join(person.values.shots, "vscode-bench.json"), JSON.stringify(figures));
  const { editor, model } = figures.split_ms;
  console.log(`VS Code: key to ghost text p50 ${figures.total_ms} ms, p95 ${figures.p95_ms} ms (editor ${editor}, server ${server}, model ${model}; ${local.length} rounds; load ${load})`);
}

/** So many rounds that brought ghost text. The first of all is not counted. */
async function measure(person, what, rounds) {
  say(`${what}: the first suggestion, which is not counted (at most ${FIRST_S} s)`);
  const began = Date.now();
  await first(person, what);
  say(`${what}: it took ${((Date.now() - began) / 1000).toFixed(1)} s`);
  const found = [];
  const most = Math.ceil(rounds * (1 + EMPTY_SHARE));
  for (let round = 1; found.length < rounds && round <= most; round++) {
    const one = await once(person, round, ROUND_S);
    if (typeof one === "string") {
      say(`${what}, round ${round}: ${one}`);
      continue;
    }
    found.push(one);
    say(`${what}, round ${round}: ${one.total} ms, ${one.request} of them the request`);
  }
  if (found.length < rounds / 2) throw new Error(`${what}: ghost text in only ${found.length} of ${most} rounds`);
  return found;
}

/** Rounds until one brings something, because a server that has just started may still be reading the workspace. */
async function first(person, what) {
  let last = "";
  for (const end = Date.now() + FIRST_S * 1000; Date.now() < end; ) {
    const one = await once(person, 0, (end - Date.now()) / 1000);
    if (typeof one !== "string") return;
    last = one;
  }
  throw new Error(`${what}: waited ${FIRST_S} s for a first suggestion; the last try: ${last}`);
}

/** One function typed to its brace; the times from the last key to the ghost text, or a word on why there are none. */
async function once(person, round, seconds) {
  const { page } = person;
  // The text is the same in every round but for the name, so that each reads what the one before it has read.
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(`${readFileSync(path.join(person.values.workspace, "src/lib.rs"), "utf8")}\n${beginning(round)}\n    \n}\n`);
  for (let line = 0; line < 3; line++) await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Home");
  await idle(person);
  await page.evaluate(watchForGhost, GHOST);
  // At once: where the cursor rests, the editor asks, and through a suggestion that is there the model is not asked again.
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("End");
  await page.keyboard.type("a");
  const total = await shown(person, seconds);
  if (total === undefined) return `no ghost text: ${await status(page)}`;
  // The status is painted a moment after the text.
  await page.waitForTimeout(400);
  const request = Number(/suggestion in (\d+) ms/.exec(await status(page))?.[1]);
  if (!Number.isFinite(request)) return `the status does not say how long the request took: ${await status(page)}`;
  const rounded = Math.round(total);
  return { total: rounded, request, editor: Math.max(rounded - request, 0) };
}

function beginning(round) {
  return `${BEGINNINGS[round % BEGINNINGS.length]}_${Date.now() % 100_000}(a: u64, b: u64) -> u64 {`;
}

/** In the page: notes the time from the letter until ghost text is in the document. */
function watchForGhost(ghost) {
  window.unwatch?.();
  window.measured = undefined;
  let pressed = 0;
  const key = (event) => event.key === "a" && (pressed = performance.now());
  window.addEventListener("keydown", key, { capture: true });
  const watch = new MutationObserver(() => {
    if (!pressed || !document.querySelector(ghost)) return;
    window.unwatch();
    window.measured = performance.now() - pressed;
  });
  watch.observe(document.querySelector(".editor-instance"), { subtree: true, childList: true, attributes: true });
  window.unwatch = () => {
    watch.disconnect();
    window.removeEventListener("keydown", key, { capture: true });
  };
}

/** Milliseconds to the ghost text; nothing when the server is done without any, or the time is over. */
async function shown(person, seconds) {
  let done;
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await person.page.waitForTimeout(50)) {
    const measured = await person.page.evaluate(() => window.measured);
    if (measured !== undefined) return measured;
    done = (await busy(person.page)) ? undefined : (done ?? Date.now());
    if (done && Date.now() - done > SILENT_MS) return undefined;
  }
  return undefined;
}

/** Waits until what was asked for at places that the cursor has left is over, and nothing of it shows. */
async function idle(person) {
  const { page } = person;
  let steady = 0;
  await person.retry("the server to be idle and no ghost text to show", async () => {
    const there = await page.locator(GHOST).first().isVisible();
    if (there) await page.keyboard.press("Escape");
    const rests = !there && !(await busy(page));
    return (steady = rests ? steady + 1 : 0) >= 4;
  }, IDLE_S);
}

const busy = (page) => page.locator("#status\\.languageStatus .codicon-loading").first().isVisible();

/** What the braces in the status bar say. */
async function status(page) {
  const labels = await page.locator("#status\\.languageStatus, #status\\.languageStatus [aria-label]").evaluateAll((all) => all.map((one) => one.getAttribute("aria-label") ?? ""));
  return labels.find((label) => label.includes("longsight")) ?? labels.join(" ");
}

function say(text) {
  console.error(`   ${text}`);
}

function percentile(all, key, share) {
  const sorted = all.map((one) => one[key]).sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1];
}
