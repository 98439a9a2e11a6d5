/**
 * What is in a pause layer. It is small, so it is read into memory, within limits.
 *
 * @module
 */
import { gunzip } from "../store/gunzip.ts";
import { readTar } from "../store/tar-reader.ts";

/** Largest layer that is read; a pause layer has some hundred bytes. */
export const LAYER_LIMIT = 1024 * 1024;

/** Most bytes of a layer, unpacked. */
const UNPACKED_LIMIT = 4 * 1024 * 1024;

/** An entry of a layer. */
export interface LayerFile {
  readonly name: string;
  readonly type: "file" | "directory";
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly content: Uint8Array;
}

/** A layer, unpacked. */
export interface LayerContent {
  readonly tar: Uint8Array;
  readonly files: readonly LayerFile[];
}

/**
 * Unpacks a layer that was compressed with gzip.
 *
 * @throws HiatusError `CONTENT` when it is no tar, holds what is no file or folder, or grows beyond its limits.
 */
export async function readLayer(
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<LayerContent> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of gunzip([bytes], "the layer", { bytes: UNPACKED_LIMIT }, { signal })) {
    chunks.push(chunk);
  }
  const tar = Buffer.concat(chunks);
  const items = await readTar([tar], "the layer", {
    entries: 100,
    bytes: UNPACKED_LIMIT,
    keep: () => UNPACKED_LIMIT,
    signal,
  });
  const files = items.map(
    ({ name, type, header, content }): LayerFile => ({
      name,
      type,
      mode: header.mode ?? 0,
      uid: header.uid ?? 0,
      gid: header.gid ?? 0,
      mtime: (header.mtime?.getTime() ?? 0) / 1000,
      content: content ?? new Uint8Array(),
    }),
  );
  return { tar, files };
}
