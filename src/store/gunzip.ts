/**
 * Decompressing what others compressed, within bounds.
 *
 * @see https://www.rfc-editor.org/rfc/rfc1952
 * @module
 */
import { pipeline, Readable } from "node:stream";
import { type ExpandLimits, expansionRefusal, watchExpansion } from "./expand.ts";
import type { StoreOptions } from "./source.ts";

const PART = 16 * 1024;

/** Do the bytes begin like gzip? */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Decompresses gzip as it streams by; memory stays bounded.
 *
 * @param what names the input in errors.
 * @throws HiatusError `CONTENT` when it is damaged, cut short or followed by something else, or when
 * it exceeds a limit; whatever `chunks` throws.
 */
export async function* gunzip(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  what: string,
  limits: ExpandLimits = {},
  options: StoreOptions = {},
): AsyncGenerator<Uint8Array> {
  const watch = watchExpansion(what, limits);
  let consumed = 0;
  let produced = 0;
  let failure: { readonly error: unknown } | undefined;
  async function* counted(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of chunks) {
        // In small parts, or a bomb's ratio would be seen only after all that a large one expands to.
        for (let at = 0; at < chunk.byteLength; at += PART) {
          const part = chunk.subarray(at, at + PART);
          consumed += part.byteLength;
          yield part;
        }
      }
    } catch (error) {
      failure = { error };
      throw error;
    }
  }
  const { createGunzip } = await import("node:zlib");
  const stream = createGunzip();
  pipeline(
    Readable.from(counted(), { objectMode: true, highWaterMark: 1 }),
    stream,
    () => undefined,
  );
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      options.signal?.throwIfAborted();
      produced += chunk.byteLength;
      watch(produced, consumed);
      yield chunk;
    }
  } catch (error) {
    if (failure !== undefined) throw failure.error;
    const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
    throw code?.startsWith("Z_")
      ? expansionRefusal(what, "it is not gzip, or was cut short", error)
      : error;
  }
  // zlib stops at what is not gzip any more and keeps quiet about it.
  if (stream.bytesWritten !== consumed)
    throw expansionRefusal(what, "something follows the gzip data");
}
