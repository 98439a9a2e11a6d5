/**
 * What a person wants to know of an image at a glance: what kind it is, what it runs on, how much it weighs.
 *
 * @module
 */
import type { Descriptor } from "../../oci/descriptor.ts";
import { isIndex } from "../../oci/document.ts";
import type { Index, Manifest } from "../../oci/manifest.ts";
import { MediaType } from "../../oci/media-type.ts";
import { formatPlatform, type Platform } from "../../oci/platform.ts";
import type { Read, Reader } from "./reader.ts";

/** The facts of what a tag or a digest names. */
export interface Facts {
  readonly descriptor: Descriptor;
  readonly document: Read<Manifest | Index>;
  /** What it runs on, in its own order. An artifact that does not run has none. */
  readonly platforms: readonly string[];
  /** Bytes that one platform downloads, the least and the most; undefined where nothing could be counted. */
  readonly weight: { readonly least: number; readonly most: number } | undefined;
}

/** Reads the facts. */
export async function readFacts(reader: Reader, descriptor: Descriptor): Promise<Facts> {
  const document = await reader.document(descriptor);
  if (!document.ok) return { descriptor, document, platforms: [], weight: undefined };
  if (!isIndex(document.value)) {
    const weight = imageWeight(descriptor, document.value);
    const platform = await readPlatform(reader, descriptor, document.value);
    return {
      descriptor,
      document,
      platforms: platform === undefined ? [] : [platform],
      weight: { least: weight, most: weight },
    };
  }
  const images = document.value.manifests.filter(runs);
  const weights: number[] = [];
  for (const image of images) {
    const weight = await readWeight(reader, image);
    if (weight !== undefined) weights.push(weight);
  }
  return {
    descriptor,
    document,
    platforms: images.map((image) => platformText(image.platform)),
    weight:
      weights.length === 0
        ? undefined
        : { least: Math.min(...weights), most: Math.max(...weights) },
  };
}

/** What a platform downloads; undefined when its manifest cannot be read, or is an index once more. */
export async function readWeight(
  reader: Reader,
  descriptor: Descriptor,
): Promise<number | undefined> {
  const document = await reader.document(descriptor);
  if (!document.ok || isIndex(document.value)) return undefined;
  return imageWeight(descriptor, document.value);
}

/** Bytes of a manifest with its config and its layers, each once. */
export function imageWeight(descriptor: Descriptor, manifest: Manifest): number {
  const parts = new Map([descriptor, manifest.config, ...manifest.layers].map(sizeByDigest));
  return [...parts.values()].reduce((sum, size) => sum + size, 0);
}

/** Does the child of an index run? BuildKit hides attestations behind `unknown/unknown`. */
export function runs({ platform }: Descriptor): boolean {
  return platform?.os !== "unknown";
}

/** `linux/arm/v7`, with the version of the operating system where it counts. */
export function platformText(platform: Platform | undefined): string {
  if (platform === undefined) return "any platform";
  const version = platform["os.version"];
  return version === undefined
    ? formatPlatform(platform)
    : `${formatPlatform(platform)} ${version}`;
}

/** Is it the config of an image that runs, and so worth reading as one? */
export function isImageConfig({ mediaType }: Descriptor): boolean {
  return mediaType === MediaType.ociConfig || mediaType === MediaType.dockerConfig;
}

async function readPlatform(
  reader: Reader,
  { platform }: Descriptor,
  { config }: Manifest,
): Promise<string | undefined> {
  if (platform !== undefined) return platformText(platform);
  if (!isImageConfig(config)) return undefined;
  const read = await reader.config(config);
  return read.ok ? formatPlatform(read.value) : undefined;
}

function sizeByDigest({ digest, size }: Descriptor): readonly [string, number] {
  return [digest, size];
}
