/**
 * Writing the sequences of a block: each of their three parts by the distribution that takes fewest bits.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8878#name-sequences-section
 * @module
 */
import { bitWriter } from "./bits.ts";
import {
  distributionOf,
  type FseSteps,
  type FseTable,
  fseEncoder,
  fseSteps,
  fseTable,
  singleTable,
  writeDistribution,
} from "./fse.ts";
import { offsetsAfter, type Sequence } from "./sequences.ts";
import {
  codeOf,
  LITERAL_LENGTH_KIND,
  LITERAL_LENGTHS,
  MATCH_LENGTH_KIND,
  MATCH_LENGTHS,
  OFFSET_KIND,
  type Offsets,
  type SequenceKind,
} from "./tables.ts";
import { joinBytes } from "./write-literals.ts";

/** What was written, and the last offsets after it. */
export interface WrittenSequences {
  readonly bytes: Uint8Array;
  readonly offsets: Offsets;
}

/** The sequences section of a block. */
export function writeSequences(sequences: readonly Sequence[], before: Offsets): WrittenSequences {
  const count = countBytes(sequences.length);
  if (sequences.length === 0) return { bytes: count, offsets: before };
  let offsets = before;
  const values = sequences.map(({ literals, offset }) => {
    const value = offsetValue(offset, offsets, literals);
    offsets = offsetsAfter(offsets, value, literals);
    return value;
  });
  const literalCodes = sequences.map(({ literals }) => codeOf(LITERAL_LENGTHS, literals));
  const lengthCodes = sequences.map(({ length }) => codeOf(MATCH_LENGTHS, length));
  const offsetCodes = values.map((value) => 31 - Math.clz32(value));
  const ll = chooseTable(literalCodes, LITERAL_LENGTH_KIND);
  const of = chooseTable(offsetCodes, OFFSET_KIND);
  const ml = chooseTable(lengthCodes, MATCH_LENGTH_KIND);

  const bits = bitWriter();
  const end = sequences.length - 1;
  const states = [
    { ...ll, codes: literalCodes },
    { ...ml, codes: lengthCodes },
    { ...of, codes: offsetCodes },
  ].map(({ table, steps, codes }) => ({
    codes,
    log: table.log,
    state: fseEncoder(table, steps, codes[end] as number),
  }));
  for (let at = end; at >= 0; at--) {
    if (at < end) {
      for (const { codes, state } of states.toReversed()) {
        const { value, count: width } = state.go(codes[at] as number);
        bits.put(value, width);
      }
    }
    const { literals, length } = sequences[at] as Sequence;
    const [literalCode, lengthCode] = [literalCodes[at] as number, lengthCodes[at] as number];
    bits.put(
      literals - (LITERAL_LENGTHS.base[literalCode] as number),
      LITERAL_LENGTHS.bits[literalCode] as number,
    );
    bits.put(
      length - (MATCH_LENGTHS.base[lengthCode] as number),
      MATCH_LENGTHS.bits[lengthCode] as number,
    );
    bits.put(values[at] as number, offsetCodes[at] as number);
  }
  // The reader begins with the state of literal lengths, then of offsets, then of match lengths.
  for (const which of [1, 2, 0]) {
    const { state, log } = states[which] as (typeof states)[number];
    bits.put(state.state(), log);
  }
  const modes = Uint8Array.of((ll.mode << 6) | (of.mode << 4) | (ml.mode << 2));
  const bytes = joinBytes(count, modes, ll.header, of.header, ml.header, bits.closed());
  return { bytes, offsets };
}

function countBytes(count: number): Uint8Array {
  if (count < 128) return Uint8Array.of(count);
  if (count < 0x7f00) return Uint8Array.of((count >> 8) + 128, count & 255);
  return Uint8Array.of(255, (count - 0x7f00) & 255, (count - 0x7f00) >> 8);
}

/** The number of an offset that was used just before, or the offset itself, shifted past those numbers. */
function offsetValue(offset: number, offsets: Offsets, literals: number): number {
  for (const value of [1, 2, 3]) {
    if (offsetsAfter(offsets, value, literals)[0] === offset) return value;
  }
  return offset + 3;
}

/** A table, and how a reader is told of it. */
interface ChosenTable {
  readonly mode: 0 | 1 | 2;
  readonly header: Uint8Array;
  readonly table: FseTable;
  readonly steps: FseSteps;
}

/** The usual table, one with a single symbol, or the best that can be made for these codes. */
function chooseTable(codes: readonly number[], kind: SequenceKind): ChosenTable {
  const counts = Array.from({ length: Math.max(...codes) + 1 }, () => 0);
  for (const code of codes) counts[code] = (counts[code] as number) + 1;
  const different = counts.filter((count) => count > 0).length;
  const [first] = codes;
  if (different === 1 && first !== undefined) {
    const table = singleTable(first);
    return { mode: 1, header: Uint8Array.of(first), table, steps: fseSteps(table) };
  }
  const usual = fseTable(kind.usual);
  const candidates: ChosenTable[] = [];
  if (codes.every((code) => code < kind.usual.counts.length)) {
    candidates.push({ mode: 0, header: new Uint8Array(), table: usual, steps: fseSteps(usual) });
  }
  for (let log = 5; log <= kind.maxLog; log++) {
    if (different > 2 ** log) continue;
    const distribution = distributionOf(counts, log);
    const table = fseTable(distribution);
    const header = writeDistribution(distribution);
    candidates.push({ mode: 2, header, table, steps: fseSteps(table) });
  }
  let best = candidates[0] as ChosenTable;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const cost = costOf(codes, candidate);
    if (cost < least) [best, least] = [candidate, cost];
  }
  return best;
}

/** Bits that the codes take with a table, and the table itself. */
function costOf(codes: readonly number[], { table, steps, header }: ChosenTable): number {
  const state = fseEncoder(table, steps, codes.at(-1) as number);
  let bits = header.byteLength * 8 + table.log;
  for (let at = codes.length - 2; at >= 0; at--) bits += state.go(codes[at] as number).count;
  return bits;
}
