/**
 * Content that was read and verified, kept for the next who asks. Content never changes under its digest, so nothing
 * here goes stale; whether a repository has it is asked of the repository each time.
 *
 * @module
 */
import { type Descriptor, plainDescriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { parseDocument, READ_LIMIT } from "../oci/document.ts";
import { hasSuccessors } from "../oci/media-type.ts";
import type { Source } from "../store/source.ts";
import { readAll } from "../store/verify.ts";

/** Content by digest, read through. */
export interface Contents {
  /** Bytes of a blob, verified. At most {@link Contents.limit} bytes, or the store says that it is too large. */
  blob(source: Source, digest: Digest, size: number): Promise<Uint8Array>;
  /** Bytes of a manifest, verified, and checked to be what its media type says. */
  document(source: Source, descriptor: Descriptor): Promise<Uint8Array>;
  /** The descriptor of a manifest that was read before. */
  known(digest: Digest): Descriptor | undefined;
  /** Largest blob that is worth keeping. */
  readonly limit: number;
}

interface Kept {
  readonly bytes: Uint8Array;
  readonly descriptor: Descriptor | undefined;
}

const BLOB_LIMIT = 256 * 1024;

/**
 * Makes an empty one.
 *
 * @param most bytes that are kept altogether; what was asked for longest ago goes first.
 */
export function createContents(most: number): Contents {
  const kept = new Map<Digest, Kept>();
  let bytes = 0;

  const find = (digest: Digest): Kept | undefined => {
    const found = kept.get(digest);
    if (found !== undefined) {
      // A map remembers the order: the first is the one that was asked for longest ago.
      kept.delete(digest);
      kept.set(digest, found);
    }
    return found;
  };
  const keep = (digest: Digest, content: Kept): void => {
    bytes += content.bytes.byteLength - (kept.get(digest)?.bytes.byteLength ?? 0);
    kept.delete(digest);
    kept.set(digest, content);
    for (const [oldest, { bytes: old }] of kept) {
      if (bytes <= most) return;
      kept.delete(oldest);
      bytes -= old.byteLength;
    }
  };

  return {
    limit: BLOB_LIMIT,
    known(digest) {
      const descriptor = kept.get(digest)?.descriptor;
      // What is no manifest is what the index.json of its repository calls it, and may be called otherwise in another.
      return descriptor !== undefined && hasSuccessors(descriptor.mediaType)
        ? descriptor
        : undefined;
    },
    async blob(source, digest, size) {
      const found = find(digest);
      if (found?.bytes.byteLength === size) return found.bytes;
      const descriptor = { mediaType: "application/octet-stream", digest, size };
      const read = await readAll(source, descriptor, { limit: BLOB_LIMIT });
      keep(digest, { bytes: read, descriptor: undefined });
      return read;
    },
    async document(source, descriptor) {
      const found = find(descriptor.digest);
      if (found?.descriptor?.mediaType === descriptor.mediaType) return found.bytes;
      const plain = plainDescriptor(descriptor);
      const read = await readAll(source, plain, { limit: READ_LIMIT });
      // An index.json may call it what it is not; a client must not be told so (CVE-2021-41190).
      if (hasSuccessors(plain.mediaType)) parseDocument(read, plain.mediaType);
      keep(plain.digest, { bytes: read, descriptor: plain });
      return read;
    },
  };
}
