/**
 * Descriptors point at content by digest, size and media type.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md
 * @module
 */
import { type Digest, digestOf } from "./digest.ts";
import type { Platform } from "./platform.ts";

/** Free text about content, by reverse-domain keys. */
export type Annotations = Readonly<Record<string, string>>;

/** A pointer to content. Fields stand in the order in which they are serialised. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Annotations;
  readonly platform?: Platform;
  /** The content itself in base64 ("Embedded Content"). Verified like any other read. */
  readonly data?: string;
}

/** The descriptor of some bytes, with whatever else is to be said about them. */
export function describe(
  mediaType: string,
  bytes: Uint8Array,
  extra: Pick<Descriptor, "artifactType" | "annotations" | "platform" | "data"> = {},
): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.byteLength, ...extra };
}

/** Only what identifies content: media type, digest and size. */
export function plainDescriptor(descriptor: Descriptor): Descriptor {
  const { mediaType, digest, size } = descriptor;
  return { mediaType, digest, size };
}
