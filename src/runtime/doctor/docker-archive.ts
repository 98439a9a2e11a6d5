/**
 * Is an image whole in Docker? Docker reads every file of it when it saves it, and what comes out is hashed against what the
 * image's own config says of it.
 *
 * @see https://github.com/moby/docker-image-spec/blob/v1.3.1/spec.md (manifest.json, and the config's rootfs.diff_ids)
 * @module
 */
import { posix } from "node:path";
import { digestOf } from "../../oci/digest.ts";

const BLOCK = 512;

/**
 * What is wrong with what `docker image save` wrote, as a part of a sentence; undefined when nothing is.
 *
 * @param archive of one image, as it was written.
 * @throws Error when it is not such an archive.
 */
export function wrongInArchive(archive: Uint8Array): string | undefined {
  const files = filesOf(archive);
  const entries = JSON.parse(textOf(files.get("manifest.json"))) as readonly ImageEntry[];
  if (entries.length === 0) throw new Error("It lists no image");
  // Where Docker keeps images in containerd, it has several platforms of one.
  return entries.map((entry) => wrongInImage(entry, files)).find((wrong) => wrong !== undefined);
}

interface ImageEntry {
  readonly Config: string;
  readonly Layers: readonly string[];
}

function wrongInImage(
  { Config, Layers }: ImageEntry,
  files: ReadonlyMap<string, Uint8Array>,
): string | undefined {
  const config = files.get(Config);
  if (config === undefined) return "its config is missing";
  if (digestOf(config) !== digestIn(Config)) return "its config has other bytes than its digest";
  const { rootfs } = JSON.parse(textOf(config)) as { rootfs?: { diff_ids?: readonly string[] } };
  const wanted = rootfs?.diff_ids ?? [];
  if (wanted.length !== Layers.length) {
    return `it has ${Layers.length} layers, and its config names ${wanted.length}`;
  }
  for (const [index, name] of Layers.entries()) {
    const layer = files.get(name);
    if (layer === undefined) return `its layer ${wanted[index]} is missing`;
    // Since Docker 25 a layer is called by its digest, and may be as it was pulled; before, it is unpacked.
    if (digestOf(layer) !== (digestIn(name) ?? wanted[index])) {
      return `its layer ${wanted[index]} has other bytes than its digest`;
    }
  }
  return undefined;
}

/** The digest that a file is called by: `<hex>.json`, `blobs/sha256/<hex>`. */
function digestIn(name: string): string | undefined {
  const hex = /(?:^|\/)([0-9a-f]{64})(?:\.json)?$/.exec(name)?.[1];
  return hex && `sha256:${hex}`;
}

function textOf(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString("utf8");
}

/** Files of a tar archive, and links to them, by their names. Docker's are short, so that those of extensions are not needed. */
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
    // Of equal layers Docker writes one.
    const linked = files.get(posix.join(posix.dirname(name), field(at + 157, 100)));
    if (type === "2" && linked !== undefined) files.set(name, linked);
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}
