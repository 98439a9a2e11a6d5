/**
 * Manifests and indexes of a repository: whether they are there, and as what.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#checking-if-content-exists-in-the-registry
 * @module
 */
import { HiatusError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { isDigest } from "../oci/digest.ts";
import { READ_LIMIT } from "../oci/document.ts";
import { hasSuccessors } from "../oci/media-type.ts";
import { contentNotFound } from "../store/errors.ts";
import type { StoreOptions } from "../store/source.ts";
import { verifyBytes } from "../store/verify.ts";
import { ACCEPT, manifestPath, readManifest } from "./read-manifest.ts";
import { type Ask, askSettled, lengthOf, mediaTypeOf, type Remote } from "./remote.ts";
import type { HttpResponse } from "./transport.ts";

/**
 * The descriptor that a tag or a digest names, by HEAD where that says all, else by GET. What a HEAD says was not verified;
 * reading by the descriptor is what verifies it.
 *
 * @returns undefined when nothing has that name.
 */
export async function lookUp(
  remote: Remote,
  reference: string,
  options: StoreOptions,
): Promise<Descriptor | undefined> {
  if (remote.knowledge.trueHeads !== false && remote.profile.trueHeads) {
    const request: Ask = {
      method: "HEAD",
      target: manifestPath(reference),
      headers: { accept: ACCEPT },
    };
    const response = await askSettled(remote, reference, request, options);
    response.discard();
    if (remote.profile.absent.includes(response.status)) return undefined;
    const described = response.status === 200 ? fromHeaders(response, reference) : undefined;
    if (described !== undefined) return described;
    // Headers are missing, or HEAD is refused or throttled by itself.
  }
  return (await readManifest(remote, reference, options))?.descriptor;
}

/** What the headers of an answer say, when they say all. */
function fromHeaders(response: HttpResponse, reference: string): Descriptor | undefined {
  const digest = response.headers.get("docker-content-digest")?.trim() ?? "";
  const mediaType = mediaTypeOf(response) ?? "";
  const size = lengthOf(response) ?? 0;
  if (!isDigest(digest) || !hasSuccessors(mediaType) || size === 0) return undefined;
  if (size > READ_LIMIT || (isDigest(reference) && reference !== digest)) return undefined;
  return { mediaType, digest, size };
}

/**
 * Reads the manifest of a descriptor, verified.
 *
 * @throws HiatusError `NOT_FOUND`; `CONTENT` when size, digest or media type differ.
 */
export async function fetchManifest(
  remote: Remote,
  descriptor: Descriptor,
  options: StoreOptions,
): Promise<Uint8Array> {
  const found = await readManifest(remote, descriptor.digest, options);
  if (found === undefined) throw contentNotFound(descriptor, remote.name);
  const { mediaType } = found.descriptor;
  if (mediaType !== descriptor.mediaType) {
    throw new HiatusError(
      "CONTENT",
      `${remote.name} has ${descriptor.digest} as "${mediaType}", not as "${descriptor.mediaType.slice(0, 160)}"`,
      {
        detail: { digest: descriptor.digest, mediaType, expected: descriptor.mediaType },
        hint: "Ask for it by its own type; what readers may understand differently is refused",
      },
    );
  }
  // Perhaps it was a HEAD that gave the wrong size, and will again.
  if (found.bytes.byteLength !== descriptor.size) remote.knowledge.trueHeads = false;
  verifyBytes(descriptor, found.bytes);
  return found.bytes;
}

/**
 * Is a manifest there, as what its descriptor says? Where a HEAD says otherwise, the bytes decide.
 */
export async function hasManifest(
  remote: Remote,
  descriptor: Descriptor,
  options: StoreOptions,
): Promise<boolean> {
  const seen = await lookUp(remote, descriptor.digest, options);
  if (seen === undefined || seen.mediaType !== descriptor.mediaType) return false;
  if (seen.size === descriptor.size) return true;
  const found = await readManifest(remote, descriptor.digest, options);
  if (found?.bytes.byteLength !== descriptor.size) return false;
  remote.knowledge.trueHeads = false;
  return true;
}
