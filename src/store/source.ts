/**
 * The two interfaces that hold the house together. A source holds content by digest and names some
 * of it with tags; a store can be written as well. What only some can do is asked for by a guard.
 *
 * @module
 */
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";

/** The readable half of a store: a layout, an archive, a repository of a registry. */
export interface Source {
  /**
   * The content of a descriptor, verified: the iteration throws `CONTENT` at the latest after the last byte when
   * size or digest differ, and `NOT_FOUND` when the content is not there. Nothing opens until it is iterated.
   */
  fetch(descriptor: Descriptor, options?: StoreOptions): AsyncIterable<Uint8Array>;
  /** Is the content there, and for a manifest: there as a whole? */
  exists(descriptor: Descriptor, options?: StoreOptions): Promise<boolean>;
  /**
   * The descriptor that a tag or a digest names.
   *
   * @throws HiatusError `NOT_FOUND` when nothing has that name.
   */
  resolve(reference: string, options?: StoreOptions): Promise<Descriptor>;
  /** All tags in code-point order. */
  tags(options?: StoreOptions): AsyncIterable<string>;
}

/** A source that can be written. */
export interface Store extends Source {
  /**
   * Takes content. Verified against the descriptor before anything can see it; pushing what is there already does nothing.
   *
   * @throws HiatusError `CONTENT` when size or digest differ; `INCOMPLETE` when it is a manifest whose children are not here.
   */
  push(
    descriptor: Descriptor,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    options?: StoreOptions,
  ): Promise<void>;
  /**
   * Names content with a tag, replacing what the tag named.
   *
   * @throws HiatusError `NOT_FOUND` when the content is not here, `INVALID` when the tag is not one.
   */
  tag(descriptor: Descriptor, tag: string, options?: StoreOptions): Promise<void>;
}

/** Options of every call that may wait. */
export interface StoreOptions {
  /** Stops the call; its reason is thrown as it is. */
  readonly signal?: AbortSignal | undefined;
}

/** A store whose content can be deleted. */
export interface Deleter {
  delete(descriptor: Descriptor, options?: StoreOptions): Promise<void>;
}

/** Which referrers are listed. */
export interface ReferrerOptions extends StoreOptions {
  /** @default any */
  readonly artifactType?: string | undefined;
  /**
   * A listed manifest that cannot be read stops who copies, because a signature must not get lost unseen; who lists for others leaves it
   * out, so that it hides none. Stores that only ask somebody else see none of it.
   * @default "throw"
   */
  readonly damaged?: "throw" | "leave out" | undefined;
}

/** A store that can list what refers to a subject. */
export interface ReferrerLister {
  /** @throws HiatusError `CONTENT` when a manifest is damaged, unless it is to be left out. */
  referrers(subject: Descriptor, options?: ReferrerOptions): AsyncIterable<Descriptor>;
}

/** A store that can take a blob from another repository of the same registry, with no bytes on the way. */
export interface Mounter {
  /**
   * @param from the other repository's path, for example `library/pause`.
   * @returns false when the registry would rather have the content pushed.
   */
  mount(descriptor: Descriptor, from: string, options?: StoreOptions): Promise<boolean>;
}

/** A store that can forget a tag and keep what it named. */
export interface Untagger {
  /** @throws HiatusError `NOT_FOUND` when there is no such tag. */
  untag(tag: string, options?: StoreOptions): Promise<void>;
}

/** A store that takes a manifest and names it in one step. */
export interface TaggedPusher {
  /**
   * As `push` followed by `tag`, in one request.
   *
   * @param options.replacing only while the tag names this digest, or nothing (null). A store that cannot tell does without:
   * most registries have no such condition.
   * @throws HiatusError `RACE` when the tag names something else.
   */
  pushTagged(
    descriptor: Descriptor,
    content: Uint8Array,
    tag: string,
    options?: StoreOptions & { readonly replacing?: Digest | null | undefined },
  ): Promise<void>;
}

/** A store that is known to obey the condition of `pushTagged`, so that nobody needs to look before. */
export interface ConditionalTagger {
  /** Is that known by now? */
  obeysConditions(): boolean;
}

/** A store far away, where a question may cost as much as what it would save. */
export interface Distant {
  /** Is it cheaper to ask whether the content is there than to push it? */
  worthAsking(descriptor: Descriptor): boolean;
}

/** A source that knows the size of what it holds by its digest alone, as one needs who serves blobs. */
export interface Measurer {
  /** Bytes; undefined when nothing of this digest is there. */
  sizeOf(digest: Digest, options?: StoreOptions): Promise<number | undefined>;
}

/** Can content be deleted here? */
export function canDelete<T extends Source>(store: T): store is T & Deleter {
  return typeof (store as Partial<Deleter>).delete === "function";
}

/** Can referrers be listed here? */
export function canListReferrers<T extends Source>(store: T): store is T & ReferrerLister {
  return typeof (store as Partial<ReferrerLister>).referrers === "function";
}

/** Can blobs be mounted here? */
export function canMount<T extends Source>(store: T): store is T & Mounter {
  return typeof (store as Partial<Mounter>).mount === "function";
}

/** Can tags be removed here? */
export function canUntag<T extends Source>(store: T): store is T & Untagger {
  return typeof (store as Partial<Untagger>).untag === "function";
}

/** Can content be measured here by its digest alone? */
export function canMeasure<T extends Source>(store: T): store is T & Measurer {
  return typeof (store as Partial<Measurer>).sizeOf === "function";
}

/** Can a manifest be pushed by its tag here? */
export function canPushTagged<T extends Source>(store: T): store is T & TaggedPusher {
  return typeof (store as Partial<TaggedPusher>).pushTagged === "function";
}

/** Is a tag moved here from what it is said to name, and from nothing else? */
export function obeysConditions(store: Source): store is Source & TaggedPusher & ConditionalTagger {
  return canPushTagged(store) && (store as Partial<ConditionalTagger>).obeysConditions?.() === true;
}

/** Is it far away? */
export function isDistant<T extends object>(store: T): store is T & Distant {
  return typeof (store as Partial<Distant>).worthAsking === "function";
}
