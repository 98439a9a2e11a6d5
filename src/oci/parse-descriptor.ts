/**
 * Reading descriptors that others wrote.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#properties
 * @module
 */
import type { Descriptor } from "./descriptor.ts";
import { algorithmOf, digestOf, isDigest } from "./digest.ts";
import {
  asFields,
  type Fields,
  malformed,
  optionalString,
  optionalStringMap,
  optionalStrings,
  requiredString,
} from "./fields.ts";
import type { Platform } from "./platform.ts";

/** RFC 6838, section 4.2: two restricted names. */
const MEDIA_TYPE =
  /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/;
const DESCRIPTOR_FIELDS = [
  "mediaType",
  "digest",
  "size",
  "urls",
  "annotations",
  "data",
  "artifactType",
  "platform",
];
const PLATFORM_FIELDS = ["architecture", "os", "os.version", "os.features", "variant"];

/** Is it the name of a type and a subtype, with no parameters? */
export function isMediaType(text: string): boolean {
  return MEDIA_TYPE.test(text);
}

/**
 * Reads a descriptor. `urls` is ignored and never fetched (CVE-2020-15157); unknown fields are left
 * out of the result.
 *
 * @param where names the place in errors, for example `layers[0] of sha256:…`.
 * @throws HiatusError `CONTENT` when a field is missing or wrong, or when `data` is not the content
 * that digest and size promise.
 */
export function parseDescriptor(value: unknown, where: string): Descriptor {
  const fields = asFields(value, where, DESCRIPTOR_FIELDS);
  const mediaType = requiredString(fields, "mediaType", where);
  if (!isMediaType(mediaType)) throw malformed(where, `"mediaType" is not a media type`);
  const digest = requiredString(fields, "digest", where);
  if (!isDigest(digest)) throw malformed(where, `"digest" is not a digest`);
  const size = fields.size;
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0 || Object.is(size, -0)) {
    throw malformed(where, `"size" is not a count of bytes`);
  }
  const artifactType = optionalString(fields, "artifactType", where);
  const annotations = optionalStringMap(fields, "annotations", where);
  const platform = parsePlatformField(fields, where);
  const data = optionalString(fields, "data", where);
  const descriptor: Descriptor = {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(platform === undefined ? {} : { platform }),
    ...(data === undefined ? {} : { data }),
  };
  if (data !== undefined) decodeData(descriptor, where);
  return descriptor;
}

/**
 * The content that a descriptor carries in its `data` field, or undefined when it carries none.
 *
 * @throws HiatusError `CONTENT` when the field is not base64 of exactly the content that digest and
 * size promise.
 */
export function embedded(descriptor: Descriptor): Uint8Array | undefined {
  return descriptor.data === undefined
    ? undefined
    : decodeData(descriptor, `the descriptor of ${descriptor.digest}`);
}

function decodeData(descriptor: Descriptor, where: string): Uint8Array {
  const { data = "", size, digest } = descriptor;
  // Length first, so that nothing large is decoded for a small promise.
  if (data.length !== Math.ceil(size / 3) * 4) {
    throw malformed(where, `"data" is not base64 of ${size} bytes`);
  }
  const bytes = Buffer.from(data, "base64");
  // Decoding overlooks foreign characters and stray bits; encoding again finds them.
  if (bytes.byteLength !== size || bytes.toString("base64") !== data) {
    throw malformed(where, `"data" is not base64 of ${size} bytes`);
  }
  if (digestOf(bytes, algorithmOf(digest)) !== digest) {
    throw malformed(where, `"data" is not the content of ${digest}`);
  }
  return bytes;
}

function parsePlatformField(fields: Fields, where: string): Platform | undefined {
  if (fields.platform === undefined || fields.platform === null) return undefined;
  const inside = `"platform" of ${where}`;
  const platform = asFields(fields.platform, inside, PLATFORM_FIELDS);
  const version = optionalString(platform, "os.version", inside);
  const features = optionalStrings(platform, "os.features", inside);
  const variant = optionalString(platform, "variant", inside);
  return {
    architecture: requiredString(platform, "architecture", inside),
    os: requiredString(platform, "os", inside),
    ...(version === undefined ? {} : { "os.version": version }),
    ...(features === undefined ? {} : { "os.features": features }),
    ...(variant === undefined ? {} : { variant }),
  };
}
