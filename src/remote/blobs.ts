/**
 * Blobs: whether they are there, and their bytes, also over lines that break.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-blobs
 * @module
 */
import { isHiatusError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { algorithmOf, type Digest, parseDigest } from "../oci/digest.ts";
import { contentNotFound } from "../store/errors.ts";
import type { StoreOptions } from "../store/source.ts";
import { type Ask, ask, askSettled, lengthOf, type Remote, refusal } from "./remote.ts";
import { backoff } from "./retry.ts";
import { createTail } from "./tail.ts";
import type { HttpResponse } from "./transport.ts";

/** A download that broke off counts as one that gets on when it brought this much more. Bytes. */
const PROGRESS = 64 * 1024;

/** What of a path names a blob. The digest may come from anywhere, so it is looked at again. */
export function blobPath(digest: string): string {
  return `blobs/${parseDigest(digest)}`;
}

/**
 * Is a blob there, of this size as far as the registry says?
 *
 * @throws HiatusError `AUTH`, `REGISTRY` or `NETWORK` when that cannot be found out.
 */
export async function hasBlob(
  remote: Remote,
  descriptor: Descriptor,
  options: StoreOptions,
): Promise<boolean> {
  const head: Ask = { method: "HEAD", target: blobPath(descriptor.digest) };
  const response = await askSettled(remote, descriptor.digest, head, options);
  response.discard();
  if (response.status === 200) return fits(response, descriptor);
  if (remote.profile.absent.includes(response.status)) return false;
  // Some refuse or throttle HEAD alone, and for some 403 is the way to say that nothing is there.
  const get: Ask = { ...head, method: "GET" };
  const answer = await ask(remote, get, options);
  if (answer.status !== 200 && answer.status !== 404) throw await refusal(remote, answer, get);
  answer.discard();
  return answer.status === 200 && fits(answer, descriptor);
}

function fits(response: HttpResponse, { digest, size }: Descriptor): boolean {
  // Zero is what those write who do not know.
  const length = lengthOf(response) || size;
  return length === size && !contradicts(response, digest);
}

/** Does `Docker-Content-Digest` name other content? Another algorithm proves nothing. */
export function contradicts(response: HttpResponse, digest: Digest): boolean {
  const named = response.headers.get("docker-content-digest")?.trim();
  return named?.startsWith(`${algorithmOf(digest)}:`) === true && named !== digest;
}

/**
 * The bytes of a blob as the registry gives them, not verified. What breaks off is taken up again where it ended: the
 * registry is asked for the rest and for the last bytes that came, and only when those agree does the rest count.
 *
 * @throws HiatusError `NOT_FOUND` when it is not there; `NETWORK` when the line breaks too often.
 */
export async function* readBlob(
  remote: Remote,
  descriptor: Descriptor,
  options: StoreOptions,
): AsyncGenerator<Uint8Array> {
  const { digest, size } = descriptor;
  const tail = createTail();
  let ranges = true;
  let failures = 0;
  let failedAt = 0;
  for (;;) {
    // What came before the tail is not asked for again, unless the registry counts otherwise than we do.
    const start = ranges ? tail.start : 0;
    const headers = start === 0 ? {} : { range: `bytes=${start}-${size - 1}` };
    const request: Ask = { method: "GET", target: blobPath(digest), headers };
    const response = await askSettled(remote, digest, request, options);
    const from = await beginningOf(remote, response, request, descriptor, start);
    if (from === undefined) {
      ranges = false;
      continue;
    }
    try {
      let at = from;
      for await (const chunk of response.body) {
        const fresh = tail.compare(at, chunk);
        if (fresh === undefined) break;
        at += chunk.byteLength;
        tail.add(fresh);
        if (fresh.byteLength > 0) yield fresh;
      }
      if (tail.agrees) return;
      // Other bytes than before. From a range that is odd counting; from the start there is nothing else to try.
      if (from === 0) return;
      tail.reset();
      ranges = false;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!isHiatusError(error, "NETWORK")) throw error;
      if (tail.end >= failedAt + PROGRESS) failures = 0;
      failedAt = tail.end;
      failures++;
      if (failures >= remote.attempts) throw error;
      await remote.clock.sleep(backoff(failures, remote.clock), options.signal);
    } finally {
      response.discard();
    }
  }
}

/** Where the body of an answer begins; undefined when it was asked for a range and did not give it. */
async function beginningOf(
  remote: Remote,
  response: HttpResponse,
  request: Ask,
  descriptor: Descriptor,
  start: number,
): Promise<number | undefined> {
  if (response.status === 200) return 0;
  if (start > 0 && (response.status === 206 || response.status === 416)) {
    const range = /^bytes (\d{1,15})-/.exec(response.headers.get("content-range")?.trim() ?? "");
    if (response.status === 206 && Number(range?.[1] ?? -1) === start) return start;
    response.discard();
    return undefined;
  }
  if (response.status === 404) {
    response.discard();
    throw contentNotFound(descriptor, remote.name);
  }
  throw await refusal(remote, response, request);
}
