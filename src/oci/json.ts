/**
 * JSON that means one thing to every reader: strict in, one line out.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8259
 * @module
 */
import { HiatusError } from "../errors.ts";

/** Deepest nesting of objects and arrays that is read. OCI documents need five. */
const DEPTH_LIMIT = 32;

/**
 * Reads JSON strictly: valid UTF-8 without a byte order mark, no key twice in an object (compared
 * after unescaping, because readers differ in which one wins), at most 32 levels deep.
 *
 * @param what names the document in errors, for example `manifest sha256:…`.
 * @throws HiatusError `CONTENT` that says what was read and at which character it went wrong.
 */
export function parseJson(input: Uint8Array | string, what: string): unknown {
  const text = typeof input === "string" ? input : decode(input, what);
  refuseAmbiguity(text, what);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refusal(what, "it is not JSON", undefined, cause);
  }
}

/**
 * Writes JSON as UTF-8 on one line with no line end: keys in the order in which they were inserted,
 * `undefined` left out. The same value gives the same bytes in every runtime.
 */
export function encodeJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function decode(bytes: Uint8Array, what: string): string {
  try {
    // ignoreBOM keeps a mark in the text, where JSON.parse then refuses it.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw refusal(what, "it is not UTF-8", undefined, cause);
  }
}

/**
 * One pass over the text for what `JSON.parse` lets through. It need not understand broken JSON,
 * only never miss a key of JSON that is whole: a key is a string followed by a colon.
 */
function refuseAmbiguity(text: string, what: string): void {
  const objects: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x7b: // {
      case 0x5b: // [
        if (objects.length === DEPTH_LIMIT) {
          throw refusal(what, `it is nested more than ${DEPTH_LIMIT} levels deep`, at);
        }
        objects.push(text[at] === "{" ? new Set() : undefined);
        break;
      case 0x7d: // }
      case 0x5d: // ]
        objects.pop();
        break;
      case 0x22: {
        const end = endOfString(text, at);
        const keys = objects.at(-1);
        if (keys !== undefined && isFollowedByColon(text, end)) {
          const key = unescaped(text.slice(at, end));
          if (keys.has(key))
            throw refusal(what, `the key "${key.slice(0, 80)}" is there twice`, at);
          keys.add(key);
        }
        at = end - 1;
        break;
      }
    }
  }
}

/** The index after the closing quote of the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== 0x22)
    at += text.charCodeAt(at) === 0x5c ? 2 : 1;
  return Math.min(at + 1, text.length);
}

function isFollowedByColon(text: string, start: number): boolean {
  let at = start;
  while (at < text.length && " \t\n\r".includes(text.charAt(at))) at++;
  return text.charCodeAt(at) === 0x3a;
}

function unescaped(literal: string): string {
  if (!literal.includes("\\")) return literal.slice(1, -1);
  try {
    return JSON.parse(literal) as string;
  } catch {
    // A broken escape: the parser proper says so.
    return literal;
  }
}

function refusal(what: string, why: string, offset?: number, cause?: unknown): HiatusError {
  const where = offset === undefined ? "" : ` (character ${offset + 1})`;
  return new HiatusError("CONTENT", `Cannot read ${what}: ${why}${where}`, {
    detail: { what, offset },
    hint: "Ask whoever made it for a document that follows RFC 8259 and has no repeated keys",
    ...(cause === undefined ? {} : { cause }),
  });
}
