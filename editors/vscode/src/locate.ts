// Finds the server's program and says what is wrong with it in words that help. No `vscode` here, so that it is tested alone.

import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import * as path from "node:path";

export interface Program {
  file: string;
  /** Why this one: what a person sees in the log. */
  origin: "setting" | "bundled" | "PATH";
}

export interface Missing {
  /** What failed, on what, what to do next. */
  problem: string;
}

const NAME = process.platform === "win32" ? "longsight.exe" : "longsight";

/** The program to run: the setting, else the bundled one, else the first on `PATH`. A setting that is wrong is never silently replaced. */
export async function locate(setting: string, extensionFolder: string, searchPath: string, home: string): Promise<Program | Missing> {
  const chosen = setting.trim();
  if (chosen) {
    const file = chosen.startsWith("~/") ? path.join(home, chosen.slice(2)) : chosen;
    if (!path.isAbsolute(file)) return { problem: `longsight.server.path is "${chosen}", which is not an absolute path. Correct or empty the setting.` };
    const fault = await unusable(file);
    return fault ? { problem: `longsight.server.path names ${file}, which ${fault}. Correct or empty the setting.` } : { file, origin: "setting" };
  }
  const bundled = path.join(extensionFolder, "server", NAME);
  if (!(await unusable(bundled))) return { file: bundled, origin: "bundled" };
  for (const folder of searchPath.split(path.delimiter).filter((folder) => path.isAbsolute(folder))) {
    const file = path.join(folder, NAME);
    if (!(await unusable(file))) return { file, origin: "PATH" };
  }
  return { problem: "The longsight server was not found: this extension has none inside for this platform, and there is none on PATH. Install it, or set longsight.server.path." };
}

async function unusable(file: string): Promise<string | undefined> {
  try {
    if (!(await stat(file)).isFile()) return "is not a file";
    await access(file, constants.X_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? "does not exist" : "may not be executed";
  }
}

/** Runs `--version`, which tells a wrong architecture or a missing library from a program that works. */
export async function probe(file: string, timeoutMs = 10_000): Promise<{ version: string } | Missing> {
  return new Promise((done) => {
    execFile(file, ["--version"], { timeout: timeoutMs, encoding: "utf8" }, (error, stdout, stderr) => {
      const version = /^longsight\s+(\S+)/.exec(stdout)?.[1];
      if (!error && version) return done({ version });
      done({ problem: `${file} cannot be used as the longsight server: ${reason(file, error, stderr)}` });
    });
  });
}

function reason(file: string, error: (Error & { code?: unknown; killed?: boolean }) | null, stderr: string): string {
  if (!error) return "it does not say that it is longsight.";
  if (error.killed) return "it did not answer in time.";
  // The C library hands a program that the kernel refuses to the shell, which then stumbles over its first line.
  const misread = stderr.startsWith(`${file}: `) && /^\d+:|cannot execute/.test(stderr.slice(file.length + 2));
  if (error.code === "ENOEXEC" || misread) return `it is not a program for this machine (${process.platform} ${process.arch}).`;
  const last = stderr.trim().split("\n").at(-1);
  return last ? `it says "${last.slice(0, 300)}".` : `${error.message.split("\n")[0]}.`;
}
