/**
 * The file `index.json` of a layout: read as it is now, changed by one writer at a time.
 *
 * @module
 */
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
export function readIndex(dir: string): LayoutIndex {
  return parseLayoutIndex(readIndexBytes(dir), `"${join(dir, "index.json")}"`);
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
    if (Buffer.compare(before, after) !== 0) writeSmallFileAside(dir, path, after, options);
  };
  await withLock(`${path}.lock`, update, options.signal);
}
