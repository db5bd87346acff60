// Keystroke to ghost text in the workbench, split into editor, server and model: the editor's share is what lies around the request,
// the server's what a request takes when the endpoint answers at once, the model's the rest. Prints one JSON object.

import { cpus, loadavg } from "node:os";
import { configureEndpoint, Endpoint, unconfigure } from "./endpoint.ts";
import { GHOST } from "./person.mjs";

const ROUNDS = 9;
/** The first suggestion starts the engine, loads the model and reads what lies around; it is waited for and not counted. */
const FIRST_MS = 420_000;
const PATIENCE_MS = 120_000;
/** Beginnings of functions; each round adds a number, so that nothing is answered from memory. */
const BEGINNINGS = ["pub fn smaller", "pub fn product", "pub fn share", "pub fn is_even"];

export async function bench(person) {
  const load = () => `${loadavg()[0].toFixed(1)} on ${cpus().length} cores`;
  const before = load();
  const local = await measure(person);
  const endpoint = new Endpoint();
  await endpoint.start();
  endpoint.reply = () => ({ deltas: ["a + b"] });
  configureEndpoint(endpoint, false);
  // The server looks at its configuration now and then; until it has, the model goes on answering.
  for (let round = 0; !endpoint.asked.length && round < ROUNDS; round++) await once(person, beginning(round), FIRST_MS);
  const scripted = await measure(person);
  endpoint.stop();
  unconfigure();
  const [total, request, server] = [median(local, "total"), median(local, "request"), median(scripted, "request")];
  console.log(JSON.stringify({ load: `${before}, then ${load()}`, rounds: local.length, keystroke_to_ghost_text_ms: { median: total, worst: Math.max(...local.map((one) => one.total)) }, split_ms: { editor: total - request, server, model: request - server } }));
}

async function measure(person) {
  const found = [];
  for (let round = 0; found.length < ROUNDS && round < ROUNDS * 2; round++) {
    const one = await once(person, beginning(round), round ? PATIENCE_MS : FIRST_MS);
    if (one && round) found.push(one);
  }
  if (!found.length) throw new Error("no ghost text in any round");
  return found;
}

function beginning(round) {
  return `${BEGINNINGS[round % BEGINNINGS.length]}_${Date.now() % 100_000}(a: u64, b: u64) -> u64 {`;
}

/** One function typed to its brace; times from the last key to the ghost text. Nothing when none came in time. */
async function once(person, text, patience) {
  const { page } = person;
  await page.keyboard.press("Control+End");
  await page.keyboard.insertText(`\n${text}\n    \n}\n`);
  await page.waitForTimeout(300);
  for (let line = 0; line < 2; line++) await page.keyboard.press("ArrowUp");
  await page.keyboard.press("End");
  await page.keyboard.press("Escape");
  await page.evaluate((ghost) => {
    window.measured = undefined;
    let pressed = 0;
    window.addEventListener("keydown", () => (pressed = performance.now()), { capture: true, once: true });
    const watch = new MutationObserver(() => {
      if (!pressed || !document.querySelector(ghost)) return;
      watch.disconnect();
      window.measured = performance.now() - pressed;
    });
    watch.observe(document.querySelector(".editor-instance"), { subtree: true, childList: true, attributes: true });
  }, GHOST);
  await page.keyboard.type("a");
  const total = await page.waitForFunction(() => window.measured, undefined, { timeout: patience }).then((handle) => handle.jsonValue(), () => undefined);
  if (total === undefined) return undefined;
  await page.waitForTimeout(500);
  await page.locator("#status\\.languageStatus").first().hover();
  const status = await page.locator(".monaco-hover").allInnerTexts().then((all) => all.join(" "));
  await page.mouse.move(600, 300);
  const request = Number(/(\d+)\sms/.exec(status)?.[1]);
  return Number.isFinite(request) ? { total: Math.round(total), request } : undefined;
}

function median(all, key) {
  const sorted = all.map((one) => one[key]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
