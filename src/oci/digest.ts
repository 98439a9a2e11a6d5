/**
 * Digests name content.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#digests
 * @module
 */
import { createHash, type Hash } from "node:crypto";
import { HiatusError } from "../errors.ts";

/** `algorithm:hex`, for example `sha256:e3b0…`. Only made by this module, so it is always valid. */
export type Digest = `${DigestAlgorithm}:${string}`;

/** The registered algorithms of the specification. */
export type DigestAlgorithm = "sha256" | "sha512";

const HEX_LENGTH: Readonly<Record<DigestAlgorithm, number>> = { sha256: 64, sha512: 128 };

/** The digest of some bytes, SHA-256 unless told otherwise. */
export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = "sha256"): Digest {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
}

/** Does the text follow the grammar of a registered digest: algorithm, colon, lower-case hex of the right length? */
export function isDigest(text: string): text is Digest {
  const colon = text.indexOf(":");
  const length = HEX_LENGTH[text.slice(0, colon) as DigestAlgorithm];
  return length === text.length - colon - 1 && /^[0-9a-f]+$/.test(text.slice(colon + 1));
}

/**
 * Reads a digest.
 *
 * @throws HiatusError `INVALID` when the text is not a registered digest. Digests become paths and
 * URLs, so nothing else may pass (CVE-2024-3727).
 */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new HiatusError("INVALID", `"${text.slice(0, 160)}" is not a digest`, {
    hint: 'Write it as "sha256:" followed by 64 lower-case hexadecimal characters',
  });
}

/** The algorithm of a digest. */
export function algorithmOf(digest: Digest): DigestAlgorithm {
  return digest.slice(0, digest.indexOf(":")) as DigestAlgorithm;
}

/** The hexadecimal part of a digest. */
export function hexOf(digest: Digest): string {
  return digest.slice(digest.indexOf(":") + 1);
}

/** Hashes bytes as they pass by; `digest()` may be asked for once. */
export class Digester {
  readonly #hash: Hash;
  readonly #algorithm: DigestAlgorithm;

  constructor(algorithm: DigestAlgorithm = "sha256") {
    this.#algorithm = algorithm;
    this.#hash = createHash(algorithm);
  }

  update(chunk: Uint8Array): void {
    this.#hash.update(chunk);
  }

  digest(): Digest {
    return `${this.#algorithm}:${this.#hash.digest("hex")}`;
  }
}
