/**
 * What the engines that run containers have in common: they pull images into a store of their own and push from it.
 *
 * @module
 */
import type { Remote } from "./client.ts";
import type { Registry } from "./registry.ts";

/** What an engine says of an image that it pulled. */
export interface Pulled {
  /** Digests that it keeps with the name. What the name is on is among them; some add the manifest that they chose. */
  readonly digests: readonly string[];
  /** Digest of the config, where the engine shows it. */
  readonly config?: string;
}

/** An engine that knows a registry. Every ability throws Error with what was said when it fails. */
export interface Engine {
  /** Pulls for linux/amd64, or everything where the engine keeps everything. */
  pull(from: Remote): Promise<Pulled>;
  /** Pushes what was pulled under one name under another of the same registry. */
  push(pulled: Remote, to: Remote): Promise<void>;
  /** Forgets what was pulled, so that the next pull fetches again. */
  forget(pulled: Remote): Promise<void>;
}

/** A running engine, or a place for one that has no daemon. */
export interface EngineHost {
  /** Gives it what it needs for a registry. */
  use(registry: Registry): Promise<Engine>;
  /** Ends it and removes all that it stored. */
  stop(): Promise<void>;
}

/** An engine that can be tried. */
export interface EngineKind {
  readonly name: string;
  /** Programs on the PATH that it needs. */
  readonly programs: readonly string[];
  /** Does it push the bytes that it pulled? Others compress layers anew, and only the config keeps its digest. */
  readonly keepsBytes: boolean;
  /** Its version in words. */
  version(): Promise<string>;
  start(): Promise<EngineHost>;
}
