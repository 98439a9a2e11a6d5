/**
 * Huffman's codes, as Zstandard has them: weights in place of lengths, codes of at most eleven bits.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8878#name-huffman-coding
 * @module
 */
import { backwardBits, type Refuse } from "./bits.ts";
import { fseState, fseTable, readDistribution } from "./fse.ts";

/** Longest code, in bits. */
export const CODE_LIMIT = 11;

/** What any `log` bits begin with: a symbol, and how many of the bits are its code. */
export interface HuffmanTable {
  readonly log: number;
  readonly symbols: Uint8Array;
  readonly bits: Uint8Array;
}

/** A table that was read, and how many bytes it took. */
export interface ReadHuffman {
  readonly table: HuffmanTable;
  readonly used: number;
}

/** Reads a table: weights as they are, four bits each, or compressed. The last one follows from the others. */
export function readHuffman(bytes: Uint8Array, refuse: Refuse): ReadHuffman {
  const head = bytes[0] ?? refuse("a table of codes is cut short");
  const weights: number[] = [];
  let used: number;
  if (head >= 128) {
    const count = head - 127;
    used = 1 + Math.ceil(count / 2);
    for (let i = 0; i < count; i++) {
      const byte = bytes[1 + (i >> 1)] ?? refuse("a table of codes is cut short");
      weights.push(i % 2 === 0 ? byte >> 4 : byte & 15);
    }
  } else {
    used = 1 + head;
    if (used > bytes.byteLength) refuse("a table of codes is cut short");
    weights.push(...readWeights(bytes.subarray(1, used), refuse));
  }
  return { table: huffmanTable(weights, refuse), used };
}

/** Two states take turns, until one of them would need more bits than there are. */
function readWeights(bytes: Uint8Array, refuse: Refuse): readonly number[] {
  const { distribution, used } = readDistribution(bytes, { maxLog: 6, maxSymbol: 12 }, refuse);
  const table = fseTable(distribution);
  const bits = backwardBits(bytes.subarray(used), refuse);
  let [one, other] = [fseState(table, bits), fseState(table, bits)];
  if (bits.left() < 0) refuse("a table of codes is cut short");
  const weights: number[] = [];
  for (;;) {
    weights.push(one.symbol());
    one.next();
    if (weights.length > 254) refuse("a table of codes has too many of them");
    if (bits.left() < 0) return [...weights, other.symbol()];
    [one, other] = [other, one];
  }
}

function huffmanTable(weights: readonly number[], refuse: Refuse): HuffmanTable {
  let sum = 0;
  for (const weight of weights) {
    if (weight > CODE_LIMIT) refuse("a code is too long");
    if (weight > 0) sum += 2 ** (weight - 1);
  }
  const log = 32 - Math.clz32(sum);
  const rest = 2 ** log - sum;
  if (sum === 0 || log > CODE_LIMIT) refuse("its codes are too long");
  if ((rest & (rest - 1)) !== 0) refuse("its codes do not add up");
  const all = [...weights, 32 - Math.clz32(rest)];
  const symbols = new Uint8Array(2 ** log);
  const bits = new Uint8Array(2 ** log);
  let at = 0;
  for (const { symbol, weight } of byWeight(all)) {
    const end = at + 2 ** (weight - 1);
    symbols.fill(symbol, at, end);
    bits.fill(log + 1 - weight, at, end);
    at = end;
  }
  return { log, symbols, bits };
}

/** Symbols that have a code, the longest codes first: the order in which codes are given out. */
export function byWeight(
  weights: readonly number[],
): readonly { readonly symbol: number; readonly weight: number }[] {
  return weights
    .map((weight, symbol) => ({ symbol, weight }))
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => a.weight - b.weight || a.symbol - b.symbol);
}

/** Reads as many symbols as `into` has room for, from a stream that must hold no more. */
export function readSymbols(
  { log, symbols, bits }: HuffmanTable,
  bytes: Uint8Array,
  into: Uint8Array,
  refuse: Refuse,
): void {
  const stream = backwardBits(bytes, refuse);
  for (let at = 0; at < into.byteLength; at++) {
    const entry = stream.peek(log);
    into[at] = symbols[entry] as number;
    stream.skip(bits[entry] as number);
  }
  if (stream.left() !== 0) refuse("a stream of literals has another length than promised");
}
