/**
 * Reading image configs that others wrote.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md#properties
 * @module
 */
import { type Digest, isDigest } from "./digest.ts";
import { DESCRIPTOR_LIMIT, READ_LIMIT } from "./document.ts";
import {
  asFields,
  type Fields,
  malformed,
  optionalString,
  optionalStringMap,
  optionalStrings,
  requiredString,
} from "./fields.ts";
import { parseJson } from "./json.ts";
import type { ImageConfig } from "./manifest.ts";

const CONFIG_FIELDS = ["created", "architecture", "variant", "os", "config", "rootfs"];
const RUN_FIELDS = ["User", "Entrypoint", "Labels"];

/**
 * Reads an image config, OCI's or Docker's: what it runs on, how it is run, and its layers before
 * compression. Other fields are left out.
 *
 * @throws HiatusError `CONTENT` when a field that is read is missing or wrong.
 */
export function parseImageConfig(bytes: Uint8Array): ImageConfig {
  const where = "the image config";
  if (bytes.byteLength > READ_LIMIT) throw malformed(where, `it has more than ${READ_LIMIT} bytes`);
  const fields = asFields(parseJson(bytes, where), where, CONFIG_FIELDS);
  const created = optionalString(fields, "created", where);
  const variant = optionalString(fields, "variant", where);
  return {
    ...(created === undefined ? {} : { created }),
    architecture: requiredString(fields, "architecture", where),
    ...(variant === undefined ? {} : { variant }),
    os: requiredString(fields, "os", where),
    config: parseRun(fields, `"config" of ${where}`),
    rootfs: { type: "layers", diff_ids: parseDiffIds(fields, `"rootfs" of ${where}`) },
  };
}

function parseRun(fields: Fields, where: string): ImageConfig["config"] {
  if (fields.config === undefined || fields.config === null) return {};
  const run = asFields(fields.config, where, RUN_FIELDS);
  const user = optionalString(run, "User", where);
  const entrypoint = optionalStrings(run, "Entrypoint", where);
  const labels = optionalStringMap(run, "Labels", where);
  return {
    ...(user === undefined ? {} : { User: user }),
    ...(entrypoint === undefined ? {} : { Entrypoint: entrypoint }),
    ...(labels === undefined ? {} : { Labels: labels }),
  };
}

function parseDiffIds(fields: Fields, where: string): readonly Digest[] {
  const rootfs = asFields(fields.rootfs, where, ["type", "diff_ids"]);
  if (rootfs.type !== "layers") throw malformed(where, `"type" is not "layers"`);
  const ids = optionalStrings(rootfs, "diff_ids", where) ?? [];
  if (ids.length > DESCRIPTOR_LIMIT) {
    throw malformed(where, `"diff_ids" has more than ${DESCRIPTOR_LIMIT} entries`);
  }
  return ids.map((id) => {
    if (!isDigest(id))
      throw malformed(where, `"${id.slice(0, 160)}" in "diff_ids" is not a digest`);
    return id;
  });
}
