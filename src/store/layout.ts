/**
 * An OCI image layout on disk as a store.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
 * @module
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Annotations, type Descriptor, plainDescriptor } from "../oci/descriptor.ts";
import { algorithmOf, type Digest, hexOf, parseDigest } from "../oci/digest.ts";
import { READ_LIMIT } from "../oci/document.ts";
import { hasSuccessors } from "../oci/media-type.ts";
import { parseTag } from "../oci/tag.ts";
import {
  admit,
  collect,
  holds,
  isWhole,
  readDocument,
  referrersAmong,
  type Shelf,
} from "./closure.ts";
import { contentNotFound, notTaggable, referenceNotFound } from "./errors.ts";
import { ioError } from "./io-error.ts";
import {
  isCalled,
  type LayoutEntry,
  type LayoutIndex,
  tagsOf,
  withEntry,
  withoutDigest,
  withoutTag,
} from "./layout-index.ts";
import { createIndexReader, readIndexBytes, updateIndex } from "./layout-index-file.ts";
import { checkLayout, makeFolder, makeLayout } from "./layout-open.ts";
import { resolveName } from "./names.ts";
import { readChunks, readFile, sizeOfFile } from "./read-file.ts";
import type {
  Deleter,
  Measurer,
  ReferrerLister,
  ReferrerOptions,
  Store,
  StoreOptions,
  Untagger,
} from "./source.ts";
import { verified, verifyBytes } from "./verify.ts";
import { type WriteOptions, writeFileAside } from "./write-file.ts";

/** A layout, open. It holds no file open, so there is nothing to close. */
export interface Layout extends Store, Deleter, Measurer, ReferrerLister, Untagger {
  readonly dir: string;
  /** The bytes of `index.json` as they are now. */
  indexBytes(): Promise<Uint8Array>;
  /**
   * Names a manifest or an index with a tag.
   *
   * @param options.annotations go beside `org.opencontainers.image.ref.name` in `index.json`, for
   * example the full name that containerd reads from `io.containerd.image.name`.
   */
  tag(
    descriptor: Descriptor,
    tag: string,
    options?: StoreOptions & { readonly annotations?: Annotations },
  ): Promise<void>;
}

/**
 * Makes a layout in a folder that is empty or not there yet; opens the one that is there.
 *
 * @throws HiatusError `IO` when the folder holds something else or cannot be written.
 */
export async function createLayout(dir: string, options: WriteOptions = {}): Promise<Layout> {
  makeLayout(dir, options);
  return new LayoutStore(dir, options);
}

/**
 * Opens a layout.
 *
 * @throws HiatusError `NOT_FOUND` when the folder is not there, `CONTENT` when it is no layout.
 */
export async function openLayout(dir: string, options: WriteOptions = {}): Promise<Layout> {
  checkLayout(dir);
  return new LayoutStore(dir, options);
}

class LayoutStore implements Layout {
  readonly dir: string;
  readonly #options: WriteOptions;
  readonly #shelf: Shelf;
  readonly #readIndex: () => LayoutIndex;

