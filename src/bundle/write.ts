/**
 * Writing a bundle: the archive in the form that was asked for, and its checksum beside it.
 *
 * @module
 */
import { mkdtempSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { HiatusError } from "../errors.ts";
import { type Digest, digestOf, hexOf } from "../oci/digest.ts";
import { EXPANDED_LIMIT } from "../store/archive-file.ts";
import { archiveEntries, writeArchive } from "../store/archive-writer.ts";
import { ioError } from "../store/io-error.ts";
import { tarStream } from "../store/tar.ts";
import { writeFileAside } from "../store/write-file.ts";
import { type ArchivedImage, archiveContents, type ContentsOptions } from "./contents.ts";
import { type BundleForm, formFor } from "./form.ts";

/** How a bundle is written. */
export interface BundleOptions extends ContentsOptions {
  /** @default as the file's name ends */
  readonly form?: BundleForm | undefined;
}

/** A bundle that was written. */
export interface WrittenBundle {
  /** Absolute. */
  readonly file: string;
  readonly form: BundleForm;
  /** Of the file, and what stands in `checksum`. */
  readonly digest: Digest;
  /** Bytes of the file. */
  readonly size: number;
  /** The file beside it that `sha256sum -c` reads. */
  readonly checksum: string;
  readonly blobs: number;
  readonly manifests: number;
}

/**
 * Writes an image, what is attached to it and its names into one file that every importer reads, and `FILE.sha256` beside it.
 * Both are written aside and then renamed. The same image under the same names gives the same bytes on every host.
 *
 * @throws HiatusError what the source throws, `IO`, `CONTENT` when the archive is too large to be compressed; `USAGE` when the
 * file's name says no form. What was there before is then untouched.
 */
export async function writeBundle(
  file: string,
  image: ArchivedImage,
  options: BundleOptions,
): Promise<WrittenBundle> {
  const { signal } = options;
  const path = resolve(file);
  const form = formFor(path, options.form);
  const contents = await archiveContents(image, { digestName: true, ...options });
  const { content, plan } = contents;
  const aside = makeFolder(path);
  try {
    const here = join(aside, "bundle");
    let written: { readonly digest: Digest; readonly size: number };
    if (form === "tar") written = await writeArchive(here, content, { signal });
    else {
      const tar = await collect(tarStream(archiveEntries(content, { signal }), { signal }));
      const compressed = await compress(tar, form === "tar.zst");
      const bytes =
        form === "run"
          ? (await import("./run-bundle.ts")).runOf(compressed, image, contents, options)
          : compressed;
      await writeFileAside(aside, here, bytes);
      written = { digest: digestOf(bytes), size: bytes.byteLength };
    }
    signal?.throwIfAborted();
    const checksum = `${path}.sha256`;
    await writeFileAside(aside, `${here}.sha256`, checksumLine(written.digest, basename(path)));
    rename(here, path);
    rename(`${here}.sha256`, checksum);
    const { manifests } = plan.total;
    const blobs = content.descriptors.length - manifests;
    return { file: path, form, ...written, checksum, blobs, manifests };
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

/** A folder beside the file, so that renaming crosses no file system. */
function makeFolder(path: string): string {
  try {
    return mkdtempSync(join(dirname(path), ".hiatus-"));
  } catch (error) {
    throw ioError(error, "write", path);
  }
}

function rename(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    throw ioError(error, "write", to);
  }
}

/** All of a tar, in memory, because nobody could read it back otherwise. */
async function collect(tar: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of tar) {
    size += chunk.byteLength;
    if (size > EXPANDED_LIMIT) {
      throw new HiatusError("CONTENT", `The archive has more than ${EXPANDED_LIMIT} bytes`, {
        detail: { limit: EXPANDED_LIMIT },
        hint: "Write a .tar; compressed bundles are read into memory",
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The encoders are pure JavaScript on purpose: the zlibs of Node and Deno give different bytes. */
async function compress(tar: Uint8Array, zstd: boolean): Promise<Uint8Array> {
  if (zstd) return (await import("../store/zstd/compress.ts")).compressZstd(tar);
  return (await import("fflate")).gzipSync(tar, { level: 9, mtime: 0 });
}

/** As `sha256sum` writes it: a name with a backslash or a line end is escaped, and a backslash says so. */
export function checksumLine(digest: Digest, name: string): Uint8Array {
  const escaped = name.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r");
  const mark = escaped === name ? "" : "\\";
  return new TextEncoder().encode(`${mark}${hexOf(digest)}  ${escaped}\n`);
}
