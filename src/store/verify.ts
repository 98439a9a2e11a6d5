/**
 * Verified reads: what comes out is what the descriptor promised, or an error.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#digests
 * @module
 */
import { HiatusError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { algorithmOf, Digester, digestOf } from "../oci/digest.ts";
import { READ_LIMIT } from "../oci/document.ts";
import { embedded } from "../oci/parse-descriptor.ts";
import type { Source, StoreOptions } from "./source.ts";

export { embedded } from "../oci/parse-descriptor.ts";

/**
 * Passes chunks on and hashes them. The last chunk is held back until size and digest agree, so
 * nobody ever holds the whole of wrong content.
 *
 * @throws HiatusError `CONTENT` at the first byte too many, or at the end when bytes are missing or
 * the digest differs.
 */
export async function* verified(
  descriptor: Descriptor,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: StoreOptions = {},
): AsyncGenerator<Uint8Array> {
  const digester = new Digester(algorithmOf(descriptor.digest));
  let size = 0;
  let held: Uint8Array | undefined;
  options.signal?.throwIfAborted();
  for await (const chunk of chunks) {
    options.signal?.throwIfAborted();
    // An empty chunk must not push out the one that is held.
    if (chunk.byteLength === 0) continue;
    size += chunk.byteLength;
    if (size > descriptor.size) throw wrongSize(descriptor, `more than ${descriptor.size}`);
    digester.update(chunk);
    if (held !== undefined) yield held;
    held = chunk;
  }
  if (size !== descriptor.size) throw wrongSize(descriptor, `${size}`);
  const found = digester.digest();
  if (found !== descriptor.digest) throw wrongDigest(descriptor, found);
  if (held !== undefined) yield held;
}

/**
 * Checks bytes that are already here.
 *
 * @throws HiatusError `CONTENT` when size or digest differ.
 */
export function verifyBytes(descriptor: Descriptor, bytes: Uint8Array): void {
  if (bytes.byteLength !== descriptor.size) throw wrongSize(descriptor, `${bytes.byteLength}`);
  const found = digestOf(bytes, algorithmOf(descriptor.digest));
  if (found !== descriptor.digest) throw wrongDigest(descriptor, found);
}

/** How much is read into memory at once. */
export interface ReadOptions extends StoreOptions {
  /**
   * Most bytes to read.
   * @default 8 MiB, the most that a manifest may have
   */
  readonly limit?: number;
}

/**
 * Reads content into memory and verifies it, from the descriptor itself when that carries it.
 *
 * @throws HiatusError `CONTENT` when the content is larger than the limit or is not what the
 * descriptor promises; whatever the source throws.
 */
export async function readAll(
  source: Pick<Source, "fetch">,
  descriptor: Descriptor,
  options: ReadOptions = {},
): Promise<Uint8Array> {
  const { limit = READ_LIMIT, signal } = options;
  if (descriptor.size > limit) {
    throw new HiatusError(
      "CONTENT",
      `The content of ${descriptor.digest} is too large to read: ${descriptor.size} bytes`,
      {
        detail: { digest: descriptor.digest, size: descriptor.size, limit },
        hint: `Make sure that it is a manifest or a config, which have at most ${limit} bytes`,
      },
    );
  }
  const chunks: Uint8Array[] = [];
  // Verified here as well: manifests decide what is fetched next, and hashing them costs nothing.
  const content = verified(descriptor, fetchContent(source, descriptor, { signal }), { signal });
  for await (const chunk of content) chunks.push(chunk);
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
}

/**
 * The content of a descriptor, verified: from its `data` field when it carries one, which saves a
 * request, else from the source, which verifies what it reads.
 */
export async function* fetchContent(
  source: Pick<Source, "fetch">,
  descriptor: Descriptor,
  options: StoreOptions = {},
): AsyncGenerator<Uint8Array> {
  const bytes = embedded(descriptor);
  if (bytes === undefined) yield* source.fetch(descriptor, options);
  else yield bytes;
}

function wrongSize(descriptor: Descriptor, found: string): HiatusError {
  return new HiatusError(
    "CONTENT",
    `The content of ${descriptor.digest} has ${found} bytes where ${descriptor.size} were promised`,
    {
      detail: { digest: descriptor.digest, expected: descriptor.size },
      hint: "Fetch or build it again; it was cut short, extended or exchanged",
    },
  );
}

function wrongDigest(descriptor: Descriptor, found: string): HiatusError {
  return new HiatusError("CONTENT", `The content of ${descriptor.digest} has the digest ${found}`, {
    detail: { expected: descriptor.digest, found },
    hint: "Fetch or build it again; it was damaged or exchanged",
  });
}
