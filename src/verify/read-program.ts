/**
 * From an image to the program that it runs.
 *
 * @module
 */
import { machineOf } from "../elf/machine.ts";
import { readElf } from "../elf/read.ts";
import { HiatusError } from "../errors.ts";
import { parseImageConfig } from "../oci/config.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { parseManifest, READ_LIMIT } from "../oci/document.ts";
import { formatPlatform, type Platform } from "../oci/platform.ts";
import type { Source } from "../store/source.ts";
import { readAll } from "../store/verify.ts";
import { LAYER_LIMIT, readLayer } from "./read-layer.ts";

/** A program as an image runs it. */
export interface ImageProgram {
  readonly platform: Platform;
  readonly bytes: Uint8Array;
  readonly user: string | undefined;
}

/**
 * Reads the program that the entry point of a platform's image names, out of its only layer.
 *
 * @throws HiatusError `CONTENT` or `NOT_FOUND` when it cannot be read, or is a program for another CPU.
 */
export async function readProgram(
  source: Source,
  descriptor: Descriptor,
  signal: AbortSignal | undefined,
): Promise<ImageProgram> {
  const read = (what: Descriptor, limit: number) => readAll(source, what, { limit, signal });
  const manifest = parseManifest(await read(descriptor, READ_LIMIT), descriptor.mediaType);
  const config = parseImageConfig(await read(manifest.config, READ_LIMIT));
  const platform = descriptor.platform ?? (config as Platform);
  const [layer] = manifest.layers;
  const files = layer && (await readLayer(await read(layer, LAYER_LIMIT), signal)).files;
  const [path] = config.config.Entrypoint ?? [];
  const program = files?.find(({ name }) => `/${name}` === path);
  if (program === undefined) throw unreadable(`its layer does not hold ${path ?? "a program"}`);
  const { architecture, os, variant } = platform;
  const said = formatPlatform({ architecture, os, ...(variant === undefined ? {} : { variant }) });
  const machine = machineOf(platform);
  const facts = readElf(program.content);
  const same =
    machine?.class === facts.class &&
    machine.byteOrder === facts.byteOrder &&
    machine.machine === facts.machine;
  if (!same) throw unreadable(`its program is not one for ${said}`);
  return { platform, bytes: program.content, user: config.config.User };
}

function unreadable(why: string): HiatusError {
  return new HiatusError("CONTENT", `The image is not run: ${why}`, {
    hint: "See which checks of its structure failed",
  });
}
