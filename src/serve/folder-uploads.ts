/**
 * Uploads as files: the file is what came so far, so a server that was killed goes on where it was.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { closeSync, constants, openSync, readdirSync, renameSync, rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { HiatusError } from "../errors.ts";
import { algorithmOf, type Digest, Digester } from "../oci/digest.ts";
import { blobPath } from "../store/docker-manifest.ts";
import { ioError } from "../store/io-error.ts";
import { makeFolder } from "../store/layout-open.ts";
import { readChunks, sizeOfFile } from "../store/read-file.ts";
import { syncFolder, type WriteOptions } from "../store/write-file.ts";
import { createQueue } from "./alone.ts";
import { forgetUploads } from "./folder-clean.ts";
import type { Upload } from "./repositories.ts";

/** The uploads of all repositories of a folder. */
export interface FolderUploads {
  /** Undefined when too many are under way. */
  start(folder: string, layout: string): Upload | undefined;
  find(folder: string, layout: string, id: string): Upload | undefined;
  /** Forgets those that rested for longer, in milliseconds. */
  forget(age: number): void;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

/**
 * @param dir holds a folder for each repository that has uploads.
 * @param limit most uploads at once.
 */
export function createFolderUploads(
  dir: string,
  limit: number,
  options: WriteOptions,
): FolderUploads {
  const known = new Map<string, Upload>();
  const folders = () =>
    readdirSync(dir, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(dir, entry.name));
  let count = folders().reduce((sum, folder) => sum + readdirSync(folder).length, 0);

  const remember = (id: string, path: string, layout: string, size: number): Upload => {
    const over = (): void => {
      known.delete(path);
      count--;
    };
    const upload = createUpload({ id, path, layout, size, over, options });
    known.set(path, upload);
    return upload;
  };

  return {
    start(folder, layout) {
      if (count >= limit) return undefined;
      const id = randomUUID();
      const path = join(dir, folder, id);
      makeFolder(join(dir, folder));
      try {
        closeSync(openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600));
      } catch (error) {
        throw ioError(error, "write", path);
      }
      count++;
      return remember(id, path, layout, 0);
    },
    find(folder, layout, id) {
      if (!UUID.test(id)) return undefined;
      const path = join(dir, folder, id);
      const found = known.get(path);
      if (found !== undefined) return found;
      const size = sizeOfFile(path);
      return size === undefined ? undefined : remember(id, path, layout, size);
    },
    forget(age) {
      for (const folder of folders()) count -= forgetUploads(folder, age);
      for (const path of known.keys()) if (sizeOfFile(path) === undefined) known.delete(path);
    },
  };
}

interface UploadFile {
  readonly id: string;
  readonly path: string;
  /** The layout that gets the blob. */
  readonly layout: string;
  /** Bytes that the file has. */
  readonly size: number;
  readonly over: () => void;
  readonly options: WriteOptions;
}

function createUpload({ id, path, layout, over, options, ...file }: UploadFile): Upload {
  let { size } = file;
  let ended = false;
  // Nearly every digest is of sha256. Another, or that of what a killed server left, is taken from the file in the end.
  let digester = size === 0 ? new Digester("sha256") : undefined;
  const check = (): void => {
    if (ended) throw new HiatusError("NOT_FOUND", "The upload is over", { hint: "Start another" });
  };
  const end = (): void => {
    check();
    ended = true;
    over();
  };
  const digestAs = async (digest: Digest): Promise<Digest> => {
    const algorithm = algorithmOf(digest);
    if (algorithm === "sha256" && digester !== undefined) return digester.digest();
    const again = new Digester(algorithm);
    if (size > 0) for await (const chunk of readChunks(path, gone)) again.update(chunk);
    return again.digest();
  };
  const cut = async (handle: FileHandle): Promise<void> => {
    await handle.truncate(size);
    digester = size === 0 ? new Digester("sha256") : undefined;
  };

  return {
    id,
    get size() {
      return size;
    },
    async append(content) {
      check();
      const handle = await openFile(path, O_APPEND);
      let writing = false;
      try {
        for await (const chunk of content) {
          writing = true;
          await writeAll(handle, chunk);
          writing = false;
          size += chunk.byteLength;
          digester?.update(chunk);
        }
      } catch (error) {
        // Half a piece: the disk may be full.
        if (writing) await cut(handle);
        throw ioError(error, "write", path);
      } finally {
        await handle.close();
      }
    },
    async truncate(to) {
      check();
      if (to === size) return;
      size = to;
      const handle = await openFile(path, 0);
      try {
        await cut(handle);
      } finally {
        await handle.close();
      }
    },
    async finish(digest) {
      end();
      try {
        if ((await digestAs(digest)) !== digest) return false;
        await settle(path, options);
        const place = join(layout, blobPath(digest));
        makeFolder(dirname(place));
        renameSync(path, place);
        if (options.fsync === true) await syncFolder(place);
        return true;
      } catch (error) {
        throw ioError(error, "write", path);
      } finally {
        rmSync(path, { force: true });
      }
    },
    async cancel() {
      end();
      rmSync(path, { force: true });
    },
    alone: createQueue(),
  };
}

/** The mode that every file of a layout has, and on the disk if that is asked for. */
async function settle(path: string, { fsync }: WriteOptions): Promise<void> {
  const handle = await openFile(path, 0);
  try {
    await handle.chmod(0o644);
    if (fsync === true) await handle.sync();
  } finally {
    await handle.close();
  }
}

async function openFile(path: string, flags: number): Promise<FileHandle> {
  try {
    return await open(path, O_WRONLY | O_NOFOLLOW | flags);
  } catch (error) {
    throw ioError(error, "write", path);
  }
}

async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.byteLength; ) {
    at += (await handle.write(chunk, at, chunk.byteLength - at)).bytesWritten;
  }
}

function gone(): HiatusError {
  return new HiatusError("NOT_FOUND", "The upload is gone", { hint: "Start another" });
}
