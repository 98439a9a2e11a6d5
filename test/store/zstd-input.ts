/** Bytes in memory as what is expanded. */
import type { CompressedInput } from "../../src/store/expand.ts";

export function inputOf(bytes: Uint8Array): CompressedInput {
  return { name: "it", read: (offset, size) => bytes.subarray(offset, offset + size) };
}
