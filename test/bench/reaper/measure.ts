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
    bursts: rounds,
    burstOrphans: 5_000,
    instances: 500,
    instanceRounds: Math.ceil(rounds / 5),
    idleSeconds: 10,
  };
}

/** Tries all programs in turn, again and again. One that fails is left out, and the reason told. */
export async function measure(
  context: Context,
  helper: string,
  programs: readonly Program[],
  amounts: Amounts,
): Promise<ReadonlyMap<Program, Facts>> {
  const all = new Map(programs.map((program) => [program, new Map<string, number[]>()]));
  const inTurn = async (
    times: number,
    what: string,
    once: (program: Program) => Promise<Iterable<readonly [string, number]>>,
  ) => {
    for (let turn = 1; turn <= times; turn++) {
      context.say(`${what}, ${turn} of ${times}`);
      for (const [program, facts] of [...all]) {
        try {
          for (const [name, value] of await once(program)) {
            facts.set(name, [...(facts.get(name) ?? []), value]);
          }
        } catch (error) {
          all.delete(program);
          context.say(`${program.name} is left out: ${(error as Error).message.trim()}`);
        }
      }
    }
  };
  const run = (...mode: readonly (string | number)[]) => {
    return async (program: Program) => {
      const args = [...mode.map(String), ...program.command];
      const { stdout } = await execute(helper, args, { env: {}, timeout: 300_000 });
      const lines = stdout.matchAll(/^(\w+) (-?\d+)$/gm);
      return [...lines].map(([, name = "", value]) => [name, Number(value)] as const);
    };
  };
  const { instances, burstOrphans, stormOrphans, stormBatch } = amounts;
  const burst = run("storm", burstOrphans, burstOrphans);
  await inTurn(amounts.starts, "start", run("start"));
  await inTurn(1, "system calls", run("calls"));
  await inTurn(1, "idle", run("idle", amounts.idleSeconds));
  await inTurn(amounts.bursts, "burst", async (program) => {
    return (await burst(program)).map(([name, value]) => [`at_once_${name}`, value] as const);
  });
  await inTurn(amounts.storms, "storm", run("storm", stormOrphans, stormBatch));
  await inTurn(amounts.instanceRounds, "instances", async (program) => {
    const bytes = await instanceBytes(context, helper, program, instances);
    return bytes === undefined ? [] : [["instance_bytes", bytes] as const];
  });
  return all;
}
