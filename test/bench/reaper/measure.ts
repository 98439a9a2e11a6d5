/**
 * Measures programs as PID 1 with the helper in `test/bench/pid1`.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Context } from "../context.ts";
import { instanceBytes } from "./instances.ts";
import type { Program } from "./programs.ts";

const execute = promisify(execFile);

/** Every value of every fact of one program, by the helper's names. */
export type Facts = ReadonlyMap<string, readonly number[]>;

/** How much is done of each. */
export interface Amounts {
  readonly starts: number;
  readonly storms: number;
  readonly stormOrphans: number;
  /** How many of them die at once. */
  readonly stormBatch: number;
  readonly bursts: number;
  readonly burstOrphans: number;
  readonly instances: number;
  readonly instanceRounds: number;
  readonly idleSeconds: number;
}

/** More rounds, more of what is cheap. */
export function amountsOf(rounds: number): Amounts {
  return {
    starts: rounds * 2,
    storms: Math.ceil(rounds / 5),
    stormOrphans: 100_000,
    stormBatch: 100,
    bursts: Math.ceil(rounds / 3),
    burstOrphans: 5_000,
    instances: 500,
    instanceRounds: Math.ceil(rounds / 5),
    idleSeconds: 10,
  };
}

/** Tries all programs in turn, again and again. */
export async function measure(
  context: Context,
  helper: string,
  programs: readonly Program[],
  amounts: Amounts,
): Promise<ReadonlyMap<Program, Facts>> {
  const all = new Map(programs.map((program) => [program, new Map<string, number[]>()]));
  const note = (program: Program, name: string, value: number) => {
    const facts = all.get(program);
    facts?.set(name, [...(facts.get(name) ?? []), value]);
  };
  const round = async (times: number, what: string, ...mode: readonly (string | number)[]) => {
    for (let turn = 1; turn <= times; turn++) {
      context.say(`${what}, ${turn} of ${times}`);
      for (const program of programs) {
        const args = [...mode.map(String), ...program.command];
        const { stdout } = await execute(helper, args, { env: {}, timeout: 300_000 });
        for (const [, name = "", value] of stdout.matchAll(/^(\w+) (-?\d+)$/gm)) {
          note(
            program,
            mode[0] === "storm" && mode[1] === amounts.burstOrphans ? `at_once_${name}` : name,
            Number(value),
          );
        }
      }
    }
  };
  await round(amounts.starts, "start", "start");
  await round(1, "system calls", "calls");
  await round(1, "idle", "idle", amounts.idleSeconds);
  await round(amounts.bursts, "burst", "storm", amounts.burstOrphans, amounts.burstOrphans);
  await round(amounts.storms, "storm", "storm", amounts.stormOrphans, amounts.stormBatch);
  for (let turn = 1; turn <= amounts.instanceRounds; turn++) {
    context.say(`instances, ${turn} of ${amounts.instanceRounds}`);
    for (const program of programs) {
      const bytes = await instanceBytes(context, helper, program, amounts.instances);
      if (bytes === undefined) break;
      note(program, "instance_bytes", bytes);
    }
  }
  return all;
}
