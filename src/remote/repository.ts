/**
 * A repository of a registry as a store.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md
 * @module
 */
import { type Descriptor, plainDescriptor } from "../oci/descriptor.ts";
import { isDigest, parseDigest } from "../oci/digest.ts";
import { hasSuccessors } from "../oci/media-type.ts";
import { parseReference, type Reference } from "../oci/reference.ts";
import { isTag, parseTag } from "../oci/tag.ts";
import { notTaggable, referenceNotFound } from "../store/errors.ts";
import type {
  ConditionalTagger,
  Deleter,
  Distant,
  Mounter,
  ReferrerLister,
  Store,
  StoreOptions,
  TaggedPusher,
  Untagger,
} from "../store/source.ts";
import { embedded, verified, verifyBytes } from "../store/verify.ts";
import {
  abandonUploads,
  deleteContent,
  deleteTag,
  mountBlob,
  type ProbeOptions,
  probePush,
} from "./abilities.ts";
import { readBlob } from "./blobs.ts";
import { type Client, type ClientOptions, createClient } from "./client.ts";
import { realClock } from "./clock.ts";
import { documentOf, isThere } from "./exists.ts";
import { type Knowledge, knowledgeOf } from "./knowledge.ts";
import { lookUp } from "./manifests.ts";
import { createNotes } from "./notes.ts";
import { type Profile, profileOf } from "./profiles.ts";
import { pushBlob } from "./push-blob.ts";
import { pushManifest, tagManifest } from "./push-manifest.ts";
import { obeysConditions } from "./put-manifest.ts";
import { readManifest } from "./read-manifest.ts";
import { listReferrers } from "./referrers.ts";
import type { Action, Remote } from "./remote.ts";
import { DEFAULT_RETRIES } from "./retry.ts";
import { listTags } from "./tags.ts";

/** A repository of a registry. */
export interface Repository
  extends Store,
    Deleter,
    ReferrerLister,
    Mounter,
    Untagger,
    TaggedPusher,
    ConditionalTagger,
    Distant {
  /** As references name it: `docker.io`. */
  readonly registry: string;
  /** The path below it: `library/pause`. */
  readonly repository: string;
  /** What is known of this kind of registry. */
  readonly profile: Profile;
  /**
   * Finds out whether one may push here: begins an upload, and cancels it unless it is to be kept for a blob.
   *
   * @returns whether the blob that was named is there; undefined when none was, or the registry does not tell.
   * @throws HiatusError `AUTH`, `NOT_FOUND` or `REGISTRY`, with what is to be done in its hint.
   */
  probe(options?: ProbeOptions): Promise<boolean | undefined>;
  /** Cancels the uploads that were begun and that no blob came for. Never fails. */
  abandonUploads(): Promise<void>;
}

/** How a repository is opened. */
export interface RepositoryOptions extends Partial<Omit<ClientOptions, "registry">> {
  /** @default a client of the registry, made from the other options */
  readonly client?: Client | undefined;
  /**
   * A row of the profiles by its name.
   * @default the row of the host
   */
  readonly profile?: string | undefined;
  /**
   * What is going to be done. One token for all of it is asked for, instead of one for each kind of request.
   * @default what each request needs
   */
  readonly actions?: "pull" | "pull,push" | "pull,push,delete" | undefined;
  /**
   * How names are resolved. `get` brings the manifest with the answer, verified, so that reading it costs no further request.
   * @default "get" where `actions` is "pull", else "head"
   */
  readonly resolveBy?: "head" | "get" | undefined;
  /** @default what this process knows of the origin */
  readonly knowledge?: Knowledge | undefined;
}

/** Below this size it costs no more to push than to ask whether to push. Bytes. */
const ASK_FROM = 64 * 1024;

/**
 * Opens a repository. Nothing is asked before the first call.
 *
 * @throws HiatusError `INVALID` when registry or repository break the grammar; `CONFIG` when no profile has that name.
 */
export function openRepository(
  reference: Pick<Reference, "registry" | "repository">,
  options: RepositoryOptions = {},
): Repository {
  // Read again, because it becomes paths and hosts.
  const { registry, repository } = parseReference(`${reference.registry}/${reference.repository}`);
  const profile = profileOf(registry, options.profile);
  const client = options.client ?? createClient({ ...options, registry });
  const clock = options.clock ?? realClock;
  const remote: Remote = {
    client,
    repository,
    name: `the repository "${registry}/${repository}"`,
    actions: (options.actions?.split(",") ?? []) as readonly Action[],
    profile,
    knowledge: options.knowledge ?? knowledgeOf(client.origin.origin),
    notes: createNotes(),
    clock,
    attempts: options.attempts ?? DEFAULT_RETRIES.attempts,
  };
  return new RemoteRepository(
    remote,
    options.resolveBy ?? (options.actions === "pull" ? "get" : "head"),
  );
}

