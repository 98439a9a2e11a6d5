/**
 * The second part of a block: how many literals come, and then what is repeated from how far back.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8878#name-sequences-section
 * @module
 */
import { backwardBits, type Refuse } from "./bits.ts";
import { type FseTable, fseState, fseTable, readDistribution, singleTable } from "./fse.ts";
import {
  LITERAL_LENGTH_KIND,
  LITERAL_LENGTHS,
  MATCH_LENGTH_KIND,
  MATCH_LENGTHS,
  OFFSET_KIND,
  type Offsets,
  type SequenceKind,
} from "./tables.ts";

/** Some literals, then a match. */
export interface Sequence {
  readonly literals: number;
  readonly length: number;
  /** How far back the match begins. */
  readonly offset: number;
}

/** The tables of a block, which the next one may use again. */
export interface SequenceTables {
  readonly literals?: FseTable | undefined;
  readonly offsets?: FseTable | undefined;
  readonly lengths?: FseTable | undefined;
}

/** The tables that a block begins with, read from behind its literals. */
export interface SequenceReader {
  readonly tables: SequenceTables;
  /** The sequences one after another; what they come to in the end is the last offsets. */
  readonly sequences: Generator<Sequence, Offsets>;
}

/** Longest offset that is read, in bits: nothing is larger than what is held in memory. */
const OFFSET_BITS = 27;

/** Reads the head of the sequences; they themselves are read as they are asked for. */
export function readSequences(
  bytes: Uint8Array,
  before: SequenceTables,
  offsets: Offsets,
  refuse: Refuse,
): SequenceReader {
  const { count, used } = countOf(bytes, refuse);
  if (count === 0) {
    if (used !== bytes.byteLength) refuse("something follows the sequences of a block");
    return { tables: before, sequences: none(offsets) };
  }
  const modes = bytes[used] ?? refuse("the sequences of a block are cut short");
  if ((modes & 3) !== 0) refuse("its sequences are of a kind that there is not");
  let at = used + 1;
  const tableOf = (kind: SequenceKind, mode: number, last: FseTable | undefined): FseTable => {
    if (mode === 0) return fseTable(kind.usual);
    if (mode === 1) {
      const symbol = bytes[at++] ?? refuse("the sequences of a block are cut short");
      if (symbol > kind.maxCode) refuse("a sequence has a code that there is not");
      return singleTable(symbol);
    }
    if (mode === 3) return last ?? refuse("a block uses the table of one that is not there");
    const limits = { maxLog: kind.maxLog, maxSymbol: kind.maxCode };
    const read = readDistribution(bytes.subarray(at), limits, refuse);
    at += read.used;
    return fseTable(read.distribution);
  };
  const tables = {
    literals: tableOf(LITERAL_LENGTH_KIND, modes >> 6, before.literals),
    offsets: tableOf(OFFSET_KIND, (modes >> 4) & 3, before.offsets),
    lengths: tableOf(MATCH_LENGTH_KIND, (modes >> 2) & 3, before.lengths),
  };
  return { tables, sequences: read(bytes.subarray(at), count, tables, offsets, refuse) };
}

function countOf(bytes: Uint8Array, refuse: Refuse): { count: number; used: number } {
  const first = bytes[0] ?? refuse("a block has no sequences");
  const [, second = 0, third = 0] = bytes;
  if (first < 128) return { count: first, used: 1 };
  if (first < 255) return { count: ((first - 128) << 8) + second, used: 2 };
  return { count: second + (third << 8) + 0x7f00, used: 3 };
}

// biome-ignore lint/correctness/useYield: a block without sequences has none to give
function* none(offsets: Offsets): Generator<Sequence, Offsets> {
  return offsets;
}

function* read(
  bytes: Uint8Array,
  count: number,
  tables: Required<SequenceTables>,
  first: Offsets,
  refuse: Refuse,
): Generator<Sequence, Offsets> {
  const bits = backwardBits(bytes, refuse);
  const literalState = fseState(tables.literals as FseTable, bits);
  const offsetState = fseState(tables.offsets as FseTable, bits);
  const lengthState = fseState(tables.lengths as FseTable, bits);
  let offsets = first;
  for (let i = 0; i < count; i++) {
    const width = offsetState.symbol();
    if (width > OFFSET_BITS) refuse("a sequence reaches too far back");
    const value = 2 ** width + bits.take(width);
    const lengthCode = lengthState.symbol();
    const length =
      (MATCH_LENGTHS.base[lengthCode] as number) +
      bits.take(MATCH_LENGTHS.bits[lengthCode] as number);
    const literalCode = literalState.symbol();
    const literals =
      (LITERAL_LENGTHS.base[literalCode] as number) +
      bits.take(LITERAL_LENGTHS.bits[literalCode] as number);
    if (i + 1 < count) {
      literalState.next();
      lengthState.next();
      offsetState.next();
    }
    if (bits.left() < 0) refuse("the sequences of a block are cut short");
    offsets = offsetsAfter(offsets, value, literals);
    const [offset] = offsets;
    if (offset < 1) refuse("a sequence reaches nowhere");
    yield { literals, length, offset };
  }
  if (bits.left() !== 0) refuse("the sequences of a block have another length than promised");
  return offsets;
}

/**
 * The last offsets after one was used. Values up to three name one of them, shifted by one where no literals stand before, for then
 * the newest would be no news.
 */
export function offsetsAfter([a, b, c]: Offsets, value: number, literals: number): Offsets {
  if (value > 3) return [value - 3, a, b];
  const number = value - 1 + (literals === 0 ? 1 : 0);
  if (number === 0) return [a, b, c];
  if (number === 1) return [b, a, c];
  return number === 2 ? [c, a, b] : [a - 1, a, b];
}
