/**
 * Making Huffman's codes for the literals of a block, and writing them.
 *
 * @module
 */
import { bitWriter } from "./bits.ts";
import { distributionOf, fseEncoder, fseSteps, fseTable, writeDistribution } from "./fse.ts";
import { byWeight, CODE_LIMIT } from "./huffman.ts";

/** Codes for some symbols. */
export interface HuffmanCodes {
  /** By symbol; lengths are 0 for those that do not come. */
  readonly lengths: Uint8Array;
  readonly codes: Uint16Array;
  /** How a reader is told of them. */
  readonly header: Uint8Array;
}

/** The best codes for how often symbols come; undefined where there are fewer than two, or no way to write them down. */
export function huffmanCodes(counts: readonly number[]): HuffmanCodes | undefined {
  const used = counts.filter((count) => count > 0).length;
  if (used < 2) return undefined;
  const lengths = codeLengths(counts);
  const log = Math.max(...lengths);
  const weights = Array.from(lengths, (length) => (length === 0 ? 0 : log + 1 - length));
  const last = weights.findLastIndex((weight) => weight > 0);
  const header = writeWeights(weights.slice(0, last));
  if (header === undefined) return undefined;
  const codes = new Uint16Array(256);
  let at = 0;
  for (const { symbol, weight } of byWeight(weights)) {
    codes[symbol] = at >> (weight - 1);
    at += 2 ** (weight - 1);
  }
  return { lengths, codes, header };
}

/**
 * Lengths of at most eleven bits with the smallest sum, by merging packages: a coin for each symbol and length, of which the
 * cheapest are chosen.
 *
 * @see https://en.wikipedia.org/wiki/Package-merge_algorithm
 */
function codeLengths(counts: readonly number[]): Uint8Array {
  interface Package {
    readonly cost: number;
    readonly symbols: readonly number[];
  }
  const coins: readonly Package[] = counts
    .map((cost, symbol) => ({ cost, symbols: [symbol] }))
    .filter(({ cost }) => cost > 0)
    .sort((a, b) => a.cost - b.cost);
  let packages: readonly Package[] = [];
  for (let level = 0; level < CODE_LIMIT; level++) {
    const pairs: Package[] = [];
    for (let i = 0; i + 1 < packages.length; i += 2) {
      const [a, b] = [packages[i] as Package, packages[i + 1] as Package];
      pairs.push({ cost: a.cost + b.cost, symbols: [...a.symbols, ...b.symbols] });
    }
    packages = [...coins, ...pairs].sort((a, b) => a.cost - b.cost);
  }
  const lengths = new Uint8Array(256);
  for (const { symbols } of packages.slice(0, 2 * coins.length - 2)) {
    for (const symbol of symbols) lengths[symbol] = (lengths[symbol] as number) + 1;
  }
  return lengths;
}

/** All weights but the last, which follows from them: the shorter way to write them. */
function writeWeights(weights: readonly number[]): Uint8Array | undefined {
  const compressed = compressWeights(weights);
  const plain = weights.length <= 128 ? plainWeights(weights) : undefined;
  if (plain === undefined || compressed === undefined) return plain ?? compressed;
  return compressed.byteLength < plain.byteLength ? compressed : plain;
}

function plainWeights(weights: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(1 + Math.ceil(weights.length / 2));
  bytes[0] = 127 + weights.length;
  for (const [at, weight] of weights.entries()) {
    const byte = 1 + (at >> 1);
    bytes[byte] = (bytes[byte] as number) | (at % 2 === 0 ? weight << 4 : weight);
  }
  return bytes;
}

/** Two states take turns, from the last weight to the first. */
function compressWeights(weights: readonly number[]): Uint8Array | undefined {
  const counts = Array.from({ length: Math.max(...weights) + 1 }, () => 0);
  for (const weight of weights) counts[weight] = (counts[weight] as number) + 1;
  if (weights.length < 3 || counts.filter((count) => count > 0).length < 2) return undefined;
  let best: Uint8Array | undefined;
  for (const log of [5, 6]) {
    const distribution = distributionOf(counts, log);
    const table = fseTable(distribution);
    const steps = fseSteps(table);
    const bits = bitWriter();
    const end = weights.length - 1;
    const states = [end, end - 1].map((at) => fseEncoder(table, steps, weights[at] as number));
    for (let at = end - 2; at >= 0; at--) {
      const { value, count } = states[(end - at) % 2]!.go(weights[at] as number);
      bits.put(value, count);
    }
    // The reader begins with the state of the first weight.
    const first = end % 2;
    bits.put(states[1 - first]!.state(), log);
    bits.put(states[first]!.state(), log);
    const head = writeDistribution(distribution);
    const stream = bits.closed();
    const size = head.byteLength + stream.byteLength;
    if (size < 128 && (best === undefined || size + 1 < best.byteLength)) {
      best = Uint8Array.from([size, ...head, ...stream]);
    }
  }
  return best;
}

/** Writes symbols from the last to the first, as a reader from the end wants them. */
export function writeSymbols({ lengths, codes }: HuffmanCodes, symbols: Uint8Array): Uint8Array {
  const bits = bitWriter();
  for (let at = symbols.byteLength - 1; at >= 0; at--) {
    const symbol = symbols[at] as number;
    bits.put(codes[symbol] as number, lengths[symbol] as number);
  }
  return bits.closed();
}
