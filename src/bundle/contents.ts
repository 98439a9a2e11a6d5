/**
 * What goes into an archive: an image, what is attached to it, and the names by which every importer finds it.
 *
 * @module
 */
import { fetchAhead } from "../graph/ahead.ts";
import type { Attachment } from "../graph/attachments.ts";
import type { CopyEvent } from "../graph/copy.ts";
import { type CopyPlan, planCopy } from "../graph/plan.ts";
import type { Annotations, Descriptor } from "../oci/descriptor.ts";
import { parseDocument, READ_LIMIT } from "../oci/document.ts";
import type { ArchiveContent } from "../store/archive-writer.ts";
import { dockerManifest } from "../store/docker-manifest.ts";
import { layoutIndex, type NamedDescriptor } from "../store/layout-index.ts";
import type { Source, StoreOptions } from "../store/source.ts";
import { readAll } from "../store/verify.ts";
import { dateOf, listImages, type PlatformImage, repoTags } from "./images.ts";

/** An image that can be put into an archive. */
export interface ArchivedImage {
  /** Has all of it, the attachments as well. */
  readonly source: Pick<Source, "fetch">;
  readonly root: Descriptor;
  readonly attachments: readonly Attachment[];
}

/** What it is called, and what is told of it. */
export interface ContentsOptions extends StoreOptions {
  readonly tags: readonly string[];
  /** What containerd and Docker are to call it: `registry.k8s.io/pause`. Without it they get the tag only, or no name. */
  readonly repository?: string | undefined;
  /**
   * Should an image without a tag be called `repository@digest`? One with a tag must not be as well: a second entry is one too
   * many for `podman load` and `crane push`, and k3s wants every name to have a tag. Whoever loads it gives it that name.
   * @default false
   */
  readonly digestName?: boolean | undefined;
  /** Of `index.json` as a whole. @default none */
  readonly annotations?: Annotations | undefined;
  /** Contents that are left out. @default none */
  readonly omit?: ((descriptor: Descriptor) => boolean) | undefined;
  /** Most contents that are fetched at a time. @default 8 */
  readonly concurrency?: number | undefined;
  readonly onProgress?: ((event: CopyEvent) => void) | undefined;
}

/** What is to be written. */
export interface Contents {
  readonly content: ArchiveContent;
  readonly plan: CopyPlan;
  readonly images: readonly PlatformImage[];
  /** What the image says of itself: `3.10.2`. */
  readonly version: string | undefined;
}

/**
 * Finds out everything that an archive of an image holds. Blobs are read when the archive is written.
 *
 * @throws HiatusError what the source throws, `CONTENT`.
 */
export async function archiveContents(
  image: ArchivedImage,
  options: ContentsOptions,
): Promise<Contents> {
  const { signal, tags, repository, concurrency = 8, onProgress = () => undefined } = options;
  const { source, root, attachments } = image;
  const isKept = (descriptor: Descriptor) => !options.omit?.(descriptor);
  const roots = [root, ...attachments.map(({ descriptor }) => descriptor)];
  const plan = await planCopy(source, undefined, roots, { signal, concurrency });
  onProgress({ type: "plan", plan });
  const blobs = plan.blobs.filter(isKept);
  // An archive is written one by one.
  await fetchAhead(source, blobs, { concurrency, signal });
  const images = await listImages(source, root, { signal });
  const manifests = plan.levels.flat().map(({ descriptor }) => descriptor);
  let bytes = 0;
  const content: ArchiveContent = {
    index: layoutIndex(
      [
        ...namesOf(root, options),
        ...attachments.map(({ descriptor, tag }) => ({ descriptor, tag })),
      ],
      options.annotations,
    ),
    descriptors: [...manifests, ...blobs],
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
  };
  const document = await readAll(source, root, { limit: READ_LIMIT, signal });
  const stated = parseDocument(document, root.mediaType).annotations?.[VERSION];
  return { content, plan, images, version: stated };
}

/** The entries of the image itself: one for each tag; where there is none, one for its digest if that is wanted. */
function namesOf(
  root: Descriptor,
  { tags, repository, digestName }: ContentsOptions,
): readonly NamedDescriptor[] {
  const { data: _, annotations: __, ...descriptor } = root;
  if (tags.length > 0) {
    return tags.map((tag) => ({ descriptor, tag, annotations: nameOf(repository, tag) }));
  }
  if (!digestName || repository === undefined) return [{ descriptor }];
  return [{ descriptor, annotations: { [FULL_NAME]: `${repository}@${root.digest}` } }];
}

/** What containerd calls an image that it imports. */
export function nameOf(repository: string | undefined, tag: string): Annotations | undefined {
  return repository === undefined ? undefined : { [FULL_NAME]: `${repository}:${tag}` };
}

const VERSION = "org.opencontainers.image.version";
/** @see https://github.com/containerd/containerd/blob/v2.1.0/core/images/annotations.go */
const FULL_NAME = "io.containerd.image.name";
