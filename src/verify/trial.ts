/**
 * One program on trial: it is started, watched and closed, whatever it does.
 *
 * @module
 */
import { CheckFailed } from "./check.ts";
import type { Emulator } from "./emulator.ts";
import { describeExit, quote, seconds } from "./evidence.ts";
import type { Confinement, Probe, ProbeProcess, StartOptions } from "./probe.ts";

/** What is tried, and how. */
export interface Trial {
  readonly probe: Probe;
  /** Path of the program on this host. */
  readonly program: string;
  /** What `-v` shall print after `pause.c `; any, when not known. */
  readonly stamp?: string | undefined;
  /** Who runs it, when this CPU cannot. */
  readonly emulator?: Emulator | undefined;
  /** As whom it runs, unless a check says otherwise: numeric. */
  readonly uid: number;
  readonly gid: number;
  readonly signal?: AbortSignal | undefined;
  readonly patience: Patience;
}

/** How long anything may take. */
export interface Patience {
  /** In milliseconds. Less once something hung: a program that hangs does so in many checks. */
  limit(): number;
  hung(): void;
}

/** What a check may ask of {@link withInit}. */
export type InitOptions = Pick<
  StartOptions,
  "args" | "zombies" | "zombieSignals" | "readOnly" | "userNamespace"
> & { readonly confinement?: Confinement };

/** Patience that is short after the first disappointment. */
export function patienceOf(limit: number, afterwards = Math.min(limit, 500)): Patience {
  let now = limit;
  return {
    limit: () => now,
    hung: () => {
      now = afterwards;
    },
  };
}

/**
 * Calls that a program may wait for signals in, by the numbers of this CPU and of the 32-bit programs that it runs:
 * rt_sigtimedwait, rt_sigtimedwait_time64, pause, rt_sigsuspend. qemu-user's own threads sleep in the latter two.
 */
const WAITING: Readonly<Record<string, readonly number[]>> = {
  x64: [128, 34, 130, 177, 421, 29, 179],
  arm64: [137, 133, 177, 421, 29, 179],
};

/** @returns undefined where the probe's own choice is the best: rt_sigtimedwait. */
function waitingCalls(trial: Trial): readonly number[] | undefined {
  return trial.emulator === undefined ? WAITING[process.arch] : undefined;
}

/** Starts the program as PID 1, lets the check use it, and closes it, with all that lives in its namespaces. */
export async function withInit<T>(
  trial: Trial,
  options: InitOptions,
  use: (init: ProbeProcess) => Promise<T>,
): Promise<T> {
  const { confinement, ...rest } = options;
  trial.signal?.throwIfAborted();
  const init = await trial.probe.start(trial.program, {
    ...rest,
    ...emulation(trial),
    ready: waitingCalls(trial) ?? [],
    confinement: { uid: trial.uid, gid: trial.gid, ...confinement },
  });
  return holding(trial, init, () => use(init));
}

/** Runs the program beside a PID 1, in its namespaces. */
export async function withSecond<T>(
  trial: Trial,
  init: ProbeProcess,
  args: readonly string[],
  use: (second: ProbeProcess) => Promise<T>,
): Promise<T> {
  const second = await init.enter(trial.program, {
    argv: ["/pause", ...args],
    ...emulation(trial),
    confinement: { uid: trial.uid, gid: trial.gid },
  });
  return holding(trial, second, () => use(second));
}

function emulation({ emulator }: Trial): { emulator?: string; env?: readonly string[] } {
  if (emulator === undefined) return {};
  const { path, cpu } = emulator;
  return { emulator: path, ...(cpu === undefined ? {} : { env: [`QEMU_CPU=${cpu}`] }) };
}

/** What waits for a process takes no signal; closing the process ends the wait. */
async function holding<T>(trial: Trial, process: ProbeProcess, use: () => Promise<T>): Promise<T> {
  const onAbort = () => void process.close().catch(() => undefined);
  trial.signal?.addEventListener("abort", onAbort, { once: true });
  try {
    // It may have been aborted while the process was started, and then there is no event any more.
    trial.signal?.throwIfAborted();
    return await use();
  } finally {
    trial.signal?.removeEventListener("abort", onAbort);
    await process.close();
    trial.signal?.throwIfAborted();
  }
}

/** Fails the check unless the process waits for its signals, soon enough. */
export async function demandReady(trial: Trial, process: ProbeProcess): Promise<void> {
  const limit = trial.patience.limit();
  if (await isReady(process, limit, waitingCalls(trial))) return;
  // The end of a process may be seen a moment later than that it is gone.
  const exit = await process.wait(100);
  if (exit !== null) {
    throw new CheckFailed(`${describeExit(exit)} before it waits for signals${said(process)}`);
  }
  trial.patience.hung();
  throw new CheckFailed(`within ${seconds(limit)} it does not come to wait for signals`);
}

/** One that has ended is not ready, however early the probe sees that. */
async function isReady(
  process: ProbeProcess,
  limit: number,
  calls: readonly number[] | undefined,
): Promise<boolean> {
  try {
    return (await process.ready(limit, calls)) !== null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "PROBE_ENDED") return false;
    throw error;
  }
}

/** Fails the check unless the process ends in time, with code 0, and has said exactly this. */
export async function demandEnd(
  trial: Trial,
  process: ProbeProcess,
  after: string,
  expected: { readonly stdout?: string | RegExp; readonly stderr?: string },
): Promise<void> {
  const limit = trial.patience.limit();
  const exit = await process.wait(limit);
  if (exit === null) {
    trial.patience.hung();
    throw new CheckFailed(
      `after ${after} it does not end within ${seconds(limit)}${said(process)}`,
    );
  }
  if (exit.code !== 0) {
    throw new CheckFailed(`after ${after}: ${describeExit(exit)} and not 0${said(process)}`);
  }
  const { stdout, stderr } = outputsOf(process);
  demandText(after, "standard output", stdout, expected.stdout ?? "");
  demandText(after, "standard error", stderr, expected.stderr ?? "");
}

function demandText(after: string, name: string, found: string, expected: string | RegExp): void {
  const same = typeof expected === "string" ? found === expected : expected.test(found);
  if (same) return;
  const wanted = typeof expected === "string" ? quote(expected) : String(expected);
  throw new CheckFailed(`after ${after}: ${name} is ${quote(found)} and not ${wanted}`);
}

/** What it has written so far. */
export function outputsOf(process: ProbeProcess): { stdout: string; stderr: string } {
  const { stdout, stderr, dropped } = process.outputs();
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
  // What was dropped can be of either; nothing that is expected comes near the limit.
  const more = dropped > 0 ? ` and ${dropped} bytes more` : "";
  return { stdout: text(stdout) + (stdout.length > 0 ? more : ""), stderr: text(stderr) };
}

function said(process: ProbeProcess): string {
  const { stdout, stderr } = outputsOf(process);
  const parts = [stdout && `standard output ${quote(stdout)}`, stderr && `error ${quote(stderr)}`];
  const text = parts.filter(Boolean).join(", ");
  return text === "" ? "" : `, having written ${text}`;
}
