// Bundles the extension into one file (`dist/extension.js`), or with `--tests` its tests into `out/`.
import { build } from "esbuild";
import { readdirSync, rmSync } from "node:fs";

const common = { bundle: true, platform: "node", target: "node20", format: "cjs", external: ["vscode"], logLevel: "warning" };

if (process.argv.includes("--tests")) {
  const tests = (folder) => readdirSync(`test/${folder}`).filter((name) => name.endsWith(".ts")).map((name) => `test/${folder}/${name}`);
  rmSync("out", { recursive: true, force: true });
  await build({ ...common, entryPoints: tests("unit"), outdir: "out/unit", sourcemap: "inline" });
  await build({ ...common, entryPoints: tests("host"), outdir: "out/host", sourcemap: "inline", external: ["vscode", "mocha"] });
} else {
  const sourcemap = process.argv.includes("--sourcemap");
  await build({ ...common, entryPoints: ["src/extension.ts"], outfile: "dist/extension.js", minify: !sourcemap, sourcemap });
}
