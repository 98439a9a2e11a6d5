/**
 * Sending chunks to an upload, and taking it up again where an answer got lost.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-a-blob-in-chunks
 * @module
 */
import { HiatusError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { StoreOptions } from "../store/source.ts";
import { inChunks } from "./pieces.ts";
import { isUncertain, type Remote, refusal } from "./remote.ts";
import { backoff } from "./retry.ts";
import {
  begin,
  type Chunk,
  commit,
  isTaken,
  patch,
  type Session,
  sessionOf,
  status,
} from "./session.ts";

/** Largest chunk that is kept in memory because a registry wants such chunks. Bytes. */
const CHUNK_LIMIT = 64 * 1024 * 1024;

/**
 * Uploads bytes by POST, PATCH and PUT. What fails may be tried again from the start.
 *
 * @param begun an upload that the registry began already.
 * @throws HiatusError what the registry says.
 */
export async function uploadChunks(
  remote: Remote,
  descriptor: Descriptor,
  bytes: Uint8Array,
  begun: Session | undefined,
  options: StoreOptions,
): Promise<void> {
  let session = begun ?? (await begin(remote, options));
  const step = chunkSize(remote, descriptor, session);
  if (step === undefined) session = await sendWhole(remote, session, bytes, options);
  else {
    let offset = 0;
    for await (const chunk of inChunks([bytes], step)) {
      session = await sendChunk(remote, descriptor, session, chunk, offset, options);
      offset += chunk.byteLength;
    }
  }
  await commit(remote, descriptor, session, new Uint8Array(), options);
}

/** Bytes of a chunk; undefined where everything goes in one. */
export function chunkSize(
  { profile }: Remote,
  { size }: Descriptor,
  { leastChunk }: Session,
): number | undefined {
  const chunk = Math.max(profile.chunk, leastChunk);
  return size <= chunk || chunk > CHUNK_LIMIT || !profile.manyChunks ? undefined : chunk;
}

/** Everything in one PATCH with no numbers, as Docker does it. */
export async function sendWhole(
  remote: Remote,
  session: Session,
  body: Chunk["body"],
  options: StoreOptions,
): Promise<Session> {
  const { response, request } = await patch(remote, session, { body, offset: undefined }, options);
  if (!isTaken(response)) throw await refusal(remote, response, request);
  return sessionOf(remote, response, request, session);
}

/**
 * Sends one chunk, and what is missing of it for as long as the registry says how far it got.
 *
 * @throws HiatusError what the registry says; `NETWORK` with `detail.again` when only beginning anew would help.
 */
export async function sendChunk(
  remote: Remote,
  descriptor: Descriptor,
  begun: Session,
  chunk: Uint8Array,
  offset: number,
  options: StoreOptions,
): Promise<Session> {
  let session = begun;
  let sent = 0;
  for (let count = 1; ; count++) {
    const at = { body: chunk.subarray(sent), offset: offset + sent };
    const outcome = await attempt(remote, session, at, options);
    if ("session" in outcome) return outcome.session;
    if (count >= remote.attempts) throw lost(remote, descriptor, outcome.failure);
    await remote.clock.sleep(backoff(count, remote.clock), options.signal);
    const now = await status(remote, session, options);
    const end = (now?.end ?? -1) - offset;
    if (now === undefined || end < 0 || end > chunk.byteLength) {
      throw lost(remote, descriptor, outcome.failure);
    }
    if (end === chunk.byteLength) return now.session;
    session = now.session;
    sent = end;
  }
}

/** @returns the session after the chunk, or why it is not known whether the chunk counts. */
async function attempt(
  remote: Remote,
  session: Session,
  chunk: Chunk,
  options: StoreOptions,
): Promise<{ readonly session: Session } | { readonly failure: unknown }> {
  try {
    const { response, request } = await patch(remote, session, chunk, options);
    // What the answer's Range says is not looked at: some count from the chunk, some stay at the first.
    if (isTaken(response)) return { session: sessionOf(remote, response, request, session) };
    const failure = await refusal(remote, response, request);
    if (response.status === 416) return { failure };
    throw failure;
  } catch (failure) {
    options.signal?.throwIfAborted();
    if (isUncertain(failure)) return { failure };
    throw failure;
  }
}

/** The error for an upload of which the rest cannot be sent, because what was sent is gone on both sides. */
export function lost(remote: Remote, { digest }: Descriptor, cause: unknown): HiatusError {
  return new HiatusError(
    "NETWORK",
    `The upload of ${digest} to ${remote.name} broke off and cannot be taken up again`,
    {
      detail: { digest, sent: false, lasting: true, again: true },
      hint: "Run it again; what was copied stays",
      cause,
    },
  );
}
