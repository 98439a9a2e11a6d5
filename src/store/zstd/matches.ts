/**
 * Finding what was there before: for each place the longest match, by chains of places with the same four bytes. Lazy: where the
 * next place has a better one, this one is left.
 *
 * @module
 */
import type { Sequence } from "./sequences.ts";

/** Sequences, and the literals behind the last of them. */
export interface Parsed {
  readonly sequences: readonly Sequence[];
  readonly rest: number;
}

const HASH_BITS = 16;
/** How many places are looked at for one match, by the size of it all: what we write is small, and a large one must end. */
const TRIES: readonly (readonly [size: number, tries: number])[] = [
  [512 * 1024, 128],
  [4 * 1024 * 1024, 32],
];
const FEWEST_TRIES = 12;
/** Shortest match that is worth it, unless its offset was used just before. */
const SHORTEST = 4;
/** Long enough not to look for a longer one. */
const ENOUGH = 4096;

/** A match; nothing where `length` is 0. */
interface Match {
  readonly length: number;
  readonly offset: number;
  /** Roughly what it saves, in bits. */
  readonly worth: number;
}

const NOTHING: Match = { length: 0, offset: 0, worth: 0 };

/** Looks for matches in some bytes, block by block. */
export function matchFinder(bytes: Uint8Array, window: number) {
  const heads = new Int32Array(2 ** HASH_BITS).fill(-1);
  const links = new Int32Array(bytes.byteLength);
  const most = TRIES.find(([size]) => bytes.byteLength <= size)?.[1] ?? FEWEST_TRIES;
  let known = 0;
  let recent = [1, 4, 8];

  const hashAt = (at: number): number => {
    const word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    return Math.imul(word, 0x9e3779b1) >>> (32 - HASH_BITS);
  };
  /** Enters all places before one. */
  const enter = (end: number): void => {
    for (; known < end && known + 4 <= bytes.byteLength; known++) {
      const hash = hashAt(known);
      links[known] = heads[hash] as number;
      heads[hash] = known;
    }
  };
  const lengthAt = (at: number, before: number, end: number): number => {
    let length = 0;
    while (at + length < end && bytes[at + length] === bytes[before + length]) length++;
    return length;
  };
  const longest = (at: number, end: number): Match => {
    let best = NOTHING;
    const consider = (length: number, offset: number, cost: number): void => {
      const worth = length * 5 - cost;
      if (worth > best.worth) best = { length, offset, worth };
    };
    for (const offset of recent) {
      if (offset > at) continue;
      const length = lengthAt(at, at - offset, end);
      if (length >= 3) consider(length, offset, 7);
    }
    if (at + SHORTEST > end) return best;
    enter(at);
    let before = heads[hashAt(at)] as number;
    for (let tries = most; before >= 0 && tries > 0; tries--) {
      const offset = at - before;
      if (offset > window) break;
      if (bytes[before + best.length] === bytes[at + best.length]) {
        const length = lengthAt(at, before, end);
        if (length >= SHORTEST) consider(length, offset, 8 + 32 - Math.clz32(offset));
        if (length >= ENOUGH) break;
      }
      before = links[before] as number;
    }
    return best;
  };

  /** The sequences of a block. */
  return (from: number, end: number): Parsed => {
    const sequences: Sequence[] = [];
    let literals = from;
    for (let at = from; at < end; ) {
      let match = longest(at, end);
      if (match.length === 0) {
        at++;
        continue;
      }
      for (let ahead = 1; ahead <= 2 && match.length < ENOUGH && at + ahead < end; ahead++) {
        const later = longest(at + ahead, end);
        if (later.worth <= match.worth + 3 + ahead) continue;
        at += ahead;
        match = later;
        ahead = 0;
      }
      sequences.push({ literals: at - literals, length: match.length, offset: match.offset });
      const { offset } = match;
      recent = [offset, ...recent.filter((one) => one !== offset)].slice(0, 3);
      at += match.length;
      literals = at;
    }
    enter(end);
    return { sequences, rest: end - literals };
  };
}
