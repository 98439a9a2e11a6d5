/**
 * Behaviour: a program is run the way a kernel and a container runtime run it, and watched.
 *
 * @module
 */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatPlatform, type Platform } from "../oci/platform.ts";
import { CheckFailed, type CheckResult, NotTried, runCheck } from "./check.ts";
import { findRunner, type Runner, type RunnerOptions } from "./emulator.ts";
import { seconds } from "./evidence.ts";
import { loadProbe, type Probe, type ProbeLoad } from "./probe.ts";
import { AT_REST } from "./scenarios/at-rest.ts";
import { CONFINEMENT } from "./scenarios/confinement.ts";
import { NOT_FIRST } from "./scenarios/not-first.ts";
import { REAPING } from "./scenarios/reaping.ts";
import type { Scenario } from "./scenarios/scenario.ts";
import { SIGNALS } from "./scenarios/signals.ts";
import { START } from "./scenarios/start.ts";
import { VERSION } from "./scenarios/version.ts";
import { patienceOf, type Trial } from "./trial.ts";

/** How behaviour is verified. */
export interface BehaviourOptions {
  /** What `-v` prints after `pause.c `. @default any */
  readonly stamp?: string | undefined;
  /** `uid[:gid]`, as a config has it. @default "65535:65535" */
  readonly user?: string | undefined;
  /** May programs of other CPUs be emulated? @default "auto" */
  readonly emulate?: RunnerOptions["emulate"];
  /** Names of rows. @default all */
  readonly checks?: readonly string[] | undefined;
  /** Milliseconds that a step may take before it counts as hanging. @default 5000, emulated 20000 */
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called after each check. */
  readonly onResult?: ((result: CheckResult) => void) | undefined;
  /** @internal @default the addon of this package */
  readonly probe?: ProbeLoad | undefined;
}

/** The whole table, row by row. */
export const SCENARIOS: readonly Scenario[] = [
  ...START,
  ...VERSION,
  ...NOT_FIRST,
  ...SIGNALS,
  ...REAPING,
  ...CONFINEMENT,
  ...AT_REST,
];

/** Milliseconds: what a step may take before it counts as hanging, and what all of a platform may take. */
const OWN = { step: 5_000, all: 60_000 };
const EMULATED = { step: 20_000, all: 180_000 };

/**
 * Runs a pause program through the whole table. Nothing of it is left afterwards, whatever it does.
 *
 * @param program - The bytes of a static ELF file.
 * @returns One result per row; "not tried" with one reason where the host or the kernel refuses.
 * @throws the reason of the signal.
 */
export async function verifyBehaviour(
  program: Uint8Array,
  platform: Platform,
  options: BehaviourOptions = {},
): Promise<readonly CheckResult[]> {
  const subject = formatPlatform(platform);
  const load = options.probe ?? loadProbe();
  if (!load.loaded) return notTried(subject, load.reason, options);
  const folder = await mkdtemp(join(tmpdir(), "hiatus-verify-"));
  try {
    const path = join(folder, "pause");
    await writeFile(path, program);
    // Whatever the umask: a user of another namespace opens it under an emulator.
    await chmod(folder, 0o755);
    await chmod(path, 0o755);
    const runner = await decide(load.probe, path, findRunner(platform, options));
    if (runner.by === "nobody") return notTried(subject, runner.reason, options);
    return await tryAll(subject, trialOf(load.probe, path, runner, options), options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function rowsOf(checks: readonly string[] | undefined): readonly Scenario[] {
  return SCENARIOS.filter(({ check }) => checks?.includes(check) ?? true);
}

/** The same for each row, told once. */
export function notTried(
  subject: string,
  evidence: string,
  { onResult, checks }: Pick<BehaviourOptions, "onResult" | "checks"> = {},
): readonly CheckResult[] {
  return rowsOf(checks).map(({ check }) => {
    const result = { subject, check, status: "not tried", evidence } as const;
    onResult?.(result);
    return result;
  });
}

/** Some CPUs and kernels run 32-bit programs besides their own: only trying tells. */
async function decide(probe: Probe, program: string, runner: Runner): Promise<Runner> {
  if (runner.by !== "this CPU, perhaps") return runner;
  try {
    await (await probe.start(program)).close();
  } catch (error) {
    if (codeOf(error) === "PROBE_PROGRAM") return runner.otherwise;
  }
  return { by: "this CPU" };
}

function trialOf(
  probe: Probe,
  program: string,
  runner: Runner,
  { stamp, user = "", limit, signal }: BehaviourOptions,
): Trial {
  const emulator = runner.by === "an emulator" ? runner.emulator : undefined;
  // A user by name, or none: its structure tells that.
  const [, uid, gid] = /^(\d{1,9})(?::(\d{1,9}))?$/.exec(user) ?? ["", "65535", "65535"];
  const { step } = emulator === undefined ? OWN : EMULATED;
  return {
    probe,
    program,
    stamp,
    emulator,
    uid: Number(uid),
    // As a runtime that finds no /etc/passwd.
    gid: Number(gid ?? 0),
    signal,
    patience: patienceOf(limit ?? step),
  };
}

async function tryAll(
  subject: string,
  trial: Trial,
  { onResult, checks }: BehaviourOptions,
): Promise<readonly CheckResult[]> {
  const { all } = trial.emulator === undefined ? OWN : EMULATED;
  const end = performance.now() + all;
  const results: CheckResult[] = [];
  for (const scenario of rowsOf(checks)) {
    trial.signal?.throwIfAborted();
    const result = await runCheck(subject, scenario.check, async () => {
      if (performance.now() > end) throw new NotTried(`all that it did took ${seconds(all)}`);
      return tryOne(scenario, trial);
    });
    results.push(result);
    onResult?.(result);
  }
  return results;
}

/** Turns what the probe says into a verdict, or into none. */
async function tryOne(scenario: Scenario, trial: Trial): Promise<string> {
  if (trial.emulator !== undefined && scenario.notEmulated !== undefined) {
    throw new NotTried(scenario.notEmulated);
  }
  try {
    return await scenario.run(trial);
  } catch (error) {
    trial.signal?.throwIfAborted();
    const message = error instanceof Error ? error.message : String(error);
    switch (codeOf(error)) {
      case "PROBE_REFUSED":
        throw new NotTried(message);
      case "PROBE_PROGRAM":
        throw new CheckFailed(`it cannot be executed: ${message}`);
      case "PROBE_ENDED":
        throw new CheckFailed("it ends when nobody told it to");
      default:
        throw error;
    }
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}
