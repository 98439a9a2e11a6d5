/**
 * Reading the body of a request.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";
import type { Incoming } from "./exchange.ts";

/** What is thrown when a body is larger than it may be; {@link tooLargeFor} knows it again. */
function bodyTooLarge(limit: number): HiatusError {
  return new HiatusError("CONTENT", `The body has more than ${limit} bytes`, {
    detail: { bodyLimit: limit },
    hint: "Send less",
  });
}

/** The limit that a body was too large for; undefined for every other error. */
export function tooLargeFor(error: HiatusError): number | undefined {
  const limit = error.detail.bodyLimit;
  return typeof limit === "number" ? limit : undefined;
}

/** What a request says the length of its body is; undefined when it does not say. */
export function lengthOf(incoming: Incoming): number | undefined {
  const text = incoming.header("content-length");
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/**
 * The whole body.
 *
 * @throws HiatusError `CONTENT` when it has more bytes than `limit`: at once when the request says so.
 */
export async function readBody(incoming: Incoming, limit: number): Promise<Uint8Array> {
  if ((lengthOf(incoming) ?? 0) > limit) throw bodyTooLarge(limit);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of incoming.body) {
    size += chunk.byteLength;
    if (size > limit) throw bodyTooLarge(limit);
    chunks.push(chunk);
  }
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
}

/** Passes the body on and counts it. */
export async function* capped(
  body: AsyncIterable<Uint8Array>,
  limit: number,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > limit) throw bodyTooLarge(limit);
    yield chunk;
  }
}
