/**
 * What all who read bundles have in common: they are given a file, and know an image afterwards.
 *
 * @module
 */
import type { Provided } from "../interop/peers.ts";
import type { Bundle } from "./bundles.ts";

/** What somebody made of a bundle. What it does not show is left out. */
export interface Findings {
  /** Digest of what the image's name is on. */
  readonly root?: string;
  /** Digest of the config that it runs or would run. */
  readonly config?: string;
  /** Names by which it knows the image. */
  readonly names?: readonly string[];
  /** What the image says of its version when it is run. */
  readonly version?: string;
}

/** Somebody who is ready to read. */
export interface Reader {
  /** Reads a bundle, looks at what came of it and forgets it again. @throws Error with what was said when it fails. */
  read(bundle: Bundle): Promise<Findings>;
  stop(): Promise<void>;
}

/** Somebody who can be tried. */
export interface ReaderKind {
  /** As the matrix calls it. */
  readonly name: string;
  readonly programs: readonly string[];
  readonly peer?: Provided;
  /** Is there a way at all to give it the bundle? @default there is */
  takes?(bundle: Bundle): boolean;
  /** Why a bundle is nothing for it, and what it says then. Undefined when it must be able to read it. */
  refuses(bundle: Bundle): Refusal | undefined;
  /** What it does not do with a bundle that it reads, for the matrix. @default does it all */
  lacks?(bundle: Bundle): string | undefined;
  /** Starts it. @param folder - Its own, for scratch; it exists. */
  start(folder: string): Promise<Reader>;
}

/** A reason for the matrix, and what the program says. */
export interface Refusal {
  readonly why: string;
  readonly says: RegExp;
}

/**
 * Is there more than one entry in the archive's index: names, or what is attached? Some take only archives with one.
 */
export function hasSeveral({ choice }: Bundle): boolean {
  return choice === "names" || choice === "signed";
}
