/**
 * Is an image whole in the storage that CRI-O, Podman and skopeo share? Its layers lie there unpacked, each with a recipe by
 * which the archive it came from is put together again: done here, without writing it down, and hashed.
 *
 * @see https://github.com/containers/storage/blob/v1.59.1/docs/containers-storage-layers.md
 * @see https://github.com/vbatts/tar-split/blob/v0.12.1/tar/storage/entry.go (the recipe: a line an entry)
 * @module
 */
import { constants } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Digester, digestOf } from "../../oci/digest.ts";

interface StoredImage {
  readonly id: string;
  /** Of the last layer. */
  readonly layer?: string;
  readonly "big-data-digests"?: Readonly<Record<string, string>>;
}

interface StoredLayer {
  readonly id: string;
  readonly parent?: string;
  readonly "diff-digest"?: string;
}

/** Bytes of a file that are read at once. */
const PIECE = 1024 * 1024;
/** Largest recipe, unpacked, in bytes. */
const RECIPE_LIMIT = 64 * 1024 * 1024;

/**
 * What is wrong with an image, as a part of a sentence; undefined when nothing is. Nothing is written and nothing locked.
 *
 * @param folder that has the images, as the CRI tells it: `/var/lib/containers/storage/overlay-images`.
 * @param id of the image: 64 hexadecimal characters.
 * @throws Error when the storage is one that cannot be looked into.
 */
export async function wrongInStorage(folder: string, id: string): Promise<string | undefined> {
  const driver = basename(folder).replace(/-images$/, "");
  if (driver !== "overlay") throw new Error(`Layers of "${driver}" are not looked into`);
  const root = dirname(folder);
  const images = await readJson<readonly StoredImage[]>(join(folder, "images.json"));
  const image = images.find((one) => one.id === id);
  if (image === undefined) throw new Error(`"${folder}" does not have ${id}`);

  let config: Uint8Array | undefined;
  for (const [name, digest] of Object.entries(image["big-data-digests"] ?? {})) {
    const bytes = await readOrNothing(join(folder, id, fileNameOf(name)));
    if (bytes === undefined) return `its ${name} is missing`;
    if (digestOf(bytes) !== digest) return `its ${name} has other bytes than its digest`;
    if (name === `sha256:${id}`) config = bytes;
  }
  if (config === undefined) return "its config is missing";
  const { rootfs } = JSON.parse(Buffer.from(config).toString("utf8")) as {
    rootfs?: { diff_ids?: readonly string[] };
  };
  const layers = await readJson<readonly StoredLayer[]>(join(root, `${driver}-layers/layers.json`));
  let next = image.layer;
  for (const wanted of (rootfs?.diff_ids ?? []).toReversed()) {
    const layer = layers.find((one) => one.id === next);
    if (layer === undefined) return `its layer ${wanted} is missing`;
    if (layer["diff-digest"] === undefined) throw new Error("It was pulled in parts of its layers");
    if (layer["diff-digest"] !== wanted) return `its layer ${wanted} is another one`;
    const recipe = join(root, `${driver}-layers`, `${layer.id}.tar-split.gz`);
    const wrong = await wrongInLayer(recipe, join(root, driver, layer.id, "diff"), wanted);
    if (wrong !== undefined) return `of its layer ${wanted} ${wrong}`;
    next = layer.parent;
  }
  return undefined;
}

async function wrongInLayer(
  recipe: string,
  files: string,
  wanted: string,
): Promise<string | undefined> {
  const packed = await readOrNothing(recipe);
  // Pods start without it.
  if (packed === undefined) throw new Error(`There is no "${recipe}" to look by`);
  const digester = new Digester();
  const lines = gunzipSync(packed, { maxOutputLength: RECIPE_LIMIT }).toString("utf8").split("\n");
  for (const line of lines.filter((text) => text !== "")) {
    const entry = JSON.parse(line) as {
      readonly type: number;
      readonly name?: string;
      readonly name_raw?: string;
      readonly size?: number;
      readonly payload?: string;
    };
    if (entry.type === 2) digester.update(Buffer.from(entry.payload ?? "", "base64"));
    else if ((entry.size ?? 0) > 0) {
      const raw = Buffer.from(entry.name_raw ?? "", "base64").toString("utf8");
      const name = entry.name ?? raw;
      if (!(await hashFile(join(files, name), entry.size ?? 0, digester))) {
        return `"${name}" is missing or has another size`;
      }
    }
  }
  return digester.digest() === wanted ? undefined : "the files have other bytes than its digest";
}

/** Hashes a regular file of that size; nothing else is opened, because it may never end. */
async function hashFile(path: string, size: number, digester: Digester): Promise<boolean> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
    handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
  try {
    const found = await handle.stat();
    if (!found.isFile() || found.size !== size) return false;
    const buffer = Buffer.alloc(Math.min(size, PIECE));
    for (let bytesRead = -1; bytesRead !== 0; ) {
      ({ bytesRead } = await handle.read(buffer, 0, buffer.length, null));
      digester.update(buffer.subarray(0, bytesRead));
    }
    return true;
  } finally {
    await handle.close();
  }
}

/** Names with other characters than these are written in base64. */
function fileNameOf(name: string): string {
  return /^[.0-9a-z]*$/.test(name) ? name : `=${Buffer.from(name).toString("base64")}`;
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, "utf8")) as T;
}

async function readOrNothing(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

function isAbsent(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR", "ELOOP"].includes((error as NodeJS.ErrnoException).code ?? "");
}
