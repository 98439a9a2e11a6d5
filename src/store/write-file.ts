/**
 * Writing files of a layout: aside and then renamed, with modes that no umask changes.
 *
 * @module
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ioError } from "./io-error.ts";
import { SMALL } from "./read-file.ts";

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
const WRITE_FLAGS = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;

/** How files are written. */
export interface WriteOptions {
  /**
   * Flush the file to the disk before renaming it and its folder afterwards, so that a power cut leaves the old file or
   * the new while it is written, and the new one when it is.
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
  // Waiting for a disk takes a thousand times longer than writing: others may run meanwhile.
  if (first.done && !options.fsync) {
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
    if (options.fsync) await syncFolder(path);
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
    if (options.fsync) syncFolderNow(path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw ioError(error, "write", path);
  }
}

/** Flushes the folder of a file that was renamed, where the system can: Windows cannot open a folder. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(dirname(path), constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function syncFolderNow(path: string): void {
  if (process.platform === "win32") return;
  const fd = openSync(dirname(path), constants.O_RDONLY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
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
