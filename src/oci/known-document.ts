/**
 * Documents that were read already. One image goes to many registries, and each of its manifests is looked at for each of them.
 *
 * @module
 */
import type { Descriptor } from "./descriptor.ts";
import { parseDocument } from "./document.ts";
import type { Index, Manifest } from "./manifest.ts";

/** Most documents that are kept, and the largest of them in bytes. */
const MOST = 500;
const LARGEST = 64 * 1024;

const known = new Map<string, Manifest | Index>();

/**
 * As `parseDocument`, but each content is read once. Only for bytes that were verified against the descriptor, because its digest is what
 * the document is known by.
 *
 * @throws HiatusError `CONTENT`
 */
export function knownDocument(
  { digest, mediaType }: Pick<Descriptor, "digest" | "mediaType">,
  bytes: Uint8Array,
): Manifest | Index {
  const key = `${digest} ${mediaType}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const document = parseDocument(bytes, mediaType);
  if (bytes.byteLength > LARGEST) return document;
  const [oldest] = known.keys();
  if (known.size >= MOST && oldest !== undefined) known.delete(oldest);
  known.set(key, document);
  return document;
}
