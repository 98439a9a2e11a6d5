/** Documents to be changed in one way or another. */
import { digestOf } from "../../src/oci/digest.ts";
import { MediaType } from "../../src/oci/media-type.ts";

/** A descriptor as JSON. */
export const descriptor = (mediaType: string, text = "content"): Record<string, unknown> => ({
  mediaType,
  digest: digestOf(new TextEncoder().encode(text)),
  size: text.length,
});

/** A manifest as JSON. */
export const manifest = (): Record<string, unknown> => ({
  schemaVersion: 2,
  mediaType: MediaType.ociManifest,
  config: descriptor(MediaType.ociConfig, "config"),
  layers: [descriptor(MediaType.ociLayerGzip, "layer")],
});

/** An index as JSON. */
export const index = (): Record<string, unknown> => ({
  schemaVersion: 2,
  mediaType: MediaType.ociIndex,
  manifests: [
    {
      ...descriptor(MediaType.ociManifest, "one"),
      platform: { architecture: "arm", os: "linux", variant: "v7" },
    },
    descriptor(MediaType.ociManifest, "two"),
  ],
});

/** JSON as bytes. */
export const bytesOf = (value: unknown): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(value));
