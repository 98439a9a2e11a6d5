/**
 * Finds and reads the definition of an image.
 *
 * @module
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { HiatusError } from "../errors.ts";
import { packageRoot } from "../package-root.ts";
import { closest } from "./closest.ts";
import type { ImageDefinition } from "./definition.ts";
import { parseDefinition } from "./parse-definition.ts";

/** A definition and where it came from. */
export interface LocatedDefinition {
  readonly definition: ImageDefinition;
  /** Absolute path of the folder that holds `image.yaml`; the lock lies beside it. */
  readonly folder: string;
}

/**
 * Finds and reads an image definition.
 *
 * @param image - Name of an image under `images/`, a folder that holds `image.yaml`, or a YAML file.
 * @param cwd - Folder that relative paths and `images/` are looked for in; the package's own images come last.
 * @throws HiatusError `CONFIG` with `detail.problems` (message, line, column) when it is missing or wrong.
 */
export async function readDefinition(image: string, cwd: string): Promise<LocatedDefinition> {
  const file = await findDefinition(image, cwd);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    throw new HiatusError("CONFIG", `Cannot read "${file}": ${(cause as Error).message}`, {
      cause,
      hint: "Check the path and its permissions",
    });
  }
  return { definition: parseDefinition(bytes, file), folder: resolve(file, "..") };
}

async function findDefinition(image: string, cwd: string): Promise<string> {
  const isName = /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(image) && !/\.ya?ml$/.test(image);
  const shelves = isName ? [join(cwd, "images"), cwd, join(packageRoot(), "images")] : [cwd];
  const candidates = image === "" ? [] : shelves.map((shelf) => resolve(shelf, image));
  for (const candidate of candidates) {
    const found = await stat(candidate).catch(() => undefined);
    if (found?.isFile()) return candidate;
    const inside = join(candidate, "image.yaml");
    // A folder that happens to have the name of an image is passed over; one that was named as a path is not.
    const isDefinition = isName ? await stat(inside).catch(() => undefined) : true;
    if (found?.isDirectory() && isDefinition) return inside;
  }
  const meant = isName ? await suggest(image, shelves) : "";
  throw new HiatusError("CONFIG", `There is no image definition "${image}"`, {
    detail: { looked: candidates },
    hint: isName
      ? `${meant}Write images/${image}/image.yaml, or name a folder or file that has one`
      : "Name an image under images/, a folder with an image.yaml, or a YAML file",
  });
}

async function suggest(image: string, shelves: readonly string[]): Promise<string> {
  const images = shelves.filter((shelf) => basename(shelf) === "images");
  const names = await Promise.all(images.map((shelf) => readdir(shelf).catch(() => [])));
  const meant = closest(image, names.flat());
  return meant === undefined ? "" : `Did you mean "${meant}"? `;
}
