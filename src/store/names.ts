/**
 * What a tag or a digest means in a layout or an archive: first what `index.json` says, then, for a
 * digest, what the content itself says, because blobs have no media type on disk.
 *
 * @module
 */
import type { Descriptor } from "../oci/descriptor.ts";
import { isDigest } from "../oci/digest.ts";
import { READ_LIMIT, sniffMediaType } from "../oci/document.ts";
import type { Shelf } from "./closure.ts";
import { referenceNotFound } from "./errors.ts";
import { findName, type LayoutIndex } from "./layout-index.ts";
import { verifyBytes } from "./verify.ts";

/**
 * The descriptor that a tag or a digest names.
 *
 * @throws HiatusError `NOT_FOUND` when nothing has that name, or when the digest is that of a blob;
 * `CONTENT` when a tag means two contents, or when a manifest that no entry lists is damaged.
 */
export function resolveName(shelf: Shelf, index: LayoutIndex, reference: string): Descriptor {
  const found = isDigest(reference)
    ? index.entries.find((entry) => entry.descriptor.digest === reference)?.descriptor
    : findName(index, reference);
  const named = found ?? recognise(shelf, reference);
  if (named === undefined) throw referenceNotFound(reference, shelf.name);
  return named;
}

/** The descriptor of a manifest that no entry lists, from its bytes. */
function recognise(shelf: Shelf, digest: string): Descriptor | undefined {
  if (!isDigest(digest)) return undefined;
  const size = shelf.sizeOf(digest);
  if (size === undefined || size > READ_LIMIT) return undefined;
  const descriptor = { mediaType: "", digest, size };
  const bytes = shelf.read(descriptor);
  const mediaType = bytes && sniffMediaType(bytes);
  if (bytes === undefined || mediaType === undefined) return undefined;
  verifyBytes(descriptor, bytes);
  return { ...descriptor, mediaType };
}
