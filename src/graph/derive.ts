/**
 * Images made of images: some platforms only, other media types. What is made are documents; config and layer bytes are
 * those of the source, and the same wish gives the same bytes everywhere.
 *
 * @module
 */
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import type { Source } from "../store/source.ts";

/** A document that no source holds yet. */
export interface MadeDocument {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** An image, and the documents that were made for it: none when it is the source's own, byte by byte. */
export interface DerivedImage {
  readonly root: Descriptor;
  readonly made: readonly MadeDocument[];
  /** What the source's image lists and this one cannot: attestations of images that changed. */
  readonly dropped: readonly Descriptor[];
}

/** The annotation by which BuildKit's attestations name what they are about. */
const ATTESTED = "vnd.docker.reference.digest";

/** The digest that an entry of an index attests to; undefined when it is no attestation. */
export function attestedBy({ annotations, platform }: Descriptor): string | undefined {
  return platform?.os === "unknown" ? (annotations?.[ATTESTED] ?? "") : undefined;
}

/** A source that has the made documents as well. */
export function withDocuments(
  source: Pick<Source, "fetch">,
  made: readonly MadeDocument[],
): Pick<Source, "fetch"> {
  if (made.length === 0) return source;
  const bytesOf = new Map<Digest, Uint8Array>(
    made.map(({ descriptor, bytes }) => [descriptor.digest, bytes]),
  );
  return {
    async *fetch(descriptor, options) {
      const bytes = bytesOf.get(descriptor.digest);
      if (bytes === undefined) yield* source.fetch(descriptor, options);
      else yield bytes;
    },
  };
}
