/**
 * What every pod of the walk-throughs shows, whichever runtime made it.
 *
 * @module
 */
import { expect } from "vitest";
import { BUSYBOX, ORPHANS } from "./app-image.ts";
import { childrenOf, wakeUpsOf } from "./processes.ts";
import { until } from "./until.ts";

/** Runs a command in a container of the pod and returns what it prints. */
export type Exec = (...command: readonly string[]) => Promise<string>;

/** A web server and a second program share the PID namespace of pause, which is its first process. */
export async function expectPauseFirst(exec: Exec): Promise<void> {
  // A container counts as started a moment before its program runs.
  const rows = await until("both programs", async () => {
    const stdout = await exec(BUSYBOX, "ps", "-o", "pid,args");
    return /httpd/.test(stdout) && /sleep/.test(stdout) && stdout.split("\n");
  });
  expect(rows[1]?.trim()).toMatch(/^1 +\/pause$/);
}

/** Kinds of orphans, and how many. */
export const STORMS = [
  ["storm", 20_000],
  ["dead", 500],
] as const;

/**
 * Pause buries orphans and never wakes up.
 *
 * @param pause - Its id on this host.
 */
export async function expectBuried(
  pause: number,
  exec: Exec,
  kind: string,
  count: number,
): Promise<void> {
  const wakeUps = wakeUpsOf(pause);
  expect(await exec(ORPHANS, kind, String(count))).toBe(`orphans made=${count} failed=0\n`);
  expect(await exec(ORPHANS, "scan")).toMatch(/^zombies=0 /);
  expect(childrenOf(pause).filter(({ state }) => state === "Z")).toEqual([]);
  expect(wakeUpsOf(pause)).toBe(wakeUps);
}
