/**
 * What the registry serves: repositories by their names. A repository is a store; what cannot be written is a source.
 *
 * @module
 */
import type { Digest } from "../oci/digest.ts";
import type {
  Deleter,
  Measurer,
  ReferrerLister,
  Source,
  Store,
  StoreOptions,
  Untagger,
} from "../store/source.ts";
import type { Queue } from "./alone.ts";

/** A repository that can be pulled from. Layouts, archives and the store in memory are such. */
export type Repository = Source & Measurer & ReferrerLister;

/** Repositories by their names, which follow the grammar of the specification. */
export interface Repositories {
  /** All names in code-point order. */
  names(): AsyncIterable<string>;
  /** The repository of a name; undefined when there is none. */
  open(name: string): Promise<Repository | undefined>;
}

/** A repository that can be pushed to. */
export interface WritableRepository extends Store, Measurer, ReferrerLister, Deleter, Untagger {
  /** Undefined when too many uploads are under way. */
  startUpload(): Promise<Upload | undefined>;
  /** An upload that was started here and is not over; undefined when there is none of that name. */
  findUpload(id: string): Promise<Upload | undefined>;
  /**
   * Takes a blob from another repository without a byte being sent.
   *
   * @param from its name; when it is not known, every repository is looked through.
   * @returns false when it is not there.
   */
  mount(digest: Digest, from: string | undefined): Promise<boolean>;
  /** Runs work that puts something here, while nothing is taken away: what a tag names must stay until it is set. */
  readonly together: Queue;
  /** Runs work that takes something away, while nothing else is done. */
  readonly alone: Queue;
}

/** Repositories that can be pushed to. */
export interface WritableRepositories extends Repositories {
  open(name: string): Promise<WritableRepository | undefined>;
  /** The repository of a name, made when it is not there. */
  create(name: string): Promise<WritableRepository>;
}

/** A blob on its way in. When it is over, its calls throw `NOT_FOUND`. */
export interface Upload {
  readonly id: string;
  /** Bytes that were taken so far. */
  readonly size: number;
  /**
   * Adds content to the end. When the content breaks off, what came before stays.
   *
   * @throws whatever the content throws.
   */
  append(content: AsyncIterable<Uint8Array>, options?: StoreOptions): Promise<void>;
  /** Forgets what was added after the first `size` bytes. */
  truncate(size: number): Promise<void>;
  /**
   * Ends the upload and puts the blob into the repository.
   *
   * @returns false when its digest is another one. What came is forgotten then.
   */
  finish(digest: Digest): Promise<boolean>;
  /** Ends the upload and forgets what it had. */
  cancel(): Promise<void>;
  /** Runs work while no other such work runs on this upload. */
  readonly alone: Queue;
}

/** Can it be pushed to? */
export function isWritable(repositories: Repositories): repositories is WritableRepositories {
  return typeof (repositories as Partial<WritableRepositories>).create === "function";
}
