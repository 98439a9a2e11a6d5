/**
 * Text that people write, read strictly.
 *
 * @module
 */

/** A place in a text. Both count from one, columns in UTF-16 units as editors do. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** The place of a character. */
export function placeOf(text: string, offset: number): Place {
  const lines = text.slice(0, offset).split("\n");
  return { line: lines.length, column: (lines.at(-1) ?? "").length + 1 };
}

/** The text of UTF-8 bytes without a byte order mark, or the place of the first bytes that are none. */
export function decodeUtf8(bytes: Uint8Array): string | Place {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const good = beginningOf(bytes);
    return placeOf(good, good.length);
  }
}

/** Everything before the first bytes that are not UTF-8. */
function beginningOf(bytes: Uint8Array): string {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let good = "";
  try {
    // Byte by byte, because a decoder that fails keeps back what it had read until then.
    for (let at = 0; at < bytes.byteLength; at++) {
      good += decoder.decode(bytes.subarray(at, at + 1), { stream: true });
    }
  } catch {
    // Here they are.
  }
  return good;
}
