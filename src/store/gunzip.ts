/**
 * Decompressing what others compressed, within bounds.
 *
 * @see https://www.rfc-editor.org/rfc/rfc1952
 * @module
 */
import { pipeline, Readable } from "node:stream";
import { HiatusError } from "../errors.ts";
import type { StoreOptions } from "./source.ts";

/** Bounds against bombs. */
export interface GunzipLimits {
  /**
   * Most bytes that come out.
   * @default 64 MiB
   */
  readonly bytes?: number | undefined;
  /**
   * Most bytes that come out for each that went in, looked at from the first MiB on. Deflate reaches
   * 1032; images seldom reach 20.
   * @default 200
   */
  readonly ratio?: number | undefined;
}

const MEBIBYTE = 1024 * 1024;

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
  limits: GunzipLimits = {},
  options: StoreOptions = {},
): AsyncGenerator<Uint8Array> {
  const { bytes = 64 * MEBIBYTE, ratio = 200 } = limits;
  let consumed = 0;
  let produced = 0;
  let failure: { readonly error: unknown } | undefined;
  async function* counted(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of chunks) {
        consumed += chunk.byteLength;
        yield chunk;
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
      if (produced > bytes) throw refusal(what, `it expands to more than ${bytes} bytes`);
      if (produced > MEBIBYTE && produced > consumed * ratio) {
        throw refusal(what, `it expands to more than ${ratio} times its size`);
      }
      yield chunk;
    }
  } catch (error) {
    if (failure !== undefined) throw failure.error;
    const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
    throw code?.startsWith("Z_") ? refusal(what, "it is not gzip, or was cut short", error) : error;
  }
  // zlib stops at what is not gzip any more and keeps quiet about it.
  if (stream.bytesWritten !== consumed) throw refusal(what, "something follows the gzip data");
}

function refusal(what: string, why: string, cause?: unknown): HiatusError {
  return new HiatusError("CONTENT", `Cannot decompress ${what}: ${why}`, {
    detail: { what },
    hint: "Ask whoever made it for an intact one",
    ...(cause === undefined ? {} : { cause }),
  });
}
