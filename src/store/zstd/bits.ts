/**
 * Streams of bits. Zstandard writes them forwards, lowest bit first, and reads most of them backwards, from a last bit that is set.
 *
 * @module
 */

/** Throws with the reason why something is not read. */
export type Refuse = (why: string) => never;

/** Reads backwards. */
export interface BackwardBits {
  /** Takes some bits, at most 31; zeros where there are none any more. */
  take(count: number): number;
  /** The same bits, left where they are. */
  peek(count: number): number;
  skip(count: number): void;
  /** How many bits are left; below zero when more were taken than there were. */
  left(): number;
}

/** A stream that is read from its end. */
export function backwardBits(bytes: Uint8Array, refuse: Refuse): BackwardBits {
  const last = bytes.at(-1) ?? 0;
  if (last === 0) return refuse("a stream of bits has no end");
  let at = bytes.byteLength * 8 - Math.clz32(last) + 23;
  const peek = (count: number): number => {
    const from = at - count;
    if (from >= 0) return bitsAt(bytes, from, count);
    return at > 0 ? (bitsAt(bytes, 0, at) << -from) >>> 0 : 0;
  };
  return {
    peek,
    take(count) {
      const value = peek(count);
      at -= count;
      return value;
    },
    skip(count) {
      at -= count;
    },
    left: () => at,
  };
}

/** Reads forwards. */
export interface ForwardBits {
  take(count: number): number;
  /** Goes back. */
  back(count: number): void;
  /** Bytes that were begun. */
  used(): number;
}

/** A stream that is read from its beginning. */
export function forwardBits(bytes: Uint8Array, refuse: Refuse): ForwardBits {
  let at = 0;
  return {
    take(count) {
      const value = bitsAt(bytes, at, count);
      at += count;
      // The longest look ahead is given back by one bit.
      if (at > bytes.byteLength * 8 + 16) refuse("a stream of bits is cut short");
      return value;
    },
    back(count) {
      at -= count;
    },
    used() {
      if (at > bytes.byteLength * 8) refuse("a stream of bits is cut short");
      return Math.ceil(at / 8);
    },
  };
}

/** Bits from a place on, at most 31; what lies behind the end is zero. */
function bitsAt(bytes: Uint8Array, from: number, count: number): number {
  if (count === 0) return 0;
  const byte = from >>> 3;
  const shift = from & 7;
  const low =
    (bytes[byte] ?? 0) |
    ((bytes[byte + 1] ?? 0) << 8) |
    ((bytes[byte + 2] ?? 0) << 16) |
    ((bytes[byte + 3] ?? 0) << 24);
  const high = shift === 0 ? 0 : (bytes[byte + 4] ?? 0) << (32 - shift);
  return ((low >>> shift) | high) & (2 ** count - 1);
}

/** Writes forwards. */
export interface BitWriter {
  /** The lowest bits of a value, at most 31. */
  put(value: number, count: number): void;
  /** The bytes, filled up with zeros. */
  bytes(): Uint8Array;
  /** The bytes with the bit at the end that is set, for who reads backwards. */
  closed(): Uint8Array;
}

/** An empty stream to write to. */
export function bitWriter(): BitWriter {
  const bytes: number[] = [];
  let held = 0;
  let count = 0;
  const put = (value: number, size: number): void => {
    // Up to 38 bits: a number, and no integer of 32.
    held += (value % 2 ** size) * 2 ** count;
    count += size;
    while (count >= 8) {
      bytes.push(held % 256);
      held = Math.floor(held / 256);
      count -= 8;
    }
  };
  const filled = (): Uint8Array => Uint8Array.from(count > 0 ? [...bytes, held] : bytes);
  return {
    put,
    bytes: filled,
    closed() {
      put(1, 1);
      return filled();
    },
  };
}
