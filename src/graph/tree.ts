/**
 * An image as a tree for people to look at: index, manifests, configs, layers.
 *
 * @module
 */
import { parseImageConfig } from "../oci/config.ts";
import type { Annotations, Descriptor } from "../oci/descriptor.ts";
import { isIndex, parseDocument, READ_LIMIT } from "../oci/document.ts";
import type { ImageConfig } from "../oci/manifest.ts";
import { hasSuccessors, MediaType } from "../oci/media-type.ts";
import type { Source, StoreOptions } from "../store/source.ts";
import { readAll } from "../store/verify.ts";

/** One piece of content and what it names. */
export interface ContentTree {
  readonly descriptor: Descriptor;
  readonly role: "index" | "manifest" | "config" | "layer";
  /** Annotations inside of the document; those of the descriptor stand with it. */
  readonly annotations?: Annotations;
  /** What a config says. */
  readonly config?: ImageConfig;
  readonly children: readonly ContentTree[];
}

/** Indexes in indexes that are followed; deeper ones are an attack or a mistake. */
const DEPTH_LIMIT = 8;

/**
 * Reads everything below a descriptor but the layers, verified.
 *
 * @throws HiatusError `CONTENT` for wrong content, `NOT_FOUND` for absent content.
 */
export async function readTree(
  source: Source,
  root: Descriptor,
  options: StoreOptions = {},
): Promise<ContentTree> {
  return readNode(source, root, options, 0);
}

async function readNode(
  source: Source,
  descriptor: Descriptor,
  options: StoreOptions,
  depth: number,
): Promise<ContentTree> {
  if (depth > DEPTH_LIMIT || !hasSuccessors(descriptor.mediaType)) {
    return { descriptor, role: "layer", children: [] };
  }
  const bytes = await readAll(source, descriptor, { limit: READ_LIMIT, ...options });
  const document = parseDocument(bytes, descriptor.mediaType);
  const annotations =
    document.annotations === undefined ? {} : { annotations: document.annotations };
  if (isIndex(document)) {
    const children: ContentTree[] = [];
    for (const child of document.manifests) {
      children.push(await readNode(source, child, options, depth + 1));
    }
    return { descriptor, role: "index", ...annotations, children };
  }
  const layers = document.layers.map(
    (layer): ContentTree => ({ descriptor: layer, role: "layer", children: [] }),
  );
  const config = await readConfig(source, document.config, options);
  return { descriptor, role: "manifest", ...annotations, children: [config, ...layers] };
}

/** An artifact's config may be anything; only an image's is read. */
async function readConfig(
  source: Source,
  descriptor: Descriptor,
  options: StoreOptions,
): Promise<ContentTree> {
  const isImage =
    descriptor.mediaType === MediaType.ociConfig || descriptor.mediaType === MediaType.dockerConfig;
  if (!isImage) return { descriptor, role: "config", children: [] };
  const bytes = await readAll(source, descriptor, { limit: READ_LIMIT, ...options });
  return { descriptor, role: "config", config: parseImageConfig(bytes), children: [] };
}
