/**
 * Reading, or not reading, the body of an answer.
 *
 * @module
 */
import type { Readable } from "node:stream";
import { within } from "./deadline.ts";

/** How a body is read. */
export interface BodyOptions {
  /** Longest time for {@link PACE} bytes, in milliseconds. Only the time spent waiting counts. */
  readonly stallTimeout: number;
  /** Makes the error for when it stands still. */
  readonly onStall: () => unknown;
  /** Says what a failure was. */
  readonly explain: (error: unknown) => unknown;
}

/** A server that sends less in the time of a stall stands still, however often it sends a byte. */
const PACE = 16 * 1024;
/** What is dropped is read to its end up to here, so that the connection can be used again. */
const DRAIN_LIMIT = 64 * 1024;
const DRAIN_TIME = 1000;

/** The chunks of a body. */
export async function* answerBody(
  answer: Readable,
  { stallTimeout, onStall, explain }: BodyOptions,
): AsyncGenerator<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = answer[Symbol.asyncIterator]();
  let patience = stallTimeout;
  let pace = 0;
  try {
    while (true) {
      const began = performance.now();
      const next = await within(chunks.next(), patience, onStall);
      if (next.done === true) return;
      patience -= performance.now() - began;
      pace += next.value.byteLength;
      if (pace >= PACE) {
        pace = 0;
        patience = stallTimeout;
      }
      yield next.value;
    }
  } catch (error) {
    throw explain(error);
  } finally {
    // Whoever stops in the middle wants no more of it now.
    if (!answer.readableEnded) answer.destroy();
  }
}

/** Lets go of a body of so many bytes: a short rest is read away, any other costs the connection, or its stream. */
export function drop(answer: Readable, size: number): void {
  if (answer.readableEnded || answer.destroyed || answer.listenerCount("data") > 0) return;
  const isBeingRead = answer.listenerCount("readable") > 0;
  if (isBeingRead || size > DRAIN_LIMIT) {
    answer.destroy();
    return;
  }
  let left = DRAIN_LIMIT;
  const timer = setTimeout(() => answer.destroy(), DRAIN_TIME);
  timer.unref();
  answer.once("close", () => clearTimeout(timer));
  answer.on("data", (chunk: Uint8Array) => {
    left -= chunk.byteLength;
    if (left < 0) answer.destroy();
  });
}
