/**
 * What others wrote, made fit for a message: no control characters, no secrets, no novels.
 *
 * @module
 */
import { withoutSecrets } from "./credentials/secrets.ts";

/** Longest text of a registry that a message repeats, in characters. */
const TEXT_LIMIT = 200;
/** Longest path of a URL that a message repeats. The longest repository, `/v2/`, and a digest fit. */
const PATH_LIMIT = 400;

/** Escape sequences of terminals: colours, cursor moves, window titles (ECMA-48, and xterm's OSC). */
const ESCAPE = "\\u001b";
const BELL = "\\u0007";
const ESCAPES = new RegExp(
  `${ESCAPE}(?:\\[[0-?]*[ -/]*[@-~]|\\][^${BELL}${ESCAPE}]*(?:${BELL}|${ESCAPE}\\\\)?|[ -/]*[0-~])`,
  "g",
);

/**
 * Text of a registry on one line: escape sequences, control and invisible characters taken out, white space folded, and no
 * secret in it that was sent there.
 *
 * @param limit most characters; what is cut off is replaced by `…`.
 */
export function printable(text: string, limit = TEXT_LIMIT): string {
  // Half a secret is not found, so they go before anything is cut off.
  const whole = withoutSecrets(text);
  // Cut before looking: a megabyte of spaces is no reason to run expressions over a megabyte.
  const line = whole
    .slice(0, limit * 8)
    .replace(ESCAPES, "")
    .replace(/\s+/gu, " ")
    .replace(/\p{C}/gu, "")
    .trim();
  // And once more for what stood apart until now.
  const clean = withoutSecrets(line);
  const characters = [...clean];
  return characters.length <= limit ? clean : `${characters.slice(0, limit - 1).join("")}…`;
}

/**
 * A URL without what may be secret: user, password, fragment and the whole query, which in a `Location` carries
 * signatures and upload states. That there was a query is shown by `?…`. Secrets that were sent are taken out of the path.
 */
export function redactUrl(url: URL): string {
  const clean = withoutSecrets(url.pathname);
  const path = clean.length > PATH_LIMIT ? `${clean.slice(0, PATH_LIMIT)}…` : clean;
  return `${url.protocol}//${url.host}${path}${url.search === "" ? "" : "?…"}`;
}
