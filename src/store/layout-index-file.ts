/**
 * The file `index.json` of a layout: read as it is now, changed by one writer at a time.
 *
 * @module
 */
import { lstatSync, type Stats } from "node:fs";
import { join } from "node:path";
import { HiatusError } from "../errors.ts";
import { READ_LIMIT } from "../oci/document.ts";
import { encodeLayoutIndex, type LayoutIndex, parseLayoutIndex } from "./layout-index.ts";
import { withLock } from "./layout-lock.ts";
import { readFile } from "./read-file.ts";
import type { StoreOptions } from "./source.ts";
import { type WriteOptions, writeSmallFileAside } from "./write-file.ts";

/**
 * The bytes of the file.
 *
 * @throws HiatusError `CONTENT` when it is not there or too large.
 */
export function readIndexBytes(dir: string): Uint8Array {
  const path = join(dir, "index.json");
  const bytes = readFile(path, READ_LIMIT);
  if (bytes !== undefined) return bytes;
  throw new HiatusError("CONTENT", `"${dir}" is not an image layout: it has no file "index.json"`, {
    detail: { path },
    hint: 'Name the folder that holds "oci-layout", "index.json" and "blobs"',
  });
}

/** The file, read. */
function readIndex(dir: string): LayoutIndex {
  return parseLayoutIndex(readIndexBytes(dir), `"${join(dir, "index.json")}"`);
}

/**
 * A file that changed this recently may change again without looking different: the clocks of file systems tick every
 * few milliseconds, and a new file may get the inode of the old one. (git calls such entries "racy".)
 */
const RACY_MS = 100;

/** Reads the file, and again only when it changed since: a server asks some thousand times a second. */
export function createIndexReader(dir: string): () => LayoutIndex {
  const path = join(dir, "index.json");
  let seen: Stats | undefined;
  let held: LayoutIndex | undefined;
  return () => {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (held !== undefined && stat !== undefined && seen !== undefined && isSame(stat, seen)) {
      return held;
    }
    const index = readIndex(dir);
    const settled = stat !== undefined && Date.now() - stat.ctimeMs > RACY_MS;
    held = settled ? index : undefined;
    seen = stat;
    return index;
  };
}

function isSame(a: Stats, b: Stats): boolean {
  return a.ctimeMs === b.ctimeMs && a.mtimeMs === b.mtimeMs && a.ino === b.ino && a.size === b.size;
}

/**
 * Changes the file, atomically for readers and one after another for writers. A change that leaves
 * the bytes as they are writes nothing.
 */
export async function updateIndex(
  dir: string,
  change: (index: LayoutIndex) => LayoutIndex,
  options: StoreOptions & WriteOptions,
): Promise<void> {
  const path = join(dir, "index.json");
  const update = () => {
    const before = readIndexBytes(dir);
    const after = encodeLayoutIndex(change(parseLayoutIndex(before, `"${path}"`)));
    if (after.byteLength > READ_LIMIT) throw tooLarge(path);
    if (Buffer.compare(before, after) !== 0) writeSmallFileAside(dir, path, after, options);
  };
  await withLock(`${path}.lock`, update, options.signal);
}

/** Nobody could read it any more. */
function tooLarge(path: string): HiatusError {
  return new HiatusError(
    "IO",
    `Cannot write "${path}": it would have more than ${READ_LIMIT} bytes`,
    {
      detail: { path, limit: READ_LIMIT },
      hint: "Remove tags that nobody needs, or use another layout",
    },
  );
}
