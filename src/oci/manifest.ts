/**
 * Manifests, indexes and configs as types.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md
 * @module
 */
import type { Annotations, Descriptor } from "./descriptor.ts";
import type { Digest } from "./digest.ts";

/** One image for one platform: its config and its layers, bottom first. */
export interface Manifest {
  readonly schemaVersion: 2;
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Annotations;
}

/** Images for many platforms under one digest. Docker calls it a manifest list. */
export interface Index {
  readonly schemaVersion: 2;
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly manifests: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Annotations;
}

/** How the image is run and what its root file system is made of. */
export interface ImageConfig {
  /** RFC 3339; left out unless SOURCE_DATE_EPOCH is set. */
  readonly created?: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly os: string;
  readonly config: {
    readonly User?: string;
    readonly Entrypoint?: readonly string[];
    readonly Labels?: Readonly<Record<string, string>>;
  };
  readonly rootfs: { readonly type: "layers"; readonly diff_ids: readonly Digest[] };
}

/** Largest manifest or index that hiatus writes; it reads up to twice that. */
export const MANIFEST_LIMIT = 4 * 1024 * 1024;
