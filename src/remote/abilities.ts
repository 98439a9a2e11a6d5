/**
 * What a repository can do beyond reading and writing: mounting, deleting, forgetting tags.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#mounting-a-blob-from-another-repository
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#content-management
 * @module
 */
import { HiatusError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { type Digest, parseDigest } from "../oci/digest.ts";
import { parseDocument } from "../oci/document.ts";
import { hasSuccessors } from "../oci/media-type.ts";
import { parseReference } from "../oci/reference.ts";
import { contentNotFound, referenceNotFound } from "../store/errors.ts";
import type { StoreOptions } from "../store/source.ts";
import { blobPath, contradicts, hasBlob } from "./blobs.ts";
import { lookUp } from "./manifests.ts";
import { named } from "./naming.ts";
import { putManifest } from "./put-manifest.ts";
import { manifestPath, readManifest } from "./read-manifest.ts";
import { editReferrersTag } from "./referrers-tag.ts";
import {
  type Ask,
  ask,
  forget,
  persist,
  pushedNow,
  type Remote,
  refusal,
  scopeOf,
} from "./remote.ts";
import { cancel, type Session, sessionOf, taken } from "./session.ts";

/** Most uploads that are kept for content which may still come. */
const SESSIONS_LIMIT = 64;

/** How it is found out whether one may push. */
export interface ProbeOptions extends StoreOptions {
  /**
   * Keep the upload that is begun for a blob that will be pushed; `abandonUploads` cancels it when none was.
   * @default false
   */
  readonly keep?: boolean | undefined;
  /**
   * A blob of what will be pushed. The upload is begun as its mount from the very repository, so that one answer tells
   * whether one may push and whether it is there.
   * @default none
   */
  readonly blob?: Descriptor | undefined;
}

/**
 * Finds out whether one may push: begins an upload, and cancels it unless it is to be kept.
 *
 * @returns whether the repository has the blob; undefined when none was asked about or the answer does not tell. False is also what
 *   registries say that mount nothing.
 * @throws HiatusError what the registry says to that, with what the profile knows must be there first.
 */
export async function probePush(
  remote: Remote,
  { blob, keep, signal }: ProbeOptions,
): Promise<boolean | undefined> {
  if (blob !== undefined) {
    const request = mountOf(blob, remote.repository);
    const response = await ask(remote, request, { signal });
    response.discard();
    if (response.status === 201) return contradicts(response, blob.digest) ? undefined : true;
    if (response.status === 202) {
      await spare(remote, sessionOf(remote, response, request), keep);
      return false;
    }
    // Not everybody knows mounts. What else there is to object, the answer to a plain upload says.
  }
  const request: Ask = { method: "POST", target: "blobs/uploads/" };
  const response = await named(remote, async () => {
    const answer = await ask(remote, request, { signal });
    if ([200, 201, 202, 204].includes(answer.status)) return answer;
    throw await refusal(remote, answer, request);
  });
  response.discard();
  await spare(remote, sessionOf(remote, response, request), keep);
  return undefined;
}

/** Keeps an upload for the first blob that comes, or cancels it. */
async function spare(remote: Remote, session: Session, keep = false): Promise<void> {
  if (keep && remote.notes.spare === undefined) remote.notes.spare = session;
  else await cancel(remote, session);
}

/** Cancels the uploads that were begun and that no blob came for. Never fails. */
export async function abandonUploads(remote: Remote): Promise<void> {
  const { notes } = remote;
  const { spare, sessions } = notes;
  const left = [...(spare === undefined ? [] : [spare]), ...sessions.values()];
  notes.spare = undefined;
  sessions.clear();
  await Promise.all(left.map((session) => cancel(remote, session)));
}

/**
 * Takes a blob from another repository of the same registry.
 *
 * @returns false when the registry would rather have the content. The upload that it began is kept for that.
 */
export async function mountBlob(
  remote: Remote,
  descriptor: Descriptor,
  from: string,
  options: StoreOptions,
): Promise<boolean> {
  const { repository } = parseReference(`registry.invalid/${from}`);
  const digest = parseDigest(descriptor.digest);
  const request: Ask = {
    ...mountOf(descriptor, repository),
    scopes: [scopeOf(repository, ["pull"])],
  };
  const response = await ask(remote, request, options);
  switch (response.status) {
    case 201:
      taken(remote, descriptor, response);
      pushedNow(remote, digest);
      return true;
    case 200:
    case 202:
    case 204: {
      const session = sessionOf(remote, response, request);
      const { sessions } = remote.notes;
      if (sessions.size < SESSIONS_LIMIT && !sessions.has(digest)) sessions.set(digest, session);
      else await cancel(remote, session);
      return false;
    }
    // GitLab and Quay say so where the other repository is not ours, or not there.
    case 400:
    case 401:
    case 403:
    case 404:
    case 405:
      response.discard();
      return false;
    default:
      throw await refusal(remote, response, request);
  }
}

function mountOf({ digest }: Descriptor, from: string): Ask {
  const query = `mount=${encodeURIComponent(digest)}&from=${encodeURIComponent(from)}`;
  return { method: "POST", target: `blobs/uploads/?${query}` };
}

/**
 * Deletes a manifest with its tags, or a blob.
 *
 * @throws HiatusError `NOT_FOUND`; `REGISTRY` when the registry does not delete.
 */
export async function deleteContent(
  remote: Remote,
  descriptor: Descriptor,
  options: StoreOptions,
): Promise<void> {
  const digest = parseDigest(descriptor.digest);
  const isManifest = hasSuccessors(descriptor.mediaType);
  const target = isManifest ? manifestPath(digest) : blobPath(digest);
  const there = async () =>
    isManifest
      ? (await lookUp(remote, digest, options)) !== undefined
      : await hasBlob(remote, descriptor, options);
  const subject = isManifest ? await subjectOf(remote, digest, options) : undefined;
  forget(remote, digest);
  const done = await erase(remote, target, there, options);
  if (!done) throw contentNotFound(descriptor, remote.name);
  if (subject !== undefined) await editReferrersTag(remote, subject, { remove: digest }, options);
}

/** What a manifest refers to, where that has to be taken off a list by hand. */
async function subjectOf(
  remote: Remote,
  digest: Digest,
  options: StoreOptions,
): Promise<Descriptor | undefined> {
  if (remote.knowledge.referrers === true) return undefined;
  const found = await readManifest(remote, digest, options);
  if (found === undefined) return undefined;
  return parseDocument(found.bytes, found.descriptor.mediaType).subject;
}

/**
 * Makes the repository forget a tag and keep what it names.
 *
 * Registries differ in what DELETE by a tag means, so it is made sure of: a manifest that goes with its tag is put back.
 *
 * @throws HiatusError `NOT_FOUND` when there is no such tag; `REGISTRY` when the registry does not delete tags, or deleted more.
 */
export async function deleteTag(remote: Remote, tag: string, options: StoreOptions): Promise<void> {
  const found = await readManifest(remote, tag, options);
  if (found === undefined) throw referenceNotFound(tag, remote.name);
  const { descriptor, bytes } = found;
  const there = async () => (await lookUp(remote, tag, options)) !== undefined;
  forget(remote, tag);
  if (!(await erase(remote, manifestPath(tag), there, options))) {
    throw referenceNotFound(tag, remote.name);
  }
  if ((await lookUp(remote, descriptor.digest, options)) !== undefined) return;
  await putManifest(remote, descriptor, bytes, descriptor.digest, options);
  if (remote.profile.deletesUntagged) return;
  throw new HiatusError(
    "REGISTRY",
    `${remote.name} deleted ${descriptor.digest} with the tag "${tag}"; it was put back`,
    {
      detail: { digest: descriptor.digest, tag },
      hint: "List the tags and set again those that went with it",
    },
  );
}

/** @returns false when it was not there. */
async function erase(
  remote: Remote,
  target: string,
  there: () => Promise<boolean>,
  options: StoreOptions,
): Promise<boolean> {
  const request: Ask = { method: "DELETE", target };
  return persist(
    remote,
    async () => {
      const response = await ask(remote, request, options);
      if (response.status >= 200 && response.status < 300) {
        response.discard();
        return true;
      }
      const error = await refusal(remote, response, request);
      const { codes } = error.detail;
      const unsupported = Array.isArray(codes) && codes.includes("UNSUPPORTED");
      const byTag = Array.isArray(codes) && codes.includes("DIGEST_INVALID");
      if (response.status === 405 || unsupported || byTag) throw undeletable(remote, error);
      if (response.status === 404) return false;
      throw error;
    },
    // What is gone now was there before the answer got lost.
    async () => ((await there()) ? undefined : true),
    options,
  );
}

function undeletable(remote: Remote, cause: HiatusError): HiatusError {
  return new HiatusError("REGISTRY", `${remote.name} does not delete that: ${cause.message}`, {
    detail: { ...cause.detail, unsupported: true },
    hint: "Delete it by the registry's own interface, or let its owner switch deletion on",
    cause,
  });
}
