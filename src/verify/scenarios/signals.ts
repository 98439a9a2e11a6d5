/**
 * Signals: two end pause, from both sides of its namespace; no other one does anything.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { CheckFailed, demand } from "../check.ts";
import { duration, quote } from "../evidence.ts";
import type { ProbeProcess } from "../probe.ts";
import { demandEnd, demandReady, outputsOf, type Trial, withInit } from "../trial.ts";
import {
  LAST_WORDS,
  SIGCONT,
  SIGINT,
  SIGKILL,
  SIGSTOP,
  SIGTERM,
  type Side,
  send,
} from "./leaving.ts";
import type { Scenario } from "./scenario.ts";

const { SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV } = constants.signals;
const ALL = Array.from({ length: 64 }, (_, number) => number + 1);
/** The C library refuses to touch these two, so the probe cannot hand them down ignored. */
const C_LIBRARYS = [32, 33];
/** qemu-user takes those for its own that a CPU's faults cause, and the C library's two. */
const EMULATORS: readonly number[] = [SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, ...C_LIBRARYS];
const UNBLOCKABLE = [SIGKILL, SIGSTOP];

/** All about signals. */
export const SIGNALS: readonly Scenario[] = [
  leaving("SIGTERM", SIGTERM, "outside"),
  leaving("SIGTERM", SIGTERM, "inside"),
  leaving("SIGINT", SIGINT, "outside"),
  leaving("SIGINT", SIGINT, "inside"),
  others("outside"),
  others("inside"),
  emulators("outside"),
  emulators("inside"),
  { check: "stop and continue", run: stopAndContinue },
  {
    check: "inherited signals",
    run: async (trial) => {
      const some = ALL.filter((number) => ![...UNBLOCKABLE, ...C_LIBRARYS].includes(number));
      await leaves(trial, "ignored signals", { ignored: some });
      await leaves(trial, "blocked signals", { blocked: some });
      await leaves(trial, "ignored and blocked signals", { ignored: some, blocked: some });
      const but = `all but SIGKILL, SIGSTOP, ${C_LIBRARYS.join(" and ")}`;
      return `${some.length} ignored, blocked, or both at exec (${but}): SIGTERM ends it`;
    },
  },
];

function leaving(name: keyof typeof LAST_WORDS, number: number, side: Side): Scenario {
  return {
    check: `${name} from ${side}`,
    run: (trial) =>
      withInit(trial, {}, async (init) => {
        await demandReady(trial, init);
        if (side === "inside") await init.signalInside(number);
        // Looks without sleep, so that the time is not that of a wake-up.
        else await init.signalAndWait(number, 50);
        await demandEnd(trial, init, name, { stderr: LAST_WORDS[name] });
        const { signalled, exited } = init.times;
        const timed = trial.emulator === undefined && signalled && exited;
        const took = timed ? ` after ${duration(signalled, exited)}` : "";
        return `${quote(LAST_WORDS[name])} and exit code 0${took}`;
      }),
  };
}

function others(side: Side): Scenario {
  const not = [SIGINT, SIGTERM, ...UNBLOCKABLE, ...EMULATORS];
  const numbers = ALL.filter((number) => !not.includes(number));
  return {
    check: `other signals from ${side}`,
    run: (trial) => nothingBut(trial, numbers, side),
  };
}

function emulators(side: Side): Scenario {
  return {
    check: `faults' signals, 32 and 33 from ${side}`,
    notEmulated: "SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, 32 and 33 are the emulator's own",
    run: (trial) => nothingBut(trial, EMULATORS, side),
  };
}

/** No signal ends it, or makes it say something, or keeps SIGTERM from it. */
function nothingBut(trial: Trial, numbers: readonly number[], side: Side): Promise<string> {
  return withInit(trial, {}, async (init) => {
    await demandReady(trial, init);
    const before = await init.usage();
    for (const number of numbers) {
      await send(init, number, side);
      await demandAlive(init, number);
    }
    await demandReady(trial, init);
    const { stdout, stderr } = outputsOf(init);
    demand(stdout + stderr === "", `it says ${quote(stdout + stderr)}`);
    const after = await init.usage();
    init.signal(SIGTERM);
    await demandEnd(trial, init, "SIGTERM", { stderr: LAST_WORDS.SIGTERM });
    const wakeUps = after.voluntarySwitches - before.voluntarySwitches;
    return `${numbers.length} signals, ${wakeUps} wake-ups, then SIGTERM ends it`;
  });
}

async function demandAlive(init: ProbeProcess, number: number): Promise<void> {
  const exit = await init.wait(0);
  if (exit === null) return;
  throw new CheckFailed(`signal ${number} ends it`);
}

/** A freezer, a debugger or a shell stops it: what comes meanwhile is not lost. */
async function stopAndContinue(trial: Trial): Promise<string> {
  await withInit(trial, {}, async (init) => {
    await demandReady(trial, init);
    await stop(trial, init);
    init.signal(SIGCONT);
    await demandReady(trial, init);
    init.signal(SIGTERM);
    await demandEnd(trial, init, "SIGSTOP, SIGCONT and SIGTERM", { stderr: LAST_WORDS.SIGTERM });
  });
  await withInit(trial, {}, async (init) => {
    await demandReady(trial, init);
    await stop(trial, init);
    init.signal(SIGINT);
    init.signal(SIGCONT);
    await demandEnd(trial, init, "SIGSTOP, SIGINT and SIGCONT", { stderr: LAST_WORDS.SIGINT });
  });
  return "it goes on waiting, and a signal from meanwhile is not lost";
}

/** Stops it and waits until it stands still. */
export async function stop(trial: Trial, init: ProbeProcess): Promise<void> {
  init.signal(SIGSTOP);
  const end = performance.now() + trial.patience.limit();
  while (performance.now() < end) {
    const stat = readFileSync(`/proc/${init.pid}/stat`, "latin1");
    if (stat.slice(stat.lastIndexOf(")")).startsWith(") T")) return;
    await sleep(1);
  }
  throw new CheckFailed("SIGSTOP does not stop it");
}

async function leaves(
  trial: Trial,
  what: string,
  confinement: { readonly ignored?: readonly number[]; readonly blocked?: readonly number[] },
): Promise<void> {
  await withInit(trial, { confinement }, async (init) => {
    await demandReady(trial, init);
    init.signal(SIGTERM);
    await demandEnd(trial, init, `${what} and SIGTERM`, { stderr: LAST_WORDS.SIGTERM });
  });
}
