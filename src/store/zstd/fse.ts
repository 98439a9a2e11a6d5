/**
 * Finite state entropy: symbols cost fractions of bits, because a state remembers the rest.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8878#name-fse
 * @module
 */
import { type BackwardBits, bitWriter, forwardBits, type Refuse } from "./bits.ts";
import type { Distribution } from "./tables.ts";

/** What each state says, and where one goes from it: to `base` and as many bits more as are read. */
export interface FseTable {
  readonly log: number;
  readonly symbols: Uint8Array;
  readonly bits: Uint8Array;
  readonly base: Uint16Array;
}

/** A table in which there is one symbol, which costs nothing. */
export function singleTable(symbol: number): FseTable {
  return {
    log: 0,
    symbols: Uint8Array.of(symbol),
    bits: Uint8Array.of(0),
    base: Uint16Array.of(0),
  };
}

/** The table of a distribution. Symbols are strewn over the states so that each is near to every other. */
export function fseTable({ log, counts }: Distribution): FseTable {
  const size = 2 ** log;
  const symbols = new Uint8Array(size);
  const next = counts.map((count) => Math.abs(count));
  let high = size - 1;
  for (const [symbol, count] of counts.entries()) if (count === -1) symbols[high--] = symbol;
  const step = (size >> 1) + (size >> 3) + 3;
  let at = 0;
  for (const [symbol, count] of counts.entries()) {
    for (let i = 0; i < count; i++) {
      symbols[at] = symbol;
      do at = (at + step) & (size - 1);
      while (at > high);
    }
  }
  const bits = new Uint8Array(size);
  const base = new Uint16Array(size);
  for (let state = 0; state < size; state++) {
    const symbol = symbols[state] as number;
    const value = next[symbol] as number;
    next[symbol] = value + 1;
    const count = log - (31 - Math.clz32(value));
    bits[state] = count;
    base[state] = (value << count) - size;
  }
  return { log, symbols, bits, base };
}

/** A place in a table. */
export interface FseState {
  symbol(): number;
  /** Goes on, by the bits that this state wants. */
  next(): void;
}

/** Begins with as many bits as the table has. */
export function fseState(table: FseTable, from: BackwardBits): FseState {
  let state = from.take(table.log);
  return {
    symbol: () => table.symbols[state] as number,
    next() {
      state = (table.base[state] as number) + from.take(table.bits[state] as number);
    },
  };
}

/** A distribution that was read, and how many bytes it took. */
export interface ReadDistribution {
  readonly distribution: Distribution;
  readonly used: number;
}

/** Reads a distribution. Each count takes as many bits as what is left to be given out needs. */
export function readDistribution(
  bytes: Uint8Array,
  { maxLog, maxSymbol }: { readonly maxLog: number; readonly maxSymbol: number },
  refuse: Refuse,
): ReadDistribution {
  const bits = forwardBits(bytes, refuse);
  const log = bits.take(4) + 5;
  if (log > maxLog) refuse("a distribution is too accurate");
  const counts: number[] = [];
  let left = 2 ** log;
  while (left > 0) {
    if (counts.length > maxSymbol) refuse("a distribution has too many symbols");
    const width = 32 - Math.clz32(left + 1);
    const half = 2 ** (width - 1);
    const short = 2 ** width - 1 - (left + 1);
    let value = bits.take(width);
    if (value % half < short) {
      bits.back(1);
      value %= half;
    } else if (value >= half) value -= short;
    const count = value - 1;
    left -= Math.abs(count);
    counts.push(count);
    if (count !== 0) continue;
    for (let more = 3; more === 3; ) {
      more = bits.take(2);
      for (let i = 0; i < more; i++) counts.push(0);
      if (counts.length > maxSymbol + 1) refuse("a distribution has too many symbols");
    }
  }
  if (left < 0) refuse("a distribution gives out more than it has");
  return { distribution: { log, counts }, used: bits.used() };
}

/** Writes a distribution as {@link readDistribution} reads it. */
export function writeDistribution({ log, counts }: Distribution): Uint8Array {
  const bits = bitWriter();
  bits.put(log - 5, 4);
  let left = 2 ** log;
  for (let symbol = 0; left > 0; ) {
    const count = counts[symbol++] ?? 0;
    const width = 32 - Math.clz32(left + 1);
    const half = 2 ** (width - 1);
    const short = 2 ** width - 1 - (left + 1);
    const value = count + 1;
    if (value < short) bits.put(value, width - 1);
    else bits.put(value < half ? value : value + short, width);
    left -= Math.abs(count);
    if (count !== 0) continue;
    let zeros = 0;
    while (counts[symbol + zeros] === 0) zeros++;
    symbol += zeros;
    for (; zeros >= 3; zeros -= 3) bits.put(3, 2);
    bits.put(zeros, 2);
  }
  return bits.bytes();
}

/**
 * A distribution near to how often symbols came. In whole numbers only, so that it is the same everywhere.
 *
 * @param counts at least two of them above zero, and not more than `2 ** log`.
 */
export function distributionOf(counts: readonly number[], log: number): Distribution {
  const size = 2 ** log;
  const total = counts.reduce((sum, count) => sum + count, 0);
  const given = counts.map((count) =>
    count === 0 ? 0 : Math.max(1, Math.floor((count * size) / total)),
  );
  let sum = given.reduce((a, b) => a + b, 0);
  /** Where one more is worth most, or one less costs least: counts and what they were given, compared as fractions. */
  const pick = (better: (a: number, b: number) => boolean): number => {
    let best = -1;
    for (let symbol = 0; symbol < counts.length; symbol++) {
      if (counts[symbol] === 0 || (sum > size && given[symbol] === 1)) continue;
      if (best < 0 || better(symbol, best)) best = symbol;
    }
    return best;
  };
  const worth = (a: number, b: number): number =>
    (counts[a] as number) * (given[b] as number) - (counts[b] as number) * (given[a] as number);
  while (sum !== size) {
    const chosen = sum < size ? pick((a, b) => worth(a, b) > 0) : pick((a, b) => worth(a, b) < 0);
    const change = sum < size ? 1 : -1;
    given[chosen] = (given[chosen] as number) + change;
    sum += change;
  }
  return { log, counts: given };
}

/** Goes through a table backwards: from the last symbol to the first. */
export interface FseEncoder {
  /** To a symbol; gives what the reader has to read there, in `count` bits. */
  go(symbol: number): { readonly value: number; readonly count: number };
  /** The state in the end, which the reader begins with. */
  state(): number;
}

/** For each state, by symbol, the state from which it is reached. */
export type FseSteps = readonly (Uint16Array | undefined)[];

/** Turns a table around. */
export function fseSteps({ log, symbols, bits, base }: FseTable): FseSteps {
  const size = 2 ** log;
  const steps: (Uint16Array | undefined)[] = [];
  for (let state = 0; state < size; state++) {
    const symbol = symbols[state] as number;
    const from = steps[symbol] ?? new Uint16Array(size);
    steps[symbol] = from;
    const first = base[state] as number;
    from.fill(state, first, first + 2 ** (bits[state] as number));
  }
  return steps;
}

/** Begins at a symbol, in the state that wants most bits: so a reader that has no more sees that it is at the end. */
export function fseEncoder(table: FseTable, steps: FseSteps, last: number): FseEncoder {
  let state = table.symbols.indexOf(last);
  return {
    go(symbol) {
      const before = (steps[symbol] as Uint16Array)[state] as number;
      const said = {
        value: state - (table.base[before] as number),
        count: table.bits[before] as number,
      };
      state = before;
      return said;
    },
    state: () => state,
  };
}
