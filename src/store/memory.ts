/**
 * A store in memory: for tests, for building, and as the meaning of the interfaces in few lines.
 *
 * @module
 */
import { type Descriptor, plainDescriptor } from "../oci/descriptor.ts";
import { type Digest, isDigest } from "../oci/digest.ts";
import { hasSuccessors } from "../oci/media-type.ts";
import { parseTag } from "../oci/tag.ts";
import { admit, collect, isWhole, readDocument, referrersAmong, type Shelf } from "./closure.ts";
import { contentNotFound, notTaggable, referenceNotFound } from "./errors.ts";
import type {
  Deleter,
  Measurer,
  ReferrerLister,
  ReferrerOptions,
  Store,
  StoreOptions,
  Untagger,
} from "./source.ts";
import { verified } from "./verify.ts";

/** A store in memory. */
export interface Memory extends Store, Deleter, Measurer, ReferrerLister, Untagger {}

/** Makes an empty store. Bytes that are pushed are kept as they are: do not change them afterwards. */
export function createMemory(): Memory {
  return new MemoryStore();
}

class MemoryStore implements Memory {
  readonly #contents = new Map<Digest, Uint8Array>();
  /** Manifests in the order in which they came; only they have a media type. */
  readonly #documents = new Map<Digest, Descriptor>();
  readonly #tags = new Map<string, Descriptor>();
  readonly #shelf: Shelf = {
    name: "the store in memory",
    sizeOf: (digest) => this.#contents.get(digest)?.byteLength,
    read: (descriptor) => this.#contents.get(descriptor.digest),
  };

  fetch(descriptor: Descriptor, options: StoreOptions = {}): AsyncIterable<Uint8Array> {
    return verified(descriptor, this.#read(descriptor), options);
  }

  *#read(descriptor: Descriptor): Generator<Uint8Array> {
    const bytes = this.#contents.get(descriptor.digest);
    if (bytes === undefined) throw contentNotFound(descriptor, this.#shelf.name);
    yield bytes;
  }

  async exists(descriptor: Descriptor, options: StoreOptions = {}): Promise<boolean> {
    options.signal?.throwIfAborted();
    return isWhole(this.#shelf, descriptor);
  }

  async resolve(reference: string, options: StoreOptions = {}): Promise<Descriptor> {
    options.signal?.throwIfAborted();
    const found = isDigest(reference) ? this.#documents.get(reference) : this.#tags.get(reference);
    if (found === undefined) throw referenceNotFound(reference, this.#shelf.name);
    return found;
  }

  async *tags(options: StoreOptions = {}): AsyncGenerator<string> {
    options.signal?.throwIfAborted();
    yield* [...this.#tags.keys()].sort();
  }

  async sizeOf(digest: Digest, options: StoreOptions = {}): Promise<number | undefined> {
    options.signal?.throwIfAborted();
    return this.#contents.get(digest)?.byteLength;
  }

  async push(
    descriptor: Descriptor,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    options: StoreOptions = {},
  ): Promise<void> {
    options.signal?.throwIfAborted();
    if (isWhole(this.#shelf, descriptor)) {
      return this.#remember(descriptor);
    }
    const bytes = await collect(descriptor, content, options);
    if (hasSuccessors(descriptor.mediaType)) admit(this.#shelf, descriptor, bytes);
    this.#contents.set(descriptor.digest, bytes);
    this.#remember(descriptor);
  }

  #remember(descriptor: Descriptor): void {
    if (!hasSuccessors(descriptor.mediaType)) return;
    this.#documents.set(descriptor.digest, plainDescriptor(descriptor));
  }

  async tag(descriptor: Descriptor, tag: string, options: StoreOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    parseTag(tag);
    if (!hasSuccessors(descriptor.mediaType)) throw notTaggable(descriptor);
    readDocument(this.#shelf, descriptor);
    const { data: _, ...named } = descriptor;
    this.#tags.set(tag, named);
  }

  async untag(tag: string, options: StoreOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    if (!this.#tags.delete(tag)) throw referenceNotFound(tag, this.#shelf.name);
  }

  async delete(descriptor: Descriptor, options: StoreOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    if (!this.#contents.delete(descriptor.digest)) {
      throw contentNotFound(descriptor, this.#shelf.name);
    }
    this.#documents.delete(descriptor.digest);
    for (const [tag, named] of this.#tags) {
      if (named.digest === descriptor.digest) this.#tags.delete(tag);
    }
  }

  async *referrers(subject: Descriptor, options: ReferrerOptions = {}): AsyncGenerator<Descriptor> {
    options.signal?.throwIfAborted();
    yield* referrersAmong(this.#shelf, this.#documents.values(), subject, options);
  }
}
