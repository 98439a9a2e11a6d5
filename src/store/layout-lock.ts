/**
 * One writer of `index.json` at a time. Inside a process that comes for free, because an update is
 * synchronous; between processes a lock file sees to it.
 *
 * @module
 */
import { closeSync, linkSync, lstatSync, openSync, renameSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { HiatusError } from "../errors.ts";
import { errnoOf, ioError } from "./io-error.ts";

/** An update takes less than a millisecond; whoever holds a lock this long has died. */
const STALE_MS = 10_000;
const PATIENCE_MS = 15_000;
const PAUSE_MS = 5;

/**
 * Runs `update` while this process holds the lock file, waiting for others to let go of it.
 *
 * @param update must be synchronous: it is over before anything else in this process runs.
 * @throws HiatusError `IO` when the lock cannot be had; the reason of the signal; whatever `update` throws.
 */
export async function withLock<T>(
  lock: string,
  update: () => T,
  signal?: AbortSignal | undefined,
): Promise<T> {
  signal?.throwIfAborted();
  for (let waited = 0; !take(lock); waited += PAUSE_MS) {
    if (waited > PATIENCE_MS) throw busy(lock);
    await sleep(PAUSE_MS, undefined, { signal }).catch((error: unknown) => {
      // The reason that the caller gave, not the wrapper that the timer makes of it.
      throw signal?.aborted ? signal.reason : error;
    });
  }
  try {
    return update();
  } finally {
    rmSync(lock, { force: true });
  }
}

function take(lock: string): boolean {
  try {
    closeSync(openSync(lock, "wx", 0o644));
    return true;
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw ioError(error, "write", lock);
  }
  // The age is that of the file's own clock against ours; a lock from the future is not stale.
  if (isStale(lock)) breakLock(lock);
  return false;
}

function isStale(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat !== undefined && Date.now() - stat.mtimeMs > STALE_MS;
}

/** Moves the lock away before removing it, so that of two who found it stale only one breaks it. */
function breakLock(lock: string): void {
  const moved = `${lock}-${process.pid}-${Math.random().toString(36).slice(2)}`;
  try {
    renameSync(lock, moved);
    // Somebody was quicker and this is already a new lock: put it back.
    if (!isStale(moved)) linkSync(moved, lock);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
  rmSync(moved, { force: true });
}

function busy(lock: string): HiatusError {
  return new HiatusError("IO", `Another process keeps "${lock}"`, {
    detail: { path: lock },
    hint: "Wait for it to end, or remove the file when there is no such process",
  });
}
