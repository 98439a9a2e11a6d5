/**
 * An image layout inside a tar, plain or compressed, as a source.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
 * @module
 */
import type { Descriptor } from "../oci/descriptor.ts";
import { type Digest, parseDigest } from "../oci/digest.ts";
import { READ_LIMIT } from "../oci/document.ts";
import { malformed } from "../oci/fields.ts";
import { type ArchiveFile, type ArchiveLimits, openArchiveFile } from "./archive-file.ts";
import { isWhole, referrersAmong, type Shelf } from "./closure.ts";
import { blobPath } from "./docker-manifest.ts";
import { contentNotFound } from "./errors.ts";
import { type LayoutIndex, parseLayoutIndex, tagsOf } from "./layout-index.ts";
import { checkMarker } from "./layout-open.ts";
import { resolveName } from "./names.ts";
import type { Measurer, ReferrerLister, ReferrerOptions, Source, StoreOptions } from "./source.ts";
import { readTar, type TarItem } from "./tar-reader.ts";
import { verified } from "./verify.ts";

/** An archive, open. It can be read and never written. */
export interface Archive extends Source, Measurer, ReferrerLister {
  readonly file: string;
  /** The bytes of `index.json`. */
  indexBytes(): Promise<Uint8Array>;
  /** Closes the file. What is fetched afterwards fails. */
  close(): void;
}

/**
 * Opens an archive: reads it once to learn where everything lies, and keeps the file open, so that
 * what is fetched later comes from the file that was looked at, whoever replaces it meanwhile. A
 * compressed one (gzip, zstd) is expanded into memory, within limits.
 *
 * @throws HiatusError `IO` when the file cannot be read; `CONTENT` when it is no archive, holds no
 * image layout, is damaged, or exceeds a limit.
 */
export async function openArchive(
  file: string,
  options: StoreOptions & { readonly limits?: ArchiveLimits } = {},
): Promise<Archive> {
  const opened = await openArchiveFile(file, options.limits ?? {}, options);
  try {
    const items = await readTar(opened.chunks(), opened.name, {
      entries: options.limits?.entries,
      bytes: options.limits?.bytes,
      signal: options.signal,
      keep: (name) => KEPT[name],
    });
    return new ArchiveSource(file, opened, items);
  } catch (error) {
    opened.close();
    throw error;
  }
}

/** What is read when the archive is opened, and how many bytes of it. */
const KEPT: Readonly<Record<string, number>> = { "oci-layout": 4096, "index.json": READ_LIMIT };

class ArchiveSource implements Archive {
  readonly file: string;
  readonly #opened: ArchiveFile;
  readonly #items: ReadonlyMap<string, TarItem>;
  readonly #indexBytes: Uint8Array;
  readonly #index: LayoutIndex;
  readonly #shelf: Shelf;

  constructor(file: string, opened: ArchiveFile, items: readonly TarItem[]) {
    this.file = file;
    this.#opened = opened;
    this.#items = new Map(items.map((item) => [item.name, item]));
    checkMarker(this.#kept("oci-layout"), `"oci-layout" of ${opened.name}`);
    this.#indexBytes = this.#kept("index.json");
    this.#index = parseLayoutIndex(this.#indexBytes, `"index.json" of ${opened.name}`);
    this.#shelf = {
      name: opened.name,
      sizeOf: (digest) => this.#item(digest)?.size,
      read: ({ digest }) => {
        const item = this.#item(digest);
        return item && this.#opened.read(item.offset, Math.min(item.size, READ_LIMIT));
      },
    };
  }

  fetch(descriptor: Descriptor, options: StoreOptions = {}): AsyncIterable<Uint8Array> {
    return verified(descriptor, this.#read(descriptor), options);
  }

  *#read(descriptor: Descriptor): Generator<Uint8Array> {
    const item = this.#item(descriptor.digest);
    if (item === undefined) throw contentNotFound(descriptor, this.#shelf.name);
    const size = Math.min(item.size, descriptor.size + 1);
    for (let at = 0; at < size; ) {
      const chunk = this.#opened.read(item.offset + at, Math.min(size - at, CHUNK));
      if (chunk.byteLength === 0) return;
      at += chunk.byteLength;
      yield chunk;
    }
  }

  async exists(descriptor: Descriptor, options: StoreOptions = {}): Promise<boolean> {
    options.signal?.throwIfAborted();
    return isWhole(this.#shelf, descriptor);
  }

  async resolve(reference: string, options: StoreOptions = {}): Promise<Descriptor> {
    options.signal?.throwIfAborted();
    return resolveName(this.#shelf, this.#index, reference);
  }

  async *tags(options: StoreOptions = {}): AsyncGenerator<string> {
    options.signal?.throwIfAborted();
    yield* tagsOf(this.#index);
  }

  async sizeOf(digest: Digest, options: StoreOptions = {}): Promise<number | undefined> {
    options.signal?.throwIfAborted();
    return this.#item(digest)?.size;
  }

  async *referrers(subject: Descriptor, options: ReferrerOptions = {}): AsyncGenerator<Descriptor> {
    options.signal?.throwIfAborted();
    const listed = this.#index.entries.map((entry) => entry.descriptor);
    yield* referrersAmong(this.#shelf, listed, subject, options);
  }

  async indexBytes(): Promise<Uint8Array> {
    return this.#indexBytes;
  }

  close(): void {
    this.#opened.close();
  }

  #item(digest: Digest): TarItem | undefined {
    const item = this.#items.get(blobPath(parseDigest(digest)));
    return item?.type === "file" ? item : undefined;
  }

  #kept(name: string): Uint8Array {
    const content = this.#items.get(name)?.content;
    if (content === undefined) {
      throw malformed(this.#opened.name, `it holds no image layout, for it has no file "${name}"`);
    }
    return content;
  }
}

const CHUNK = 256 * 1024;
