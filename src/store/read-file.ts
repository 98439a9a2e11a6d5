/**
 * Reading files of a layout, without following links.
 *
 * Small files are read and written synchronously. That is on purpose: the blobs of pause images have
 * some hundred bytes, and four synchronous calls cost 30 µs where four trips through the thread pool
 * cost 200. Anything larger than {@link SMALL} goes through the pool.
 *
 * @module
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { HiatusError } from "../errors.ts";
import { errnoOf, ioError } from "./io-error.ts";

/** Most bytes that are read or written without leaving the thread. */
export const SMALL = 256 * 1024;
const CHUNK = 64 * 1024;
const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
// O_NONBLOCK: opening a FIFO that somebody put there must not hang.
const READ_FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;

/** The size of a regular file, or undefined when there is none; links do not count. */
export function sizeOfFile(path: string): number | undefined {
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    return stat?.isFile() ? stat.size : undefined;
  } catch (error) {
    if (errnoOf(error) === "ENOTDIR") return undefined;
    throw ioError(error, "read", path);
  }
}

/**
 * A whole small file, or undefined when there is none.
 *
 * @throws HiatusError `IO` when it cannot be read or is a link or a device, `CONTENT` when it is larger than `limit`.
 */
export function readFile(path: string, limit: number): Uint8Array | undefined {
  const fd = openToRead(path);
  if (fd === undefined) return undefined;
  try {
    return readWhole(fd, path, limit);
  } finally {
    closeSync(fd);
  }
}

/**
 * A file in chunks, opened when the first is asked for.
 *
 * @throws HiatusError `IO`; `missing()` when there is no such file.
 */
export async function* readChunks(
  path: string,
  missing: () => HiatusError,
): AsyncGenerator<Uint8Array> {
  const size = sizeOfFile(path);
  if (size === undefined || size <= SMALL) {
    const bytes = readFile(path, SMALL);
    if (bytes === undefined) throw missing();
    yield bytes;
    return;
  }
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, READ_FLAGS);
    for (;;) {
      const chunk = new Uint8Array(CHUNK);
      const { bytesRead } = await handle.read(chunk, 0, CHUNK);
      if (bytesRead === 0) return;
      yield chunk.subarray(0, bytesRead);
    }
  } catch (error) {
    throw errnoOf(error) === "ENOENT" ? missing() : ioError(error, "read", path);
  } finally {
    await handle?.close();
  }
}

function openToRead(path: string): number | undefined {
  try {
    return openSync(path, READ_FLAGS);
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return undefined;
    throw ioError(error, "read", path);
  }
}

function readWhole(fd: number, path: string, limit: number): Uint8Array {
  const stat = fstatSync(fd);
  if (!stat.isFile()) {
    throw new HiatusError("IO", `Cannot read "${path}": it is not a regular file`, {
      detail: { path },
      hint: "Use the file itself; links and devices are not read",
    });
  }
  if (stat.size > limit) {
    throw new HiatusError("CONTENT", `Cannot read "${path}": it has more than ${limit} bytes`, {
      detail: { path, size: stat.size, limit },
      hint: "Check that it is the file you mean",
    });
  }
  const bytes = Buffer.allocUnsafe(stat.size);
  let at = 0;
  while (at < bytes.byteLength) {
    const read = readSync(fd, bytes, at, bytes.byteLength - at, null);
    if (read === 0) break;
    at += read;
  }
  return bytes.subarray(0, at);
}
