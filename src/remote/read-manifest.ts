/**
 * Reading manifests and indexes by tag and by digest.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests
 * @module
 */
import { HiatusError, isHiatusError } from "../errors.ts";
import { type Descriptor, describe } from "../oci/descriptor.ts";
import { algorithmOf, type Digest, digestOf, isDigest } from "../oci/digest.ts";
import { READ_LIMIT, sniffMediaType } from "../oci/document.ts";
import { hasSuccessors, MediaType } from "../oci/media-type.ts";
import { parseTag } from "../oci/tag.ts";
import type { StoreOptions } from "../store/source.ts";
import { readBody } from "./answer.ts";
import { type Ask, askSettled, mediaTypeOf, questionOf, type Remote, refusal } from "./remote.ts";
import { backoff } from "./retry.ts";
import { printable } from "./text.ts";
import type { HttpResponse } from "./transport.ts";

/** Both families, indexes first: what is asked for by tag is mostly one. */
export const ACCEPT = [
  MediaType.ociIndex,
  MediaType.dockerIndex,
  MediaType.ociManifest,
  MediaType.dockerManifest,
].join(", ");

/** A manifest or an index that was read. */
export interface Found {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** What of a path names a manifest. The reference may come from anywhere, so it is looked at again. */
export function manifestPath(reference: string): string {
  return `manifests/${isDigest(reference) ? reference : parseTag(reference)}`;
}

/**
 * Reads what a tag or a digest names, hashed here: what headers say of the digest does not count, but they must not
 * contradict the bytes.
 *
 * @returns undefined when nothing has that name.
 * @throws HiatusError `CONTENT` when the bytes are not those of the digest; `REGISTRY` when it is no manifest.
 */
export async function readManifest(
  remote: Remote,
  reference: string,
  options: StoreOptions,
): Promise<Found | undefined> {
  const request: Ask = {
    method: "GET",
    target: manifestPath(reference),
    headers: { accept: ACCEPT },
  };
  for (let count = 1; ; count++) {
    const response = await askSettled(remote, reference, request, options);
    if (response.status === 404) {
      response.discard();
      return undefined;
    }
    if (response.status !== 200) throw await refusal(remote, response, request);
    try {
      const bytes = await readBody(response, READ_LIMIT, questionOf(remote, request));
      const descriptor = describeAnswer(remote, response, bytes, reference);
      remote.notes.keep(descriptor, bytes);
      return { descriptor, bytes };
    } catch (error) {
      options.signal?.throwIfAborted();
      // The line broke in the middle of the body, which is too small to be taken up in its middle.
      if (!isHiatusError(error, "NETWORK") || count >= remote.attempts) throw error;
      await remote.clock.sleep(backoff(count, remote.clock), options.signal);
    }
  }
}

function describeAnswer(
  remote: Remote,
  response: HttpResponse,
  bytes: Uint8Array,
  reference: string,
): Descriptor {
  const stated = mediaTypeOf(response);
  const mediaType = stated ?? sniffMediaType(bytes);
  if (mediaType === undefined || !hasSuccessors(mediaType)) {
    const what = stated === undefined ? "no media type" : `"${printable(stated, 80)}"`;
    throw new HiatusError(
      "REGISTRY",
      `${remote.name} answers with ${what} where "${reference.slice(0, 160)}" should be a manifest`,
      {
        detail: { reference: reference.slice(0, 160), mediaType: stated && printable(stated, 160) },
        hint: "Check that this is a registry and no proxy or login page in front of it",
      },
    );
  }
  const named = response.headers.get("docker-content-digest")?.trim() ?? "";
  const wanted = isDigest(reference) ? reference : undefined;
  const hinted = isDigest(named) ? named : undefined;
  const found = digestOf(bytes, algorithmOf(wanted ?? hinted ?? "sha256:"));
  for (const digest of [wanted, hinted]) {
    if (digest === undefined || algorithmOf(digest) !== algorithmOf(found)) continue;
    if (digest !== found) throw falsified(remote, digest, found);
  }
  return { ...describe(mediaType, bytes), digest: found };
}

/** The error for bytes that are not those of a digest. */
function falsified(remote: Remote, expected: Digest, found: string): HiatusError {
  return new HiatusError(
    "CONTENT",
    `${remote.name} gives content with the digest ${found} for ${expected}`,
    {
      detail: { expected, found },
      hint: "Fetch it again; when that happens again, the registry or something in between changes content",
    },
  );
}
