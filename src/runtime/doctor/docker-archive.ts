/**
 * Is an image whole in Docker? Docker reads every file of it when it saves it, and what comes out is hashed against what the
 * image's own config says of it.
 *
 * @see https://github.com/moby/docker-image-spec/blob/v1.3.1/spec.md (manifest.json, and the config's rootfs.diff_ids)
 * @module
 */
import { gunzipSync } from "node:zlib";
import { digestOf } from "../../oci/digest.ts";

/** Largest layer that is unpacked to be looked at, in bytes. */
const LAYER_LIMIT = 64 * 1024 * 1024;
const BLOCK = 512;

/**
 * What is wrong with what `docker image save` wrote, as a part of a sentence; undefined when nothing is.
 *
 * @param archive of one image, as it was written.
 * @throws Error when it is not such an archive.
 */
export function wrongInArchive(archive: Uint8Array): string | undefined {
  const files = filesOf(archive);
  const text = (name: string): string => Buffer.from(files.get(name) ?? []).toString("utf8");
  const [entry] = JSON.parse(text("manifest.json")) as readonly {
    readonly Config: string;
    readonly Layers: readonly string[];
  }[];
  if (entry === undefined) throw new Error("It lists no image");
  const { Config, Layers } = entry;
  const named = /([0-9a-f]{64})(?:\.json)?$/.exec(Config)?.[1];
  const config = files.get(Config);
  if (config === undefined) return "its config is missing";
  if (digestOf(config) !== `sha256:${named}`) return "its config has other bytes than its digest";
  const { rootfs } = JSON.parse(text(Config)) as { rootfs?: { diff_ids?: readonly string[] } };
  const wanted = rootfs?.diff_ids ?? [];
  if (wanted.length !== Layers.length) {
    return `it has ${Layers.length} layers, and its config names ${wanted.length}`;
  }
  for (const [index, name] of Layers.entries()) {
    const layer = files.get(name);
    if (layer === undefined) return `its layer ${wanted[index]} is missing`;
    if (digestOf(plain(layer)) !== wanted[index]) {
      return `its layer ${wanted[index]} has other bytes than its digest`;
    }
  }
  return undefined;
}

/** Where Docker keeps images in containerd, it saves layers as they were pulled. */
function plain(layer: Uint8Array): Uint8Array {
  const isGzip = layer[0] === 0x1f && layer[1] === 0x8b;
  return isGzip ? gunzipSync(layer, { maxOutputLength: LAYER_LIMIT }) : layer;
}

/** Regular files of a tar archive by their names. Docker's are short, so that those of extensions are not needed. */
function filesOf(archive: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength);
  const field = (from: number, length: number): string =>
    bytes.toString("latin1", from, from + length).replace(/\0.*$/s, "");
  for (let at = 0; at + BLOCK <= bytes.length && bytes[at] !== 0; ) {
    const size = Number.parseInt(field(at + 124, 12), 8);
    const start = at + BLOCK;
    if (!Number.isSafeInteger(size) || start + size > bytes.length) throw new Error("It is cut");
    const type = field(at + 156, 1);
    const prefix = field(at + 345, 155);
    const name = `${prefix === "" ? "" : `${prefix}/`}${field(at, 100)}`;
    if (type === "" || type === "0") files.set(name, bytes.subarray(start, start + size));
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}
