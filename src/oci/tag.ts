/**
 * Tags name content for people.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests
 * @module
 */
import { HiatusError } from "../errors.ts";
import { algorithmOf, type Digest, hexOf, parseDigest } from "./digest.ts";

const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/** Does the text follow the grammar of a tag: at most 128 word characters, dots and dashes? */
export function isTag(text: string): boolean {
  return TAG.test(text);
}

/**
 * Reads a tag.
 *
 * @throws HiatusError `INVALID` when the text is not a tag.
 */
export function parseTag(text: string): string {
  if (isTag(text)) return text;
  throw new HiatusError("INVALID", `"${text.slice(0, 160)}" is not a tag`, {
    hint: "Use at most 128 letters, digits, underscores, dots and dashes, and do not begin with a dot or a dash",
  });
}

/**
 * The tag that lists what refers to a content where there is no referrers API: `sha256-<hex>`, of which at most 64 characters of hex.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema
 */
export function referrersTag(subject: Digest): string {
  const digest = parseDigest(subject);
  return `${algorithmOf(digest)}-${hexOf(digest).slice(0, 64)}`;
}
