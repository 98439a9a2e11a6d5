/**
 * Uploading blobs of any size from streams that can be read once, with one chunk in memory.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-a-blob-in-chunks
 * @module
 */
import { isHiatusError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { StoreOptions } from "../store/source.ts";
import { hasBlob } from "./blobs.ts";
import { chunkSize, lost, sendChunk, sendWhole } from "./chunks.ts";
import { inChunks, once, prepended, watch } from "./pieces.ts";
import { isUncertain, persist, type Remote } from "./remote.ts";
import { begin, cancel, commit, isRefusedWay, type Session } from "./session.ts";
import type { HttpBody } from "./transport.ts";

/**
 * Uploads a blob by POST, PATCH and PUT, or by POST and PUT where the registry knows no PATCH.
 *
 * @param content read once; throws before its last chunk when it is not what was promised.
 * @param begun an upload that the registry began already.
 * @throws HiatusError what the registry says; `NETWORK` with `detail.again` when only a new stream would help; what the
 * stream throws.
 */
export async function uploadStream(
  remote: Remote,
  descriptor: Descriptor,
  content: AsyncIterable<Uint8Array>,
  begun: Session | undefined,
  options: StoreOptions,
): Promise<void> {
  const watched = watch(content);
  const begins = () =>
    persist(
      remote,
      () => begin(remote, options),
      async () => undefined,
      options,
    );
  const bodyOf = (chunks: AsyncIterable<Uint8Array>): HttpBody => ({
    size: descriptor.size,
    chunks: once(chunks, () => lost(remote, descriptor, undefined)),
  });
  let session = begun ?? (await begins());
  try {
    const step = chunkSize(remote, descriptor, session);
    if (step === undefined) {
      session = await sendWhole(remote, session, bodyOf(watched.chunks), options);
    } else {
      let offset = 0;
      const chunks = inChunks(watched.chunks, step);
      for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
        const chunk = next.value;
        try {
          session = await sendChunk(remote, descriptor, session, chunk, offset, options);
        } catch (error) {
          // Nothing but this chunk was read, and the registry knows no chunks.
          if (offset > 0 || !isRefusedWay(error)) throw error;
          const body = bodyOf(prepended(chunk, chunks));
          session = await begins();
          return await commit(remote, descriptor, session, body, options);
        }
        offset += chunk.byteLength;
      }
    }
    await persist(
      remote,
      async () => {
        await commit(remote, descriptor, session, new Uint8Array(), options);
        return true;
      },
      async () => ((await hasBlob(remote, descriptor, options)) ? true : undefined),
      options,
    );
  } catch (error) {
    // What a transport makes of a body that fails is not what failed.
    const failure = watched.failure === undefined ? error : watched.failure.error;
    // Who was told to stop does not wait, and over a dead line nothing can be cancelled.
    const isDead = watched.failure === undefined && isHiatusError(error, "NETWORK");
    if (options.signal?.aborted !== true && !isDead) await cancel(remote, session);
    if (watched.failure === undefined && isUncertain(error)) throw lost(remote, descriptor, error);
    throw failure;
  }
}
