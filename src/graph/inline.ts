/**
 * An image whose descriptors carry their content in `data`, so that it is pulled with fewer requests, or one whose
 * descriptors carry none. Configs and layers are the same bytes in both.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#embedded-content
 * @module
 */
import { HiatusError } from "../errors.ts";
import { type Descriptor, describe } from "../oci/descriptor.ts";
import { isIndex, parseDocument, READ_LIMIT } from "../oci/document.ts";
import { encodeJson, parseJson } from "../oci/json.ts";
import { MANIFEST_LIMIT } from "../oci/manifest.ts";
import { hasSuccessors } from "../oci/media-type.ts";
import { DEPTH_LIMIT } from "../store/closure.ts";
import type { Source, StoreOptions } from "../store/source.ts";
import { fetchContent, readAll } from "../store/verify.ts";
import { attestedBy, type DerivedImage, type MadeDocument } from "./derive.ts";

/** Which descriptors carry content: none, those of configs and layers, or those of manifests in the index as well. */
export type Inlining = "none" | "blobs" | "all";

/** Content beyond this is not carried in a descriptor: manifests would become too large for registries. Bytes. */
const INLINE_LIMIT = 256 * 1024;

/**
 * Writes indexes and manifests anew with embedded content, or without. The result is what `hiatus build --inline` makes.
 * Attestations are about digests that change, and are dropped.
 *
 * @throws HiatusError `CONTENT` when a config or layer is too large to be carried.
 */
export async function inlineImage(
  source: Pick<Source, "fetch">,
  root: Descriptor,
  inlining: Inlining,
  options: StoreOptions = {},
): Promise<DerivedImage> {
  const made: MadeDocument[] = [];
  const dropped: Descriptor[] = [];

  const rewrite = async (
    descriptor: Descriptor,
    depth: number,
  ): Promise<{ readonly descriptor: Descriptor; readonly bytes: Uint8Array }> => {
    if (depth > DEPTH_LIMIT || !hasSuccessors(descriptor.mediaType)) throw tooLarge(descriptor);
    const bytes = await readAll(source, descriptor, { limit: READ_LIMIT, ...options });
    const document = parseDocument(bytes, descriptor.mediaType);
    // Fields that are not known here stay where they are.
    const fields = parseJson(bytes, descriptor.digest) as Readonly<Record<string, unknown>>;
    const after: Record<string, unknown> = { ...fields };
    if (isIndex(document)) {
      const images = document.manifests.filter((entry) => attestedBy(entry) === undefined);
      dropped.push(...document.manifests.filter((entry) => attestedBy(entry) !== undefined));
      after.manifests = await Promise.all(
        images.map(async (child) => {
          const { descriptor: next, bytes: inner } = await rewrite(child, depth + 1);
          return withData(next, inlining === "all" ? inner : undefined);
        }),
      );
    } else {
      const embed = async (blob: Descriptor): Promise<Descriptor> =>
        withData(blob, inlining === "none" ? undefined : await contentOf(source, blob, options));
      after.config = await embed(document.config);
      after.layers = await Promise.all(document.layers.map(embed));
    }
    const written = encodeJson(after);
    if (written.byteLength > MANIFEST_LIMIT) throw tooLarge(descriptor);
    if (Buffer.compare(written, bytes) === 0) return { descriptor, bytes };
    const { annotations, platform } = descriptor;
    const next = describe(descriptor.mediaType, written, {
      ...(annotations === undefined ? {} : { annotations }),
      ...(platform === undefined ? {} : { platform }),
    });
    made.push({ descriptor: next, bytes: written });
    return { descriptor: next, bytes: written };
  };
  const { descriptor } = await rewrite(root, 1);
  return made.length === 0 ? { root, made, dropped: [] } : { root: descriptor, made, dropped };
}

/** The descriptor with this content in `data`, which stands last. */
function withData(descriptor: Descriptor, bytes: Uint8Array | undefined): Descriptor {
  const { data: _, ...rest } = descriptor;
  if (bytes === undefined) return rest;
  return { ...rest, data: Buffer.from(bytes).toString("base64") };
}

async function contentOf(
  source: Pick<Source, "fetch">,
  blob: Descriptor,
  options: StoreOptions,
): Promise<Uint8Array> {
  if (blob.size > INLINE_LIMIT) throw tooLarge(blob);
  const chunks: Uint8Array[] = [];
  for await (const chunk of fetchContent(source, blob, options)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function tooLarge({ digest, size }: Descriptor): HiatusError {
  return new HiatusError("CONTENT", `${digest} cannot be carried in a descriptor`, {
    detail: { digest, size, limit: INLINE_LIMIT },
    hint: "Only small images can be inlined; release this one with inline: none",
  });
}
