/** Repositories in memory for the tests of the page: a usual one, an empty one, and one that means harm. */
import { type Annotations, type Descriptor, describe } from "../../src/oci/descriptor.ts";
import { digestOf } from "../../src/oci/digest.ts";
import { encodeJson } from "../../src/oci/json.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import { parsePlatform } from "../../src/oci/platform.ts";
import type { PageRepositories } from "../../src/serve/page/page.ts";
import { createMemory, type Memory } from "../../src/store/memory.ts";
import type { Source } from "../../src/store/source.ts";

/** Repositories from a table of them. */
export function repositoriesOf(table: Readonly<Record<string, Source>>): PageRepositories {
  return {
    async *names() {
      yield* Object.keys(table).sort();
    },
    open: async (name) => (Object.hasOwn(table, name) ? table[name] : undefined),
  };
}

/** The platforms that the sample is built for. */
export const PLATFORMS = [
  ...["linux/amd64", "linux/386", "linux/arm64/v8", "linux/arm/v5", "linux/arm/v6", "linux/arm/v7"],
  ...["linux/ppc64le", "linux/s390x", "linux/riscv64", "linux/loong64", "linux/mips64le"],
];

/** Puts JSON into a store and says what describes it. */
export async function put(
  store: Memory,
  mediaType: string,
  value: unknown,
  extra: Parameters<typeof describe>[2] = {},
): Promise<Descriptor> {
  const bytes = encodeJson(value);
  const descriptor = describe(mediaType, bytes, extra);
  await store.push(descriptor, bytes);
  return descriptor;
}

/** An image of one layer. */
export async function putImage(
  store: Memory,
  platform: string,
  version: string,
  more: {
    readonly labels?: Annotations;
    readonly annotations?: Annotations;
    readonly user?: string;
  } = {},
): Promise<Descriptor> {
  const parsed = parsePlatform(platform);
  const layer = new TextEncoder().encode(`${platform} ${version} `.repeat(20));
  const layerDescriptor = describe(MediaType.ociLayerGzip, layer);
  await store.push(layerDescriptor, layer);
  const config = await put(store, MediaType.ociConfig, {
    created: "2025-11-22T05:00:00Z",
    ...parsed,
    config: {
      User: more.user ?? "65535:65535",
      Entrypoint: ["/pause"],
      ...(more.labels === undefined ? {} : { Labels: more.labels }),
    },
    rootfs: { type: "layers", diff_ids: [digestOf(layer)] },
  });
  const manifest = {
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config,
    layers: [layerDescriptor],
    annotations: more.annotations ?? { "org.opencontainers.image.version": version },
  };
  return put(store, MediaType.ociManifest, manifest, { platform: parsed });
}

/** An index of manifests. */
export function putIndex(
  store: Memory,
  manifests: readonly Descriptor[],
  annotations: Annotations = {},
): Promise<Descriptor> {
  return put(store, MediaType.ociIndex, {
    schemaVersion: 2,
    mediaType: MediaType.ociIndex,
    manifests,
    annotations,
  });
}

/** A document about a subject. */
export async function putReferrer(
  store: Memory,
  subject: Descriptor,
  artifactType: string,
): Promise<Descriptor> {
  const config = await put(store, MediaType.ociEmpty, {});
  const { mediaType, digest, size } = subject;
  return put(store, MediaType.ociManifest, {
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    artifactType,
    config,
    layers: [config],
    subject: { mediaType, digest, size },
    annotations: { "org.opencontainers.image.created": "2025-11-22T05:00:00Z" },
  });
}

/** The usual: an image for many platforms under two tags, an older one, one platform alone, and a signature. */
export async function pauseRepository(): Promise<Memory> {
  const store = createMemory();
  for (const [version, tags] of [
    ["3.9", ["3.9"]],
    ["3.10.2", ["3.10", "3.10.2"]],
  ] as const) {
    const images: Descriptor[] = [];
    for (const platform of PLATFORMS) images.push(await putImage(store, platform, version));
    const index = await putIndex(store, images, {
      "org.opencontainers.image.title": "pause",
      "org.opencontainers.image.version": version,
      "org.opencontainers.image.source": "https://github.com/kubernetes/kubernetes",
    });
    for (const tag of tags) await store.tag(index, tag);
    if (version === "3.10.2") {
      await putReferrer(store, index, "application/vnd.dev.sigstore.bundle.v0.3+json");
      const sbom = await putReferrer(store, index, "application/vnd.cyclonedx+json");
      await store.tag(sbom, `sha256-${index.digest.slice(7)}`);
    }
  }
  const single = await putImage(store, "linux/amd64", "edge", {
    labels: { "org.opencontainers.image.licenses": "Apache-2.0" },
  });
  await store.tag(single, "edge-amd64");
  return store;
}

/** The usual registry. */
export async function sampleRepositories(): Promise<PageRepositories> {
  return repositoriesOf({
    pause: await pauseRepository(),
    "team/tools/empty": createMemory(),
    "team/tools/a-rather-long-name-of-a-repository.with_parts": await pauseRepository(),
  });
}
