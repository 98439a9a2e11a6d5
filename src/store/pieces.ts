/**
 * Bytes that grow, in pieces of one size: nothing is ever copied to a larger place, so that holding a mebibyte takes a mebibyte.
 *
 * @module
 */

const PIECE = 1024 * 1024;

/** Bytes in memory that can be added to. */
export interface Pieces {
  /** How many there are. */
  size(): number;
  add(bytes: Uint8Array): void;
  /** Adds what stands some bytes before the end, as often as it takes to get as many bytes. */
  repeat(distance: number, count: number): void;
  /** A part, shorter at the end. */
  read(offset: number, size: number): Uint8Array;
  /** All of it, from a place on. */
  chunks(from?: number): Generator<Uint8Array>;
}

/** Nothing yet. */
export function createPieces(): Pieces {
  const pieces: Uint8Array[] = [];
  let size = 0;
  /** The room that is left in the last piece; a new one where there is none. */
  const room = (): Uint8Array => {
    const used = size % PIECE;
    if (used === 0) pieces.push(new Uint8Array(PIECE));
    return (pieces.at(-1) as Uint8Array).subarray(used);
  };
  const add = (bytes: Uint8Array): void => {
    for (let at = 0; at < bytes.byteLength; ) {
      const part = bytes.subarray(at, at + PIECE - (size % PIECE));
      room().set(part);
      at += part.byteLength;
      size += part.byteLength;
    }
  };
  /** What lies at a place, as far as its piece goes. */
  const part = (offset: number, most: number): Uint8Array => {
    const from = offset % PIECE;
    const end = Math.min(PIECE, from + most, from + size - offset);
    return (pieces[Math.floor(offset / PIECE)] as Uint8Array).subarray(from, end);
  };
  return {
    size: () => size,
    add,
    repeat(distance, count) {
      // What is added may be repeated in turn: never more at once than there is.
      for (let left = count; left > 0; ) {
        const bytes = part(size - distance, Math.min(left, distance));
        left -= bytes.byteLength;
        add(bytes);
      }
    },
    read(offset, wanted) {
      const end = Math.min(size, offset + wanted);
      if (offset >= end) return new Uint8Array();
      const first = part(offset, end - offset);
      if (first.byteLength === end - offset) return first;
      const bytes = new Uint8Array(end - offset);
      for (let at = offset; at < end; ) {
        const one = part(at, end - at);
        bytes.set(one, at - offset);
        at += one.byteLength;
      }
      return bytes;
    },
    *chunks(from = 0) {
      for (let at = from; at < size; ) {
        const one = part(at, PIECE);
        at += one.byteLength;
        yield one;
      }
    },
  };
}
