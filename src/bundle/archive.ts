/**
 * An image into one archive: for the same image under the same name, the bytes that `hiatus build` writes.
 *
 * @module
 */
import type { Digest } from "../oci/digest.ts";
import { writeArchive } from "../store/archive-writer.ts";
import { type ArchivedImage, archiveContents, type ContentsOptions } from "./contents.ts";

/** An archive that was written. */
export interface WrittenArchive {
  readonly digest: Digest;
  readonly size: number;
  readonly blobs: number;
  readonly manifests: number;
}

/**
 * Writes an image and its attachments into an archive, aside and then renamed, every byte verified.
 *
 * @throws HiatusError what the source throws, `IO`, `CONTENT`. What was there before is then untouched.
 */
export async function archiveImage(
  file: string,
  image: ArchivedImage,
  options: ContentsOptions,
): Promise<WrittenArchive> {
  const { content, plan } = await archiveContents(image, options);
  const written = await writeArchive(file, content, { signal: options.signal });
  return { ...written, blobs: plan.total.blobs, manifests: plan.total.manifests };
}
