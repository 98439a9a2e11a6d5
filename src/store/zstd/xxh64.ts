/**
 * The checksum at the end of a frame: XXH64, of which the lower half is written. In halves of 32 bits, because BigInt takes a
 * hundred times as long.
 *
 * @see https://github.com/Cyan4973/xxHash/blob/v0.8.3/doc/xxhash_spec.md#xxh64-algorithm-description
 * @module
 */

/** A number of 64 bits: its upper half and its lower. */
type Word = readonly [high: number, low: number];

const P1: Word = [0x9e3779b1, 0x85ebca87];
const P2: Word = [0xc2b2ae3d, 0x27d4eb4f];
const P3: Word = [0x165667b1, 0x9e3779f9];
const P4: Word = [0x85ebca77, 0xc2b2ae63];
const P5: Word = [0x27d4eb2f, 0x165667c5];

/** The lower 32 bits of the checksum of all chunks, with the seed 0. */
export function xxh64Low(chunks: Iterable<Uint8Array>): number {
  let [a, b, c, d] = [add(P1, P2), P2, [0, 0] as Word, sub([0, 0], P1)];
  let size = 0;
  let held: Uint8Array = new Uint8Array();
  for (const chunk of chunks) {
    size += chunk.byteLength;
    const bytes = held.byteLength === 0 ? chunk : joined(held, chunk);
    let at = 0;
    for (; at + 32 <= bytes.byteLength; at += 32) {
      a = round(a, wordAt(bytes, at));
      b = round(b, wordAt(bytes, at + 8));
      c = round(c, wordAt(bytes, at + 16));
      d = round(d, wordAt(bytes, at + 24));
    }
    held = bytes.slice(at);
  }
  let hash: Word = P5;
  if (size >= 32) {
    hash = add(add(turn(a, 1), turn(b, 7)), add(turn(c, 12), turn(d, 18)));
    for (const lane of [a, b, c, d]) hash = add(times(xor(hash, round([0, 0], lane)), P1), P4);
  }
  hash = add(hash, [Math.floor(size / 2 ** 32), size | 0]);
  let at = 0;
  for (; at + 8 <= held.byteLength; at += 8) {
    hash = add(times(turn(xor(hash, round([0, 0], wordAt(held, at))), 27), P1), P4);
  }
  if (at + 4 <= held.byteLength) {
    hash = add(times(turn(xor(hash, times([0, lowAt(held, at)], P1)), 23), P2), P3);
    at += 4;
  }
  for (; at < held.byteLength; at++) {
    hash = times(turn(xor(hash, times([0, held[at] as number], P5)), 11), P1);
  }
  hash = times(xor(hash, shifted(hash, 33)), P2);
  hash = times(xor(hash, shifted(hash, 29)), P3);
  return xor(hash, shifted(hash, 32))[1] >>> 0;
}

function round(lane: Word, input: Word): Word {
  return times(turn(add(lane, times(input, P2)), 31), P1);
}

function lowAt(bytes: Uint8Array, at: number): number {
  const [a, b, c, d] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]] as number[];
  return (a as number) | ((b as number) << 8) | ((c as number) << 16) | ((d as number) << 24);
}

function wordAt(bytes: Uint8Array, at: number): Word {
  return [lowAt(bytes, at + 4), lowAt(bytes, at)];
}

function add([ah, al]: Word, [bh, bl]: Word): Word {
  const low = (al >>> 0) + (bl >>> 0);
  return [(ah + bh + (low > 0xffffffff ? 1 : 0)) | 0, low | 0];
}

function sub(a: Word, [bh, bl]: Word): Word {
  return add(a, add([~bh, ~bl], [0, 1]));
}

function xor([ah, al]: Word, [bh, bl]: Word): Word {
  return [ah ^ bh, al ^ bl];
}

/** Shifted to the right, by 1 to 63. */
function shifted([high, low]: Word, by: number): Word {
  if (by >= 32) return [0, high >>> (by - 32)];
  return [high >>> by, (low >>> by) | (high << (32 - by))];
}

/** Turned to the left, by 1 to 31. */
function turn([high, low]: Word, by: number): Word {
  return [(high << by) | (low >>> (32 - by)), (low << by) | (high >>> (32 - by))];
}

/** The lower 64 bits of the product. */
function times([ah, al]: Word, [bh, bl]: Word): Word {
  const [a0, a1, b0, b1] = [al & 0xffff, al >>> 16, bl & 0xffff, bl >>> 16];
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const carry = (middle & 0xffff) + a0 * b1;
  const high = a1 * b1 + Math.floor(middle / 65536) + Math.floor(carry / 65536);
  return [(high + Math.imul(ah, bl) + Math.imul(al, bh)) | 0, Math.imul(al, bl)];
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.byteLength + b.byteLength);
  bytes.set(a);
  bytes.set(b, a.byteLength);
  return bytes;
}
