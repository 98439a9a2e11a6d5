/**
 * Kernels that unpack themselves under EFI only ("zboot"): QEMU loads what is packed inside, but knows no zstd.
 *
 * @see https://github.com/torvalds/linux/blob/v6.12/drivers/firmware/efi/libstub/zboot-header.S
 * @module
 */
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { run } from "../runtime/command.ts";

/** Where the packed kernel lies in an image. */
export interface ZbootPayload {
  readonly offset: number;
  readonly size: number;
  /** `gzip`, `zstd` and so on. */
  readonly compression: string;
}

/** Reads the header, or resolves to undefined when the image is of another kind. */
export function readZboot(image: Uint8Array): ZbootPayload | undefined {
  const bytes = Buffer.from(image.buffer, image.byteOffset, image.byteLength);
  if (bytes.length < 64 || bytes.toString("latin1", 0, 8) !== "MZ\0\0zimg") return undefined;
  const [compression = ""] = bytes.toString("latin1", 24, 56).split("\0");
  return { offset: bytes.readUInt32LE(8), size: bytes.readUInt32LE(12), compression };
}

/** Replaces an image by what is packed inside, if that takes the program zstd. */
export async function unpackZboot(path: string): Promise<void> {
  const image = await readFile(path);
  const payload = readZboot(image);
  if (payload?.compression !== "zstd") return;
  const packed = `${path}.zst`;
  await writeFile(packed, image.subarray(payload.offset, payload.offset + payload.size));
  await run(["zstd", "--decompress", "--quiet", packed, "-o", `${path}.unpacked`]);
  await rename(`${path}.unpacked`, path);
  await rm(packed);
}
