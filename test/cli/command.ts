/** Runs the compiled command as a process, in an environment of its own. */
import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { join } from "node:path";
import { packageRoot } from "../../src/package-root.ts";

export const MAIN = join(packageRoot(), "lib", "cli", "main.js");

/** How the command is run. */
export interface RunOptions {
  readonly cwd: string;
  /** Besides PATH and a home in `cwd`; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** As this user and group, where we are root. */
  readonly id?: number;
  readonly stdio?: StdioOptions;
}

/** How it ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Compiled programs are kept between tests and runs; the cache has tests of its own. */
const CACHE = join(packageRoot(), ".cache", "test-compile");

/** Starts the command. */
export function start(args: readonly string[], options: RunOptions): ChildProcess {
  const { cwd, id } = options;
  const env = { PATH: process.env.PATH, HOME: cwd, HIATUS_CACHE_DIR: CACHE, ...options.env };
  return spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env,
    stdio: options.stdio ?? ["ignore", "pipe", "pipe"],
    ...(id === undefined ? {} : { uid: id, gid: id }),
  });
}

/** Waits for the end of a process and collects what it says. */
export function ended(child: ChildProcess): Promise<Ended> {
  let [stdout, stderr] = ["", ""];
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** Runs the command to its end. */
export function hiatus(args: readonly string[], options: RunOptions): Promise<Ended> {
  return ended(start(args, options));
}

/** The lines of NDJSON, each parsed: throws when one is not JSON or the last line is cut short. */
export function jsonLines(text: string): Record<string, unknown>[] {
  if (!text.endsWith("\n")) throw new Error(`The last line is cut short: ${text.slice(-200)}`);
  return text
    .slice(0, -1)
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
