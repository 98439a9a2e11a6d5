/**
 * What expanding archives has in common, whatever they are compressed with: where it comes from, and bounds against bombs.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";

/** Bounds against bombs. */
export interface ExpandLimits {
  /**
   * Most bytes that come out.
   * @default 64 MiB
   */
  readonly bytes?: number | undefined;
  /**
   * Most bytes that come out for each that went in, looked at from the first MiB on. Deflate reaches 1032 and
   * zstd more; images seldom reach 20.
   * @default 200
   */
  readonly ratio?: number | undefined;
}

/** Where compressed bytes are read from. */
export interface CompressedInput {
  /** Names it in errors. */
  readonly name: string;
  /** A part of it, shorter at the end. */
  read(offset: number, size: number): Uint8Array;
}

const MEBIBYTE = 1024 * 1024;

/**
 * Makes a watch over what comes out, to be told after each part how much it was and of how much.
 *
 * @throws HiatusError `CONTENT` when that exceeds a limit.
 */
export function watchExpansion(
  what: string,
  { bytes = 64 * MEBIBYTE, ratio = 200 }: ExpandLimits,
): (produced: number, consumed: number) => void {
  return (produced, consumed) => {
    if (produced > bytes) throw expansionRefusal(what, `it expands to more than ${bytes} bytes`);
    if (produced > MEBIBYTE && produced > consumed * ratio) {
      throw expansionRefusal(what, `it expands to more than ${ratio} times its size`);
    }
  };
}

/** The error for what cannot be expanded. */
export function expansionRefusal(what: string, why: string, cause?: unknown): HiatusError {
  return new HiatusError("CONTENT", `Cannot decompress ${what}: ${why}`, {
    detail: { what },
    hint: "Ask whoever made it for an intact one",
    ...(cause === undefined ? {} : { cause }),
  });
}
