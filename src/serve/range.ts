/**
 * Parts of a blob.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-14
 * @module
 */

/** Bytes from `start` up to, and not including, `end`. */
export interface Part {
  readonly start: number;
  readonly end: number;
}

/**
 * What a Range header asks for of content of some size.
 *
 * @returns undefined when the header is to be ignored (another unit, several ranges, or not a range at all, which
 * the RFC leaves to the server); "unsatisfiable" when no byte is in it.
 */
export function parseRange(
  header: string | undefined,
  size: number,
): Part | "unsatisfiable" | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.replaceAll(" ", "") ?? "");
  if (match === null || match[0] === "bytes=-") return undefined;
  const [, first = "", last = ""] = match;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size : Math.min(Number(last) + 1, size);
  return start < end ? { start, end } : "unsatisfiable";
}

/** The part of a stream. What comes after is not read. */
export async function* cut(
  chunks: AsyncIterable<Uint8Array>,
  { start, end }: Part,
): AsyncGenerator<Uint8Array> {
  let at = 0;
  for await (const chunk of chunks) {
    const from = Math.max(start - at, 0);
    const to = Math.min(end - at, chunk.byteLength);
    if (from < to) yield chunk.subarray(from, to);
    at += chunk.byteLength;
    if (at >= end) return;
  }
}
