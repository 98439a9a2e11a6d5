/**
 * What a browser may do with the page: run the one script and use the one style that are in it, by their hashes, and
 * send forms back here. Even if markup of a stranger got through, nothing in it would run or be fetched.
 *
 * @see https://www.w3.org/TR/CSP3/
 * @module
 */
import { createHash } from "node:crypto";
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";

/** Headers of every answer of the page. */
const COMMON: Readonly<Record<string, string>> = {
  "cache-control": "private, no-cache",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

let policy: string | undefined;

/** Headers of an answer that is HTML. */
export function htmlHeaders(): Record<string, string> {
  policy ??= [
    "default-src 'none'",
    `script-src '${hashOf(SCRIPT)}'`,
    `style-src '${hashOf(STYLE)}'`,
    "img-src data:",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
  return {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": policy,
    ...COMMON,
  };
}

/** Headers of an answer that is a document of a stranger, byte for byte: shown as text, never obeyed. */
export function documentHeaders(): Record<string, string> {
  return {
    "content-type": "application/json; charset=utf-8",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    ...COMMON,
  };
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
