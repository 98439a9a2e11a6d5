/**
 * Pushing to registries that have nothing, and again to the same that now have everything.
 *
 * @module
 */
import type { Context } from "../context.ts";
import { type Bounds, type Contender, interleave, type Timing } from "../interleave.ts";
import type { BenchRegistry } from "../net/distribution.ts";
import { atOnce, inTurn } from "./shell.ts";
import type { Tool } from "./tools.ts";

/** A way to bring the image to some registries. */
export interface Way {
  readonly name: string;
  readonly ours: boolean;
  readonly command: readonly string[];
}

/** What was measured of one. */
export interface Row {
  readonly name: string;
  readonly ours: boolean;
  readonly cold: readonly Timing[];
  readonly converged: readonly Timing[];
}

/** Rows that were measured in the same rounds. */
export interface Case {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** Ours takes all registries at once; the others are started for each, in turn or all at once. */
export function waysOf(
  tools: readonly Tool[],
  registries: readonly BenchRegistry[],
  turns = true,
): readonly Way[] {
  return tools.flatMap((tool) => {
    const { name, ours } = tool;
    if (ours || registries.length === 1) return { name, ours, command: tool.command(registries) };
    const each = registries.map((registry) => tool.command([registry]));
    return [
      ...(turns ? [{ name: `${name}, in turn`, ours, command: inTurn(each) }] : []),
      { name: `${name}, ${registries.length} at once`, ours, command: atOnce(each) },
    ];
  });
}

/** How a case is measured. */
export interface Measurement extends Bounds {
  readonly title: string;
  readonly env: Readonly<Record<string, string>>;
  /** What every command is started with. @default nothing */
  readonly before?: readonly string[];
}

/** Measures each way cold and, right after it, converged. */
export async function measure(
  context: Context,
  ways: readonly Way[],
  empty: () => Promise<unknown>,
  { title, env, before = [], ...bounds }: Measurement,
): Promise<Case> {
  const contenders = ways.flatMap(({ name, command }): Contender[] => {
    const run = { command: [...before, ...command], env, cwd: context.root };
    const prepare = async () => void (await empty());
    return [
      { name: `${name}, cold`, prepare, ...run },
      { name: `${name}, converged`, ...run },
    ];
  });
  const timings = await interleave(
    contenders,
    context.rounds,
    (round) => context.say(`${title}: ${round === 0 ? "warming up" : `round ${round}`}`),
    (name, why) => context.say(`${name} is left out: ${why}`),
    bounds,
  );
  const rows = ways.flatMap(({ name, ours }): Row[] => {
    const cold = timings.get(`${name}, cold`) ?? [];
    const converged = timings.get(`${name}, converged`) ?? [];
    return cold.length === 0 || converged.length === 0 ? [] : [{ name, ours, cold, converged }];
  });
  return { title, rows };
}
