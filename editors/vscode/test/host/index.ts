// Entry of the tests inside the extension host: runs mocha and writes a line per test to $LONGSIGHT_TEST_REPORT.

import { appendFileSync } from "node:fs";
import * as path from "node:path";
import Mocha from "mocha";

export function run(): Promise<void> {
  // Every wait has its own limit; this one is for what waits without. What another's editor does on a busy machine gets a second chance, and
  // its failure is told all the same.
  const mocha = new Mocha({ ui: "bdd", timeout: 1_200_000, slow: 60_000, bail: false, retries: 1 });
  for (const name of ["extension", "scripted", "typing", "life"]) mocha.addFile(path.join(__dirname, `${name}.test.js`));
  if (process.env["LONGSIGHT_TEST_ONLY"]) mocha.grep(process.env["LONGSIGHT_TEST_ONLY"]);
  const say = (line: string) => appendFileSync(process.env["LONGSIGHT_TEST_REPORT"]!, `${line}\n`);
  return new Promise((done, fail) => {
    const runner = mocha.run((failures) => {
      say(`${runner.stats?.passes ?? 0} passed, ${failures} failed`);
      if (failures) fail(new Error(`${failures} tests failed`));
      else done();
    });
    runner.on("pass", (test) => say(`ok   ${test.fullTitle()} (${test.duration} ms)`));
    runner.on("retry", (test, error: Error) => say(`FLAKY ${test.fullTitle()}\n     ${error.stack ?? error.message}`));
    runner.on("fail", (test, error: Error) => say(`FAIL ${test.fullTitle()}\n     ${error.stack ?? error.message}`));
  });
}
