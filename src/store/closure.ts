/**
 * What it means for a store to hold a manifest: that it holds everything the manifest names. The
 * rules are the same in memory, in a layout and in an archive, and stand here once.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";
import { type Descriptor, plainDescriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { childrenOf, isIndex, parseDocument, READ_LIMIT } from "../oci/document.ts";
import type { Index, Manifest } from "../oci/manifest.ts";
import { hasSuccessors } from "../oci/media-type.ts";
import { contentNotFound, incomplete } from "./errors.ts";
import type { ReferrerOptions, StoreOptions } from "./source.ts";
import { verified, verifyBytes } from "./verify.ts";

/** Deepest nesting of indexes that is followed. */
export const DEPTH_LIMIT = 8;

/** The shelf that content is looked for on: what a store has at hand without waiting. */
export interface Shelf {
  /** Names the store in errors, for example `the layout "dist"`. */
  readonly name: string;
  /** The size of what is there by a digest; undefined when nothing is. */
  sizeOf(digest: Digest): number | undefined;
  /** The bytes of a manifest, not yet verified; undefined when they are not there. */
  read(descriptor: Descriptor): Uint8Array | undefined;
}

/**
 * Layers that may not be distributed, deprecated since version 1.1 of the specification and still in old images of Windows.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#non-distributable-layers
 */
const NONDISTRIBUTABLE =
  /^application\/vnd\.(?:oci\.image\.layer\.nondistributable\.v1\.tar(?:\+(?:gzip|zstd))?|docker\.image\.rootfs\.foreign\.diff\.tar\.gzip)$/;

/** What must be there for a document to be whole. Layers that may not be distributed lie elsewhere. */
export function neededBy(document: Manifest | Index): readonly Descriptor[] {
  return childrenOf(document).filter(({ mediaType }) => !NONDISTRIBUTABLE.test(mediaType));
}

/** Is content of this digest and this size on the shelf? */
export function holds(shelf: Shelf, descriptor: Descriptor): boolean {
  return shelf.sizeOf(descriptor.digest) === descriptor.size;
}

/**
 * A document on the shelf, verified and read.
 *
 * @throws HiatusError `NOT_FOUND`, or `CONTENT` when it is damaged or is not what its media type says.
 */
export function readDocument(shelf: Shelf, descriptor: Descriptor): Manifest | Index {
  const bytes = shelf.read(descriptor);
  if (bytes === undefined) throw contentNotFound(descriptor, shelf.name);
  verifyBytes(descriptor, bytes);
  return parseDocument(bytes, descriptor.mediaType);
}

/**
 * Is the content on the shelf, and for a manifest, all that it names as well? A manifest that is
 * damaged does not count as there, so that copying it again mends it.
 */
export function isWhole(shelf: Shelf, descriptor: Descriptor, depth = 0): boolean {
  if (!holds(shelf, descriptor)) return false;
  if (!hasSuccessors(descriptor.mediaType)) return true;
  if (depth === DEPTH_LIMIT) return false;
  let document: Manifest | Index;
  try {
    document = readDocument(shelf, descriptor);
  } catch (error) {
    if (error instanceof HiatusError) return false;
    throw error;
  }
  return neededBy(document).every((child) => isWhole(shelf, child, depth + 1));
}

/**
 * Checks a manifest that is about to be put on the shelf.
 *
 * @throws HiatusError `CONTENT` when it is not what its descriptor says, `INCOMPLETE` when something
 * that it names is not there. A `subject` may be missing: a signature may come before its image.
 */
export function admit(shelf: Shelf, descriptor: Descriptor, bytes: Uint8Array): Manifest | Index {
  verifyBytes(descriptor, bytes);
  const document = parseDocument(bytes, descriptor.mediaType);
  const missing = neededBy(document).filter((child) => !isWhole(shelf, child, 1));
  if (missing.length > 0) throw incomplete(descriptor, missing, shelf.name);
  return document;
}

/**
 * Content as one array, verified; a stream is read no further than its descriptor allows.
 *
 * @throws HiatusError `CONTENT`
 */
export async function collect(
  descriptor: Descriptor,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  options: StoreOptions,
): Promise<Uint8Array> {
  if (content instanceof Uint8Array) {
    verifyBytes(descriptor, content);
    return content;
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of verified(descriptor, content, options)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/**
 * Those of the candidates that refer to a subject, each once, described as the referrers API of a
 * registry describes them: with the artifact type (of the config, if the manifest has none) and the
 * annotations of the manifest.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers
 */
export function* referrersAmong(
  shelf: Shelf,
  candidates: Iterable<Descriptor>,
  subject: Descriptor,
  { artifactType, damaged }: ReferrerOptions,
): Generator<Descriptor> {
  const seen = new Set<string>();
  for (const candidate of candidates) {
    if (seen.has(candidate.digest) || !hasSuccessors(candidate.mediaType)) continue;
    seen.add(candidate.digest);
    if (candidate.size > READ_LIMIT || !holds(shelf, candidate)) continue;
    const referrer = referrerOf(shelf, candidate, damaged);
    if (referrer?.subject !== subject.digest) continue;
    if (artifactType !== undefined && artifactType !== referrer.descriptor.artifactType) continue;
    yield referrer.descriptor;
  }
}

/** What a manifest refers to, and how it is described then. */
interface Referrer {
  readonly subject: Digest;
  readonly descriptor: Descriptor;
}

/**
 * What was read of manifests, by shelf: a manifest never changes under its digest, and a registry is asked for the
 * referrers of one image after another among hundreds of others.
 */
const REFERRERS = new WeakMap<Shelf, Map<string, Referrer | undefined>>();

function referrerOf(
  shelf: Shelf,
  candidate: Descriptor,
  damaged: ReferrerOptions["damaged"],
): Referrer | undefined {
  const { mediaType, digest, size } = candidate;
  const known = REFERRERS.get(shelf) ?? new Map<string, Referrer | undefined>();
  REFERRERS.set(shelf, known);
  const key = `${digest} ${size} ${mediaType}`;
  if (known.has(key)) return known.get(key);
  let document: Manifest | Index;
  try {
    document = readDocument(shelf, candidate);
  } catch (error) {
    // Not noted: it may be mended later.
    if (error instanceof HiatusError && damaged === "leave out") return undefined;
    throw error;
  }
  const type = document.artifactType ?? (isIndex(document) ? undefined : document.config.mediaType);
  const referrer = document.subject && {
    subject: document.subject.digest,
    descriptor: {
      ...plainDescriptor(candidate),
      ...(type === undefined ? {} : { artifactType: type }),
      ...(document.annotations === undefined ? {} : { annotations: document.annotations }),
    },
  };
  known.set(key, referrer);
  return referrer;
}
