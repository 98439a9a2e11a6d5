/**
 * Where JSON stops being JSON. `JSON.parse` says so in words that differ by runtime and that quote the text, which is no
 * use where the text is secret.
 *
 * @module
 */

const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const SCALAR = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;

/** The line (from one) of the first character that fits no more, or undefined when all of the text is JSON. */
export function lineOfMistake(text: string): number | undefined {
  const at = offsetOfMistake(text);
  return at === undefined ? undefined : lineOf(text, at);
}

/** The line (from one) of a character. */
export function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

function offsetOfMistake(text: string): number | undefined {
  // What closes the objects and arrays that are open.
  const open: string[] = [];
  let at = 0;
  for (;;) {
    at = end(SPACE, text, at);
    const opening = text[at];
    if (opening === "{" || opening === "[") {
      open.push(opening === "{" ? "}" : "]");
      at = end(SPACE, text, at + 1);
      if (text[at] !== open.at(-1)) {
        if (opening === "[") continue;
        const key = readKey(text, at);
        if (key.isMistake) return key.end;
        at = key.end;
        continue;
      }
    } else {
      const next = opening === '"' ? end(STRING, text, at) : end(SCALAR, text, at);
      if (next === at) return at;
      at = next;
    }
    // A value is whole; so may be what it lies in.
    at = end(SPACE, text, at);
    while (open.length > 0 && text[at] === open.at(-1)) {
      open.pop();
      at = end(SPACE, text, at + 1);
    }
    if (open.length === 0) return at === text.length ? undefined : at;
    if (text[at] !== ",") return at;
    at = end(SPACE, text, at + 1);
    if (open.at(-1) === "}") {
      const key = readKey(text, at);
      if (key.isMistake) return key.end;
      at = key.end;
    }
  }
}

/** A key and its colon. */
function readKey(
  text: string,
  start: number,
): { readonly end: number; readonly isMistake: boolean } {
  const key = end(STRING, text, start);
  if (key === start) return { end: start, isMistake: true };
  const colon = end(SPACE, text, key);
  const isMistake = text[colon] !== ":";
  return { end: isMistake ? colon : colon + 1, isMistake };
}

function end(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
