/**
 * What is to be sent: an image as it is, or one that is made of it, and what was attached to it.
 *
 * @module
 */
import type { HiatusError } from "../errors.ts";
import { type Attachment, findAttachments } from "../graph/attachments.ts";
import { type DerivedImage, withDocuments } from "../graph/derive.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import type { ImageFormat } from "../oci/media-type.ts";
import type { Platform } from "../oci/platform.ts";
import { remember, withFetch } from "../store/remember.ts";
import type { Source, StoreOptions } from "../store/source.ts";

/** An image that can be sent to any number of stores. */
export interface PreparedImage {
  /** Has all of it. What is small is read once. */
  readonly source: Pick<Source, "fetch">;
  readonly root: Descriptor;
  readonly attachments: readonly Attachment[];
  /** Why the digest is not the one that was named, in the order in which it came about. */
  readonly changes: readonly ImageChange[];
}

/** New bytes, and so a new digest, which no signature of the old one covers. */
export interface ImageChange {
  readonly reason: "platforms" | "format";
  readonly before: Digest;
  readonly after: Digest;
  /** Attestations that were left out because they are about other digests. */
  readonly dropped: number;
}

/** What to send. */
export interface PrepareOptions extends StoreOptions {
  /** @default all */
  readonly platforms?: readonly Platform[] | undefined;
  /** @default as it is */
  readonly format?: ImageFormat | undefined;
  /** Signatures, SBOMs and whatever else refers to it. @default true */
  readonly attachments?: boolean | undefined;
  /** Told when the source does not list its tags, so that cosign's signatures could not be looked for. */
  readonly onUnlisted?: ((error: HiatusError) => void) | undefined;
}

/**
 * Prepares an image.
 *
 * @throws HiatusError what `selectPlatforms`, `convertImage` and `findAttachments` throw, and what the source does.
 */
export async function prepareImage(
  from: Source,
  named: Descriptor,
  options: PrepareOptions = {},
): Promise<PreparedImage> {
  const { platforms, format, attachments = true, onUnlisted, signal } = options;
  const changes: ImageChange[] = [];
  let source = remember(from);
  let root = named;
  const take = (derived: DerivedImage, reason: ImageChange["reason"]): void => {
    // The manifest of one platform is another root, and no new bytes.
    if (derived.made.length > 0) {
      const dropped = derived.dropped.length;
      changes.push({ reason, before: root.digest, after: derived.root.digest, dropped });
    }
    source = withDocuments(source, derived.made);
    root = derived.root;
  };
  if (platforms !== undefined) {
    const { selectPlatforms } = await import("../graph/select.ts");
    take(await selectPlatforms(source, root, platforms, { signal }), "platforms");
  }
  if (format !== undefined) {
    const { convertImage } = await import("../graph/convert.ts");
    take(await convertImage(source, root, format, { signal }), "format");
  }
  const readable = withFetch(from, source);
  const found = attachments ? await findAttachments(readable, root, { signal, onUnlisted }) : [];
  return { source, root, attachments: found, changes };
}
