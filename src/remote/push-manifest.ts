/**
 * Pushing manifests, by digest and by tag, with what follows from a push: doubts, and the referrers tag.
 *
 * @module
 */
import { type HiatusError, isHiatusError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { isDigest } from "../oci/digest.ts";
import { knownDocument } from "../oci/known-document.ts";
import { collect } from "../store/closure.ts";
import type { StoreOptions } from "../store/source.ts";
import { lookUp } from "./manifests.ts";
import { named } from "./naming.ts";
import { obeysConditions, type Put, type PutOptions, putManifest } from "./put-manifest.ts";
import { editReferrersTag, entryOf } from "./referrers-tag.ts";
import { forget, isRecent, type Remote } from "./remote.ts";

/** Pushes a manifest by its digest. */
export async function pushManifest(
  remote: Remote,
  descriptor: Descriptor,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  options: StoreOptions,
): Promise<void> {
  const bytes = await collect(descriptor, content, options);
  await put(remote, descriptor, bytes, descriptor.digest, options);
}

/**
 * Puts a manifest under a tag, unless the tag names it already: a tag that must not be moved need not be moved then. A registry
 * that obeys the condition looks by itself.
 */
export async function tagManifest(
  remote: Remote,
  descriptor: Descriptor,
  bytes: Uint8Array,
  tag: string,
  options: PutOptions,
): Promise<void> {
  const { tags } = remote.notes;
  knownDocument(descriptor, bytes);
  // Only that it named something else is taken from memory: others may have moved it since, and writing it again is no harm.
  const isElsewhere = tags.has(tag) && tags.get(tag) !== descriptor.digest;
  tags.delete(tag);
  const isLookedAt = options.replacing !== undefined && obeysConditions(remote);
  if (
    !isElsewhere &&
    !isLookedAt &&
    (await lookUp(remote, tag, options))?.digest === descriptor.digest
  ) {
    return;
  }
  try {
    await put(remote, descriptor, bytes, tag, options);
  } catch (error) {
    if (!isHiatusError(error, "REGISTRY") || error.detail.immutable !== true) throw error;
    // Somebody else may have set it to the very same meanwhile.
    if ((await lookUp(remote, tag, options))?.digest !== descriptor.digest) throw error;
  }
}

async function put(
  remote: Remote,
  descriptor: Descriptor,
  bytes: Uint8Array,
  reference: string,
  options: PutOptions,
): Promise<void> {
  const { notes } = remote;
  let result: Put;
  try {
    result = await named(remote, () => putSettled(remote, descriptor, bytes, reference, options));
  } catch (error) {
    if (isHiatusError(error, "INCOMPLETE")) doubt(remote, error);
    throw error;
  }
  notes.keep(descriptor, bytes);
  notes.doubted.delete(descriptor.digest);
  const document = knownDocument(descriptor, bytes);
  if (document.subject === undefined || result.listed === true) return;
  // An answer that got lost says nothing; one without OCI-Subject says that the tag is wanted.
  if (result.listed === undefined && remote.knowledge.referrers === true) return;
  const add = entryOf(descriptor, document);
  await editReferrersTag(remote, document.subject, { add }, options);
}

/** How often what was pushed just now is given a moment to show. */
const SETTLE_ATTEMPTS = 3;
const SETTLE_WAIT = 500;

/** As `putManifest`, but a registry that does not see yet what was pushed just now is given time. */
async function putSettled(
  remote: Remote,
  descriptor: Descriptor,
  bytes: Uint8Array,
  reference: string,
  options: PutOptions,
): Promise<Put> {
  for (let count = 1; ; count++) {
    try {
      return await putManifest(remote, descriptor, bytes, reference, options);
    } catch (error) {
      const missing = isHiatusError(error, "INCOMPLETE") ? missingOf(error) : [];
      const recent = missing.length > 0 && missing.every((digest) => isRecent(remote, digest));
      if (!recent || count >= SETTLE_ATTEMPTS) throw error;
      await remote.clock.sleep(SETTLE_WAIT * 2 ** (count - 1), options.signal);
    }
  }
}

function missingOf(error: HiatusError): readonly string[] {
  const { missing } = error.detail;
  return Array.isArray(missing) ? missing.filter((digest) => typeof digest === "string") : [];
}

/** What the registry says to have counts no more for what it then did not have. */
function doubt(remote: Remote, error: HiatusError): void {
  for (const digest of missingOf(error)) {
    if (!isDigest(digest)) continue;
    forget(remote, digest);
    remote.notes.doubted.add(digest);
  }
}
