/**
 * An image into one archive: for the same image under the same name, the bytes that `hiatus build` writes.
 *
 * @module
 */
import { fetchAhead } from "../graph/ahead.ts";
import { planCopy } from "../graph/plan.ts";
import { parseImageConfig } from "../oci/config.ts";
import type { Annotations, Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { isIndex, parseDocument, READ_LIMIT } from "../oci/document.ts";
import type { ImageConfig, Manifest } from "../oci/manifest.ts";
import { isIndexType, MediaType } from "../oci/media-type.ts";
import { formatPlatform, type Platform, platformSlug } from "../oci/platform.ts";
import { writeArchive } from "../store/archive-writer.ts";
import { dockerManifest } from "../store/docker-manifest.ts";
import { layoutIndex } from "../store/layout-index.ts";
import type { Source, StoreOptions } from "../store/source.ts";
import { readAll } from "../store/verify.ts";
import type { PreparedImage } from "./prepare.ts";
import type { SendEvent } from "./send.ts";

/** How an archive is written. */
export interface ArchiveOptions extends StoreOptions {
  readonly tags: readonly string[];
  /** What containerd and Docker are to call it: `registry.k8s.io/pause`. Without it they get the tag only, or no name. */
  readonly repository?: string | undefined;
  /** Most contents that are fetched at a time. */
  readonly concurrency?: number | undefined;
  readonly onProgress?: ((event: SendEvent) => void) | undefined;
}

/** An archive that was written. */
export interface WrittenArchive {
  readonly digest: Digest;
  readonly size: number;
  readonly blobs: number;
  readonly manifests: number;
}

/**
 * Writes an image and its attachments into an archive, aside and then renamed, every byte verified.
 *
 * @throws HiatusError what the source throws, `IO`, `CONTENT`. What was there before is then untouched.
 */
export async function archiveImage(
  file: string,
  image: PreparedImage,
  options: ArchiveOptions,
): Promise<WrittenArchive> {
  const { signal, tags, repository, concurrency = 8, onProgress = () => undefined } = options;
  const { source, root, attachments } = image;
  const roots = [root, ...attachments.map(({ descriptor }) => descriptor)];
  const plan = await planCopy(source, undefined, roots, { signal, concurrency });
  onProgress({ type: "plan", plan });
  // An archive is written one by one.
  await fetchAhead(source, plan.blobs, { concurrency, signal });

  const images = await listImages(source, root, { signal });
  const manifests = plan.levels.flat().map(({ descriptor }) => descriptor);
  const { data: _, annotations: __, ...bare } = root;
  const named = tags.map((tag) => ({
    descriptor: bare,
    tag,
    annotations: nameOf(repository, tag),
  }));
  let bytes = 0;
  const written = await writeArchive(
    file,
    {
      index: layoutIndex([
        ...(named.length === 0 ? [{ descriptor: bare }] : named),
        ...attachments.map(({ descriptor, tag }) => ({ descriptor, tag })),
      ]),
      descriptors: [...manifests, ...plan.blobs],
      source: {
        async *fetch(descriptor, how) {
          yield* source.fetch(descriptor, how);
          bytes += descriptor.size;
          onProgress({ type: "copied", descriptor, bytes });
        },
      },
      dockerManifest: dockerManifest(
        images.map(({ manifest: { config, layers }, platform }) => ({
          config,
          layers,
          repoTags: repoTags(repository, tags, platform, images.length === 1),
        })),
      ),
      mtime: dateOf(images.map(({ config }) => config)),
    },
    { signal },
  );
  return { ...written, blobs: plan.total.blobs, manifests: plan.total.manifests };
}

/** What containerd calls an image that it imports. */
export function nameOf(repository: string | undefined, tag: string): Annotations | undefined {
  return repository === undefined
    ? undefined
    : { "io.containerd.image.name": `${repository}:${tag}` };
}

/** An image of one platform, as `docker load` is told about it. */
interface PlatformImage {
  readonly manifest: Manifest;
  readonly config: ImageConfig;
  readonly platform: Platform;
}

/** The images of an index in its order, or the only one. Docker does not know what else there may be. */
async function listImages(
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
  return [{ manifest: document, config, platform: descriptor.platform ?? own }];
}

const MANIFESTS: readonly string[] = [MediaType.ociManifest, MediaType.dockerManifest];
const CONFIGS: readonly string[] = [MediaType.ociConfig, MediaType.dockerConfig];

/** Every image gets a tag of its own, and the plain tag belongs to linux/amd64. See docs/decisions/0004-archive.md. */
function repoTags(
  repository: string | undefined,
  tags: readonly string[],
  platform: Platform,
  single: boolean,
): readonly string[] {
  if (repository === undefined) return [];
  const plain = single || formatPlatform(platform) === "linux/amd64";
  return tags
    .flatMap((tag) => [
      ...(plain ? [tag] : []),
      ...(single ? [] : [`${tag}-${platformSlug(platform)}`]),
    ])
    .map((tag) => `${repository}:${tag}`);
}

/** The one date of all images, in seconds; none when they have none or several, as tar has room for no other. */
function dateOf(configs: readonly ImageConfig[]): number {
  const dates = new Set(configs.map(({ created }) => Date.parse(created ?? "") / 1000));
  const [date = 0] = dates;
  return dates.size === 1 && Number.isInteger(date) && date >= 0 && date < 2 ** 31 ? date : 0;
}
