/** Looking at outputs as values. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { BuildRecord } from "../../src/build/record.ts";

/** Every file below a folder by its path, as base64. */
export function snapshot(folder: string): Readonly<Record<string, string>> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Object.fromEntries(
    files
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path.slice(folder.length + 1), readFileSync(path, "base64")]),
  );
}

/** The record of an output. */
export function digestsOf(folder: string): BuildRecord {
  return JSON.parse(readFileSync(join(folder, "build.json"), "utf8")) as BuildRecord;
}
