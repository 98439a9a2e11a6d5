/**
 * The last bytes of what was read, kept to compare them with what comes when reading begins again.
 *
 * @module
 */

/** As many bytes are kept at least, once there are so many; more where chunks are large. */
const LEAST = 64 * 1024;

/** The end of a stream that may break off and be taken up again at an earlier place. */
export interface Tail {
  /** Where the kept bytes begin in the whole. */
  readonly start: number;
  /** Where they end: as far as reading got. */
  readonly end: number;
  /** False once bytes came that differ from those before. */
  readonly agrees: boolean;
  /** Adds bytes that follow. */
  add(bytes: Uint8Array): void;
  /**
   * Looks at bytes that begin somewhere before the end, or right at it.
   *
   * @returns what of them is new; undefined when they differ from what is kept.
   */
  compare(at: number, bytes: Uint8Array): Uint8Array | undefined;
  /** Begins to agree again. */
  reset(): void;
}

/** A tail of nothing. */
export function createTail(): Tail {
  const chunks: Uint8Array[] = [];
  let size = 0;
  let end = 0;
  let agrees = true;
  return {
    get start() {
      return end - size;
    },
    get end() {
      return end;
    },
    get agrees() {
      return agrees;
    },
    add(bytes) {
      chunks.push(bytes);
      size += bytes.byteLength;
      end += bytes.byteLength;
      let [first] = chunks;
      while (first !== undefined && size - first.byteLength >= LEAST) {
        size -= first.byteLength;
        chunks.shift();
        [first] = chunks;
      }
    },
    compare(at, bytes) {
      const start = end - size;
      const known = Math.min(Math.max(end - at, 0), bytes.byteLength);
      const skip = Math.max(start - at, 0);
      if (skip < known) {
        const before = Buffer.concat(chunks).subarray(at + skip - start, at + known - start);
        agrees &&= before.equals(bytes.subarray(skip, known));
      }
      return agrees ? bytes.subarray(known) : undefined;
    },
    reset() {
      agrees = true;
    },
  };
}
