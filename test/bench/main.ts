/**
 * `npm run bench`: measures, prints, writes `docs/benchmarks.md`. It asserts nothing.
 *
 * @module
 */
import { benchAirgap } from "./airgap/airgap.ts";
import { benchBuild } from "./build/build.ts";
import {
  type EnsurePackages,
  type EnsurePeer,
  type EnsureRuntime,
  needs,
  withScratch,
} from "./context.ts";
import { benchPush } from "./push/push.ts";
import { benchReaper } from "./reaper/reaper.ts";
import { benchRelease } from "./release/release.ts";
import { benchServe } from "./serve/serve.ts";

/** What the script hands over. */
export interface BenchOptions {
  /** The checkout. */
  readonly root: string;
  /** Which parts; all of them when empty. */
  readonly parts: readonly string[];
  /** Counted rounds of each contender. */
  readonly rounds: number;
  /** See {@link Context}. */
  readonly quick: boolean;
  readonly ensurePackages: EnsurePackages;
  readonly ensureRuntime: EnsureRuntime;
  readonly ensurePeer: EnsurePeer;
}

const PARTS = {
  build: benchBuild,
  reaper: benchReaper,
  push: benchPush,
  serve: benchServe,
  release: benchRelease,
  airgap: benchAirgap,
} as const;

/**
 * Runs the parts one after the other.
 *
 * @throws Error when a part does not exist, before anything is run.
 */
export async function bench(options: BenchOptions): Promise<void> {
  const { root, parts, rounds, quick, ensurePackages, ensureRuntime, ensurePeer } = options;
  const known = Object.keys(PARTS) as (keyof typeof PARTS)[];
  const unknown = parts.filter((part) => !known.some((name) => name === part));
  if (unknown.length > 0) {
    throw new Error(`There is no bench "${unknown.join('", "')}"; there are: ${known.join(", ")}`);
  }
  for (const name of known.filter((part) => parts.length === 0 || parts.includes(part))) {
    console.error(`bench: ${name}`);
    await withScratch((scratch) =>
      PARTS[name]({
        root,
        scratch,
        rounds,
        quick,
        say: (line) => console.error(line),
        need: needs(ensurePackages),
        runtime: ensureRuntime,
        peer: ensurePeer,
      }),
    );
  }
}
