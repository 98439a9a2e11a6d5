/**
 * Text of strangers on a terminal.
 *
 * @module
 */

/** What others wrote must not move the cursor, nor read backwards. */
export function printable(text: string): string {
  return text.replaceAll(
    /\p{C}/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}
