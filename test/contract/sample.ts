/** A small multi-platform image, and a signature that refers to it, to fill stores with. */
import { type Descriptor, describe } from "../../src/oci/descriptor.ts";
import { encodeJson } from "../../src/oci/json.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import type { Platform } from "../../src/oci/platform.ts";
import type { Store } from "../../src/store/source.ts";

/** Content and what describes it. */
export interface Piece {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** Pieces in an order in which a store takes them. */
export interface Sample {
  readonly blobs: readonly Piece[];
  readonly manifests: readonly Piece[];
  readonly index: Piece;
  readonly signature: Piece;
  readonly signatureBlobs: readonly Piece[];
  /** All but the signature. */
  readonly all: readonly Piece[];
}

/** Describes some bytes. */
export function piece(
  mediaType: string,
  bytes: Uint8Array,
  extra: Parameters<typeof describe>[2] = {},
): Piece {
  return { descriptor: describe(mediaType, bytes, extra), bytes };
}

/** Describes some JSON. */
export function jsonPiece(
  mediaType: string,
  value: unknown,
  extra: Parameters<typeof describe>[2] = {},
): Piece {
  return piece(mediaType, encodeJson(value), extra);
}

/** Text as a blob. */
export function blob(text: string): Piece {
  return piece(MediaType.ociLayerGzip, new TextEncoder().encode(text));
}

/** A manifest of one layer for a platform. */
export function image(
  platform: Platform,
  text = "layer",
): { readonly blobs: readonly Piece[]; readonly manifest: Piece } {
  const layer = blob(`${text} for ${platform.architecture}`);
  const config = jsonPiece(MediaType.ociConfig, {
    ...platform,
    config: { User: "65535:65535", Entrypoint: ["/pause"] },
    rootfs: { type: "layers", diff_ids: [layer.descriptor.digest] },
  });
  const manifest = jsonPiece(
    MediaType.ociManifest,
    {
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      config: config.descriptor,
      layers: [layer.descriptor],
    },
    { platform },
  );
  return { blobs: [config, layer], manifest };
}

/** An index of manifests. */
export function indexOf(...manifests: readonly Piece[]): Piece {
  return jsonPiece(MediaType.ociIndex, {
    schemaVersion: 2,
    mediaType: MediaType.ociIndex,
    manifests: manifests.map(({ descriptor }) => descriptor),
  });
}

/** An artifact that refers to a subject, with what it needs. */
export function referrer(
  subject: Piece,
  text: string,
  artifactType = "application/vnd.example.signature",
): { readonly blobs: readonly Piece[]; readonly manifest: Piece } {
  const config = piece(MediaType.ociEmpty, new TextEncoder().encode("{}"));
  const layer = blob(text);
  const { mediaType, digest, size } = subject.descriptor;
  const manifest = jsonPiece(MediaType.ociManifest, {
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    artifactType,
    config: config.descriptor,
    layers: [layer.descriptor],
    subject: { mediaType, digest, size },
    annotations: { "org.example.text": text },
  });
  return { blobs: [config, layer], manifest };
}

/** The sample: two platforms, an index, a signature. `text` tells samples apart. */
export function sample(text = "layer"): Sample {
  const images = [
    image({ architecture: "amd64", os: "linux" }, text),
    image({ architecture: "arm", os: "linux", variant: "v7" }, text),
  ];
  const blobs = images.flatMap((one) => one.blobs);
  const manifests = images.map((one) => one.manifest);
  const index = indexOf(...manifests);
  const signature = referrer(index, "signed");
  return {
    blobs,
    manifests,
    index,
    signature: signature.manifest,
    signatureBlobs: signature.blobs,
    all: [...blobs, ...manifests, index],
  };
}

/** Pushes pieces one after another. */
export async function pushAll(store: Store, pieces: readonly Piece[]): Promise<void> {
  for (const { descriptor, bytes } of pieces) await store.push(descriptor, bytes);
}
