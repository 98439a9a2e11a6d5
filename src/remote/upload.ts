/**
 * Uploading blobs that are in memory: by the first way that the registry takes, which is remembered.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-blobs
 * @module
 */
import type { HiatusError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { StoreOptions } from "../store/source.ts";
import { hasBlob } from "./blobs.ts";
import { uploadChunks } from "./chunks.ts";
import type { UploadWay } from "./profiles.ts";
import { type Ask, ask, persist, type Remote, refusal } from "./remote.ts";
import { begin, commit, isRefusedWay, isTaken, type Session, sessionOf, taken } from "./session.ts";

/** Most bytes that are sent by a POST which may turn out to have been for nothing. */
const SMALL = 1024 * 1024;

/**
 * Uploads a blob, whose bytes were verified.
 *
 * @param begun an upload that the registry began already.
 * @throws HiatusError what the registry says when it takes the blob by no way.
 */
export async function uploadBytes(
  remote: Remote,
  descriptor: Descriptor,
  bytes: Uint8Array,
  begun: Session | undefined,
  options: StoreOptions,
): Promise<void> {
  let session = begun;
  await persist(
    remote,
    async () => {
      const first = session;
      // What failed once may have spoiled the session.
      session = undefined;
      if (first !== undefined && (await intoBegun(remote, descriptor, bytes, first, options))) {
        return true;
      }
      await byAnyWay(remote, descriptor, bytes, options);
      return true;
    },
    async () => ((await hasBlob(remote, descriptor, options)) ? true : undefined),
    options,
  );
}

/**
 * Sends the blob into an upload that was begun some time ago.
 *
 * @returns false when the registry takes it no more, which teaches nothing about ways to upload.
 */
async function intoBegun(
  remote: Remote,
  descriptor: Descriptor,
  bytes: Uint8Array,
  begun: Session,
  options: StoreOptions,
): Promise<boolean> {
  const way = waysFor(remote, bytes.byteLength).find((one) => one !== "post") ?? "put";
  try {
    await byWay(remote, descriptor, bytes, way, begun, options);
    return true;
  } catch (error) {
    if (isRefusedWay(error)) return false;
    throw error;
  }
}

async function byAnyWay(
  remote: Remote,
  descriptor: Descriptor,
  bytes: Uint8Array,
  options: StoreOptions,
): Promise<void> {
  const { knowledge } = remote;
  const refused: UploadWay[] = [];
  let session: Session | undefined;
  let last: HiatusError | undefined;
  const ways = waysFor(remote, bytes.byteLength);
  const learn = (way: UploadWay) => {
    for (const other of refused) knowledge.refused.add(other);
    if (bytes.byteLength <= SMALL) knowledge.upload = way;
  };
  for (const way of ways) {
    try {
      session = await byWay(remote, descriptor, bytes, way, session, options);
      if (session === undefined) return learn(way);
    } catch (error) {
      if (!isRefusedWay(error)) throw error;
      last = error;
      session = undefined;
    }
    refused.push(way);
  }
  // A session that nobody used, or one that the registry forgot on the way: once more.
  if (session === undefined && !isForgotten(last)) throw last;
  await byWay(
    remote,
    descriptor,
    bytes,
    session === undefined ? (ways.at(-1) ?? "put") : "put",
    session,
    options,
  );
}

/** The ways to try, in their order. */
function waysFor({ profile, knowledge }: Remote, size: number): readonly UploadWay[] {
  const { upload, refused } = knowledge;
  const fresh = profile.upload.filter((way) => way !== upload && !refused.has(way));
  // What was refused comes last: one refusal may have had another reason.
  const spent = profile.upload.filter(
    (way) => way !== upload && refused.has(way) && way !== "post",
  );
  const ways = [...(upload === undefined ? [] : [upload]), ...fresh, ...spent];
  const fits = (way: UploadWay) => way !== "post" || size <= SMALL || upload === "post";
  return ways.filter(fits);
}

/** @returns undefined when the blob is there; else a session for the next way. */
async function byWay(
  remote: Remote,
  descriptor: Descriptor,
  bytes: Uint8Array,
  way: UploadWay,
  session: Session | undefined,
  options: StoreOptions,
): Promise<Session | undefined> {
  switch (way) {
    case "post":
      return post(remote, descriptor, bytes, options);
    case "put":
      await commit(remote, descriptor, session ?? (await begin(remote, options)), bytes, options);
      return undefined;
    case "patch":
      await uploadChunks(remote, descriptor, bytes, session, options);
      return undefined;
  }
}

/** Everything in one request. A registry that cannot do that begins an upload instead. */
async function post(
  remote: Remote,
  descriptor: Descriptor,
  bytes: Uint8Array,
  options: StoreOptions,
): Promise<Session | undefined> {
  const request: Ask = {
    method: "POST",
    target: `blobs/uploads/?digest=${encodeURIComponent(descriptor.digest)}`,
    headers: { "content-type": "application/octet-stream" },
    body: bytes,
  };
  const response = await ask(remote, request, options);
  const { status } = response;
  if (!isTaken(response)) throw await refusal(remote, response, request);
  if (status === 201) {
    taken(remote, descriptor, response);
    return undefined;
  }
  // Neither "created" nor "begun": only looking helps.
  if (status !== 202 && (await hasBlob(remote, descriptor, options))) {
    response.discard();
    return undefined;
  }
  return sessionOf(remote, response, request);
}

function isForgotten(error: HiatusError | undefined): boolean {
  const codes = error?.detail.codes;
  return Array.isArray(codes) && codes.includes("BLOB_UPLOAD_UNKNOWN");
}
