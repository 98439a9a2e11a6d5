/**
 * Asking a registry as fast as it answers, by wrk: one thread, connections that are kept, each asks again as soon as it
 * has its answer.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MANIFEST_TYPES } from "../../interop/raw.ts";
import { run } from "../../runtime/command.ts";

/** Debian packages of it. */
export const LOAD_PACKAGES = ["wrk", "util-linux"];

/** What is asked of a registry, in turn. */
export interface Load {
  readonly name: string;
  readonly paths: readonly string[];
}

/** What one load found. */
export interface Loaded {
  /** Requests answered in a second. */
  readonly perSecond: number;
  /** 99 of 100 were answered within so many milliseconds. */
  readonly p99: number;
  /** Processor time of the server for a request, in microseconds. */
  readonly cpu: number;
  /** Which part of its time the asking program's processor was busy. */
  readonly busy: number;
}

const SCRIPT = `local paths, at = {}, 0
function init(args)
  wrk.headers["Accept"] = "${MANIFEST_TYPES}"
  for _, path in ipairs(args) do paths[#paths + 1] = wrk.format("GET", path) end
end
function request()
  at = at % #paths + 1
  return paths[at]
end
`;

/** Writes what wrk is told to do into a folder. Resolves to the path of it. */
export async function writeScript(folder: string): Promise<string> {
  const file = join(folder, "load.lua");
  await writeFile(file, SCRIPT);
  return file;
}

/**
 * Loads a registry.
 *
 * @param before - What the command is started with: taskset, for one.
 * @throws Error when an answer was no 200, or what wrk says cannot be read.
 */
export async function load(
  { host, pid }: { readonly host: string; readonly pid: number },
  { paths }: Load,
  how: {
    readonly script: string;
    readonly connections: number;
    readonly seconds: number;
    readonly before: readonly string[];
  },
): Promise<Loaded> {
  const wrk = [
    ...[...how.before, "wrk", "-t1", "--latency", "-c", String(how.connections)],
    ...["-d", `${how.seconds}s`, "-s", how.script, `http://${host}`, "--", ...paths],
  ];
  const timed = ["bash", "-c", 'TIMEFORMAT="time %R %U %S"; time "$@" 2>&1', "bash", ...wrk];
  const before = processorTime(pid);
  const said = await run(["bash", "-c", 'exec "$@" 2>&1', "bash", ...timed]);
  const spent = processorTime(pid) - before;
  const wrong = /(?:Non-2xx|Socket errors).*/.exec(said)?.[0];
  const number = (pattern: RegExp) => Number(pattern.exec(said)?.[1]);
  const [perSecond, p99] = [number(/^Requests\/sec:\s+([\d.]+)/m), latency(said)];
  const cpu = (spent * 1000) / number(/^\s+(\d+) requests in /m);
  const [, wall, user, system] = /^time (\S+) (\S+) (\S+)$/m.exec(said)?.map(Number) ?? [];
  if (wrong !== undefined || Number.isNaN(perSecond + p99) || wall === undefined) {
    throw new Error(`wrk of ${host}: ${wrong ?? said}`);
  }
  return { perSecond, p99, cpu, busy: ((user ?? 0) + (system ?? 0)) / wall };
}

/** "99%    1.23ms" in milliseconds. */
function latency(said: string): number {
  const [, value = "", unit = ""] = /^\s+99%\s+([\d.]+)(us|ms|s)\s*$/m.exec(said) ?? [];
  const scale = { us: 0.001, ms: 1, s: 1000 }[unit] ?? Number.NaN;
  return Number(value || "NaN") * scale;
}

/** Processor time of a process until now, in milliseconds. Linux counts it in hundredths of a second. */
function processorTime(pid: number): number {
  // The name may have anything in it, blanks and brackets too.
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
