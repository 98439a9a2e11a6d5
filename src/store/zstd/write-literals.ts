/**
 * Writing the literals of a block in the shortest of four ways.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8878#name-literals-section
 * @module
 */
import { huffmanCodes, writeSymbols } from "./huffman-codes.ts";

/** Fewer literals go in one stream of codes, more in four, which a reader can read side by side. */
const ONE_STREAM = 1023;

/** The literals section of a block. */
export function writeLiterals(literals: Uint8Array): Uint8Array {
  const size = literals.byteLength;
  const [first] = literals;
  if (first !== undefined && size > 3 && literals.every((byte) => byte === first)) {
    return joinBytes(plainHeader(1, size), Uint8Array.of(first));
  }
  const plain = joinBytes(plainHeader(0, size), literals);
  const coded = writeCoded(literals);
  return coded !== undefined && coded.byteLength < plain.byteLength ? coded : plain;
}

function plainHeader(kind: 0 | 1, size: number): Uint8Array {
  if (size < 32) return Uint8Array.of((size << 3) | kind);
  if (size < 4096) return Uint8Array.of(((size & 15) << 4) | 4 | kind, size >> 4);
  return Uint8Array.of(((size & 15) << 4) | 12 | kind, (size >> 4) & 255, size >> 12);
}

function writeCoded(literals: Uint8Array): Uint8Array | undefined {
  const counts = Array.from({ length: 256 }, () => 0);
  for (const byte of literals) counts[byte] = (counts[byte] as number) + 1;
  const codes = huffmanCodes(counts);
  if (codes === undefined) return undefined;
  const size = literals.byteLength;
  const isOne = size <= ONE_STREAM;
  const quarter = Math.ceil(size / 4);
  const streams = isOne
    ? [writeSymbols(codes, literals)]
    : [0, 1, 2, 3].map((i) =>
        writeSymbols(codes, literals.subarray(i * quarter, Math.min(size, (i + 1) * quarter))),
      );
  const sizes = isOne ? [] : streams.slice(0, 3).map(({ byteLength }) => byteLength);
  if (sizes.some((one) => one > 0xffff)) return undefined;
  const body = joinBytes(
    codes.header,
    Uint8Array.from(sizes.flatMap((one) => [one & 255, one >> 8])),
    ...streams,
  );
  const coded = body.byteLength;
  if (coded >= size) return undefined;
  const most = Math.max(size, coded);
  const [format, width, bytes] =
    most < 1024 ? [isOne ? 0 : 1, 10, 3] : most < 16384 ? [2, 14, 4] : [3, 18, 5];
  // Up to 40 bits: a number, and no integer of 32.
  let head = 2 + (format as number) * 4 + size * 16 + coded * 2 ** (4 + (width as number));
  const header = new Uint8Array(bytes as number);
  for (let at = 0; at < header.byteLength; at++) {
    header[at] = head % 256;
    head = Math.floor(head / 256);
  }
  return joinBytes(header, body);
}

/** Some arrays as one. */
export function joinBytes(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}
