/**
 * The constants of Zstandard: what the codes of lengths mean, and the distributions that need not be told.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8878#name-sequence-codes-for-lengths-
 * @module
 */

/** First bytes of a frame, little-endian. */
export const MAGIC = 0xfd2fb528;
/** Most bytes that a block expands to. */
export const BLOCK_LIMIT = 128 * 1024;
/** Shortest match. */
export const MIN_MATCH = 3;
/** The offsets that may be named by their number when a frame begins. */
export const FIRST_OFFSETS: Offsets = [1, 4, 8];

/** The last three offsets, the newest first. */
export type Offsets = readonly [number, number, number];

/** Codes stand for a value and how many bits are to be added to it. */
export interface LengthCodes {
  readonly base: readonly number[];
  readonly bits: readonly number[];
}

function codes(first: number, bits: readonly number[]): LengthCodes {
  const base: number[] = [];
  let next = first;
  for (const extra of bits) {
    base.push(next);
    next += 2 ** extra;
  }
  return { base, bits };
}

function zeros(count: number): readonly number[] {
  return Array.from({ length: count }, () => 0);
}

/** Codes of literal lengths: 0 to 35. */
export const LITERAL_LENGTHS = codes(0, [
  ...zeros(16),
  ...[1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
]);

/** Codes of match lengths: 0 to 52. */
export const MATCH_LENGTHS = codes(MIN_MATCH, [
  ...zeros(32),
  ...[1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
]);

/** The code of a value: the last one whose base is not larger. */
export function codeOf({ base }: LengthCodes, value: number): number {
  let code = base.length - 1;
  while ((base[code] as number) > value) code--;
  return code;
}

/** How often each symbol comes, of `2 ** log`; -1 stands for less than once. */
export interface Distribution {
  readonly log: number;
  readonly counts: readonly number[];
}

/** One of the three things that a sequence is made of. */
export interface SequenceKind {
  /** Used where a block does not bring its own. */
  readonly usual: Distribution;
  /** Most accurate distribution that a block may bring. */
  readonly maxLog: number;
  /** Largest code. */
  readonly maxCode: number;
}

export const LITERAL_LENGTH_KIND: SequenceKind = {
  maxLog: 9,
  maxCode: 35,
  usual: {
    log: 6,
    counts: [
      ...[4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1],
      ...[1, 1, -1, -1, -1, -1],
    ],
  },
};

export const OFFSET_KIND: SequenceKind = {
  maxLog: 8,
  maxCode: 31,
  usual: {
    log: 5,
    counts: [
      ...[1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
      ...[-1, -1, -1, -1, -1],
    ],
  },
};

export const MATCH_LENGTH_KIND: SequenceKind = {
  maxLog: 9,
  maxCode: 52,
  usual: {
    log: 6,
    counts: [
      ...[1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
      ...[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
      ...[-1, -1, -1, -1, -1, -1, -1],
    ],
  },
};
