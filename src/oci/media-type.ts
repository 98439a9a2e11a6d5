/**
 * Media types route content; they never identify it.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/media-types.md
 * @see https://distribution.github.io/distribution/spec/manifest-v2-2/
 * @module
 */

/** The media types that hiatus reads or writes. */
export const MediaType = {
  ociIndex: "application/vnd.oci.image.index.v1+json",
  ociManifest: "application/vnd.oci.image.manifest.v1+json",
  ociConfig: "application/vnd.oci.image.config.v1+json",
  ociLayerGzip: "application/vnd.oci.image.layer.v1.tar+gzip",
  ociEmpty: "application/vnd.oci.empty.v1+json",
  dockerIndex: "application/vnd.docker.distribution.manifest.list.v2+json",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  dockerConfig: "application/vnd.docker.container.image.v1+json",
  dockerLayerGzip: "application/vnd.docker.image.rootfs.diff.tar.gzip",
} as const;

/** The four roles that an image is made of, in one family of media types. */
export interface MediaTypeFamily {
  readonly index: string;
  readonly manifest: string;
  readonly config: string;
  readonly layer: string;
}

/** How an image is written: by the OCI specification, or as Docker's schema 2 for old registries. */
export type ImageFormat = "oci" | "docker";

/** The media types of each format. */
export const FAMILIES: Readonly<Record<ImageFormat, MediaTypeFamily>> = {
  oci: {
    index: MediaType.ociIndex,
    manifest: MediaType.ociManifest,
    config: MediaType.ociConfig,
    layer: MediaType.ociLayerGzip,
  },
  docker: {
    index: MediaType.dockerIndex,
    manifest: MediaType.dockerManifest,
    config: MediaType.dockerConfig,
    layer: MediaType.dockerLayerGzip,
  },
};

/** Is it an index (OCI) or a manifest list (Docker)? */
export function isIndexType(mediaType: string): boolean {
  return mediaType === MediaType.ociIndex || mediaType === MediaType.dockerIndex;
}

/** Is it a manifest of one image, in either family? */
export function isManifestType(mediaType: string): boolean {
  return mediaType === MediaType.ociManifest || mediaType === MediaType.dockerManifest;
}

/** Is it a document that names other content: an index or a manifest? */
export function hasSuccessors(mediaType: string): boolean {
  return isIndexType(mediaType) || isManifestType(mediaType);
}
