/**
 * The bytes of an archive: read from the file where they are wanted, or from memory when the file is
 * compressed.
 *
 * @module
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { HiatusError } from "../errors.ts";
import { gunzip, isGzip } from "./gunzip.ts";
import { ioError } from "./io-error.ts";
import { createPieces, type Pieces } from "./pieces.ts";
import { isRunFile, RUN_MAGIC, readRunFile } from "./run-file.ts";
import type { StoreOptions } from "./source.ts";
import { expandZstd, isZstd } from "./zstd/expand.ts";

/** Bounds on archives that others made. */
export interface ArchiveLimits {
  /**
   * Most entries.
   * @default 20,000
   */
  readonly entries?: number | undefined;
  /**
   * Most bytes of the archive, for a compressed one of what it expands to.
   * @default 4 GiB; 48 MiB for a compressed one, which is held in memory
   */
  readonly bytes?: number | undefined;
  /**
   * Most bytes that a compressed archive may expand to for each of its own, from the first MiB on.
   * @default 200
   */
  readonly ratio?: number | undefined;
}

/** The tar inside the file. */
export interface ArchiveFile {
  /** Names it in errors. */
  readonly name: string;
  /** All of it, from the beginning. */
  chunks(): Generator<Uint8Array>;
  /** A part of it, shorter at the end. */
  read(offset: number, size: number): Uint8Array;
  close(): void;
}

/** Most bytes that a compressed archive may expand to: it is held in memory, and a bomb is not to take more than 150 MiB of that. */
export const EXPANDED_LIMIT = 48 * 1024 * 1024;

const CHUNK = 256 * 1024;

/**
 * Opens the file and, when it is compressed, expands it.
 *
 * @throws HiatusError `IO`, `NOT_FOUND` or `CONTENT`.
 */
export async function openArchiveFile(
  path: string,
  limits: ArchiveLimits,
  options: StoreOptions,
): Promise<ArchiveFile> {
  const plain = openPlain(path);
  try {
    const expanded = await expand(plain, limits, options);
    if (expanded === undefined) return plain;
    plain.close();
    return inMemory(expanded, plain.name);
  } catch (error) {
    plain.close();
    throw error;
  }
}

/** What a compressed archive expands to; undefined when it is not compressed. */
async function expand(
  file: ArchiveFile,
  limits: ArchiveLimits,
  options: StoreOptions,
): Promise<Pieces | undefined> {
  const magic = file.read(0, RUN_MAGIC);
  const bounds = { ...limits, bytes: limits.bytes ?? EXPANDED_LIMIT };
  if (isZstd(magic)) return expandZstd(file, bounds, options);
  const chunks = isRunFile(magic) ? [readRunFile(file)] : isGzip(magic) ? file.chunks() : undefined;
  if (chunks === undefined) return undefined;
  const pieces = createPieces();
  for await (const part of gunzip(chunks, file.name, bounds, options)) pieces.add(part);
  return pieces;
}

function inMemory(pieces: Pieces, name: string): ArchiveFile {
  return {
    name,
    chunks: () => pieces.chunks(),
    read: (offset, size) => pieces.read(offset, size),
    close: () => undefined,
  };
}

function openPlain(path: string): ArchiveFile {
  let fd: number | undefined = open(path);
  const read = (offset: number, size: number): Uint8Array => {
    if (fd === undefined) {
      throw new HiatusError("IO", `The archive "${path}" was closed`, { hint: "Open it again" });
    }
    const bytes = Buffer.allocUnsafe(size);
    let at = 0;
    try {
      while (at < size) {
        const count = readSync(fd, bytes, at, size - at, offset + at);
        if (count === 0) break;
        at += count;
      }
    } catch (error) {
      throw ioError(error, "read", path);
    }
    return bytes.subarray(0, at);
  };
  return {
    name: `the archive "${path}"`,
    *chunks() {
      for (let at = 0; ; ) {
        const chunk = read(at, CHUNK);
        if (chunk.byteLength === 0) return;
        at += chunk.byteLength;
        yield chunk;
      }
    },
    read,
    close() {
      if (fd !== undefined) closeSync(fd);
      fd = undefined;
    },
  };
}

function open(path: string): number {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    throw ioError(error, "read", path);
  }
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw new HiatusError("IO", `Cannot read "${path}": it is not a regular file`, {
    detail: { path },
    hint: 'Name an archive; for a layout in a folder write "oci:" before it',
  });
}
