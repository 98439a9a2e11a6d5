/**
 * The image that mirrors should have, as the lock says it: what it consists of is read from wherever it is whole.
 *
 * @module
 */
import type { Lock } from "../build/lock.ts";
import { HiatusError, isHiatusError } from "../errors.ts";
import { type Attachment, findAttachments } from "../graph/attachments.ts";
import { convertImage } from "../graph/convert.ts";
import { withDocuments } from "../graph/derive.ts";
import { inlineImage } from "../graph/inline.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { parseDigest } from "../oci/digest.ts";
import { FAMILIES } from "../oci/media-type.ts";
import { remember } from "../store/remember.ts";
import type { Source, StoreOptions } from "../store/source.ts";
import { anySource } from "./any-source.ts";
import type { OpenMirror } from "./mirror-stores.ts";
import type { ReleaseImage, ReleaseVariant } from "./model.ts";

/** Where the image may be read from, besides the mirrors. */
export interface LockedImageOptions extends StoreOptions {
  /** A layout or an archive that may have it; asked first. */
  readonly near?: Source | undefined;
}

/**
 * The image of a lock, in every form that the mirrors want, with whatever is attached to it anywhere.
 *
 * @throws HiatusError `NOT_FOUND` when nobody has it as a whole any more.
 */
export async function lockedImage(
  lock: Pick<Lock, "name" | "version" | "format" | "inline" | "index">,
  mirrors: readonly OpenMirror[],
  options: LockedImageOptions = {},
): Promise<ReleaseImage> {
  const { near, signal } = options;
  const root: Descriptor = {
    mediaType: FAMILIES[lock.format].index,
    digest: parseDigest(lock.index.digest),
    size: lock.index.size,
  };
  const sources = [...(near === undefined ? [] : [near]), ...mirrors.map(({ fresh }) => fresh)];
  const source = remember(anySource(sources) as Source);
  const variants = new Map<string, ReleaseVariant>();
  for (const { mirror } of mirrors) {
    const { format, inline } = mirror;
    const key = `${format} ${inline}`;
    if (variants.has(key)) continue;
    if (format === lock.format && inline === lock.inline) {
      const attachments = await attachedAnywhere(sources, mirrors, root, { signal });
      variants.set(key, { format, inline, root, attachments, source });
      continue;
    }
    try {
      const plain = await convertImage(source, root, format, { signal });
      const converted = withDocuments(source, plain.made);
      const inlined = await inlineImage(converted, plain.root, inline, { signal });
      const made = withDocuments(converted, inlined.made);
      variants.set(key, { format, inline, root: inlined.root, attachments: [], source: made });
    } catch (error) {
      throw isHiatusError(error, "NOT_FOUND", "NETWORK") ? nowhere(root, error) : error;
    }
  }
  return { name: lock.name, version: lock.version, variants: [...variants.values()] };
}

/** What is attached to the image at any of the places; a place that cannot tell is passed over. */
async function attachedAnywhere(
  sources: readonly Source[],
  mirrors: readonly OpenMirror[],
  root: Descriptor,
  options: StoreOptions,
): Promise<readonly Attachment[]> {
  if (mirrors.every(({ mirror }) => mirror.attachments === "none")) return [];
  const lists = await Promise.all(
    sources.map(async (source) => {
      try {
        return await findAttachments(source, root, { ...options, onUnlisted: () => undefined });
      } catch (error) {
        if (isHiatusError(error)) return [];
        throw error;
      }
    }),
  );
  const found = new Map<string, Attachment>();
  for (const attachment of lists.flat()) {
    found.set(`${attachment.descriptor.digest} ${attachment.tag ?? ""}`, attachment);
  }
  return [...found.values()];
}

function nowhere(root: Descriptor, cause: unknown): HiatusError {
  return new HiatusError("NOT_FOUND", `Nobody has ${root.digest} as a whole`, {
    cause,
    detail: { digest: root.digest },
    hint: "Build it (hiatus build --locked), or name a layout or an archive that has it: --from",
  });
}
