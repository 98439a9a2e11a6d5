/**
 * The first part of a block: the bytes that are in it as they are, or by Huffman's codes.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8878#name-literals-section
 * @module
 */
import type { Refuse } from "./bits.ts";
import { type HuffmanTable, readHuffman, readSymbols } from "./huffman.ts";
import { BLOCK_LIMIT } from "./tables.ts";

/** Literals that were read, how many bytes they took, and the table that the next block may use again. */
export interface ReadLiterals {
  readonly literals: Uint8Array;
  readonly used: number;
  readonly table: HuffmanTable | undefined;
}

/** Reads them. `before` is the table of the block before. */
export function readLiterals(
  bytes: Uint8Array,
  before: HuffmanTable | undefined,
  refuse: Refuse,
): ReadLiterals {
  const kind = (bytes[0] ?? refuse("a block is cut short")) & 3;
  const header = kind < 2 ? plainHeader(bytes) : codedHeader(bytes);
  const { size, used: start } = header;
  if (size > BLOCK_LIMIT) refuse("a block has too many literals");
  const end = start + (kind === 0 ? size : kind === 1 ? 1 : header.coded);
  if (end > bytes.byteLength) refuse("the literals of a block are cut short");
  if (kind === 0) return { literals: bytes.subarray(start, end), used: end, table: before };
  const literals = new Uint8Array(size);
  if (kind === 1) {
    return { literals: literals.fill(bytes[start] as number), used: end, table: before };
  }
  let streams = bytes.subarray(start, end);
  let table = before;
  if (kind === 2) {
    const read = readHuffman(streams, refuse);
    table = read.table;
    streams = streams.subarray(read.used);
  }
  if (table === undefined) return refuse("a block uses the codes of one that is not there");
  if (header.streams === 1) readSymbols(table, streams, literals, refuse);
  else readFour(table, streams, literals, refuse);
  return { literals, used: end, table };
}

/** What a header says. */
interface Header {
  readonly size: number;
  readonly coded: number;
  readonly streams: 1 | 4;
  readonly used: number;
}

function plainHeader(bytes: Uint8Array): Header {
  const [a = 0, b = 0, c = 0] = bytes;
  const format = (a >> 2) & 3;
  const wide = { 1: { size: (a >> 4) | (b << 4), used: 2 } }[format];
  const widest = { 3: { size: (a >> 4) | (b << 4) | (c << 12), used: 3 } }[format];
  return { coded: 0, streams: 1, ...(wide ?? widest ?? { size: a >> 3, used: 1 }) };
}

function codedHeader(bytes: Uint8Array): Header {
  const [a = 0, b = 0, c = 0, d = 0, e = 0] = bytes;
  const format = (a >> 2) & 3;
  const width = [10, 10, 14, 18][format] as number;
  // Up to 40 bits: numbers, and no integers of 32.
  const all = a + b * 2 ** 8 + c * 2 ** 16 + d * 2 ** 24 + (format === 3 ? e * 2 ** 32 : 0);
  const field = (from: number): number => Math.floor(all / 2 ** from) % 2 ** width;
  return {
    size: field(4),
    coded: field(4 + width),
    streams: format === 0 ? 1 : 4,
    used: [3, 3, 4, 5][format] as number,
  };
}

function readFour(
  table: HuffmanTable,
  bytes: Uint8Array,
  literals: Uint8Array,
  refuse: Refuse,
): void {
  const sizeAt = (at: number): number => (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
  const sizes = [sizeAt(0), sizeAt(2), sizeAt(4)];
  const quarter = Math.ceil(literals.byteLength / 4);
  if (bytes.byteLength < 6 || quarter * 3 > literals.byteLength) refuse("a block is cut short");
  let from = 6;
  for (let i = 0; i < 4; i++) {
    const end = i === 3 ? bytes.byteLength : from + (sizes[i] as number);
    if (end > bytes.byteLength) refuse("a stream of literals is cut short");
    const into = literals.subarray(i * quarter, i === 3 ? literals.byteLength : (i + 1) * quarter);
    readSymbols(table, bytes.subarray(from, end), into, refuse);
    from = end;
  }
}
