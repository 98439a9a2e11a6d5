/**
 * Cutting streams into chunks, and watching how they end.
 *
 * @module
 */

/** Bytes in pieces. */
export type Pieces = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** The bytes in chunks of one size, but for the last. */
export async function* inChunks(content: Pieces, size: number): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let filled = 0;
  for await (const piece of content) {
    for (let at = 0; at < piece.byteLength; ) {
      const part = piece.subarray(at, at + size - filled);
      filled += part.byteLength;
      at += part.byteLength;
      if (filled === size) {
        yield parts.length === 0 ? part : Buffer.concat([...parts, part]);
        parts = [];
        filled = 0;
      } else {
        // A copy of what has to wait, because whoever gave it may use its buffer again.
        parts.push(Uint8Array.from(part));
      }
    }
  }
  if (filled > 0) yield Buffer.concat(parts);
}

/** Some bytes, and then the rest of a stream. */
export async function* prepended(
  first: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield first;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
      yield next.value;
    }
  } finally {
    await rest.return?.();
  }
}

/** A stream on its way, and how it failed. */
export interface Watched {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** What the stream threw. */
  readonly failure: { readonly error: unknown } | undefined;
}

/** Passes a stream on and remembers how it failed: those who pass it on further make other errors of it. */
export function watch(content: AsyncIterable<Uint8Array>): Watched {
  let failure: { readonly error: unknown } | undefined;
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      yield* content;
    } catch (error) {
      failure = { error };
      throw error;
    }
  }
  return {
    chunks: chunks(),
    get failure() {
      return failure;
    },
  };
}

/** A body that can be read once. Whoever wants it a second time gets the error. */
export function once(
  content: AsyncIterable<Uint8Array>,
  error: () => Error,
): () => AsyncIterable<Uint8Array> {
  let used = false;
  return async function* () {
    if (used) throw error();
    used = true;
    yield* content;
  };
}
