/**
 * The tag that stands in for the referrers API: an index of all that refers to a subject, kept by those who push.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema
 * @module
 */
import { HiatusError, isHiatusError } from "../errors.ts";
import { type Descriptor, describe } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { isIndex, parseDocument } from "../oci/document.ts";
import { encodeJson } from "../oci/json.ts";
import type { Index, Manifest } from "../oci/manifest.ts";
import { isIndexType, MediaType } from "../oci/media-type.ts";
import { referrersTag } from "../oci/tag.ts";
import type { StoreOptions } from "../store/source.ts";
import { putManifest } from "./put-manifest.ts";
import { readManifest } from "./read-manifest.ts";
import type { Remote } from "./remote.ts";
import { backoff } from "./retry.ts";

/** Most referrers that the tag of one subject may list. */
const ENTRIES_LIMIT = 900;

/** What the tag of a subject lists; undefined when there is no such tag. */
export async function readReferrersTag(
  remote: Remote,
  subject: Pick<Descriptor, "digest">,
  options: StoreOptions,
): Promise<{ readonly index: Digest; readonly entries: readonly Descriptor[] } | undefined> {
  const found = await readManifest(remote, referrersTag(subject.digest), options);
  if (found === undefined) return undefined;
  const { mediaType, digest } = found.descriptor;
  const document = isIndexType(mediaType) ? parseDocument(found.bytes, mediaType) : undefined;
  if (document === undefined || !isIndex(document)) throw taken(remote, subject.digest);
  return { index: digest, entries: document.manifests };
}

/** The entry of a manifest that refers to something, as the API would write it. */
export function entryOf(descriptor: Descriptor, document: Manifest | Index): Descriptor {
  const { mediaType, digest, size } = descriptor;
  const type = document.artifactType ?? (isIndex(document) ? undefined : document.config.mediaType);
  return {
    mediaType,
    digest,
    size,
    ...(type === undefined ? {} : { artifactType: type }),
    ...(document.annotations === undefined ? {} : { annotations: document.annotations }),
  };
}

/** Editing, one after another, what one tag lists. Others in other processes are found by looking again. */
const turns = new Map<string, Promise<unknown>>();

/**
 * Adds an entry to the tag of a subject, or takes it out, and keeps what others wrote there.
 *
 * @throws HiatusError `REGISTRY` when others write at the same time again and again, or when the tag is taken by something else.
 */
export async function editReferrersTag(
  remote: Remote,
  subject: Pick<Descriptor, "digest">,
  change: { readonly add: Descriptor } | { readonly remove: Digest },
  options: StoreOptions,
): Promise<void> {
  const key = `${remote.client.origin.origin}/${remote.repository}:${referrersTag(subject.digest)}`;
  const before = turns.get(key) ?? Promise.resolve();
  const turn = before.catch(() => undefined).then(() => edit(remote, subject, change, options));
  turns.set(key, turn);
  try {
    await turn;
  } finally {
    if (turns.get(key) === turn) turns.delete(key);
  }
}

async function edit(
  remote: Remote,
  subject: Pick<Descriptor, "digest">,
  change: { readonly add: Descriptor } | { readonly remove: Digest },
  options: StoreOptions,
): Promise<void> {
  for (let count = 1; count <= remote.attempts; count++) {
    const read = await readReferrersTag(remote, subject, options);
    const entries = read?.entries ?? [];
    const wanted = changed(entries, change);
    if (wanted === entries) return;
    await write(remote, subject.digest, wanted, change, options);
    // Somebody else may have read before we wrote, and written after: only what is there now counts.
    const now = (await readReferrersTag(remote, subject, options))?.entries ?? [];
    if (changed(now, change) === now) return;
    await remote.clock.sleep(backoff(count, remote.clock), options.signal);
  }
  throw new HiatusError(
    "REGISTRY",
    `The tag "${referrersTag(subject.digest)}" of ${remote.name} is changed by others again and again`,
    {
      detail: { subject: subject.digest },
      hint: "Run it again when nobody else attaches something to it",
    },
  );
}

/** The same array when there is nothing to change. */
function changed(
  entries: readonly Descriptor[],
  change: { readonly add: Descriptor } | { readonly remove: Digest },
): readonly Descriptor[] {
  if ("add" in change) {
    const there = entries.some(({ digest }) => digest === change.add.digest);
    return there ? entries : [...entries, change.add];
  }
  const left = entries.filter(({ digest }) => digest !== change.remove);
  return left.length === entries.length ? entries : left;
}

async function write(
  remote: Remote,
  subject: Digest,
  entries: readonly Descriptor[],
  change: { readonly add: Descriptor } | { readonly remove: Digest },
  options: StoreOptions,
): Promise<void> {
  if (entries.length > ENTRIES_LIMIT) throw taken(remote, subject);
  const bytes = encodeJson({
    schemaVersion: 2,
    mediaType: MediaType.ociIndex,
    manifests: entries,
  });
  const index = describe(MediaType.ociIndex, bytes);
  try {
    await putManifest(remote, index, bytes, referrersTag(subject), options);
  } catch (error) {
    // What others listed and then deleted: a registry may refuse an index of what is not there.
    const missing = isHiatusError(error, "INCOMPLETE") ? error.detail.missing : undefined;
    const gone = Array.isArray(missing) ? missing : [];
    const left = entries.filter(
      ({ digest }) => ("add" in change && digest === change.add.digest) || !gone.includes(digest),
    );
    if (left.length === entries.length) throw error;
    await write(remote, subject, left, change, options);
  }
}

function taken(remote: Remote, subject: Digest): HiatusError {
  return new HiatusError(
    "REGISTRY",
    `The tag "${referrersTag(subject)}" of ${remote.name} cannot list what refers to ${subject}`,
    {
      detail: { subject },
      hint: "Delete that tag; it names something else than an index, or one that is full",
    },
  );
}