  constructor(dir: string, options: WriteOptions) {
    this.dir = dir;
    this.#options = options;
    this.#readIndex = createIndexReader(dir);
    this.#shelf = {
      name: `the layout "${dir}"`,
      sizeOf: (digest) => sizeOfFile(this.#path(digest)),
      read: (descriptor) => readFile(this.#path(descriptor.digest), READ_LIMIT),
    };
  }

  fetch(descriptor: Descriptor, options: StoreOptions = {}): AsyncIterable<Uint8Array> {
    const missing = () => contentNotFound(descriptor, this.#shelf.name);
    return verified(descriptor, readChunks(this.#path(descriptor.digest), missing), options);
  }

  async exists(descriptor: Descriptor, options: StoreOptions = {}): Promise<boolean> {
    options.signal?.throwIfAborted();
    return isWhole(this.#shelf, descriptor);
  }

  async resolve(reference: string, options: StoreOptions = {}): Promise<Descriptor> {
    options.signal?.throwIfAborted();
    return resolveName(this.#shelf, this.#readIndex(), reference);
  }

  async *tags(options: StoreOptions = {}): AsyncGenerator<string> {
    options.signal?.throwIfAborted();
    yield* tagsOf(this.#readIndex());
  }

  async sizeOf(digest: Digest, options: StoreOptions = {}): Promise<number | undefined> {
    options.signal?.throwIfAborted();
    return this.#shelf.sizeOf(digest);
  }

  async push(
    descriptor: Descriptor,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    options: StoreOptions = {},
  ): Promise<void> {
    options.signal?.throwIfAborted();
    if (hasSuccessors(descriptor.mediaType))
      return this.#pushDocument(descriptor, content, options);
    if (holds(this.#shelf, descriptor)) return;
    if (content instanceof Uint8Array) verifyBytes(descriptor, content);
    const verifiedContent =
      content instanceof Uint8Array ? content : verified(descriptor, content, options);
    await writeFileAside(this.dir, this.#place(descriptor), verifiedContent, this.#options);
  }

  async #pushDocument(
    descriptor: Descriptor,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    options: StoreOptions,
  ): Promise<void> {
    if (isWhole(this.#shelf, descriptor)) return;
    const bytes = await collect(descriptor, content, options);
    const document = admit(this.#shelf, descriptor, bytes);
    await writeFileAside(this.dir, this.#place(descriptor), bytes, this.#options);
    // Blobs have no names on disk: a referrer that is not listed could not be found again.
    if (document.subject !== undefined) {
      await this.#update((index) => withEntry(index, { descriptor }), options);
    }
  }

  async tag(
    descriptor: Descriptor,
    tag: string,
    options: StoreOptions & { readonly annotations?: Annotations } = {},
  ): Promise<void> {
    parseTag(tag);
    if (!hasSuccessors(descriptor.mediaType)) throw notTaggable(descriptor);
    readDocument(this.#shelf, descriptor);
    const { annotations } = options;
    await this.#update((index) => {
      const before = index.entries.filter((entry) => entry.name === tag);
      return this.#keepReferrers(before, withEntry(index, { descriptor, tag, annotations }));
    }, options);
  }

  async untag(tag: string, options: StoreOptions = {}): Promise<void> {
    await this.#update((index) => {
      const before = index.entries.filter((entry) => isCalled(entry, tag));
      if (before.length === 0) throw referenceNotFound(tag, this.#shelf.name);
      return this.#keepReferrers(before, withoutTag(index, tag));
    }, options);
  }

  async delete(descriptor: Descriptor, options: StoreOptions = {}): Promise<void> {
    const path = this.#path(descriptor.digest);
    if (sizeOfFile(path) === undefined) throw contentNotFound(descriptor, this.#shelf.name);
    await this.#update((index) => withoutDigest(index, descriptor.digest), options);
    try {
      rmSync(path, { force: true });
    } catch (error) {
      throw ioError(error, "remove", path);
    }
  }

  async *referrers(subject: Descriptor, options: ReferrerOptions = {}): AsyncGenerator<Descriptor> {
    options.signal?.throwIfAborted();
    const listed = this.#readIndex().entries.map((entry) => entry.descriptor);
    yield* referrersAmong(this.#shelf, listed, subject, options);
  }

  async indexBytes(): Promise<Uint8Array> {
    return readIndexBytes(this.dir);
  }

  /** Where content lies. The digest is checked again because it becomes a path (CVE-2024-3727). */
  #path(digest: Digest): string {
    parseDigest(digest);
    return join(this.dir, "blobs", algorithmOf(digest), hexOf(digest));
  }

  /** Where content is about to be put, its folder made. */
  #place(descriptor: Descriptor): string {
    const algorithm = algorithmOf(descriptor.digest);
    if (algorithm !== "sha256") makeFolder(join(this.dir, "blobs", algorithm));
    return this.#path(descriptor.digest);
  }

  /** A referrer that lost its last name stays listed, because it could not be found again. */
  #keepReferrers(before: readonly LayoutEntry[], after: LayoutIndex): LayoutIndex {
    return before
      .filter(({ descriptor }) => this.#refers(descriptor))
      .reduce(
        (index, { descriptor }) => withEntry(index, { descriptor: plainDescriptor(descriptor) }),
        after,
      );
  }

  /** Is it a manifest with a subject, which must stay listed? */
  #refers(descriptor: Descriptor): boolean {
    if (!hasSuccessors(descriptor.mediaType) || !holds(this.#shelf, descriptor)) return false;
    return readDocument(this.#shelf, descriptor).subject !== undefined;
  }

  #update(change: (index: LayoutIndex) => LayoutIndex, options: StoreOptions): Promise<void> {
    return updateIndex(this.dir, change, { ...this.#options, signal: options.signal });
  }
}
