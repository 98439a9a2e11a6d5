/**
 * Blobs: pulled whole or in part, deleted.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-blobs
 * @module
 */
import { isHiatusError } from "../errors.ts";
import { type Digest, isDigest } from "../oci/digest.ts";
import type { Contents } from "./contents.ts";
import { empty, type Incoming, type Outgoing } from "./exchange.ts";
import { cut, parseRange } from "./range.ts";
import { refuse } from "./refusal.ts";
import type { Repository, WritableRepository } from "./repositories.ts";

const BLOB_TYPE = "application/octet-stream";

/** GET and HEAD. A blob is served from a repository that has it and from no other (CVE-2023-2253). */
export async function getBlob(
  incoming: Incoming,
  repository: Repository,
  digest: string,
  contents: Contents,
): Promise<Outgoing> {
  if (!isDigest(digest)) return notDigest();
  const size = await repository.sizeOf(digest);
  if (size === undefined) return unknown(digest);
  const headers = {
    "accept-ranges": "bytes",
    "content-type": BLOB_TYPE,
    "docker-content-digest": digest,
  };
  const part = incoming.method === "GET" ? parseRange(incoming.header("range"), size) : undefined;
  if (part === "unsatisfiable") {
    return refuse("RANGE_INVALID", "The blob has no byte in that range", {
      headers: { "accept-ranges": "bytes", "content-range": `bytes */${size}` },
    });
  }
  const { start, end } = part ?? { start: 0, end: size };
  return {
    status: part === undefined ? 200 : 206,
    headers: {
      ...headers,
      "content-length": String(end - start),
      ...(part === undefined ? {} : { "content-range": `bytes ${start}-${end - 1}/${size}` }),
    },
    ...(incoming.method === "HEAD"
      ? {}
      : { body: await bodyOf(repository, digest, size, { start, end }, contents) }),
  };
}

/** Bytes where the blob is small, else a stream that has begun: what cannot be opened must not become a 200. */
async function bodyOf(
  repository: Repository,
  digest: Digest,
  size: number,
  part: { readonly start: number; readonly end: number },
  contents: Contents,
): Promise<Uint8Array | AsyncIterable<Uint8Array>> {
  if (size <= contents.limit) {
    return (await contents.blob(repository, digest, size)).subarray(part.start, part.end);
  }
  const stream = repository.fetch({ mediaType: BLOB_TYPE, digest, size });
  return begun(cut(stream, part));
}

/** By hand, because a generator that was never asked for anything would not close what it holds. */
async function begun(stream: AsyncGenerator<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  let first: IteratorResult<Uint8Array> | undefined = await stream.next();
  const next = async (): Promise<IteratorResult<Uint8Array>> => {
    const result = first;
    first = undefined;
    return result ?? stream.next();
  };
  return {
    [Symbol.asyncIterator]: () => ({ next, return: () => stream.return(undefined) }),
  };
}

/** DELETE. A manifest is not deleted as a blob, for its tags would go with it. */
export async function deleteBlob(
  repository: WritableRepository,
  digest: string,
): Promise<Outgoing> {
  if (!isDigest(digest)) return notDigest();
  return repository.alone(async () => {
    const size = await repository.sizeOf(digest);
    if (size === undefined) return unknown(digest);
    if (await isManifest(repository, digest)) {
      return refuse("UNSUPPORTED", "It is a manifest: delete it as one");
    }
    await repository.delete({ mediaType: BLOB_TYPE, digest, size });
    return empty(202);
  });
}

async function isManifest(repository: WritableRepository, digest: Digest): Promise<boolean> {
  try {
    await repository.resolve(digest);
    return true;
  } catch (error) {
    if (isHiatusError(error, "NOT_FOUND", "CONTENT")) return false;
    throw error;
  }
}

function unknown(digest: Digest): Outgoing {
  return refuse("BLOB_UNKNOWN", "There is no such blob in this repository", {
    details: [{ digest }],
  });
}

function notDigest(): Outgoing {
  return refuse("DIGEST_INVALID", "What the path ends with is not a digest");
}
