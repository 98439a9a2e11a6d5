/**
 * A lock that a process holds for as long as it lives: the journal of a release, the folder of a registry. A dead holder
 * does not keep anybody out.
 *
 * @module
 */
import {
  linkSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { HiatusError } from "../errors.ts";
import { errnoOf, ioError } from "./io-error.ts";

/** Holders on other machines are only known by how often they say that they live. */
const BEAT_MS = 5_000;
const SILENCE_MS = 60_000;

/** Who holds a lock. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, in the kernel's words: pids come again, these two together do not. */
  readonly began: string | undefined;
}

/** A lock that is held. */
export interface ProcessLock {
  release(): void;
}

/**
 * Takes a lock file.
 *
 * @param what it keeps, for the error: `the journal "dist/release/pause.ndjson"`.
 * @throws HiatusError `IO` when a living process holds it, or the file cannot be written.
 */
export function takeProcessLock(path: string, what: string): ProcessLock {
  const mine: Holder = { pid: process.pid, host: hostname(), began: beganAt(process.pid) };
  const aside = `${path}-${process.pid}-${Math.random().toString(36).slice(2)}`;
  try {
    // Written whole before it has its name, so that nobody reads half of it.
    writeFileSync(aside, JSON.stringify(mine), { flag: "wx", mode: 0o644 });
    for (let tries = 0; !link(aside, path); tries++) {
      const holder = holderOf(path);
      if (tries > 3 || (holder !== undefined && lives(holder, path)))
        throw busy(path, what, holder);
      breakLock(path, holder);
    }
  } catch (error) {
    throw error instanceof HiatusError ? error : ioError(error, "write", path);
  } finally {
    rmSync(aside, { force: true });
  }
  const beat = setInterval(() => touch(path), BEAT_MS);
  beat.unref();
  return {
    release() {
      clearInterval(beat);
      if (same(holderOf(path), mine)) rmSync(path, { force: true });
    },
  };
}

function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw error;
  }
}

function holderOf(path: string): Holder | undefined {
  try {
    const { pid, host, began } = JSON.parse(readFileSync(path, "utf8")) as Partial<Holder>;
    if (typeof pid !== "number" || typeof host !== "string") return undefined;
    return { pid, host, began };
  } catch {
    return undefined;
  }
}

function lives({ pid, host, began }: Holder, path: string): boolean {
  if (host !== hostname()) return Date.now() - mtimeOf(path) < SILENCE_MS;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  return began === undefined || beganAt(pid) === undefined || beganAt(pid) === began;
}

/** Moves the lock away before removing it, so that of two who found its holder dead only one breaks it. */
function breakLock(path: string, dead: Holder | undefined): void {
  const moved = `${path}-${process.pid}-${Math.random().toString(36).slice(2)}.dead`;
  try {
    renameSync(path, moved);
    // Somebody was quicker and this is already a new lock: put it back.
    if (!same(holderOf(moved), dead)) link(moved, path);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
  }
  rmSync(moved, { force: true });
}

/** Field 22 of /proc/PID/stat (proc_pid_stat(5)): ticks since boot. Undefined where there is no such file. */
function beganAt(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is a name in parentheses, which may hold anything.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

function mtimeOf(path: string): number {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

function touch(path: string): void {
  const time = new Date();
  try {
    utimesSync(path, time, time);
  } catch {
    // Removed under us: whoever did it holds it now.
  }
}

function same(a: Holder | undefined, b: Holder | undefined): boolean {
  return a?.pid === b?.pid && a?.host === b?.host && a?.began === b?.began;
}

function busy(path: string, what: string, holder: Holder | undefined): HiatusError {
  const who = holder === undefined ? "Another process" : `Process ${holder.pid} on ${holder.host}`;
  return new HiatusError("IO", `${who} holds ${what}`, {
    detail: { path, ...holder },
    hint: `Wait for it to end; when there is no such process, remove "${path}"`,
  });
}
