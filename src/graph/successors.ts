/**
 * What follows from a document: the arrows of the graph that copies walk.
 *
 * @module
 */
import type { Descriptor } from "../oci/descriptor.ts";
import { knownDocument } from "../oci/known-document.ts";
import type { Index, Manifest } from "../oci/manifest.ts";
import { hasSuccessors } from "../oci/media-type.ts";
import { neededBy } from "../store/closure.ts";
import type { Source, StoreOptions } from "../store/source.ts";
import { readAll } from "../store/verify.ts";

/**
 * The successors of a document: its subject, then config and layers or manifests, in their order. A
 * subject is a successor, as in oras-go (`content.Successors`), so that a copied signature brings
 * along what it signs; it is not a child, so a store takes the signature without it. Layers that may not be distributed are none:
 * they lie elsewhere, and are never fetched from where their `urls` lead (CVE-2020-15157).
 */
export function successorsOf(document: Manifest | Index): readonly Descriptor[] {
  const children = neededBy(document);
  return document.subject === undefined ? children : [document.subject, ...children];
}

/** A manifest or index that was read: its bytes, which travel, and what follows from it. */
export interface ReadDocument {
  readonly bytes: Uint8Array;
  readonly document: Manifest | Index;
  readonly successors: readonly Descriptor[];
}

/**
 * Reads a manifest or index from a source, verified. Undefined for blobs, which have no successors
 * and are not read.
 *
 * @throws HiatusError `NOT_FOUND` or `CONTENT`
 */
export async function readSuccessors(
  source: Pick<Source, "fetch">,
  descriptor: Descriptor,
  options: StoreOptions = {},
): Promise<ReadDocument | undefined> {
  if (!hasSuccessors(descriptor.mediaType)) return undefined;
  const bytes = await readAll(source, descriptor, options);
  const document = knownDocument(descriptor, bytes);
  return { bytes, document, successors: successorsOf(document) };
}
