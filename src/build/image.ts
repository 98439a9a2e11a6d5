/**
 * From binaries to images: config, manifest and index, each turned into bytes once.
 *
 * @module
 */
import { type Annotations, type Descriptor, describe } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { encodeJson } from "../oci/json.ts";
import type { ImageConfig, Index, Manifest } from "../oci/manifest.ts";
import { FAMILIES, type ImageFormat } from "../oci/media-type.ts";
import type { Platform } from "../oci/platform.ts";
import type { Store } from "../store/source.ts";
import type { ImageDefinition, InlineMode } from "./definition.ts";
import { buildLayer, type Layer } from "./layer.ts";

/** A binary and what it runs on. */
export interface PlatformBinary {
  readonly platform: Platform;
  readonly bytes: Uint8Array;
}

/** How an image is assembled. */
export interface AssembleOptions {
  /** Overrides the definition's version in annotations. */
  readonly version: string;
  /** Source revision, an annotation when given. */
  readonly revision?: string | undefined;
  readonly format: ImageFormat;
  readonly inline: InlineMode;
  /** Seconds since 1970; without it nothing has a date. */
  readonly sourceDateEpoch?: number | undefined;
}

/** The image of one platform, assembled. */
export interface AssembledImage {
  readonly platform: Platform;
  /** As the index lists it: with its platform, and with `data` when asked for. */
  readonly manifest: Descriptor;
  readonly config: Descriptor;
  readonly layer: Descriptor;
  /** Digest of the layer before compression. */
  readonly diffId: Digest;
}

/** All platforms under one index. */
export interface AssembledIndex {
  readonly index: Descriptor;
  readonly images: readonly AssembledImage[];
}

/**
 * Assembles images into a store, children before parents. The caller tags the index.
 *
 * @returns Descriptors of all that was pushed, in the order of `binaries`.
 */
export async function assembleIndex(
  store: Pick<Store, "push">,
  definition: ImageDefinition,
  binaries: readonly PlatformBinary[],
  options: AssembleOptions,
): Promise<AssembledIndex> {
  const images = await Promise.all(
    binaries.map((binary) => assembleImage(store, definition, binary, options)),
  );
  const family = FAMILIES[options.format];
  const index: Index = {
    schemaVersion: 2,
    mediaType: family.index,
    manifests: images.map((image) => image.manifest),
    ...annotationsOf(definition, options),
  };
  const bytes = encodeJson(index);
  const descriptor = describe(family.index, bytes);
  await store.push(descriptor, bytes);
  return { index: descriptor, images };
}

async function assembleImage(
  store: Pick<Store, "push">,
  definition: ImageDefinition,
  binary: PlatformBinary,
  options: AssembleOptions,
): Promise<AssembledImage> {
  const family = FAMILIES[options.format];
  const layer = await buildLayer(binary.bytes, {
    path: definition.entrypoint[0] ?? "",
    mtime: options.sourceDateEpoch ?? 0,
    mediaType: family.layer,
  });
  const configBytes = encodeJson(configOf(definition, binary.platform, layer, options));
  const config = describe(family.config, configBytes);
  const inBlobs = options.inline !== "none";
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: family.manifest,
    config: inBlobs ? embed(config, configBytes) : config,
    layers: [inBlobs ? embed(layer.descriptor, layer.bytes) : layer.descriptor],
    ...annotationsOf(definition, options),
  };
  const bytes = encodeJson(manifest);
  const { platform } = binary;
  const descriptor = describe(family.manifest, bytes, { platform });
  await Promise.all([store.push(config, configBytes), store.push(layer.descriptor, layer.bytes)]);
  await store.push(descriptor, bytes);
  return {
    platform,
    manifest: options.inline === "all" ? embed(descriptor, bytes) : descriptor,
    config,
    layer: layer.descriptor,
    diffId: layer.diffId,
  };
}

function configOf(
  definition: ImageDefinition,
  platform: Platform,
  layer: Layer,
  options: AssembleOptions,
): ImageConfig {
  const created = createdOf(options.sourceDateEpoch);
  return {
    ...(created === undefined ? {} : { created }),
    architecture: platform.architecture,
    ...(platform.variant === undefined ? {} : { variant: platform.variant }),
    os: platform.os,
    config: {
      User: definition.user,
      Entrypoint: definition.entrypoint,
      ...(Object.keys(definition.labels).length === 0 ? {} : { Labels: sorted(definition.labels) }),
    },
    rootfs: { type: "layers", diff_ids: [layer.diffId] },
  };
}

/** Docker's schema 2 knows no annotations. */
function annotationsOf(
  definition: ImageDefinition,
  options: AssembleOptions,
): { readonly annotations?: Annotations } {
  if (options.format === "docker") return {};
  const created = createdOf(options.sourceDateEpoch);
  const annotations = sorted({
    "org.opencontainers.image.title": definition.name,
    ...definition.annotations,
    "org.opencontainers.image.version": options.version,
    ...(options.revision === undefined
      ? {}
      : { "org.opencontainers.image.revision": options.revision }),
    ...(created === undefined ? {} : { "org.opencontainers.image.created": created }),
  });
  return { annotations };
}

function createdOf(epoch: number | undefined): string | undefined {
  return epoch === undefined
    ? undefined
    : new Date(epoch * 1000).toISOString().replace(/\.000Z$/, "Z");
}

function embed(descriptor: Descriptor, bytes: Uint8Array): Descriptor {
  return { ...descriptor, data: Buffer.from(bytes).toString("base64") };
}

/** By code point of the key, so that the order in which a YAML file was written does not reach a digest. */
function sorted(map: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