class RemoteRepository implements Repository {
  readonly registry: string;
  readonly repository: string;
  readonly profile: Profile;
  readonly #remote: Remote;
  readonly #resolveBy: "head" | "get";

  constructor(remote: Remote, resolveBy: "head" | "get") {
    this.registry = remote.client.registry;
    this.repository = remote.repository;
    this.profile = remote.profile;
    this.#remote = remote;
    this.#resolveBy = resolveBy;
  }

  fetch(descriptor: Descriptor, options: StoreOptions = {}): AsyncIterable<Uint8Array> {
    return verified(descriptor, this.#read(descriptor, options), options);
  }

  async *#read(descriptor: Descriptor, options: StoreOptions): AsyncGenerator<Uint8Array> {
    options.signal?.throwIfAborted();
    const inside = embedded(descriptor);
    if (inside !== undefined) yield inside;
    else if (hasSuccessors(descriptor.mediaType))
      yield await documentOf(this.#remote, descriptor, options);
    else yield* readBlob(this.#remote, descriptor, options);
  }

  async exists(descriptor: Descriptor, options: StoreOptions = {}): Promise<boolean> {
    return isThere(this.#remote, descriptor, options);
  }

  async resolve(reference: string, options: StoreOptions = {}): Promise<Descriptor> {
    options.signal?.throwIfAborted();
    if (!isDigest(reference) && !isTag(reference)) {
      throw referenceNotFound(reference, this.#remote.name);
    }
    const found = await this.#lookUp(reference, options);
    if (!isDigest(reference)) this.#remote.notes.tags.set(reference, found?.digest);
    if (found === undefined) throw referenceNotFound(reference, this.#remote.name);
    return found;
  }

  async #lookUp(reference: string, options: StoreOptions): Promise<Descriptor | undefined> {
    if (this.#resolveBy === "head") return lookUp(this.#remote, reference, options);
    return (await readManifest(this.#remote, reference, options))?.descriptor;
  }

  async *tags(options: StoreOptions = {}): AsyncGenerator<string> {
    yield* await listTags(this.#remote, options);
  }

  async push(
    descriptor: Descriptor,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    options: StoreOptions = {},
  ): Promise<void> {
    options.signal?.throwIfAborted();
    parseDigest(descriptor.digest);
    if (hasSuccessors(descriptor.mediaType)) {
      await pushManifest(this.#remote, descriptor, content, options);
    } else {
      await pushBlob(this.#remote, descriptor, content, this.worthAsking(descriptor), options);
    }
  }

  async pushTagged(
    descriptor: Descriptor,
    content: Uint8Array,
    tag: string,
    options: Parameters<TaggedPusher["pushTagged"]>[3] = {},
  ): Promise<void> {
    options.signal?.throwIfAborted();
    parseTag(tag);
    if (!hasSuccessors(descriptor.mediaType)) throw notTaggable(descriptor);
    verifyBytes(descriptor, content);
    await tagManifest(this.#remote, plainDescriptor(descriptor), content, tag, options);
  }

  async tag(descriptor: Descriptor, tag: string, options: StoreOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    parseTag(tag);
    if (!hasSuccessors(descriptor.mediaType)) throw notTaggable(descriptor);
    const bytes = embedded(descriptor) ?? (await documentOf(this.#remote, descriptor, options));
    await tagManifest(this.#remote, plainDescriptor(descriptor), bytes, tag, options);
  }

  async delete(descriptor: Descriptor, options: StoreOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    this.#remote.notes.deleted = true;
    await deleteContent(this.#remote, descriptor, options);
  }

  async *referrers(
    subject: Descriptor,
    options: StoreOptions & { readonly artifactType?: string } = {},
  ): AsyncGenerator<Descriptor> {
    yield* await listReferrers(this.#remote, subject, options);
  }

  async mount(descriptor: Descriptor, from: string, options: StoreOptions = {}): Promise<boolean> {
    options.signal?.throwIfAborted();
    return mountBlob(this.#remote, descriptor, from, options);
  }

  async untag(tag: string, options: StoreOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    if (!isTag(tag)) throw referenceNotFound(tag, this.#remote.name);
    await deleteTag(this.#remote, tag, options);
  }

  obeysConditions(): boolean {
    return obeysConditions(this.#remote);
  }

  async probe(options: ProbeOptions = {}): Promise<boolean | undefined> {
    options.signal?.throwIfAborted();
    return probePush(this.#remote, options);
  }

  abandonUploads(): Promise<void> {
    return abandonUploads(this.#remote);
  }

  worthAsking(descriptor: Descriptor): boolean {
    const { doubted, absent } = this.#remote.notes;
    if (doubted.has(descriptor.digest) || absent.has(descriptor.digest)) return false;
    return descriptor.size >= ASK_FROM;
  }
}
