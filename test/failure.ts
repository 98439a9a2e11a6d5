/** Looking at errors as values, so that code, message and hint can all be asserted. */
import { HiatusError } from "../src/errors.ts";

/** The `HiatusError` that the work ends with. Anything else fails the test, success included. */
export async function failureOf(work: unknown): Promise<HiatusError> {
  try {
    await (typeof work === "function" ? work() : work);
  } catch (error) {
    if (error instanceof HiatusError) return error;
    throw error;
  }
  throw new Error("It did not fail");
}

/** All chunks of a stream as one array. */
export async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** All values of an iteration. */
export async function listOf<T>(values: AsyncIterable<T> | Iterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const value of values) list.push(value);
  return list;
}

/** A stream of some chunks. */
export async function* streamOf(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
