/**
 * Files of a layout: read without following links, written aside and renamed, with modes that no
 * umask changes.
 *
 * Small files are read and written synchronously. That is on purpose: the blobs of pause images have
 * some hundred bytes, and four synchronous calls cost 30 µs where four trips through the thread pool
 * cost 200. Anything larger than {@link SMALL} goes through the pool.
 *
 * @module
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { HiatusError } from "../errors.ts";
import { errnoOf, ioError } from "./io-error.ts";

/** Most bytes that are read or written without leaving the thread. */
const SMALL = 256 * 1024;
const CHUNK = 64 * 1024;
const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
// O_NONBLOCK: opening a FIFO that somebody put there must not hang.
const READ_FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
const WRITE_FLAGS = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;

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

/** How files are written. */
export interface WriteOptions {
  /**
   * Flush to the disk before renaming, so that a power cut leaves the old file or the new.
   * @default false
   */
  readonly fsync?: boolean | undefined;
}

/**
 * Writes a file under a temporary name in `folder` and renames it to `path`: whoever looks sees the
 * old file or all of the new one. Mode 0644.
 *
 * @param folder on the same file system as `path`.
 * @throws HiatusError `IO`; whatever the content throws. Nothing is left behind.
 */
export async function writeFileAside(
  folder: string,
  path: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  options: WriteOptions = {},
): Promise<void> {
  const pieces = inPieces(content instanceof Uint8Array ? [content] : content);
  const first = await pieces.next();
  if (first.done) {
    writeSmallFileAside(folder, path, first.value, options);
    return;
  }
  const temporary = temporaryName(folder);
  try {
    const handle = await open(temporary, WRITE_FLAGS, 0o600);
    try {
      let piece: IteratorResult<Uint8Array, Uint8Array> = first;
      for (;;) {
        await writeWhole(handle, piece.value);
        if (piece.done) break;
        piece = await pieces.next();
      }
      await handle.chmod(0o644);
      if (options.fsync) await handle.sync();
    } finally {
      await handle.close();
    }
    renameSync(temporary, path);
  } catch (error) {
    await pieces.return(new Uint8Array());
    rmSync(temporary, { force: true });
    throw ioError(error, "write", path);
  }
}

/** Joins chunks into pieces worth a write each; what is left at the end is returned, not yielded. */
async function* inPieces(
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array, Uint8Array> {
  let chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of content) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size <= SMALL) continue;
    yield Buffer.concat(chunks);
    chunks = [];
    size = 0;
  }
  return Buffer.concat(chunks);
}

/** The same, at once, for bytes that are here. */
export function writeSmallFileAside(
  folder: string,
  path: string,
  content: Uint8Array,
  options: WriteOptions = {},
): void {
  const temporary = temporaryName(folder);
  try {
    const fd = openSync(temporary, WRITE_FLAGS, 0o600);
    try {
      writeFileSync(fd, content);
      fchmodSync(fd, 0o644);
      if (options.fsync) fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw ioError(error, "write", path);
  }
}

/** A name that nobody uses. It need not be a secret: O_EXCL refuses whatever is there already. */
function temporaryName(folder: string): string {
  return join(folder, `.hiatus-${process.pid}-${Math.random().toString(36).slice(2)}`);
}

async function writeWhole(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.byteLength; ) {
    at += (await handle.write(chunk, at, chunk.byteLength - at)).bytesWritten;
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
