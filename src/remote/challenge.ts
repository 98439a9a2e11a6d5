/**
 * Challenges: what a registry writes into `WWW-Authenticate` when it answers 401.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1
 * @module
 */

/** How a registry wants to be asked. */
export interface Challenge {
  /** In lower case, because registries write `BASIC`, `Basic` and `basic`. */
  readonly scheme: string;
  /** What stands behind the scheme where it is no list of parameters. */
  readonly token68?: string;
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** Most characters that are looked at, over all headers of an answer. */
const LIMIT = 8192;
const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const TOKEN68 = /[A-Za-z0-9._~+/-]+=*/y;
/** What stands unquoted. The RFC wants a token; some registries write a URL. Printable but `"` and `,`. */
const BARE = /[!#-+\--~]+/y;
const SPACE = /[ \t]*/y;
const SEPARATORS = /[ \t,]*/y;

/**
 * Reads challenges: several in a header, several headers, in any case. What breaks the grammar ends its header: the challenge
 * that it belongs to and those after it are not there. Never throws, and never takes more than linear time.
 *
 * @param values the values of the headers, as they came. Past 8 KiB in sum nothing is read.
 */
export function parseChallenges(values: readonly string[]): readonly Challenge[] {
  const challenges: Challenge[] = [];
  let size = 0;
  for (const value of values) {
    size += value.length;
    if (size > LIMIT) break;
    readHeader(value, challenges);
  }
  return challenges;
}

function readHeader(text: string, challenges: Challenge[]): void {
  let open: Draft | undefined;
  let mustBeParameter = false;
  let at = end(SEPARATORS, text, 0);
  while (at < text.length) {
    const next = end(TOKEN, text, at);
    if (next === at) return;
    const name = text.slice(at, next).toLowerCase();
    const equals = end(SPACE, text, next);
    const isParameter = open !== undefined && text[equals] === "=";
    if (isParameter) {
      const value = readValue(text, end(SPACE, text, equals + 1));
      if (value === undefined || open?.token68 !== undefined) return;
      take(open!, name, value.text);
      at = value.end;
      mustBeParameter = false;
    } else {
      if (mustBeParameter) return;
      finish(open, challenges);
      open = { scheme: name, token68: undefined, parameters: new Map(), isSound: true };
      at = next;
      if (isSpace(text[at])) {
        at = end(SPACE, text, at);
        const behind = end(TOKEN68, text, at);
        mustBeParameter = !endsElement(text, behind);
        if (mustBeParameter) continue;
        if (behind > at) open.token68 = text.slice(at, behind);
        at = behind;
      }
    }
    // Nothing but a comma may come between one element and the next.
    if (!endsElement(text, at)) return;
    at = end(SEPARATORS, text, at);
  }
  finish(open, challenges);
}

/** A challenge that may get more parameters. */
interface Draft {
  readonly scheme: string;
  token68: string | undefined;
  readonly parameters: Map<string, string>;
  isSound: boolean;
}

function take(draft: Draft, name: string, value: string): void {
  const before = draft.parameters.get(name);
  if (before === undefined) draft.parameters.set(name, value);
  else if (name === "scope") draft.parameters.set(name, `${before} ${value}`);
  // Two realms: readers differ in which one they take, so none is.
  else draft.isSound = false;
}

function finish(draft: Draft | undefined, challenges: Challenge[]): void {
  if (draft === undefined || !draft.isSound) return;
  const { scheme, token68, parameters } = draft;
  challenges.push({ scheme, ...(token68 === undefined ? {} : { token68 }), parameters });
}

interface Value {
  readonly text: string;
  readonly end: number;
}

function readValue(text: string, start: number): Value | undefined {
  if (text[start] === '"') return readQuoted(text, start + 1);
  const stop = end(BARE, text, start);
  return stop === start ? undefined : { text: text.slice(start, stop), end: stop };
}

/** A quoted string from behind its opening quote; undefined when it is not closed or holds a control character. */
function readQuoted(text: string, start: number): Value | undefined {
  const parts: string[] = [];
  let from = start;
  for (let at = start; at < text.length; at++) {
    const character = text.charAt(at);
    if (isControl(character)) return undefined;
    if (character === '"') {
      parts.push(text.slice(from, at));
      return { text: parts.join(""), end: at + 1 };
    }
    if (character === "\\") {
      if (at + 1 < text.length && isControl(text.charAt(at + 1))) return undefined;
      parts.push(text.slice(from, at));
      from = at + 1;
      at++;
    }
  }
  return undefined;
}

function endsElement(text: string, at: number): boolean {
  const next = end(SPACE, text, at);
  return next === text.length || text[next] === ",";
}

function isSpace(character: string | undefined): boolean {
  return character === " " || character === "\t";
}

function isControl(character: string): boolean {
  return (character < " " && character !== "\t") || character === "\u007f";
}

/** Where the match of a sticky pattern ends; `at` itself when there is none. */
function end(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
