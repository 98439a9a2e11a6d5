/**
 * The head of an answer.
 *
 * @module
 */
import type { HttpHeaders } from "./transport.ts";

/** Most bytes of it. */
export const HEAD_LIMIT = 8 * 1024;

/**
 * Headers as they came. Node's own object keeps only the first of some, and joins what must stay apart.
 *
 * @param raw names and values in turn; pseudo-headers of HTTP/2 are none.
 */
export function headersOf(raw: readonly string[]): HttpHeaders {
  // A dozen headers, of which few are asked for: looking them through is quicker than sorting them.
  const all = (name: string): readonly string[] => {
    const wanted = name.toLowerCase();
    const values: string[] = [];
    for (let at = 0; at + 1 < raw.length; at += 2) {
      const found = raw[at] ?? "";
      if (found.length === wanted.length && found.toLowerCase() === wanted) {
        values.push(raw[at + 1] ?? "");
      }
    }
    return values;
  };
  return {
    all,
    get(name) {
      const values = all(name);
      return values.length > 1 ? values.join(", ") : values[0];
    },
  };
}
