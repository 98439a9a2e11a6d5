/**
 * What an image weighs, read from an OCI image layout without any of our own readers.
 *
 * @module
 */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** The bytes of one platform's image. */
export interface ImageBytes {
  readonly platform: string;
  readonly binary: number;
  readonly layer: number;
  readonly config: number;
  readonly manifest: number;
}

/** The bytes of an archive. */
export interface ArchiveBytes {
  readonly tar: number;
  /** After `gzip -9`. */
  readonly gzip: number;
}

interface Descriptor {
  readonly digest: string;
  readonly size: number;
  readonly platform?: {
    readonly os: string;
    readonly architecture: string;
    readonly variant?: string;
  };
}

/**
 * The platforms of a layout's only index, in the order of the index.
 *
 * @param binaryOf - Where the binary of a platform lies that went into its layer.
 */
export async function imageBytes(
  layout: string,
  binaryOf: (platform: NonNullable<Descriptor["platform"]>) => string,
): Promise<{ readonly index: number; readonly images: readonly ImageBytes[] }> {
  const blob = async (descriptor: Descriptor) => {
    const path = join(layout, "blobs", descriptor.digest.replace(":", "/"));
    return JSON.parse(await readFile(path, "utf8"));
  };
  const root = JSON.parse(await readFile(join(layout, "index.json"), "utf8")).manifests[0];
  const children: readonly Descriptor[] = (await blob(root)).manifests;
  const images = await Promise.all(
    children.map(async (child) => {
      const { os, architecture, variant } = child.platform ?? { os: "?", architecture: "?" };
      const manifest = await blob(child);
      return {
        platform: [os, architecture, ...(variant === undefined ? [] : [variant])].join("/"),
        binary: (await stat(binaryOf(child.platform ?? { os, architecture }))).size,
        layer: manifest.layers[0].size,
        config: manifest.config.size,
        manifest: child.size,
      };
    }),
  );
  return { index: root.size, images };
}

/** The size of an archive, as it is and compressed. */
export async function archiveBytes(file: string): Promise<ArchiveBytes> {
  const bytes = await readFile(file);
  return { tar: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length };
}
