/**
 * What a release needs of a mirror: a store, a way to look at it afresh, and what it cost.
 *
 * @module
 */
import type { Descriptor } from "../oci/descriptor.ts";
import type { Source, Store, StoreOptions } from "../store/source.ts";
import type { Mirror } from "./model.ts";

/** A mirror, open. */
export interface OpenMirror {
  readonly mirror: Mirror;
  /** Where content is pushed and tags are moved. */
  readonly store: Store;
  /** The same repository through a source that remembers nothing of what was pushed: every read is an answer of the registry. */
  readonly fresh: Source;
  /** As `fresh`, and it resolves tags by GET: what a tag hands out is hashed here, where `fresh` believes a header. */
  readonly outside: Source;
  /** What kind of registry it is, as far as is known by now. */
  profile(): string;
  /**
   * Finds out whether one may push here, by an upload which the first blob takes.
   *
   * @param options with a blob of the image: the same request asks whether it is there.
   * @returns whether that blob is there; undefined when that is not known.
   * @throws HiatusError with what is to be done: log in, make the project, ask for the right.
   */
  probe(
    options?: StoreOptions & { readonly blob?: Descriptor | undefined },
  ): Promise<boolean | undefined>;
  /** Leaves nothing behind of a probe that no blob came after. Never fails. */
  abandonUploads(): Promise<void>;
  /** Requests sent and bytes of bodies sent so far. */
  cost(): { readonly requests: number; readonly bytes: number };
}
