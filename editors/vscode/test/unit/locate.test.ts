// Which program is started, and what a person reads when there is none (fault row L1).

import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { locate, probe } from "../../src/locate";

function scratch(): string {
  return mkdtempSync(join(tmpdir(), "longsight-locate-"));
}

function program(folder: string, text = "#!/bin/sh\necho longsight 9.9.9\n"): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "longsight");
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  return file;
}

test("the setting wins, then the bundled one, then PATH", async () => {
  const [chosen, extension, onPath] = [scratch(), scratch(), scratch()];
  const file = program(chosen);
  const found = program(onPath);
  assert.deepEqual(await locate(file, extension, onPath, "/"), { file, origin: "setting" });
  assert.deepEqual(await locate("", extension, `relative:${onPath}`, "/"), { file: found, origin: "PATH" });
  const bundled = program(join(extension, "server"));
  assert.deepEqual(await locate("", extension, onPath, "/"), { file: bundled, origin: "bundled" });
});

test("l1_missing: a wrong setting is named and never replaced", async () => {
  const extension = scratch();
  program(join(extension, "server"));
  for (const wrong of ["/nowhere/longsight", "longsight", extension]) {
    const found = await locate(wrong, extension, "", "/");
    assert.ok("problem" in found && found.problem.includes(wrong), JSON.stringify(found));
  }
});

test("l1_missing: nowhere at all", async () => {
  const found = await locate("", scratch(), "", "/");
  assert.ok("problem" in found && found.problem.includes("longsight.server.path"));
});

test("a home-relative setting works", async () => {
  const home = scratch();
  program(join(home, "bin"));
  assert.deepEqual(await locate("~/bin/longsight", scratch(), "", home), { file: join(home, "bin/longsight"), origin: "setting" });
});

test("a program that works says its version", async () => {
  assert.deepEqual(await probe(program(scratch())), { version: "9.9.9" });
});

test("l1_wrong_program: other programs, broken ones and foreign ones are told apart", async () => {
  const other = await probe(program(scratch(), "#!/bin/sh\necho ls 1\n"));
  assert.match("problem" in other ? other.problem : "", /does not say that it is longsight/);
  const broken = await probe(program(scratch(), "#!/bin/sh\necho libstdc++ is missing >&2; exit 127\n"));
  assert.match("problem" in broken ? broken.problem : "", /libstdc\+\+ is missing/);
  const foreign = await probe(program(scratch(), "\x7fELF\x02\x01\x01" + "\0".repeat(60)));
  assert.match("problem" in foreign ? foreign.problem : "", /not a program for this machine/);
  const stuck = await probe(program(scratch(), "#!/bin/sh\nexec sleep 60\n"), 200);
  assert.match("problem" in stuck ? stuck.problem : "", /did not answer in time/);
});
