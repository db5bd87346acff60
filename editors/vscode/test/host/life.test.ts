// Servers that do not work (fault row L1): one message that says what to do, and silence after it.

import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import * as vscode from "vscode";
import { activate, api, open, pause, pids, serverPid, tidyUp, type, until } from "./kit";

const folder = mkdtempSync(path.join(tmpdir(), "longsight-life-"));

/** A program that is put in the server's place. */
function program(name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  return file;
}

const choose = (file: string | undefined) => vscode.workspace.getConfiguration("longsight").update("server.path", file, vscode.ConfigurationTarget.Global);

/** What a person sees once `file` is the server: one message, also after typing and asking on. */
async function told(file: string): Promise<string> {
  await choose(file);
  await until("the problem", () => api.desk.server.phase === "stopped" && api.desk.server.problem.includes(file));
  await open("src/lib.rs");
  for (const key of "let x") await type(key);
  await vscode.commands.executeCommand("editor.action.inlineSuggest.trigger");
  await pause(1500);
  const shown = api.desk.log.shown();
  assert.equal(shown.length, 1, shown.join(" | "));
  assert.equal(api.desk.server.phase, "stopped");
  return shown[0]!;
}

async function works(): Promise<void> {
  await until("the server", () => api.desk.server.phase === "running");
  assert.equal(api.desk.server.problem, "");
  assert.match((await api.desk.server.execute<{ version: string }>("longsight.status", {})).version, /^\d/);
}

describe("l1: longsight in VS Code, with a server that does not work", () => {
  before(activate);
  afterEach(tidyUp);
  after(() => choose(undefined));

  it("l1_missing: says which file does not exist, and correcting the setting repairs it", async () => {
    assert.match(await told("/nowhere/longsight"), /\/nowhere\/longsight.*does not exist.*Correct or empty the setting/);
    await choose(undefined);
    await works();
    assert.deepEqual(api.desk.log.shown(), []);
  });

  it("l1_wrong_arch: says that the program is for another machine", async () => {
    // The head of a program for a processor that does not exist.
    const head = Buffer.alloc(64);
    head.write("\x7fELF\x02\x01\x01", "latin1");
    head.writeUInt16LE(0xfff0, 18);
    assert.match(await told(program("foreign", head.toString("latin1"))), /not a program for this machine/);
  });

  it("l1_crashes_at_start: says what the program said, and does not start it again by itself", async () => {
    const starts = path.join(folder, "starts");
    const file = program("crashing", `#!/bin/sh\n[ "$1" != --version ] || { echo longsight 9.9.9; exit; }\necho >>${starts}\necho libstrange.so.6 is missing >&2\nexit 3\n`);
    assert.equal(await told(file), `${file} cannot be used as the longsight server: it says "libstrange.so.6 is missing". Repair it, or choose another with longsight.server.path.`);
    await pause(3000);
    assert.equal(readFileSync(starts, "utf8").length, 1);
  });

  it("l1_never_answers: says so, ends the program, and a restart meanwhile does not wait for it", async () => {
    const silent = `#!/bin/sh\n[ "$1" != --version ] || { echo longsight 9.9.9; exit; }\necho $$ >${folder}/silent.pid\nexec sleep 600\n`;
    const file = program("silent", silent);
    assert.match(await told(file), /silent cannot be used as the longsight server: it did not answer within \d+ s\. Repair it/);
    await until("its end", () => !existsSync(`/proc/${readFileSync(path.join(folder, "silent.pid"), "utf8").trim()}`));
    void vscode.commands.executeCommand("longsight.restartServer");
    await until("another try", () => api.desk.server.phase === "starting");
    const asked = Date.now();
    await choose(undefined);
    await works();
    assert.ok(Date.now() - asked < 18_000, `${Date.now() - asked} ms`);
  });

  it("l1_overtaken_starts: restarts in quick succession end in one server that serves, and leave no process behind", async () => {
    // Each meets the start before it at another moment: while it looks for its program, waits for `initialize`, or registers commands.
    for (let wait = 0; wait <= 600; wait += 60) {
      void vscode.commands.executeCommand("longsight.restartServer");
      await pause(wait);
    }
    await vscode.commands.executeCommand("longsight.restartServer");
    await works();
    assert.deepEqual(api.desk.log.shown(), []);
    await until("one process", () => pids("serve").length === 1 && pids("serve")[0] === serverPid());
  });

  it("l1_five_crashes: is started again four times, then says so once; a restart by hand works", async () => {
    await choose(undefined);
    await works();
    for (let crash = 1; crash <= 5; crash++) {
      const pid = serverPid()!;
      assert.ok(existsSync(`/proc/${pid}`));
      process.kill(pid, "SIGKILL");
      if (crash < 5) await until(`the server after crash ${crash}`, () => api.desk.server.phase === "running" && serverPid() !== undefined && serverPid() !== pid);
    }
    await until("the end of restarts", () => api.desk.server.phase === "stopped");
    const [message, ...more] = api.desk.log.shown();
    assert.match(message!, /stopped several times/);
    assert.deepEqual(more, []);
    await vscode.commands.executeCommand("longsight.restartServer");
    await works();
  });
});
