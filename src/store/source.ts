/**
 * The two interfaces that hold the house together. A source holds content by digest and names some
 * of it with tags; a store can be written as well. What only some can do is asked for by a guard.
 *
 * @module
 */
import type { Descriptor } from "../oci/descriptor.ts";

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

/** A store that can list what refers to a subject. */
export interface ReferrerLister {
  referrers(
    subject: Descriptor,
    options?: StoreOptions & { readonly artifactType?: string },
  ): AsyncIterable<Descriptor>;
}

/** Can content be deleted here? */
export function canDelete<T extends Source>(store: T): store is T & Deleter {
  return typeof (store as Partial<Deleter>).delete === "function";
}

/** Can referrers be listed here? */
export function canListReferrers<T extends Source>(store: T): store is T & ReferrerLister {
  return typeof (store as Partial<ReferrerLister>).referrers === "function";
}
