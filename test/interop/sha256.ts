/**
 * Digests by Node alone, for tests that judge ours.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** The digest of some bytes. */
export function sha256(content: string | Uint8Array): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}
