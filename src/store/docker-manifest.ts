/**
 * The `manifest.json` by which `docker load` and `podman load` find images in an archive.
 *
 * @see https://github.com/moby/docker-image-spec/blob/v1.3.1/v1.2.md#combined-image-json--filesystem-changeset-format
 * @module
 */
import type { Descriptor } from "../oci/descriptor.ts";
import { algorithmOf, type Digest, hexOf } from "../oci/digest.ts";
import { encodeJson } from "../oci/json.ts";

/** An image of one platform, as Docker is told about it. */
export interface DockerImage {
  readonly config: Descriptor;
  /** Bottom first. */
  readonly layers: readonly Descriptor[];
  /** Full names such as `registry.k8s.io/pause:3.10`. An image without any loads untagged. */
  readonly repoTags?: readonly string[];
}

/**
 * The bytes of `manifest.json`: one entry per image, in the order given. Docker loads all of them;
 * where two claim the same tag, the last one keeps it, so give a tag to one platform only.
 */
export function dockerManifest(images: Iterable<DockerImage>): Uint8Array {
  const entries = Array.from(images, ({ config, layers, repoTags = [] }) => ({
    Config: blobPath(config.digest),
    // What `docker save` writes for an image without a tag.
    RepoTags: repoTags.length === 0 ? null : repoTags,
    Layers: layers.map((layer) => blobPath(layer.digest)),
  }));
  return encodeJson(entries);
}

/** Where content lies in a layout and in an archive: `blobs/sha256/…`. */
export function blobPath(digest: Digest): string {
  return `blobs/${algorithmOf(digest)}/${hexOf(digest)}`;
}
