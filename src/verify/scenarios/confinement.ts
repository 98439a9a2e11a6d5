/**
 * Confinement: pause does all of its work as whoever it runs and whatever is taken from it.
 *
 * @module
 */

import { readlinkSync } from "node:fs";
import { duration } from "../evidence.ts";
import type { ProbeProcess } from "../probe.ts";
import { runtimeDefault } from "../seccomp.ts";
import { demandEnd, demandReady, type InitOptions, type Trial, withInit } from "../trial.ts";
import { LAST_WORDS, SIGTERM } from "./leaving.ts";
import { storm } from "./reaping.ts";
import type { Scenario } from "./scenario.ts";

/** What PodSecurity's "restricted" asks of a pod, and a read-only root besides. */
const restricted = (): InitOptions => ({
  readOnly: true,
  confinement: {
    uid: 65_535,
    gid: 65_535,
    dropCapabilities: true,
    noNewPrivs: true,
    seccomp: runtimeDefault(),
  },
});

/** One life from start to end, in each of these. */
const CONFINED: Readonly<Record<string, () => InitOptions>> = {
  "as root": () => ({ readOnly: false, confinement: { uid: 0, gid: 0 } }),
  "as 65535": () => ({ readOnly: false, confinement: { uid: 65_535, gid: 65_535 } }),
  "without capabilities": () => ({ confinement: { dropCapabilities: true } }),
  no_new_privs: () => ({ confinement: { noNewPrivs: true } }),
  "read-only root": () => ({ readOnly: true }),
  "user namespace": () => ({ userNamespace: true }),
  "seccomp default": () => ({ confinement: { noNewPrivs: true, seccomp: runtimeDefault() } }),
  restricted,
  "restricted, user namespace": () => ({ ...restricted(), userNamespace: true }),
};

/** All about confinement. */
export const CONFINEMENT: readonly Scenario[] = Object.entries(CONFINED).map(
  ([check, confine]) => ({ check, run: (trial) => live(trial, confine()) }),
);

/** Starts, drains, buries and leaves. */
function live(trial: Trial, options: InitOptions): Promise<string> {
  return withInit(trial, { ...options, zombies: 3 }, async (init) => {
    await demandReady(trial, init);
    const inUserNamespace = hasUserNamespace(init);
    await storm(trial, init, "plain", 100);
    await init.signalAndWait(SIGTERM, 50);
    await demandEnd(trial, init, "SIGTERM", { stderr: LAST_WORDS.SIGTERM });
    const where = options.userNamespace || !inUserNamespace ? "" : "in a user namespace: ";
    return `${where}100 orphans buried, SIGTERM ends it${timesOf(trial, init)}`;
  });
}

/** How long start and end took; of an emulator that says nothing. */
function timesOf(trial: Trial, { times }: ProbeProcess): string {
  const { executed, ready, signalled, exited } = times;
  if (trial.emulator !== undefined || !ready || !signalled || !exited) return "";
  return `; ready after ${duration(executed, ready)}, gone after ${duration(signalled, exited)}`;
}

/** Where this process has no right to do without one, it gets one unasked, and evidence must say so. */
function hasUserNamespace(init: ProbeProcess): boolean {
  const of = (pid: number | "self") => readlinkSync(`/proc/${pid}/ns/user`);
  try {
    return of("self") !== of(init.pid);
  } catch {
    return true;
  }
}
