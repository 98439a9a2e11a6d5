/**
 * Manifests: pulled by tag or digest, pushed, deleted.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests
 * @module
 */
import { isHiatusError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { algorithmOf, digestOf, isDigest } from "../oci/digest.ts";
import { parseDocument, sniffMediaType } from "../oci/document.ts";
import { type Index, MANIFEST_LIMIT, type Manifest } from "../oci/manifest.ts";
import { hasSuccessors } from "../oci/media-type.ts";
import { isTag } from "../oci/tag.ts";
import { readBody } from "./body.ts";
import type { Contents } from "./contents.ts";
import { empty, type Incoming, type Outgoing, queryOf, whole } from "./exchange.ts";
import { refuse } from "./refusal.ts";
import type { Repository, WritableRepository } from "./repositories.ts";

/**
 * Told with every manifest: tags can be moved with `If-Match: "DIGEST"` and `If-None-Match: *`, so that two releases at once do not
 * overwrite each other unseen. No specification has that.
 */
export const FEATURES = { "hiatus-features": "conditional-tags" } as const;

/** Most tags that one push may set. */
const TAGS_LIMIT = 100;

/** GET and HEAD. What is stored is served, whatever `Accept` says: a digest has only one form. */
export async function getManifest(
  repository: Repository,
  reference: string,
  contents: Contents,
): Promise<Outgoing> {
  const descriptor = await find(repository, reference, contents);
  // What index.json names may have been deleted under it.
  const size = descriptor && (await repository.sizeOf(descriptor.digest));
  if (descriptor === undefined || size !== descriptor.size) return unknown(reference);
  const bytes = await contents.document(repository, descriptor);
  return whole(bytes, descriptor.mediaType, {
    "docker-content-digest": descriptor.digest,
    ...FEATURES,
  });
}

async function find(
  repository: Repository,
  reference: string,
  contents: Contents,
): Promise<Descriptor | undefined> {
  const digest = isDigest(reference);
  if (!digest && !isTag(reference)) return undefined;
  const known = digest ? contents.known(reference) : undefined;
  if (known !== undefined) return known;
  try {
    return await repository.resolve(reference);
  } catch (error) {
    if (isHiatusError(error, "NOT_FOUND")) return undefined;
    throw error;
  }
}

function unknown(reference: string): Outgoing {
  return refuse("MANIFEST_UNKNOWN", "There is no such manifest in this repository", {
    headers: FEATURES,
    details: [{ reference: reference.slice(0, 160) }],
  });
}

/** PUT by tag or by digest, with any number of `?tag=` beside it. */
export async function putManifest(
  incoming: Incoming,
  repository: WritableRepository,
  name: string,
  reference: string,
): Promise<Outgoing> {
  const wanted = conditionOf(incoming);
  const byDigest = isDigest(reference);
  if (!byDigest && reference.includes(":")) {
    return refuse("DIGEST_INVALID", "What the path ends with is not a digest");
  }
  const extra = queryOf(incoming.target).getAll("tag");
  const tags = [...new Set(byDigest ? extra : [reference, ...extra])];
  if (tags.length > TAGS_LIMIT || !tags.every(isTag)) {
    return refuse(
      "MANIFEST_INVALID",
      `A push sets at most ${TAGS_LIMIT} tags, of 128 characters each`,
    );
  }
  const bytes = await readBody(incoming, MANIFEST_LIMIT);
  const digest = digestOf(bytes, byDigest ? algorithmOf(reference) : "sha256");
  if (byDigest && digest !== reference) {
    return refuse("DIGEST_INVALID", "The body has another digest than the path", {
      details: [{ digest }],
    });
  }
  const mediaType = typeOf(incoming.header("content-type")) ?? sniffMediaType(bytes) ?? "";
  if (!hasSuccessors(mediaType)) {
    return refuse("MANIFEST_INVALID", "The content type is not that of a manifest or an index", {
      details: [{ mediaType: mediaType.slice(0, 160) }],
    });
  }
  const descriptor = { mediaType, digest, size: bytes.byteLength };
  const document = readDocument(bytes, mediaType);
  if ("status" in document) return document;
  const { subject } = document;
  const store = async (): Promise<void> => {
    await repository.push(descriptor, bytes);
    for (const tag of tags) await repository.tag(descriptor, tag);
  };
  if (wanted === undefined || byDigest) await repository.together(store);
  else {
    // Alone, so that nobody moves the tag between the look and the move.
    const found = await repository.alone(async () => {
      const now = await namedBy(repository, reference);
      if (now === wanted) await store();
      return now;
    });
    if (found !== wanted) {
      return refuse("DENIED", "The tag names something else", {
        status: 412,
        headers: FEATURES,
        details: [{ tag: reference, digest: found }],
      });
    }
  }
  return empty(201, {
    location: `/v2/${name}/manifests/${digest}`,
    "docker-content-digest": digest,
    ...(subject === undefined ? {} : { "oci-subject": subject.digest }),
    ...(extra.length === 0 ? {} : { "oci-tag": tags.join(", ") }),
  });
}

/** What the tag must name for the push to be done: a digest, or nothing (null). Undefined: whatever it names. */
function conditionOf(incoming: Incoming): string | null | undefined {
  if (incoming.header("if-none-match")?.trim() === "*") return null;
  const match = incoming.header("if-match")?.trim();
  return match === undefined || match === "*" ? undefined : match.replace(/^"(.*)"$/, "$1");
}

async function namedBy(repository: Repository, tag: string): Promise<string | null> {
  try {
    return (await repository.resolve(tag)).digest;
  } catch (error) {
    if (isHiatusError(error, "NOT_FOUND")) return null;
    throw error;
  }
}

/** The document, or why it is none. */
function readDocument(bytes: Uint8Array, mediaType: string): Manifest | Index | Outgoing {
  try {
    return parseDocument(bytes, mediaType);
  } catch (error) {
    if (isHiatusError(error, "CONTENT")) return refuse("MANIFEST_INVALID", error.message);
    throw error;
  }
}

/** The type of a Content-Type header without its parameters. */
function typeOf(header: string | undefined): string | undefined {
  return header?.split(";", 1)[0]?.trim();
}

/** DELETE: of a tag, which leaves the manifest, or of a digest, which takes its tags with it. */
export async function deleteManifest(
  repository: WritableRepository,
  reference: string,
): Promise<Outgoing> {
  return repository.alone(async () => {
    try {
      if (isDigest(reference)) await repository.delete(await repository.resolve(reference));
      else if (isTag(reference)) await repository.untag(reference);
      else return unknown(reference);
    } catch (error) {
      if (isHiatusError(error, "NOT_FOUND")) return unknown(reference);
      throw error;
    }
    return empty(202);
  });
}
