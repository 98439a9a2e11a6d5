/**
 * What every part of the bench is given.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where a part works and how it tells what it does. */
export interface Context {
  /** The checkout. */
  readonly root: string;
  /** A folder of this run, removed at its end. */
  readonly scratch: string;
  /** How often each contender is run and counted. */
  readonly rounds: number;
  /** Tells the person who waits. */
  readonly say: (line: string) => void;
  /** Installs Debian packages. Resolves to why not, or to undefined when they are there. */
  readonly need: (packages: readonly string[]) => Promise<string | undefined>;
}

/** What `scripts/debian-packages.mjs` exports. */
export type EnsurePackages = (packages: readonly string[]) => Promise<unknown>;

/** Runs `work` in a folder of its own, which is gone afterwards. */
export async function withScratch<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "hiatus-bench-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Turns an installer that throws into one that tells why. */
export function needs(ensure: EnsurePackages): Context["need"] {
  return async (packages) => {
    try {
      await ensure(packages);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
}
