/**
 * The `index.json` of an image layout: what the layout names. Pure functions over its content;
 * entries and fields that others wrote are kept as they are.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md#indexjson-file
 * @module
 */
import { HiatusError } from "../errors.ts";
import type { Annotations, Descriptor } from "../oci/descriptor.ts";
import { parseDescriptor, READ_LIMIT } from "../oci/document.ts";
import { asFields, type Fields, malformed, optionalString } from "../oci/fields.ts";
import { encodeJson, parseJson } from "../oci/json.ts";
import { MediaType } from "../oci/media-type.ts";
import { isTag } from "../oci/tag.ts";

/** The annotation that makes an entry a tag. */
export const REF_NAME = "org.opencontainers.image.ref.name";

/** One entry: what it points at, the name it goes by, and the JSON it came from. */
export interface LayoutEntry {
  readonly descriptor: Descriptor;
  readonly name: string | undefined;
  readonly json: unknown;
}

/** The file, read. `rest` holds every field but the entries. */
export interface LayoutIndex {
  readonly rest: Fields;
  readonly entries: readonly LayoutEntry[];
}

/** What a layout is to name. */
export interface NamedDescriptor {
  readonly descriptor: Descriptor;
  /** Becomes the annotation `org.opencontainers.image.ref.name`. */
  readonly tag?: string | undefined;
  /** Further annotations of the entry, for example `io.containerd.image.name`. */
  readonly annotations?: Annotations | undefined;
}

/** The `index.json` of a layout that names nothing. */
export const EMPTY_INDEX: LayoutIndex = {
  rest: { schemaVersion: 2, mediaType: MediaType.ociIndex },
  entries: [],
};

/**
 * The bytes of an `index.json` with these entries: the same that a layout tagged in this order has.
 *
 * @param annotations of the file as a whole, sorted by whoever gives them.
 */
export function layoutIndex(
  named: Iterable<NamedDescriptor>,
  annotations?: Annotations | undefined,
): Uint8Array {
  let index: LayoutIndex = {
    ...EMPTY_INDEX,
    rest: { ...EMPTY_INDEX.rest, ...(annotations && { annotations }) },
  };
  for (const one of named) index = withEntry(index, one);
  return encodeLayoutIndex(index);
}

/** Serialises the file. Same fields and entries in the same order, same bytes. */
export function encodeLayoutIndex(index: LayoutIndex): Uint8Array {
  return encodeJson({ ...index.rest, manifests: index.entries.map((entry) => entry.json) });
}

/**
 * Reads the file.
 *
 * @throws HiatusError `CONTENT` when it is not an index.
 */
export function parseLayoutIndex(bytes: Uint8Array, where = '"index.json"'): LayoutIndex {
  if (bytes.byteLength > READ_LIMIT) throw malformed(where, `it has more than ${READ_LIMIT} bytes`);
  const { manifests, ...rest } = asFields(parseJson(bytes, where), where, [
    "schemaVersion",
    "mediaType",
    "manifests",
  ]);
  if (rest.schemaVersion !== 2) throw malformed(where, `"schemaVersion" is not 2`);
  const mediaType = optionalString(rest, "mediaType", where);
  if (mediaType !== undefined && mediaType !== MediaType.ociIndex) {
    throw malformed(where, `its "mediaType" is not ${MediaType.ociIndex}`);
  }
  if ("config" in rest || "layers" in rest) throw malformed(where, "it is an index and a manifest");
  if (!Array.isArray(manifests)) throw malformed(where, `"manifests" is not a list`);
  return {
    rest,
    entries: manifests.map((json, i) => readEntry(json, `manifests[${i}] of ${where}`)),
  };
}

function readEntry(json: unknown, where: string): LayoutEntry {
  const descriptor = parseDescriptor(json, where);
  return { descriptor, name: descriptor.annotations?.[REF_NAME], json };
}

/**
 * Adds an entry. A tag replaces the entry that had it, in its place; without a tag and annotations,
 * nothing changes when the content is listed already.
 */
export function withEntry(index: LayoutIndex, named: NamedDescriptor): LayoutIndex {
  const { descriptor, tag, annotations } = named;
  const same = (entry: LayoutEntry) => entry.descriptor.digest === descriptor.digest;
  const isNamed = tag !== undefined || annotations !== undefined;
  if (!isNamed && index.entries.some(same)) return index;
  const added = entryOf(named);
  const entries = index.entries.filter((entry) => !(entry.name === undefined && same(entry)));
  const at = tag === undefined ? -1 : entries.findIndex((entry) => entry.name === tag);
  if (at < 0) return { ...index, entries: [...entries, added] };
  const others = entries.filter((entry, i) => i === at || entry.name !== tag);
  return { ...index, entries: others.with(at, added) };
}

/** Takes out every entry that a tag means, by itself or at the end of a full name. */
export function withoutTag(index: LayoutIndex, tag: string): LayoutIndex {
  return { ...index, entries: index.entries.filter((entry) => !isCalled(entry, tag)) };
}

/** Does the entry go by this tag, by itself or at the end of a full name? */
export function isCalled({ name }: LayoutEntry, tag: string): boolean {
  return name !== undefined && (name === tag || tagOf(name) === tag);
}

/** Takes every entry of a digest out. */
export function withoutDigest(index: LayoutIndex, digest: string): LayoutIndex {
  return { ...index, entries: index.entries.filter((entry) => entry.descriptor.digest !== digest) };
}

function entryOf({ descriptor, tag, annotations: extra }: NamedDescriptor): LayoutEntry {
  const { mediaType, digest, size, artifactType, platform } = descriptor;
  const { [REF_NAME]: _, ...own } = descriptor.annotations ?? {};
  const all: Record<string, string> = {
    ...own,
    ...extra,
    ...(tag === undefined ? {} : { [REF_NAME]: tag }),
  };
  const keys = Object.keys(all).sort();
  const annotations = Object.fromEntries(keys.map((key) => [key, all[key] ?? ""]));
  const json: Descriptor = {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(keys.length === 0 ? {} : { annotations }),
    ...(platform === undefined ? {} : { platform }),
  };
  return { descriptor: json, name: annotations[REF_NAME], json };
}

/** The tag of an entry: its name when that is one, else the tag at the end of a full name. */
function tagOf(name: string): string | undefined {
  if (isTag(name)) return name;
  const end = name.slice(name.lastIndexOf(":") + 1);
  return end.length < name.length && isTag(end) ? end : undefined;
}

/** Every tag, once, in code-point order. */
export function tagsOf(index: LayoutIndex): string[] {
  const tags = index.entries.map((entry) => entry.name && tagOf(entry.name));
  return [...new Set(tags.filter((tag) => tag !== undefined && tag !== ""))].sort() as string[];
}

/**
 * The entry that a name means: the one called exactly so, else the one whose full name ends with
 * `:name`, because some tools write `registry/repository:tag` where others write the tag alone.
 *
 * @throws HiatusError `CONTENT` when the name means two different contents.
 */
export function findName(index: LayoutIndex, name: string): Descriptor | undefined {
  const exact = index.entries.filter((entry) => entry.name === name);
  const found =
    exact.length > 0
      ? exact
      : index.entries.filter((entry) => entry.name !== undefined && tagOf(entry.name) === name);
  if (new Set(found.map((entry) => entry.descriptor.digest)).size > 1) {
    throw new HiatusError(
      "CONTENT",
      `The name "${name.slice(0, 160)}" means two different contents`,
      {
        detail: { digests: found.map((entry) => entry.descriptor.digest) },
        hint: "Name the one you mean by its digest",
      },
    );
  }
  return found[0]?.descriptor;
}
