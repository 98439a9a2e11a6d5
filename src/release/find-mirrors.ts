/**
 * Which mirrors are meant: those of a file, or the embedded registry where there is no file.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { InlineMode } from "../build/definition.ts";
import { HiatusError } from "../errors.ts";
import { readMirrors } from "./mirrors/read.ts";
import { resolveMirrors } from "./mirrors/resolve.ts";
import type { Mirror } from "./model.ts";

/** What mirrors are looked for. */
export interface MirrorQuery {
  readonly image: string;
  readonly version: string;
  readonly aliases: readonly string[];
  readonly inline: InlineMode;
  /** Path of a mirrors file. @default `mirrors.yaml` or `images/mirrors.yaml`, where there is one */
  readonly file?: string | undefined;
  /** Names of mirrors and groups. @default all */
  readonly only?: readonly string[] | undefined;
  /** Folder that default paths are relative to. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder of the embedded registry. @default `dist/registry` */
  readonly storage?: string | undefined;
}

/** Mirrors, and what has to be stopped when they are done with. */
export interface FoundMirrors {
  readonly mirrors: readonly Mirror[];
  /** The mirrors file; undefined for the embedded registry. */
  readonly file: string | undefined;
  /** Folder of the embedded registry, where it runs. */
  readonly storage: string | undefined;
  close(): Promise<void>;
}

/**
 * Finds mirrors.
 *
 * @throws HiatusError `CONFIG` when the file is wrong or has no mirror; `USAGE` when `only` names what there is not.
 */
export async function findMirrors(query: MirrorQuery): Promise<FoundMirrors> {
  const { cwd, only } = query;
  const usual = [join(cwd, "mirrors.yaml"), join(cwd, "images", "mirrors.yaml")];
  const file = query.file ?? usual.find((path) => existsSync(path));
  if (file !== undefined) {
    const read = await readMirrors(file, query.env);
    const mirrors = resolveMirrors(read, query, only);
    if (mirrors.length === 0) {
      throw new HiatusError("CONFIG", `The mirrors file "${file}" has no mirror`, {
        detail: { file },
        hint: "Write one; images/mirrors.example.yaml in the package shows how",
      });
    }
    return { mirrors, file, storage: undefined, async close() {} };
  }
  if (only !== undefined) {
    throw new HiatusError("USAGE", "There is no mirrors file that --only could choose from", {
      hint: "Name one with --mirrors, or write mirrors.yaml",
    });
  }
  const { startEmbedded } = await import("./embedded.ts");
  const storage = query.storage ?? join(cwd, "dist", "registry");
  const { mirror, stop } = await startEmbedded(storage, query);
  return { mirrors: [mirror], file: undefined, storage, close: stop };
}
