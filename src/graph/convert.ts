/**
 * An image in the other family of media types, for registries that take only one of them. Configs and layers are the
 * same bytes in both.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/media-types.md#compatibility-matrix
 * @module
 */
import { HiatusError } from "../errors.ts";
import { type Descriptor, describe } from "../oci/descriptor.ts";
import { isIndex, parseDocument, READ_LIMIT } from "../oci/document.ts";
import { encodeJson } from "../oci/json.ts";
import type { Index, Manifest } from "../oci/manifest.ts";
import { FAMILIES, hasSuccessors, type ImageFormat, MediaType } from "../oci/media-type.ts";
import { DEPTH_LIMIT } from "../store/closure.ts";
import type { Source, StoreOptions } from "../store/source.ts";
import { readAll } from "../store/verify.ts";
import { attestedBy, type DerivedImage, type MadeDocument } from "./derive.ts";

/** Layers that both families know, OCI's name and Docker's. */
const LAYERS: readonly (readonly [oci: string, docker: string])[] = [
  [MediaType.ociLayerGzip, MediaType.dockerLayerGzip],
  ["application/vnd.oci.image.layer.v1.tar", "application/vnd.docker.image.rootfs.diff.tar"],
];

/**
 * Writes indexes and manifests anew in a format. What is in it already stays as it is. Docker's schema 2 has no
 * annotations and no embedded content, so those are left out on the way there: the result is what
 * `hiatus build --format docker` makes. Attestations are about digests that change, and are dropped.
 *
 * @throws HiatusError `CONTENT` when something in the image has no counterpart.
 */
export async function convertImage(
  source: Pick<Source, "fetch">,
  root: Descriptor,
  format: ImageFormat,
  options: StoreOptions = {},
): Promise<DerivedImage> {
  const family = FAMILIES[format];
  const made: MadeDocument[] = [];
  const dropped: Descriptor[] = [];

  const keep = (before: Descriptor, mediaType: string, document: Index | Manifest): Descriptor => {
    const bytes = encodeJson(document);
    const descriptor = describe(mediaType, bytes, extrasOf(before, format));
    made.push({ descriptor, bytes });
    return descriptor;
  };
  const convert = async (descriptor: Descriptor, depth: number): Promise<Descriptor> => {
    if (depth > DEPTH_LIMIT || !hasSuccessors(descriptor.mediaType))
      throw noCounterpart(descriptor, format);
    if (descriptor.mediaType === family.manifest) return descriptor;
    const bytes = await readAll(source, descriptor, { limit: READ_LIMIT, ...options });
    const document = parseDocument(bytes, descriptor.mediaType);
    if (document.subject !== undefined || document.artifactType !== undefined) {
      throw noCounterpart(descriptor, format);
    }
    const { annotations } = document;
    const notes = format === "docker" || annotations === undefined ? {} : { annotations };
    if (!isIndex(document)) {
      const config = retyped(document.config, family.config, format, configTypes);
      const layers = document.layers.map((layer) =>
        retyped(layer, layerType(layer.mediaType, format), format),
      );
      const { manifest: mediaType } = family;
      return keep(descriptor, mediaType, { schemaVersion: 2, mediaType, config, layers, ...notes });
    }
    const { index: mediaType } = family;
    const images = document.manifests.filter((entry) => attestedBy(entry) === undefined);
    const manifests = await Promise.all(images.map(async (child) => convert(child, depth + 1)));
    if (
      mediaType === descriptor.mediaType &&
      manifests.every((child, at) => child === images[at])
    ) {
      return descriptor;
    }
    dropped.push(...document.manifests.filter((entry) => !images.includes(entry)));
    return keep(descriptor, mediaType, { schemaVersion: 2, mediaType, manifests, ...notes });
  };
  return { root: await convert(root, 1), made, dropped };
}

const configTypes: readonly string[] = [MediaType.ociConfig, MediaType.dockerConfig];

function retyped(
  descriptor: Descriptor,
  mediaType: string | undefined,
  format: ImageFormat,
  takes?: readonly string[],
): Descriptor {
  const { digest, size } = descriptor;
  if (mediaType === undefined || (takes && !takes.includes(descriptor.mediaType))) {
    throw noCounterpart(descriptor, format);
  }
  return { mediaType, digest, size, ...extrasOf(descriptor, format) };
}

function layerType(mediaType: string, format: ImageFormat): string | undefined {
  const pair = LAYERS.find((types) => types.includes(mediaType));
  return pair?.[format === "oci" ? 0 : 1];
}

/** What is said about content besides what it is. Embedded content goes: it is the content of another digest now. */
function extrasOf({ annotations, platform }: Descriptor, format: ImageFormat) {
  return {
    ...(annotations === undefined || format === "docker" ? {} : { annotations }),
    ...(platform === undefined ? {} : { platform }),
  };
}

function noCounterpart({ digest, mediaType }: Descriptor, format: ImageFormat): HiatusError {
  const name = format === "oci" ? "OCI's format" : "Docker's format";
  return new HiatusError("CONTENT", `${digest} has no counterpart in ${name}: "${mediaType}"`, {
    detail: { digest, mediaType, format },
    hint: "Leave out --format, or name an image that consists of configs and plain or gzipped layers",
  });
}
