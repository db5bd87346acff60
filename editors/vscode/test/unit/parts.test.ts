// The small pure rooms: gate, stream, crashes, key names, and settings against package.json and the README.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { Crashes } from "../../src/crashes";
import { blocked, type Moment } from "../../src/gate";
import { isKeyName, keyFault, keyNames } from "../../src/keynames";
import { StreamedAnswer } from "../../src/stream";

const typing: Moment = { mode: "automatic", invoked: false, lines: 10, maxLines: 100, cursors: 1, selecting: false };

test("ghost text is asked for while typing", () => assert.equal(blocked(typing), undefined));

for (const [name, change] of Object.entries<Partial<Moment>>({
  off: { mode: "off", invoked: true },
  invoked: { mode: "invoked" },
  l5_multi_cursor: { cursors: 2 },
  l5_selection: { selecting: true },
  lines: { lines: 101 },
})) {
  test(`ghost text is not asked for: ${name}`, () => assert.ok(blocked({ ...typing, ...change })));
}

test("a stream keeps order and drops what came twice", () => {
  const answer = new StreamedAnswer();
  const part = (seq: number, kind: "text" | "progress" | "restart", delta: string) => answer.push({ token: "t", seq, kind, delta });
  assert.ok(part(0, "progress", " reading "));
  assert.ok(part(1, "text", "a"));
  assert.equal(part(1, "text", "a"), false);
  assert.ok(part(2, "text", "b"));
  assert.deepEqual([answer.text, answer.progress], ["ab", "reading"]);
  assert.ok(part(3, "restart", ""));
  assert.ok(part(4, "text", "c"));
  assert.equal(answer.text, "c");
});

test("l1_crashes: four restarts in three minutes, then none, and a new window starts afresh", () => {
  const crashes = new Crashes();
  assert.deepEqual([0, 1, 2, 3, 4].map((second) => crashes.again(second * 1000)), [true, true, true, true, false]);
  assert.ok(crashes.again(10 * 60_000));
});

test("l1_crashes: a person's restart forgets them", () => {
  const crashes = new Crashes(1);
  crashes.again(0);
  crashes.forget();
  assert.ok(crashes.again(1));
});

test("key names cannot change how programs run", () => {
  assert.deepEqual(["DEEPSEEK_API_KEY", "HF_TOKEN", "PATH", "LD_PRELOAD", "A=B_KEY", "_KEY"].map(isKeyName), [true, true, false, false, false, false]);
});

test("key names come from the configuration", () => {
  assert.deepEqual(keyNames('[engines.a]\napi_key_env = "A_KEY"\n# api_key_env = "B_KEY"\n[engines.b]\n api_key_env = \'PATH\'\n'), ["A_KEY"]);
});

test("g22_key: faults are named without the key", () => {
  assert.equal(keyFault("sk-abc"), undefined);
  for (const key of ["", "sk abc", "sk-\nabc", "sk-ä"]) assert.ok(!keyFault(key)!.includes("sk"), key);
});

test("settings in the code, in package.json and in the README are the same", () => {
  const declared = Object.keys(JSON.parse(readFileSync("package.json", "utf8")).contributes.configuration.properties).sort();
  const code = readdirSync("src").map((name) => readFileSync(`src/${name}`, "utf8")).join("\n");
  const read = [...code.matchAll(/(?:get<\w+>|inspect<\w+>)\("([\w.]+)"/g)].map(([, key]) => `longsight.${key}`).filter((key) => key !== "longsight.keys.names");
  // `trace.server` is read by the client library.
  assert.deepEqual([...new Set([...read, "longsight.trace.server"])].sort(), declared);
  const table = [...readFileSync("README.md", "utf8").matchAll(/^\| `(longsight\.[\w.]+)` \|/gm)].map(([, key]) => key!).sort();
  assert.deepEqual(table, declared);
});

test("k9_settings: what chooses a program or a configuration is restricted and never window-scoped", () => {
  const { contributes, capabilities } = JSON.parse(readFileSync("package.json", "utf8"));
  for (const key of ["longsight.server.path", "longsight.server.configFile"]) {
    assert.ok(capabilities.untrustedWorkspaces.restrictedConfigurations.includes(key));
    assert.match(contributes.configuration.properties[key].scope, /^machine/);
  }
});

test("every command is registered, and none shadows one of the server's", () => {
  const names: string[] = JSON.parse(readFileSync("package.json", "utf8")).contributes.commands.map(({ command }: { command: string }) => command);
  const code = readFileSync("src/extension.ts", "utf8");
  for (const name of names) assert.ok(code.includes(`"${name}":`), name);
  const servers = [...readFileSync("src/protocol.ts", "utf8").matchAll(/: "(longsight\.\w+)"/g)].map(([, name]) => name!);
  assert.deepEqual(names.filter((name) => servers.includes(name)), []);
});
