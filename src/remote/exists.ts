/**
 * Whether content is there, as a whole, and what this process remembers of it.
 *
 * @module
 */
import type { Descriptor } from "../oci/descriptor.ts";
import { parseDocument } from "../oci/document.ts";
import { hasSuccessors } from "../oci/media-type.ts";
import { DEPTH_LIMIT, neededBy } from "../store/closure.ts";
import type { StoreOptions } from "../store/source.ts";
import { hasBlob } from "./blobs.ts";
import { fetchManifest, hasManifest } from "./manifests.ts";
import type { Remote } from "./remote.ts";

/**
 * Is content there? For a manifest one question does, because registries take no manifest before its parts: so they have
 * them, unless something was deleted through here or turned out to be missing. Then the parts are asked for as well.
 *
 * @throws HiatusError `AUTH`, `REGISTRY` or `NETWORK` when that cannot be found out.
 */
export async function isThere(
  remote: Remote,
  descriptor: Descriptor,
  options: StoreOptions,
  depth = 0,
): Promise<boolean> {
  options.signal?.throwIfAborted();
  const { notes } = remote;
  if (notes.doubted.has(descriptor.digest)) return false;
  if (!hasSuccessors(descriptor.mediaType)) {
    const there = await hasBlob(remote, descriptor, options);
    (there ? notes.present : notes.absent).add(descriptor.digest);
    (there ? notes.absent : notes.present).delete(descriptor.digest);
    return there;
  }
  if (!(await hasManifest(remote, descriptor, options))) return false;
  if (!notes.deleted && notes.doubted.size === 0) return true;
  if (depth === DEPTH_LIMIT) return false;
  const bytes = await documentOf(remote, descriptor, options);
  for (const child of neededBy(parseDocument(bytes, descriptor.mediaType))) {
    if (!(await isThere(remote, child, options, depth + 1))) return false;
  }
  return true;
}

/** The bytes of a manifest, from memory where they went through here before. */
export async function documentOf(
  remote: Remote,
  descriptor: Descriptor,
  options: StoreOptions,
): Promise<Uint8Array> {
  const kept = remote.notes.kept(descriptor);
  if (kept?.mediaType === descriptor.mediaType) return kept.bytes;
  return fetchManifest(remote, descriptor, options);
}
