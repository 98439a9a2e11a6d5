/**
 * Reading tar archives that others wrote. Nothing is ever extracted by name; still, an archive that
 * two readers could understand differently is refused: only regular files and folders, no links, no
 * long-name tricks, nothing between the entries and nothing after the end.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06 (ustar)
 * @module
 */
import type { Extract, Header } from "tar-stream";
import { malformed } from "../oci/fields.ts";
import type { StoreOptions } from "./source.ts";
import { tarNames } from "./tar-names.ts";

/** One entry of an archive. */
export interface TarItem {
  /** Relative and normalised: no `./` before it, no slash behind it. */
  readonly name: string;
  readonly type: "file" | "directory";
  /** Where in the archive the content begins. */
  readonly offset: number;
  /** Bytes of the content. */
  readonly size: number;
  /** Every field as the archive says it. */
  readonly header: Readonly<Header>;
  /** The content, when it was asked for with `keep`. */
  readonly content?: Uint8Array;
}

/** How an archive is read. */
export interface ReadTarOptions extends StoreOptions {
  /**
   * Most entries.
   * @default 20,000
   */
  readonly entries?: number | undefined;
  /**
   * Most bytes of the whole archive.
   * @default 4 GiB
   */
  readonly bytes?: number | undefined;
  /**
   * For each file whose content is wanted, the most bytes that it may have; undefined for others.
   * @default no content is kept
   */
  readonly keep?: ((name: string) => number | undefined) | undefined;
}

/** Throws with the reason why an archive is not read. */
type Refuse = (why: string) => never;

const BLOCK = 512;
/** Records that say when, never where, what, whose or how much. These alone are overlooked. */
const HARMLESS_PAX = /^(?:[acm]time|comment|LIBARCHIVE\.creationtime)$/;

/**
 * The entries of an archive in their order. Memory stays bounded whatever the archive says.
 *
 * @param what names the archive in errors.
 * @throws HiatusError `CONTENT` when the archive is damaged, cut short, exceeds a limit or holds
 * anything but plain files and folders; whatever `chunks` throws.
 */
export async function readTar(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  what: string,
  options: ReadTarOptions = {},
): Promise<TarItem[]> {
  // Loaded here because building and printing help must not pay for it.
  const { default: library } = await import("tar-stream");
  const { extract } = library;
  const extractor = extract();
  const refuse: Refuse = (why) => {
    throw malformed(what, why);
  };
  const items: TarItem[] = [];
  const nameOf = tarNames(refuse);
  /** Where the last entry ended, its padding included. */
  let end = 0;
  let failure: { readonly error: unknown } | undefined;
  const fail = (error: unknown) => {
    failure ??= { error };
    extractor.destroy();
  };
  const closed = new Promise<void>((resolve) => extractor.on("close", resolve));
  extractor.on("error", () => fail(malformed(what, "it is not a tar archive, or was cut short")));
  extractor.on("entry", (header, stream, next) => {
    // Destroying the archive destroys the entry with an error that has been told already.
    stream.on("error", () => undefined);
    try {
      if (items.length === (options.entries ?? 20_000))
        refuse(`it has more than ${items.length} entries`);
      const { byteOffset: offset } = header as Header & { readonly byteOffset: number };
      const type = checkHeader(header, offset - BLOCK - end, refuse);
      if (offset + header.size > (options.bytes ?? 4 * 1024 ** 3)) refuse("it is too large");
      end = offset + Math.ceil(header.size / BLOCK) * BLOCK;
      // The root folder has no name of its own.
      const name = nameOf(header.name, type) ?? ".";
      const item = { name, type, offset, size: header.size, header };
      const limit = options.keep?.(name);
      if (limit === undefined || type === "directory") {
        items.push(item);
        stream.on("end", () => next());
        stream.resume();
        return;
      }
      if (item.size > limit) refuse(`"${name}" has more than ${limit} bytes`);
      const parts: Uint8Array[] = [];
      stream.on("data", (part) => parts.push(part as Uint8Array));
      stream.on("end", () => {
        items.push({ ...item, content: Buffer.concat(parts) });
        next();
      });
    } catch (error) {
      fail(error);
    }
  });
  const fed = await feed(extractor, chunks, options, refuse).catch(fail);
  await closed;
  if (failure !== undefined) throw (failure as { readonly error: unknown }).error;
  if (fed !== undefined) checkEnd(fed, end, refuse);
  return items;
}

/** How much went by, and where the last byte stood that was not zero. */
interface Fed {
  readonly total: number;
  readonly content: number;
}

async function feed(
  extractor: Extract,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: ReadTarOptions,
  refuse: Refuse,
): Promise<Fed> {
  let total = 0;
  let content = 0;
  let wake: () => void = () => undefined;
  extractor.on("drain", () => wake());
  extractor.on("close", () => wake());
  for await (const chunk of chunks) {
    options.signal?.throwIfAborted();
    if (extractor.destroying) break;
    if (total + chunk.byteLength > (options.bytes ?? 4 * 1024 ** 3)) refuse("it is too large");
    let last = chunk.byteLength;
    while (last > 0 && chunk[last - 1] === 0) last--;
    if (last > 0) content = total + last;
    total += chunk.byteLength;
    const drained = new Promise<void>((resolve) => {
      wake = resolve;
    });
    if (!extractor.write(chunk)) await drained;
  }
  if (!extractor.destroying) extractor.end(null);
  return { total, content };
}

/** Two empty blocks end an archive; whatever comes after them, some reader would take for more. */
function checkEnd({ total, content }: Fed, end: number, refuse: Refuse): void {
  if (content > end) refuse("something stands after its last entry");
  if (total - end < 2 * BLOCK) refuse("it is cut short");
}

/**
 * Only plain files and folders pass.
 *
 * @param gap bytes between the entry before and this header. tar-stream overlooks global PAX headers
 * and empty blocks and applies long names without a word; all of them leave a gap. The one gap that
 * is let through is a PAX header of one block with harmless records.
 */
function checkHeader(header: Header, gap: number, refuse: Refuse): "file" | "directory" {
  const name = JSON.stringify(header.name.slice(0, 160));
  const pax = header.pax as Readonly<Record<string, string>> | null | undefined;
  const strange = Object.keys(pax ?? {}).find((key) => !HARMLESS_PAX.test(key));
  if (strange !== undefined)
    refuse(`${name} has the PAX record ${JSON.stringify(strange.slice(0, 80))}`);
  if (pax && Object.keys(pax).length === 0) refuse(`${name} has a PAX header that says nothing`);
  if (gap !== (pax ? 2 * BLOCK : 0))
    refuse(`something that readers disagree on stands before ${name}`);
  if (header.type !== "file" && header.type !== "directory") {
    refuse(`${name} is neither a file nor a folder`);
  }
  if (header.linkname) refuse(`${name} is a link`);
  if (!Number.isSafeInteger(header.size) || header.size < 0) refuse(`${name} has no proper size`);
  if (header.type === "directory" && header.size !== 0) refuse(`the folder ${name} has a content`);
  return header.type;
}
