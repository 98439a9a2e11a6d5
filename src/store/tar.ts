/**
 * Writing tar archives whose bytes are a function of their entries and of nothing else.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06 (ustar)
 * @module
 */
import type { Header, Pack } from "tar-stream";
import { HiatusError } from "../errors.ts";
import type { StoreOptions } from "./source.ts";

/** One entry. Owner, group, device and link fields are not offered: they are always root's or empty. */
export interface TarEntry {
  /** Relative, printable ASCII, single slashes between names; a folder may end with one. */
  readonly name: string;
  readonly type: "file" | "directory";
  /** Permission bits, for example 0o644. */
  readonly mode: number;
  /** Seconds since 1970, at most 2^31 - 1. */
  readonly mtime: number;
  /** What a file holds; nothing when left out. */
  readonly content?: Uint8Array | AsyncIterable<Uint8Array>;
  /** Bytes of `content`; needed when that is a stream, which must then have exactly that length. */
  readonly size?: number;
}

/** Largest size that fits in the eleven octal digits of ustar. */
const SIZE_LIMIT = 0o77777777777;
const MTIME_LIMIT = 0x7fffffff;

/**
 * The archive as one array: entries in the order given, then two empty blocks.
 *
 * @throws HiatusError `INVALID` for an entry that plain ustar cannot say.
 */
export async function tarBytes(entries: Iterable<TarEntry>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of tarStream(entries)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/**
 * The archive as a stream. Contents that are streams are opened one after another, each when its
 * turn comes.
 *
 * @throws HiatusError `INVALID` for an entry that plain ustar cannot say or a stream of another
 * length than promised; whatever a content stream throws.
 */
export async function* tarStream(
  entries: Iterable<TarEntry>,
  options: StoreOptions = {},
): AsyncGenerator<Uint8Array> {
  // Loaded here because printing help or reading a layout must not pay for it.
  const { default: library } = await import("tar-stream");
  const { pack } = library;
  const archive = pack();
  let failure: { readonly error: unknown } | undefined;
  const writing = writeEntries(archive, entries, options.signal).catch((error: unknown) => {
    failure = { error };
    archive.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  try {
    yield* archive as AsyncIterable<Uint8Array>;
  } catch (error) {
    // Below, what went wrong is thrown as it came.
    failure ??= { error };
  }
  await writing;
  if (failure !== undefined) throw failure.error;
}

async function writeEntries(
  archive: Pack,
  entries: Iterable<TarEntry>,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const entry of entries) {
    signal?.throwIfAborted();
    const content = entry.content ?? new Uint8Array();
    if (!(content instanceof Uint8Array)) {
      await writeStream(archive, entry, content, signal);
    } else if (entry.type === "directory") {
      archive.entry(headerOf(entry, content.byteLength));
    } else {
      archive.entry(headerOf(entry, content.byteLength), content);
    }
  }
  archive.finalize();
}

/** Feeds a stream to its entry, waiting whenever the reader of the archive is behind. */
async function writeStream(
  archive: Pack,
  entry: TarEntry,
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const size = entry.size ?? refuse(entry, "a stream needs a size");
  const header = headerOf(entry, size);
  let wake: () => void = () => undefined;
  const sink = archive.entry(header);
  sink.on("error", () => undefined);
  for (const event of ["drain", "close"]) sink.on(event, () => wake());
  let written = 0;
  for await (const chunk of content) {
    signal?.throwIfAborted();
    written += chunk.byteLength;
    if (written > size) break;
    if (sink.destroyed) return;
    const drained = new Promise<void>((resolve) => {
      wake = resolve;
    });
    if (!sink.write(chunk)) await drained;
  }
  if (written !== size) refuse(entry, `its stream does not have the promised ${size} bytes`);
  const closed = new Promise<void>((resolve) => {
    wake = resolve;
  });
  sink.end(null);
  if (!sink.destroyed) await closed;
}

/** Every field of the header, so that no default of the library (a clock among them) gets in. */
function headerOf(entry: TarEntry, size: number): Header {
  const { type, mode, mtime } = entry;
  if (type === "directory" && size !== 0) refuse(entry, "a folder holds no bytes");
  if (!Number.isSafeInteger(size) || size < 0 || size > SIZE_LIMIT)
    refuse(entry, `${size} bytes do not fit`);
  if (!Number.isInteger(mode) || mode < 1 || mode > 0o7777) refuse(entry, "its mode is not one");
  if (!Number.isInteger(mtime) || mtime < 0 || mtime > MTIME_LIMIT)
    refuse(entry, "its time does not fit");
  return {
    name: nameOf(entry),
    type,
    mode,
    uid: 0,
    gid: 0,
    size,
    mtime: new Date(mtime * 1000),
    linkname: "",
    uname: "",
    gname: "",
    devmajor: 0,
    devminor: 0,
  };
}

/** A name that a plain ustar header can say: a longer one would silently become a PAX record. */
function nameOf(entry: TarEntry): string {
  const name = entry.type === "directory" ? `${entry.name.replace(/\/$/, "")}/` : entry.name;
  if (!/^[!-[\]-~]+(?: [!-[\]-~]+)*$/.test(name)) refuse(entry, "its name is not printable ASCII");
  const parts = name.replace(/\/$/, "").split("/");
  if (entry.type === "file" && name.endsWith("/")) refuse(entry, "its name is that of a folder");
  if (parts.some((part) => part === "" || part === "." || part === ".."))
    refuse(entry, "its name has empty or dotted parts");
  if (name.length > 100 && !fitsWithPrefix(name)) refuse(entry, "its name is too long for ustar");
  return name;
}

/** Can the name be cut at a slash into a prefix of 155 bytes and a name of 100? */
function fitsWithPrefix(name: string): boolean {
  const cut = name.indexOf("/", name.length - 101);
  return cut > 0 && cut <= 155 && cut < name.length - 1;
}

function refuse(entry: TarEntry, why: string): never {
  throw new HiatusError(
    "INVALID",
    `The tar entry "${entry.name.slice(0, 300)}" cannot be written: ${why}`,
    {
      detail: { name: entry.name },
      hint: "Use short relative names, permission bits up to 0o7777 and a time before 2038",
    },
  );
}
