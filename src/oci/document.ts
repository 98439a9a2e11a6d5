/**
 * Reading manifests and indexes that others wrote. Bytes travel unchanged; what is read here only
 * tells where to go next, so fields that hiatus does not know are left out of the result.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md
 * @module
 */
import type { Annotations, Descriptor } from "./descriptor.ts";
import {
  asFields,
  type Fields,
  malformed,
  optionalString,
  optionalStringMap,
  requiredList,
} from "./fields.ts";
import { parseJson } from "./json.ts";
import { type Index, MANIFEST_LIMIT, type Manifest } from "./manifest.ts";
import { isIndexType, isManifestType, MediaType } from "./media-type.ts";
import { parseDescriptor } from "./parse-descriptor.ts";

export { parseDescriptor } from "./parse-descriptor.ts";

/** Most bytes of a manifest or index that are read: twice what is written, for what others wrote. */
export const READ_LIMIT = 2 * MANIFEST_LIMIT;

/** Most descriptors that one document may name. */
export const DESCRIPTOR_LIMIT = 1000;

/** Fields that decide what a document is, `fsLayers` being that of Docker's schema 1. */
const DOCUMENT_FIELDS = [
  "schemaVersion",
  "mediaType",
  "artifactType",
  "config",
  "layers",
  "manifests",
  "subject",
  "annotations",
  "fsLayers",
];

/**
 * Reads a manifest.
 *
 * @param mediaType what it was asked for as. A document that says otherwise is refused; one that
 * says nothing, which OCI allows, is taken when its shape fits, because `manifests` beside `config`
 * or `layers` is refused and so no shape fits two types (CVE-2021-41190).
 * @throws HiatusError `CONTENT`
 */
export function parseManifest(bytes: Uint8Array, mediaType: string): Manifest {
  const where = `the manifest of type "${mediaType}"`;
  if (!isManifestType(mediaType)) throw malformed(where, "that is not the type of a manifest");
  const fields = readDocument(bytes, mediaType, where, ["manifests", "fsLayers"]);
  const config = parseDescriptor(fields.config, `config of ${where}`);
  const layers = requiredList(fields, "layers", where, DESCRIPTOR_LIMIT - 2).map((layer, i) =>
    parseDescriptor(layer, `layers[${i}] of ${where}`),
  );
  return { schemaVersion: 2, mediaType, config, layers, ...extras(fields, where) };
}

/**
 * Reads an index or a Docker manifest list.
 *
 * @param mediaType what it was asked for as, see {@link parseManifest}.
 * @throws HiatusError `CONTENT`
 */
export function parseIndex(bytes: Uint8Array, mediaType: string): Index {
  const where = `the index of type "${mediaType}"`;
  if (!isIndexType(mediaType)) throw malformed(where, "that is not the type of an index");
  const fields = readDocument(bytes, mediaType, where, ["config", "layers", "fsLayers"]);
  const manifests = requiredList(fields, "manifests", where, DESCRIPTOR_LIMIT - 1).map((child, i) =>
    parseDescriptor(child, `manifests[${i}] of ${where}`),
  );
  return { schemaVersion: 2, mediaType, manifests, ...extras(fields, where) };
}

/**
 * Reads a document of either kind, by its media type.
 *
 * @throws HiatusError `CONTENT`
 */
export function parseDocument(bytes: Uint8Array, mediaType: string): Manifest | Index {
  return isIndexType(mediaType) ? parseIndex(bytes, mediaType) : parseManifest(bytes, mediaType);
}

/** Is the document an index? */
export function isIndex(document: Manifest | Index): document is Index {
  return "manifests" in document;
}

/** What must be there for a document to be whole: config and layers, or manifests, in their order. */
export function childrenOf(document: Manifest | Index): readonly Descriptor[] {
  return isIndex(document) ? document.manifests : [document.config, ...document.layers];
}

/**
 * The media type of a document of which only the bytes are known: the one it states, or for an OCI
 * document that states none, the one of its shape. Undefined when it is no manifest and no index.
 */
export function sniffMediaType(bytes: Uint8Array): string | undefined {
  // Nearly everything else that stores hold is compressed; it fails here at once.
  const first = String.fromCharCode(bytes[0] ?? 0);
  if (bytes.byteLength > READ_LIMIT || !"{ \t\r\n".includes(first)) return undefined;
  for (const type of [
    MediaType.ociManifest,
    MediaType.ociIndex,
    MediaType.dockerManifest,
    MediaType.dockerIndex,
  ]) {
    try {
      parseDocument(bytes, type);
      return type;
    } catch {
      // Not that type; the next one may fit.
    }
  }
  return undefined;
}

/** What both kinds have in common, checked. */
function readDocument(
  bytes: Uint8Array,
  mediaType: string,
  where: string,
  foreign: readonly string[],
): Fields {
  if (bytes.byteLength > READ_LIMIT) throw malformed(where, `it has more than ${READ_LIMIT} bytes`);
  const fields = asFields(parseJson(bytes, where), where, DOCUMENT_FIELDS);
  if (fields.schemaVersion !== 2) throw malformed(where, `"schemaVersion" is not 2`);
  const stated = optionalString(fields, "mediaType", where);
  const mustState = mediaType === MediaType.dockerManifest || mediaType === MediaType.dockerIndex;
  if (stated === undefined ? mustState : stated !== mediaType) {
    throw malformed(where, `its "mediaType" says ${JSON.stringify(stated?.slice(0, 160))}`);
  }
  for (const name of foreign) {
    if (name in fields) throw malformed(where, `"${name}" has no place in it`);
  }
  return fields;
}

function extras(
  fields: Fields,
  where: string,
): { artifactType?: string; subject?: Descriptor; annotations?: Annotations } {
  const artifactType = optionalString(fields, "artifactType", where);
  const annotations = optionalStringMap(fields, "annotations", where);
  const subject = fields.subject;
  return {
    ...(artifactType === undefined ? {} : { artifactType }),
    // Go writes an absent subject as null when the writer forgot omitempty.
    ...(subject === undefined || subject === null
      ? {}
      : { subject: parseDescriptor(subject, `subject of ${where}`) }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}
