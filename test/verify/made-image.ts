/** Images of real programs that can be wrong in one place: every step of their making can be changed. */
import { gzipSync } from "node:zlib";
import { compileReaper } from "../../src/build/compile.ts";
import { selectPlatforms } from "../../src/build/platforms.ts";
import { type Descriptor, describe } from "../../src/oci/descriptor.ts";
import { type Digest, digestOf } from "../../src/oci/digest.ts";
import { encodeJson } from "../../src/oci/json.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import { contentNotFound } from "../../src/store/errors.ts";
import type { Source } from "../../src/store/source.ts";
import { verified } from "../../src/store/verify.ts";
import { END, entry } from "../store/hostile-tar.ts";

export const STAMP = "1.2.3+gabc";
export const ARM64 = "linux/arm64";
export const AMD64 = "linux/amd64";

/** Any JSON object. */
export type Json = Record<string, unknown>;

/** Where to interfere. */
export interface Changes {
  readonly program?: (platform: string) => Uint8Array;
  /** The layer before compression. */
  readonly tar?: (program: Uint8Array) => Uint8Array;
  readonly layer?: (tar: Uint8Array) => Uint8Array;
  readonly config?: (config: Json, platform: string) => unknown;
  readonly manifest?: (manifest: Json, platform: string) => unknown;
  readonly child?: (child: Descriptor, platform: string) => Descriptor;
  readonly index?: (index: Json) => unknown;
  readonly indexType?: string;
}

/** Sealed programs by platform. */
export async function compilePrograms(): Promise<ReadonlyMap<string, Uint8Array>> {
  const rows = selectPlatforms([AMD64, ARM64]);
  const reapers = await compileReaper(rows, STAMP, { cacheDir: null });
  return new Map(reapers.map(({ row, bytes }) => [row.name, bytes]));
}

/** A map of content as a source, verified like any other. */
export function mapSource(content: ReadonlyMap<Digest, Uint8Array>): Source {
  return {
    fetch(descriptor, options) {
      const bytes = content.get(descriptor.digest);
      if (bytes === undefined) throw contentNotFound(descriptor, "the map");
      return verified(descriptor, [bytes], options);
    },
    exists: async ({ digest }) => content.has(digest),
    resolve: async (reference) => {
      throw new Error(`No tag ${reference}`);
    },
    async *tags() {},
  };
}

/** The tar of a layer as hiatus writes it, before it is changed. */
export function layerTar(program: Uint8Array): Uint8Array {
  return Buffer.concat([entry({ name: "pause", mode: "000755 \0" }, Buffer.from(program)), END]);
}

/** Makes an image of the programs, in memory. */
export function makeImage(programs: ReadonlyMap<string, Uint8Array>, changes: Changes = {}) {
  const content = new Map<Digest, Uint8Array>();
  const keep = (mediaType: string, bytes: Uint8Array): Descriptor => {
    content.set(digestOf(bytes), bytes);
    return describe(mediaType, bytes);
  };
  const images = [...programs.keys()].map((name) => {
    const program = changes.program?.(name) ?? (programs.get(name) as Uint8Array);
    const tar = (changes.tar ?? layerTar)(program);
    const layer = keep(MediaType.ociLayerGzip, (changes.layer ?? gzipSync)(tar));
    const platform = { os: "linux", architecture: name.split("/")[1] ?? "" };
    const plain: Json = {
      ...platform,
      config: { User: "65535:65535", Entrypoint: ["/pause"] },
      rootfs: { type: "layers", diff_ids: [digestOf(tar)] },
    };
    const config = keep(MediaType.ociConfig, encodeJson(changes.config?.(plain, name) ?? plain));
    const simple: Json = {
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      config,
      layers: [layer],
    };
    const manifest = keep(
      MediaType.ociManifest,
      encodeJson(changes.manifest?.(simple, name) ?? simple),
    );
    const child: Descriptor = { ...manifest, platform };
    return { layer, config, child: changes.child?.(child, name) ?? child };
  });
  const indexType = changes.indexType ?? MediaType.ociIndex;
  const index: Json = {
    schemaVersion: 2,
    mediaType: indexType,
    manifests: images.map(({ child }) => child),
  };
  const root = keep(indexType, encodeJson(changes.index?.(index) ?? index));
  return { root, images, content, source: mapSource(content) };
}
