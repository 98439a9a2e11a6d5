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
  /** Is it only to be seen that everything works? Then less is measured, and nothing is written down. */
  readonly quick: boolean;
  /** Tells the person who waits. */
  readonly say: (line: string) => void;
  /** Installs Debian packages. Resolves to why not, or to undefined when they are there. */
  readonly need: (packages: readonly string[]) => Promise<string | undefined>;
  /** Gets a runtime besides the one of the bench. */
  readonly runtime: EnsureRuntime;
  /** Gets a program in Go. */
  readonly peer: EnsurePeer;
}

/** `ensureDebianPackages` of `scripts/debian-packages.mjs`: resolves to what is still missing. */
export type EnsurePackages = (packages: readonly string[]) => Promise<readonly string[]>;

/** `ensureRuntime` of `scripts/runtimes.mjs`: the path of a program, undefined where there is none. */
export type EnsureRuntime = (name: "deno" | "node22") => Promise<string | undefined>;

/** `ensurePeer` of `scripts/peers.mjs`: the path of a program, or why there is none. */
export type EnsurePeer = (
  name: "crane" | "regctl" | "oras" | "distribution" | "zot",
) => Promise<{ readonly program: string } | { readonly missing: string }>;

/** Runs `work` in a folder of its own, which is gone afterwards. */
export async function withScratch<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "hiatus-bench-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Turns an installer that throws or leaves something out into one that tells why. */
export function needs(ensure: EnsurePackages): Context["need"] {
  return async (packages) => {
    try {
      const missing = await ensure(packages);
      return missing.length === 0 ? undefined : `${missing.join(" ")} not installed`;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
}
