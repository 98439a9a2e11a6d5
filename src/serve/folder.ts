/**
 * A registry in a folder. Each repository is an image layout that other tools can read as it is:
 *
 *     DIR/hiatus.lock                      held while a server runs
 *     DIR/repositories/library+pause/      the layout of library/pause
 *     DIR/uploads/library+pause/UUID       what came so far of an upload
 *
 * A plus sign cannot be in a name, so it stands for the slash. Blobs that several repositories have are one file with
 * several links.
 *
 * @module
 */
import { linkSync, lstatSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { clearInterval, setInterval } from "node:timers";
import { HiatusError } from "../errors.ts";
import type { Digest } from "../oci/digest.ts";
import { isRepository } from "../oci/reference.ts";
import { blobPath } from "../store/docker-manifest.ts";
import { errnoOf, ioError } from "../store/io-error.ts";
import { createLayout, type Layout, openLayout } from "../store/layout.ts";
import { makeFolder } from "../store/layout-open.ts";
import { takeProcessLock } from "../store/process-lock.ts";
import type { WriteOptions } from "../store/write-file.ts";
import { createQueue, createTurnstile } from "./alone.ts";
import { cleanUp } from "./folder-clean.ts";
import { createFolderUploads, type FolderUploads } from "./folder-uploads.ts";
import type { WritableRepositories, WritableRepository } from "./repositories.ts";

/** A folder that is served. */
export interface RegistryFolder extends WritableRepositories {
  readonly dir: string;
  /** Lets go of the folder. Uploads that are not over can be gone on with when it is opened again. */
  close(): void;
}

/** How the folder is kept. */
export interface FolderOptions extends WriteOptions {
  /**
   * How long an upload may rest before it is forgotten, in milliseconds.
   * @default a day
   */
  readonly uploadAge?: number | undefined;
  /**
   * Most uploads that may be under way at once.
   * @default 1000
   */
  readonly uploadLimit?: number | undefined;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const SWEEP_MS = 60 * 60 * 1000;

/**
 * Opens a folder, makes it when it is not there, and cleans up what a server that was killed left in it.
 *
 * @throws HiatusError `IO` when another server has it or it cannot be written, `USAGE` when it is a layout itself.
 */
export async function openFolder(
  dir: string,
  options: FolderOptions = {},
): Promise<RegistryFolder> {
  const { uploadAge = DAY_MS, uploadLimit = 1000 } = options;
  if (isThere(join(dir, "oci-layout"))) throw isLayout(dir);
  const repositories = join(dir, "repositories");
  const uploadsDir = join(dir, "uploads");
  for (const folder of [dir, repositories, uploadsDir]) makeFolder(folder);
  const lock = takeProcessLock(join(dir, "hiatus.lock"), `the registry in "${dir}"`);
  try {
    cleanUp(repositories, uploadsDir, uploadAge);
    const uploads = createFolderUploads(uploadsDir, uploadLimit, options);
    const sweep = setInterval(() => uploads.forget(uploadAge), SWEEP_MS);
    sweep.unref();
    const close = (): void => {
      clearInterval(sweep);
      lock.release();
    };
    return { ...serveFolder(repositories, uploads, options), dir, close };
  } catch (error) {
    lock.release();
    throw error;
  }
}

type FolderRepository = WritableRepository & Layout;

function serveFolder(
  dir: string,
  uploads: FolderUploads,
  options: WriteOptions,
): WritableRepositories {
  const opened = new Map<string, FolderRepository>();
  const alone = createQueue();

  const open = async (name: string): Promise<FolderRepository | undefined> => {
    const known = opened.get(name);
    if (known !== undefined) return known;
    if (!isRepository(name)) return undefined;
    const path = join(dir, folderOf(name));
    // A link would lead out of here.
    if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) return undefined;
    const layout = await openLayout(path, options);
    // Somebody else may have been quicker; there must be one queue for each repository.
    const repository = opened.get(name) ?? asRepository(name, layout);
    opened.set(name, repository);
    return repository;
  };

  const asRepository = (name: string, layout: Layout): FolderRepository =>
    Object.assign(layout, {
      ...createTurnstile(),
      startUpload: async () => uploads.start(folderOf(name), layout.dir),
      findUpload: async (id: string) => uploads.find(folderOf(name), layout.dir, id),
      mount: async (digest: Digest, from: string | undefined) => {
        for await (const other of from === undefined ? names() : [from]) {
          const repository = await open(other);
          if (repository !== undefined && (await mount(digest, repository, layout))) return true;
        }
        return false;
      },
    });

  async function* names(): AsyncGenerator<string> {
    const found = readdirSync(dir).map((folder) => folder.replaceAll("+", "/"));
    yield* found.filter(isRepository).sort();
  }

  return {
    names,
    open,
    async create(name) {
      const known = await open(name);
      if (known !== undefined) return known;
      return alone(async () => {
        const path = join(dir, folderOf(name));
        if (!isThere(path)) await makeRepository(dir, path, options);
        const made = await open(name);
        if (made !== undefined) return made;
        throw new HiatusError("IO", `"${path}" is not a folder`, {
          detail: { path },
          hint: "Remove what stands in the way of the repository",
        });
      });
    },
  };
}

/** Made aside and then renamed, so that it is whole when it can be seen. */
async function makeRepository(dir: string, path: string, options: WriteOptions): Promise<void> {
  const aside = join(dir, `.new-${process.pid}-${Math.random().toString(36).slice(2)}`);
  try {
    await createLayout(aside, options);
    renameSync(aside, path);
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    throw ioError(error, "make", path);
  }
}

/** Gives a blob of one layout to another as well. */
async function mount(digest: Digest, from: Layout, to: Layout): Promise<boolean> {
  const size = await from.sizeOf(digest);
  if (size === undefined) return false;
  const path = join(to.dir, blobPath(digest));
  makeFolder(join(path, ".."));
  try {
    linkSync(join(from.dir, blobPath(digest)), path);
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return true;
    if (errnoOf(error) === "ENOENT") return false;
  }
  // A file system that has no links, or no more of them: the bytes are copied.
  const descriptor = { mediaType: "application/octet-stream", digest, size };
  await to.push(descriptor, from.fetch(descriptor));
  return true;
}

function folderOf(name: string): string {
  return name.replaceAll("/", "+");
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    throw ioError(error, "read", path);
  }
}

function isLayout(dir: string): HiatusError {
  return new HiatusError("USAGE", `"${dir}" is an image layout, not the folder of a registry`, {
    detail: { path: dir },
    hint: `Serve it read-only with "oci:${dir}", or name another folder`,
  });
}
