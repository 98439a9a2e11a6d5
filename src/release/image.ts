/**
 * The image of a release, in every form that a mirror wants.
 *
 * @module
 */
import type { InlineMode } from "../build/definition.ts";
import { findAttachments } from "../graph/attachments.ts";
import { convertImage } from "../graph/convert.ts";
import { withDocuments } from "../graph/derive.ts";
import { inlineImage } from "../graph/inline.ts";
import { successorsOf } from "../graph/successors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { isIndex, parseDocument, READ_LIMIT } from "../oci/document.ts";
import { FAMILIES, type ImageFormat } from "../oci/media-type.ts";
import { remember, withFetch } from "../store/remember.ts";
import type { Source, StoreOptions } from "../store/source.ts";
import { readAll } from "../store/verify.ts";
import type { Mirror, ReleaseImage, ReleaseVariant } from "./model.ts";

/** An image to be released, as it is. */
export interface ImageToRelease {
  readonly name: string;
  readonly version: string;
  readonly source: Source;
  readonly root: Descriptor;
}

/**
 * Prepares an image for mirrors: as it is, and where a mirror wants another format or other inlining, made of it. The same
 * wish gives the same bytes, which are those of `hiatus build` with that format and inlining.
 *
 * @throws HiatusError `CONTENT` when it cannot be had in a form that a mirror wants; what the source throws.
 */
export async function imageFor(
  image: ImageToRelease,
  mirrors: readonly Pick<Mirror, "format" | "inline">[],
  options: StoreOptions = {},
): Promise<ReleaseImage> {
  const source = remember(image.source);
  const readable = withFetch(image.source, source);
  const own = await formOf(source, image.root, options);
  const variants = new Map<string, Promise<ReleaseVariant>>();
  const variantOf = async (format: ImageFormat, inline: InlineMode): Promise<ReleaseVariant> => {
    if (format === own.format && inline === own.inline) {
      const attachments = await findAttachments(readable, image.root, options);
      return { format, inline, root: image.root, attachments, source };
    }
    // Docker's schema 2 has no annotations and no embedded content: the inlining comes last.
    const plain = await convertImage(source, image.root, format, options);
    const converted = withDocuments(source, plain.made);
    const inlined = await inlineImage(converted, plain.root, inline, options);
    const made = withDocuments(converted, inlined.made);
    // Nothing is attached to digests that are made here.
    return { format, inline, root: inlined.root, attachments: [], source: made };
  };
  for (const { format, inline } of mirrors) {
    const key = `${format} ${inline}`;
    if (!variants.has(key)) variants.set(key, variantOf(format, inline));
  }
  const { name, version } = image;
  return { name, version, variants: await Promise.all(variants.values()) };
}

/** In which format an image is, and where its descriptors carry content: who is to get it as it is wants it so. */
export async function formOf(
  source: Pick<Source, "fetch">,
  root: Descriptor,
  options: StoreOptions,
): Promise<{ readonly format: ImageFormat; readonly inline: InlineMode }> {
  const read = async (descriptor: Descriptor) =>
    parseDocument(
      await readAll(source, descriptor, { limit: READ_LIMIT, ...options }),
      descriptor.mediaType,
    );
  const { docker } = FAMILIES;
  const format = [docker.index, docker.manifest].includes(root.mediaType) ? "docker" : "oci";
  const document = await read(root);
  const carries = (list: readonly Descriptor[]) => list.some(({ data }) => data !== undefined);
  if (isIndex(document) && carries(document.manifests)) return { format, inline: "all" };
  const [first] = isIndex(document) ? document.manifests : [root];
  const inner = first === undefined ? [] : successorsOf(await read(first));
  return { format, inline: carries(inner) ? "blobs" : "none" };
}
