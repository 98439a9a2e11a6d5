/**
 * The images of an index one by one, as `docker load` is told about them: it knows no indexes.
 *
 * @module
 */
import { parseImageConfig } from "../oci/config.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { isIndex, parseDocument, READ_LIMIT } from "../oci/document.ts";
import type { ImageConfig, Manifest } from "../oci/manifest.ts";
import { isIndexType, MediaType } from "../oci/media-type.ts";
import { formatPlatform, type Platform, platformSlug } from "../oci/platform.ts";
import type { Source, StoreOptions } from "../store/source.ts";
import { readAll } from "../store/verify.ts";

/** An image of one platform, as `docker load` is told about it. */
export interface PlatformImage {
  readonly descriptor: Descriptor;
  readonly manifest: Manifest;
  readonly config: ImageConfig;
  readonly platform: Platform;
}

/** The images of an index in its order, or the only one. Docker does not know what else there may be. */
export async function listImages(
  source: Pick<Source, "fetch">,
  descriptor: Descriptor,
  options: StoreOptions,
  depth = 0,
): Promise<readonly PlatformImage[]> {
  const bytes = await readAll(source, descriptor, { limit: READ_LIMIT, ...options });
  const document = parseDocument(bytes, descriptor.mediaType);
  if (isIndex(document)) {
    const images: PlatformImage[] = [];
    for (const child of document.manifests) {
      const isImage = child.platform?.os !== "unknown" && depth < 8;
      const isKnown = isIndexType(child.mediaType) || MANIFESTS.includes(child.mediaType);
      if (isImage && isKnown) images.push(...(await listImages(source, child, options, depth + 1)));
    }
    return images;
  }
  if (!CONFIGS.includes(document.config.mediaType)) return [];
  const limit = { limit: READ_LIMIT, ...options };
  const config = parseImageConfig(await readAll(source, document.config, limit));
  const { os, architecture, variant } = config;
  const own = { os, architecture, ...(variant === undefined ? {} : { variant }) };
  return [{ descriptor, manifest: document, config, platform: descriptor.platform ?? own }];
}

const MANIFESTS: readonly string[] = [MediaType.ociManifest, MediaType.dockerManifest];
const CONFIGS: readonly string[] = [MediaType.ociConfig, MediaType.dockerConfig];

/**
 * Every image gets a tag of its own, made of the first one, and the plain tags belong to linux/amd64. See
 * docs/decisions/0004-archive.md.
 */
export function repoTags(
  repository: string | undefined,
  tags: readonly string[],
  platform: Platform,
  single: boolean,
): readonly string[] {
  if (repository === undefined) return [];
  const plain = single || formatPlatform(platform) === "linux/amd64";
  const own = single ? [] : tags.slice(0, 1).map((tag) => `${tag}-${platformSlug(platform)}`);
  return [...(plain ? tags : []), ...own].map((tag) => `${repository}:${tag}`);
}

/** The one date of all images, in seconds; none when they have none or several, as tar has room for no other. */
export function dateOf(configs: readonly ImageConfig[]): number {
  const dates = new Set(configs.map(({ created }) => Date.parse(created ?? "") / 1000));
  const [date = 0] = dates;
  return dates.size === 1 && Number.isInteger(date) && date >= 0 && date < 2 ** 31 ? date : 0;
}
