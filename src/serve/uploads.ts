/**
 * Blobs on their way in: in one request, in two, or in many.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-blobs
 * @module
 */
import { algorithmOf, type Digest, digestOf, isDigest } from "../oci/digest.ts";
import { isRepository } from "../oci/reference.ts";
import { capped, lengthOf, readBody } from "./body.ts";
import { empty, type Incoming, type Outgoing, queryOf } from "./exchange.ts";
import { refuse } from "./refusal.ts";
import type { Upload, WritableRepository } from "./repositories.ts";

/** A body that says that it is at most this large is read into memory and never lies in a file of its own. */
const SMALL = 256 * 1024;

/** What an upload is answered by. */
export interface UploadContext {
  readonly repository: WritableRepository;
  /** Its name. */
  readonly name: string;
  /** Most bytes of a blob. */
  readonly limit: number;
}

/** POST: starts an upload, does all of it (`?digest=`), or mounts (`?mount=`). */
export async function postUpload(incoming: Incoming, context: UploadContext): Promise<Outgoing> {
  const { repository, name } = context;
  const query = queryOf(incoming.target);
  const algorithm = query.get("digest-algorithm");
  if (algorithm !== null && algorithm !== "sha256" && algorithm !== "sha512") {
    return refuse("DIGEST_INVALID", "Digests are of sha256 or of sha512");
  }
  const mounted = query.get("mount");
  if (mounted !== null) {
    if (!isDigest(mounted)) return notDigest("mount");
    const from = query.get("from");
    const known = from === null || isRepository(from);
    if (known && (await repository.mount(mounted, from ?? undefined))) return put(name, mounted);
  } else {
    const digest = query.get("digest");
    if (digest !== null) {
      if (!isDigest(digest)) return notDigest("digest");
      return takeWhole(incoming, context, digest);
    }
  }
  const upload = await repository.startUpload();
  return upload === undefined ? tooMany() : progress(202, name, upload);
}

/** PATCH: the next piece. */
export async function patchUpload(
  incoming: Incoming,
  context: UploadContext,
  upload: Upload,
): Promise<Outgoing> {
  const refused = await append(incoming, context, upload, { keep: true });
  return refused ?? progress(202, context.name, upload);
}

/** PUT: the last piece, which may be all of it or nothing, and the digest. */
export async function putUpload(
  incoming: Incoming,
  context: UploadContext,
  upload: Upload,
): Promise<Outgoing> {
  const digest = queryOf(incoming.target).get("digest") ?? "";
  if (!isDigest(digest)) return notDigest("digest");
  if (upload.size === 0 && isSmall(incoming)) {
    return takeSmall(incoming, context, digest, upload);
  }
  const refused = await append(incoming, context, upload, { keep: false });
  if (refused !== undefined) return refused;
  return finish(upload, context.name, digest);
}

/** GET: how far it is. */
export function getUpload(name: string, upload: Upload): Outgoing {
  return progress(204, name, upload);
}

/** DELETE: forgets it. */
export async function deleteUpload(upload: Upload): Promise<Outgoing> {
  await upload.cancel();
  return empty(204);
}

/** A POST of which the body is all of the blob. */
async function takeWhole(
  incoming: Incoming,
  context: UploadContext,
  digest: Digest,
): Promise<Outgoing> {
  if (isSmall(incoming)) return takeSmall(incoming, context, digest, undefined);
  const { repository, name, limit } = context;
  const upload = await repository.startUpload();
  if (upload === undefined) return tooMany();
  try {
    await upload.append(capped(incoming.body, limit));
  } catch (error) {
    await upload.cancel();
    throw error;
  }
  return finish(upload, name, digest);
}

function isSmall(incoming: Incoming): boolean {
  const length = lengthOf(incoming);
  return length !== undefined && length <= SMALL && incoming.header("content-range") === undefined;
}

/** A blob that was sent at once and is small goes straight to its place. */
async function takeSmall(
  incoming: Incoming,
  { repository, name }: UploadContext,
  digest: Digest,
  upload: Upload | undefined,
): Promise<Outgoing> {
  const bytes = await readBody(incoming, SMALL);
  const right = digestOf(bytes, algorithmOf(digest)) === digest;
  const descriptor = { mediaType: "application/octet-stream", digest, size: bytes.byteLength };
  if (right) await repository.push(descriptor, bytes);
  await upload?.cancel();
  return right ? put(name, digest) : wrongDigest();
}

async function finish(upload: Upload, name: string, digest: Digest): Promise<Outgoing> {
  return (await upload.finish(digest)) ? put(name, digest) : wrongDigest();
}

/** Adds the body to an upload, if it begins where the upload ends. */
async function append(
  incoming: Incoming,
  { name, limit }: UploadContext,
  upload: Upload,
  { keep }: { readonly keep: boolean },
): Promise<Outgoing | undefined> {
  const before = upload.size;
  const header = incoming.header("content-range");
  const range = header === undefined ? undefined : /^(\d{1,15})-(\d{1,15})$/.exec(header);
  if (range === null) {
    return refuse("BLOB_UPLOAD_INVALID", `The header "Content-Range" is not "first-last"`);
  }
  if (range !== undefined && Number(range[1]) !== before) return outOfOrder(name, upload);
  const expected = range && Number(range[2]) - Number(range[1]) + 1;
  try {
    await upload.append(capped(incoming.body, limit - before));
  } catch (error) {
    // A piece that broke off is gone on with after asking how far it came; the last piece is sent again as a whole.
    if (!keep) await upload.truncate(before);
    throw error;
  }
  if (expected === undefined || upload.size - before === expected) return undefined;
  await upload.truncate(before);
  return refuse("SIZE_INVALID", `The body is not as long as the header "Content-Range" says`);
}

/** Where an upload is and how far. `0-0` is also what nothing is called; the specification has no other word. */
function progressHeaders(name: string, upload: Upload): Readonly<Record<string, string>> {
  return {
    location: `/v2/${name}/blobs/uploads/${upload.id}`,
    range: `0-${Math.max(upload.size - 1, 0)}`,
    "docker-upload-uuid": upload.id,
  };
}

function progress(status: number, name: string, upload: Upload): Outgoing {
  return empty(status, progressHeaders(name, upload));
}

function put(name: string, digest: Digest): Outgoing {
  return empty(201, {
    location: `/v2/${name}/blobs/${digest}`,
    "docker-content-digest": digest,
  });
}

function outOfOrder(name: string, upload: Upload): Outgoing {
  return refuse("RANGE_INVALID", "The piece does not begin where the upload ends", {
    headers: progressHeaders(name, upload),
  });
}

function notDigest(parameter: string): Outgoing {
  return refuse("DIGEST_INVALID", `The parameter "${parameter}" is not a digest`);
}

function wrongDigest(): Outgoing {
  return refuse("DIGEST_INVALID", "The content has another digest");
}

function tooMany(): Outgoing {
  return refuse("TOOMANYREQUESTS", "Too many uploads are under way", {
    headers: { "retry-after": "10" },
  });
}
