/**
 * The sources of the reaper, as they take part in the key of the compile cache.
 *
 * @module
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fromSystemError, HiatusError } from "../errors.ts";
import { type Files, sha256 } from "./files.ts";

/** A folder of sources at one moment. */
export interface Sources {
  readonly folder: string;
  /** Absolute paths, in code-point order. */
  readonly paths: readonly string[];
  /** One hash over all names and contents. */
  readonly hash: string;
}

/**
 * Looks at every C file, header and linker script below a folder.
 *
 * @throws HiatusError `IO` when the folder has no pause.c or a source cannot be read.
 */
export function readSources(folder: string, files: Files): Sources {
  const names = namesIn(folder);
  if (!names.includes("pause.c")) {
    throw new HiatusError("IO", `There is no "pause.c" in "${folder}"`, {
      detail: { folder },
      hint: "Install hiatus anew: its folder native/reaper is incomplete",
    });
  }
  const paths = names.map((name) => join(folder, name));
  const contents = names.map((name) => {
    const hash = files.hash(join(folder, name));
    if (hash !== undefined) return [name, hash];
    throw new HiatusError("IO", `The source "${name}" in "${folder}" cannot be read`, {
      detail: { folder, name },
      hint: "Make it readable for the user that builds",
    });
  });
  return { folder, paths, hash: sha256(JSON.stringify(contents)) };
}

function namesIn(folder: string): string[] {
  try {
    return sourceNames(folder);
  } catch (error) {
    throw fromSystemError(error, "Cannot read the sources of the reaper");
  }
}

/** Names relative to the folder, with `/` between, sorted by code points: never by locale. */
function sourceNames(folder: string): string[] {
  const names = (below: string): string[] =>
    readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
      const name = below === "" ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) return names(name);
      return /\.(?:c|h|lds)$/.test(entry.name) ? [name] : [];
    });
  return names("").sort();
}
