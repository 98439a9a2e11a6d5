/**
 * Small files under keys, kept between builds. Nothing depends on it: whatever is wrong with it, the work is done again.
 *
 * A file holds a line with the hash of its key and content, and then the content. So a file that is cut off, damaged
 * or renamed is a miss. Files are written aside and renamed, so that builds may run at the same time.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { readFileSync, statSync, utimesSync } from "node:fs";
import { mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { OnEvent } from "./events.ts";
import { sha256 } from "./files.ts";

/** Keeps text under keys, in rooms. */
export interface Cache {
  /** The text under a key, or undefined. Synchronous, because it is on the path of every build. */
  read(room: string, key: string): string | undefined;
  /** Keeps a text. Never fails: the first thing that goes wrong is reported as a warning, the rest is silent. */
  write(room: string, key: string, text: string): Promise<void>;
  /** Removes what was not used for 30 days. Does nothing when that was done today. */
  prune(): Promise<void>;
}

const DAY = 24 * 60 * 60 * 1000;

/**
 * Opens the cache in a folder, which need not exist. It belongs to the user: whoever can write there decides what
 * is compiled. Null gives a cache that keeps nothing.
 */
export function openCache(folder: string | null, onEvent?: OnEvent): Cache {
  if (folder === null) {
    return { read: () => undefined, write: async () => {}, prune: async () => {} };
  }
  let warned = false;
  let written = false;
  return {
    read(room, key) {
      const path = join(folder, room, key);
      try {
        const content = readFileSync(path, "utf8");
        const text = open(key, content);
        if (text !== undefined) touch(path);
        return text;
      } catch {
        return undefined;
      }
    },
    async write(room, key, text) {
      const aside = join(folder, room, `${key}.${randomUUID()}.tmp`);
      try {
        await mkdir(join(folder, room), { recursive: true, mode: 0o700 });
        await writeFile(aside, seal(key, text), { flag: "wx", mode: 0o600 });
        await rename(aside, join(folder, room, key));
        written = true;
      } catch (error) {
        await rm(aside, { force: true }).catch(() => {});
        if (warned) return;
        warned = true;
        const { code, message } = error as NodeJS.ErrnoException;
        onEvent?.({
          type: "warning",
          message: `The compile cache in "${folder}" cannot be written: ${code ?? message}`,
          hint: "Set HIATUS_CACHE_DIR to a folder that can be, or go on without",
        });
      }
    },
    async prune() {
      if (written) await removeUnused(folder).catch(() => {});
    },
  };
}

function seal(key: string, text: string): string {
  return `${sha256(`${key}\n${text}`)}\n${text}`;
}

function open(key: string, content: string): string | undefined {
  const text = content.slice(65);
  return content === seal(key, text) ? text : undefined;
}

/** Notes that a file is in use, once a day. */
function touch(path: string): void {
  const now = Date.now();
  if (now - statSync(path).mtimeMs < DAY) return;
  try {
    utimesSync(path, now / 1000, now / 1000);
  } catch {
    // A cache that can only be read is still a cache.
  }
}

async function removeUnused(folder: string): Promise<void> {
  const marker = join(folder, "pruned");
  const last = await stat(marker).catch(() => undefined);
  const now = Date.now();
  if (last !== undefined && now - last.mtimeMs < DAY) return;
  await writeFile(marker, "");
  for (const room of await readdir(folder, { withFileTypes: true })) {
    if (!room.isDirectory()) continue;
    for (const name of await readdir(join(folder, room.name))) {
      const path = join(folder, room.name, name);
      const age = now - (await stat(path)).mtimeMs;
      if (age > (name.endsWith(".tmp") ? DAY : 30 * DAY)) await rm(path, { force: true });
    }
  }
}
