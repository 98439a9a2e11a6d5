/**
 * The one layer of an image: a tar with one file, compressed.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md
 * @module
 */
import { type Descriptor, describe } from "../oci/descriptor.ts";
import { type Digest, digestOf } from "../oci/digest.ts";
import { tarBytes } from "../store/tar.ts";

/** A compressed layer. */
export interface Layer {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  /** Digest of the tar before compression; the config lists it. */
  readonly diffId: Digest;
}

/** What a layer is made of. */
export interface LayerOptions {
  /** Absolute path of the file in the image; it lies in the root folder. */
  readonly path: string;
  /** Time of the file in seconds since 1970. */
  readonly mtime: number;
  readonly mediaType: string;
}

/** Begins to load what layers are made with, so that it is there when the compilers are done. */
export function preloadLayer(): void {
  for (const loading of [import("fflate"), import("tar-stream")]) loading.catch(() => undefined);
}

/**
 * Packs one executable into a layer: mode 0755, owned by root, whatever the umask says.
 *
 * The gzip encoder is pure JavaScript on purpose: Node and Deno ship different zlibs, whose bytes differ.
 * Its header says no name and no time, and "Unix" wherever it runs.
 */
export async function buildLayer(binary: Uint8Array, options: LayerOptions): Promise<Layer> {
  const name = options.path.replace(/^\//, "");
  const tar = await tarBytes([
    { name, type: "file", mode: 0o755, mtime: options.mtime, content: binary },
  ]);
  const { gzipSync } = await import("fflate");
  const bytes = gzipSync(tar, { level: 9, mtime: 0 });
  return { descriptor: describe(options.mediaType, bytes), bytes, diffId: digestOf(tar) };
}
