/**
 * Text that came from a registry or repeats what it said, as a report keeps it.
 *
 * @module
 */
import { withoutSecrets } from "../../remote/credentials/secrets.ts";

/** Most characters of one text. */
export const OUTSIDE_LIMIT = 2000;

/** Most characters of a text that are looked at. */
const LOOK_LIMIT = OUTSIDE_LIMIT * 4;

/**
 * The text without secrets, cut. Messages are made without any; this is for the one that slips through: what was sent by this
 * process, users and passwords in URLs, and what stands where a header has a token. Escaping is for those who show it.
 */
export function fromOutside(text: string): string {
  // Half a secret is not found, so they go before anything is cut off.
  const clean = withoutSecrets(text)
    .slice(0, LOOK_LIMIT)
    .replaceAll(/\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/?#@"]{1,512}@/gi, "$1***@")
    .replaceAll(/\b(bearer|basic) +[A-Za-z0-9._~+/=-]{20,}/gi, "$1 ***");
  return clean.length <= OUTSIDE_LIMIT
    ? clean
    : `${clean.slice(0, OUTSIDE_LIMIT - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
