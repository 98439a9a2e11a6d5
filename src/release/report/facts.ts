/**
 * What a report tells of an image: the platforms in its index, and what is attached.
 *
 * @module
 */
import { readSuccessors } from "../../graph/successors.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { isIndex } from "../../oci/document.ts";
import { isIndexType, MediaType } from "../../oci/media-type.ts";
import { formatPlatform } from "../../oci/platform.ts";
import type { StoreOptions } from "../../store/source.ts";
import type { ReleaseVariant } from "../model.ts";
import type { ReportVariant } from "./model.ts";

/**
 * Reads the children of a variant's index, and their manifests to count what a node downloads.
 *
 * @throws HiatusError `NOT_FOUND` or `CONTENT` when the source does not have the image whole.
 */
export async function variantFacts(
  variant: ReleaseVariant,
  options: StoreOptions = {},
): Promise<ReportVariant> {
  const { format, inline, root, attachments, source } = variant;
  const children = await childrenOf(variant, options);
  const platforms: ReportVariant["platforms"][number][] = [];
  for (const child of children) {
    const read = await readSuccessors(source, child, options);
    const parts = new Map((read?.successors ?? []).map((one) => [one.digest, one.size]));
    platforms.push({
      platform: child.platform === undefined ? "any platform" : formatPlatform(child.platform),
      manifest: contentOf(child),
      download: [...parts.values()].reduce((sum, size) => sum + size, child.size),
    });
  }
  return {
    format,
    inline,
    index: contentOf(root),
    platforms,
    attachments: await Promise.all(
      attachments.map(async ({ descriptor, subject, tag }) => ({
        ...contentOf(descriptor),
        artifactType: await artifactTypeOf(source, descriptor, options),
        subject: subject.digest,
        tag: tag ?? null,
      })),
    ),
  };
}

/** What is known of a variant when nobody can read it. */
export function bareFacts({ format, inline, root }: ReleaseVariant): ReportVariant {
  return { format, inline, index: contentOf(root), platforms: [], attachments: [] };
}

/** What kind of thing an attachment is: cosign's signatures by tag are images whose layer tells it. */
async function artifactTypeOf(
  source: ReleaseVariant["source"],
  descriptor: Descriptor,
  options: StoreOptions,
): Promise<string | null> {
  const read = await readSuccessors(source, descriptor, options);
  if (read === undefined) return null;
  const { document } = read;
  if (document.artifactType !== undefined) return document.artifactType;
  if (isIndex(document)) return null;
  const { config, layers } = document;
  const isImage = config.mediaType === MediaType.ociConfig;
  return isImage ? (layers[0]?.mediaType ?? null) : config.mediaType;
}

/** The manifests of the index that run; the root itself where it is no index. */
async function childrenOf(
  { root, source }: ReleaseVariant,
  options: StoreOptions,
): Promise<readonly Descriptor[]> {
  const read = await readSuccessors(source, root, options);
  if (read === undefined || !isIndex(read.document)) return [root];
  // BuildKit hides attestations behind `unknown/unknown`.
  return read.document.manifests.filter(
    ({ mediaType, platform }) => platform?.os !== "unknown" && !isIndexType(mediaType),
  );
}

function contentOf({ mediaType, digest, size }: Descriptor): ReportVariant["index"] {
  return { mediaType, digest, size };
}
