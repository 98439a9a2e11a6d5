/**
 * Upload sessions: what the registry keeps between POST and PUT, reached by the `Location` of its last answer.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-a-blob-in-chunks
 * @module
 */
import { HiatusError, isHiatusError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { StoreOptions } from "../store/source.ts";
import { contradicts } from "./blobs.ts";
import { resolveLocation, withDigest } from "./location.ts";
import { type Ask, ask, mediaTypeOf, questionOf, type Remote, refusal } from "./remote.ts";
import { printable } from "./text.ts";
import type { HttpBody, HttpResponse } from "./transport.ts";

/** An upload that was begun. */
export interface Session {
  /** Where the next request of it goes. */
  readonly location: URL;
  /** Smallest chunk that the registry takes but for the last. Bytes. */
  readonly leastChunk: number;
}

/** Statuses of an upload that went well; which of them a registry chooses is a matter of taste. */
const TAKEN: readonly number[] = [200, 201, 202, 204];

/** Did an upload go well? The login page of a proxy comes with 200 as well. */
export function isTaken(response: HttpResponse): boolean {
  return TAKEN.includes(response.status) && mediaTypeOf(response) !== "text/html";
}

/** Begins an upload. */
export async function begin(remote: Remote, options: StoreOptions): Promise<Session> {
  const request: Ask = { method: "POST", target: "blobs/uploads/" };
  const response = await ask(remote, request, options);
  if (!isTaken(response)) throw await refusal(remote, response, request);
  return sessionOf(remote, response, request);
}

/** The session that an answer speaks of. A later answer may leave out what an earlier one said. */
export function sessionOf(
  remote: Remote,
  response: HttpResponse,
  request: Ask,
  before?: Session,
): Session {
  response.discard();
  const location = response.headers.get("location");
  if (location === undefined && before !== undefined) return before;
  const least = response.headers.get("oci-chunk-min-length") ?? "";
  return {
    location: resolveLocation(location, questionOf(remote, request).url),
    leastChunk: /^\d{1,12}$/.test(least) ? Number(least) : (before?.leastChunk ?? 0),
  };
}

/** Ends an upload, with all of its bytes, or with none when they are there. */
export async function commit(
  remote: Remote,
  descriptor: Descriptor,
  session: Session,
  body: Uint8Array | HttpBody,
  options: StoreOptions,
): Promise<void> {
  const request: Ask = {
    method: "PUT",
    target: withDigest(session.location, descriptor.digest),
    headers: { "content-type": "application/octet-stream" },
    body,
  };
  const response = await ask(remote, request, options);
  if (!isTaken(response)) throw await refusal(remote, response, request);
  taken(remote, descriptor, response);
}

/**
 * Looks at an answer which says that a blob is there now.
 *
 * @throws HiatusError `CONTENT` when it names other content.
 */
export function taken(remote: Remote, { digest }: Descriptor, response: HttpResponse): void {
  response.discard();
  if (!contradicts(response, digest)) return;
  throw new HiatusError("CONTENT", `${remote.name} stored other content than ${digest}`, {
    detail: { digest, found: printable(response.headers.get("docker-content-digest") ?? "", 160) },
    hint: "Push it again; when that happens again, something changes uploads on their way",
  });
}

/** What a chunk needs to be sent. */
export interface Chunk {
  readonly body: Uint8Array | HttpBody;
  /** Where it begins in the blob; undefined for a chunk that is all of it, which needs no numbers. */
  readonly offset: number | undefined;
}

/** Sends a chunk. The answer is given as it is. */
export async function patch(
  remote: Remote,
  session: Session,
  { body, offset }: Chunk,
  options: StoreOptions,
): Promise<{ readonly response: HttpResponse; readonly request: Ask }> {
  const size = body instanceof Uint8Array ? body.byteLength : body.size;
  const range = offset === undefined ? {} : { "content-range": `${offset}-${offset + size - 1}` };
  const headers = { "content-type": "application/octet-stream", ...range };
  const request: Ask = { method: "PATCH", target: session.location, headers, body };
  return { response: await ask(remote, request, options), request };
}

/**
 * How far an upload got.
 *
 * @returns the session as it is now and the count of bytes that the registry has; undefined when it does not say.
 */
export async function status(
  remote: Remote,
  session: Session,
  options: StoreOptions,
): Promise<{ readonly session: Session; readonly end: number } | undefined> {
  const request: Ask = { method: "GET", target: session.location };
  const response = await ask(remote, request, options);
  response.discard();
  if (!isTaken(response)) return undefined;
  const range = /^(?:bytes=)?0-(\d{1,15})$/.exec(response.headers.get("range")?.trim() ?? "");
  if (range === null) return undefined;
  const last = Number(range[1]);
  // `0-0` is how an upload of nothing is written, and also one of a single byte.
  return { session: sessionOf(remote, response, request, session), end: last === 0 ? 0 : last + 1 };
}

/** How long a registry may take to give an upload up. Milliseconds. */
const CANCEL_PATIENCE = 5_000;

/** Gives an upload up, so that the registry need not keep it. Whether that works does not matter. */
export async function cancel(remote: Remote, session: Session): Promise<void> {
  const signal = AbortSignal.timeout(CANCEL_PATIENCE);
  try {
    (await ask(remote, { method: "DELETE", target: session.location }, { signal })).discard();
  } catch {
    // It times out by itself.
  }
}

/** What a registry answers to a way that it does not know. */
const REFUSED_WAY: readonly unknown[] = [400, 404, 405, 411, 413, 415, 416, 501];
/** What it answers to a blob, a repository or a person that it does not want, whatever the way. */
const FINAL_CODES: readonly string[] = [
  "DENIED",
  "NAME_INVALID",
  "NAME_UNKNOWN",
  "TOOMANYREQUESTS",
  "UNAUTHORIZED",
];

/** Is it only this way to upload that the registry does not take, so that another one may do? */
export function isRefusedWay(error: unknown): error is HiatusError {
  if (!isHiatusError(error)) return false;
  const { status, codes } = error.detail;
  const final = Array.isArray(codes) && codes.some((code) => FINAL_CODES.includes(code));
  return REFUSED_WAY.includes(status) && !final;
}
