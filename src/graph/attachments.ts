/**
 * What others attached to an image: signatures, SBOMs, provenance. They are no part of it, so that nothing in the image
 * leads to them; whoever copies only the image leaves them behind.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers
 * @see https://github.com/sigstore/cosign/blob/v2.6.1/specs/SIGNATURE_SPEC.md#tag-based-discovery
 * @module
 */
import { HiatusError, isHiatusError } from "../errors.ts";
import { type Descriptor, plainDescriptor } from "../oci/descriptor.ts";
import { type Digest, isDigest } from "../oci/digest.ts";
import { isIndex } from "../oci/document.ts";
import { isIndexType } from "../oci/media-type.ts";
import { canListReferrers, isDistant, type Source, type StoreOptions } from "../store/source.ts";
import { runAll } from "./pool.ts";
import { readSuccessors } from "./successors.ts";

/** Something that was attached. */
export interface Attachment {
  readonly descriptor: Descriptor;
  /** What it is attached to. */
  readonly subject: Descriptor;
  /** The tag by which it is found, where that is cosign's way: `sha256-….sig`. */
  readonly tag?: string;
}

/** Most attachments that are followed (CVE-2023-46737). */
export const ATTACHMENT_LIMIT = 1000;

/** How attachments are looked for. */
export interface AttachmentOptions extends StoreOptions {
  /** Told when the source does not list its tags, by which cosign's attachments are found. */
  readonly onUnlisted?: ((error: HiatusError) => void) | undefined;
}

const COSIGN = /^(sha256|sha512)-([0-9a-f]+)(\.(?:sig|att|sbom))?$/;

/** Is it a tag by which attachments are found, and not a name for people? */
export function isAttachmentTag(tag: string): boolean {
  const [, algorithm, hex] = COSIGN.exec(tag) ?? [];
  return isDigest(`${algorithm}:${hex}`);
}

/**
 * Everything that is attached to an image: to its index and to each manifest in it, and to those attachments in turn. Found
 * by `subject`, and by the tags that cosign and registries without a referrers API use.
 *
 * @returns each once, what is attached before what is attached to it.
 * @throws HiatusError `CONTENT` when there are more than 1,000.
 */
export async function findAttachments(
  source: Source,
  root: Descriptor,
  options: AttachmentOptions = {},
): Promise<readonly Attachment[]> {
  const { signal } = options;
  const found = new Map<string, Attachment>();
  const byTag = await tagged(source, options);
  /** Finds what is attached to some subjects; returns what was not known before. */
  const look = async (subjects: readonly Descriptor[]): Promise<readonly Descriptor[]> => {
    const lists = await runAll(
      subjects,
      isDistant(source) ? 16 : 4,
      (subject) => attachedTo(source, subject, byTag.get(subject.digest) ?? [], { signal }),
      signal,
    );
    const next: Descriptor[] = [];
    for (const list of lists) {
      if (!list.ok) throw list.error;
      for (const attachment of list.value) {
        const key = `${attachment.descriptor.digest} ${attachment.tag ?? ""}`;
        if (found.has(key)) continue;
        found.set(key, attachment);
        next.push(attachment.descriptor);
      }
    }
    if (found.size > ATTACHMENT_LIMIT) throw tooMany(root);
    return next;
  };
  const [first, ...others] = await documentsOf(source, root, { signal });
  // One goes ahead: a registry without a referrers API shows that once, and not for every platform.
  const ahead = await look(first === undefined ? [] : [first]);
  let subjects = [...ahead, ...(await look(others))];
  while (subjects.length > 0) subjects = [...(await look(subjects))];
  return [...found.values()];
}

/** The index and every manifest that it leads to. */
async function documentsOf(
  source: Source,
  root: Descriptor,
  options: StoreOptions,
): Promise<readonly Descriptor[]> {
  const seen = new Map<Digest, Descriptor>();
  const visit = async (descriptor: Descriptor): Promise<void> => {
    if (seen.has(descriptor.digest)) return;
    seen.set(descriptor.digest, plainDescriptor(descriptor));
    if (!isIndexType(descriptor.mediaType)) return;
    const read = await readSuccessors(source, descriptor, options);
    if (read === undefined || !isIndex(read.document)) return;
    for (const child of read.document.manifests) await visit(child);
  };
  await visit(root);
  return [...seen.values()];
}

/** The tags of attachments by what they are attached to. */
async function tagged(
  source: Source,
  { signal, onUnlisted }: AttachmentOptions,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const tags = new Map<string, string[]>();
  try {
    for await (const tag of source.tags({ signal })) {
      const [, algorithm, hex] = COSIGN.exec(tag) ?? [];
      const digest = `${algorithm}:${hex}`;
      if (isDigest(digest)) tags.set(digest, [...(tags.get(digest) ?? []), tag]);
    }
  } catch (error) {
    // Some registries let no one list, and still give what is asked for by name.
    if (!isHiatusError(error, "AUTH", "REGISTRY", "NOT_FOUND")) throw error;
    onUnlisted?.(error);
  }
  return tags;
}

async function attachedTo(
  source: Source,
  subject: Descriptor,
  tags: readonly string[],
  options: StoreOptions,
): Promise<readonly Attachment[]> {
  const found: Attachment[] = [];
  if (canListReferrers(source)) {
    for await (const descriptor of source.referrers(subject, options)) {
      found.push({ descriptor: plainDescriptor(descriptor), subject });
      if (found.length > ATTACHMENT_LIMIT) throw tooMany(subject);
    }
  }
  for (const tag of tags) {
    const isList = !tag.includes(".");
    // The list that stands in for a referrers API. A repository's own listing has looked there already.
    if (isList && isDistant(source)) continue;
    const descriptor = await source.resolve(tag, options);
    if (!isList) found.push({ descriptor: plainDescriptor(descriptor), subject, tag });
    else {
      for (const child of (await readSuccessors(source, descriptor, options))?.successors ?? []) {
        found.push({ descriptor: plainDescriptor(child), subject });
      }
    }
  }
  const once = new Map(found.map((one) => [`${one.descriptor.digest} ${one.tag ?? ""}`, one]));
  return [...once.values()];
}

function tooMany({ digest }: Descriptor): HiatusError {
  return new HiatusError(
    "CONTENT",
    `More than ${ATTACHMENT_LIMIT} signatures and other attachments belong to ${digest}`,
    {
      detail: { digest, limit: ATTACHMENT_LIMIT },
      hint: "Leave them behind with --no-referrers, or find out who wrote them",
    },
  );
}
