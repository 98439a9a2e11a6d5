/**
 * What refers to a subject: by the referrers API, or by the tag that stands in for it.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers
 * @module
 */
import type { Descriptor } from "../oci/descriptor.ts";
import { parseDigest } from "../oci/digest.ts";
import { isIndex, parseDocument } from "../oci/document.ts";
import { MediaType } from "../oci/media-type.ts";
import type { StoreOptions } from "../store/source.ts";
import { AnswerLimit, readBody } from "./answer.ts";
import { nextPage } from "./link.ts";
import { readReferrersTag } from "./referrers-tag.ts";
import { type Ask, ask, mediaTypeOf, questionOf, type Remote, refusal } from "./remote.ts";

/** Most referrers that are read of one subject. */
const REFERRERS_LIMIT = 1000;

/**
 * What refers to a subject, each once, 1000 at most.
 *
 * @throws HiatusError `AUTH`, `REGISTRY` or `NETWORK`.
 */
export async function listReferrers(
  remote: Remote,
  subject: Descriptor,
  options: StoreOptions & { readonly artifactType?: string },
): Promise<readonly Descriptor[]> {
  const found = new Map<string, Descriptor>();
  const listed = await fromApi(remote, subject, options);
  for (const descriptor of listed ?? []) found.set(descriptor.digest, descriptor);
  // An empty list may mean that the API is not meant seriously. Only OCI-Subject after a push says that it is.
  if (listed === undefined || (listed.length === 0 && remote.knowledge.referrers !== true)) {
    for (const descriptor of (await readReferrersTag(remote, subject, options))?.entries ?? []) {
      found.set(descriptor.digest, descriptor);
    }
  }
  // Whether the registry filtered or not.
  return [...found.values()]
    .filter(({ artifactType: type }) => (options.artifactType ?? type) === type)
    .map(asReferrer)
    .slice(0, REFERRERS_LIMIT);
}

/** The list of the API; undefined where there is no such API. */
async function fromApi(
  remote: Remote,
  subject: Descriptor,
  options: StoreOptions & { readonly artifactType?: string },
): Promise<readonly Descriptor[] | undefined> {
  const { knowledge, profile } = remote;
  if (knowledge.referrers === false || (profile.referrers === "tag" && !knowledge.referrers)) {
    return undefined;
  }
  const { artifactType } = options;
  const query =
    artifactType === undefined ? "" : `?artifactType=${encodeURIComponent(artifactType)}`;
  let request: Ask = {
    method: "GET",
    target: `referrers/${parseDigest(subject.digest)}${query}`,
    headers: { accept: MediaType.ociIndex },
  };
  const found: Descriptor[] = [];
  const seen = new Set<string>();
  while (found.length < REFERRERS_LIMIT) {
    const { url } = questionOf(remote, request);
    seen.add(url.href);
    const response = await ask(remote, request, options);
    const page = response.status === 200 ? await readPage(remote, response, request) : undefined;
    if (page === undefined) {
      if (response.status === 200 || [400, 403, 404, 405, 501].includes(response.status)) {
        response.discard();
        // What answers a page of HTML, or nothing at all, will not begin to list referrers.
        if (response.status !== 403) knowledge.referrers ??= false;
        return seen.size === 1 ? undefined : found;
      }
      throw await refusal(remote, response, request);
    }
    found.push(...page);
    const next = nextPage(response.headers.get("link"), url);
    if (next === undefined || page.length === 0 || seen.has(next.href)) break;
    request = { ...request, target: next };
  }
  return found;
}

/** A page of the list; undefined when the answer is something else, whatever its status says. */
async function readPage(
  remote: Remote,
  response: Awaited<ReturnType<typeof ask>>,
  request: Ask,
): Promise<readonly Descriptor[] | undefined> {
  if (mediaTypeOf(response) !== MediaType.ociIndex) return undefined;
  const bytes = await readBody(response, AnswerLimit.manifest, questionOf(remote, request));
  const document = parseDocument(bytes, MediaType.ociIndex);
  return isIndex(document) ? document.manifests : undefined;
}

/** What a list of referrers says of each, and no more. */
function asReferrer(descriptor: Descriptor): Descriptor {
  const { mediaType, digest, size, artifactType, annotations } = descriptor;
  return {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}
