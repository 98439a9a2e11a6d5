/**
 * A folder for what a compiler leaves behind on its way.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";

/** A folder that is made on the first call, and only then. */
export interface Scratch {
  (): Promise<string>;
  /** Removes the folder with all that is in it, if it was made. */
  remove(): Promise<void>;
}

/** Prepares a temporary folder below another one. */
export function scratchFolder(parent: string): Scratch {
  let made: Promise<string> | undefined;
  const make = () => {
    made ??= mkdtemp(join(parent, "hiatus-"));
    return made;
  };
  const remove = async () => {
    const folder = await made?.catch(() => undefined);
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  };
  return Object.assign(make, { remove });
}
