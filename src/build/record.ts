/**
 * `build.json`: everything that a build made, and with what. A function of the build's inputs, so two
 * builds that agree have the same record, byte for byte. `images/schemas/build.schema.json` is made from this.
 *
 * @module
 */
import * as z from "zod";
import type { Descriptor } from "../oci/descriptor.ts";
import { INLINE_MODES } from "./definition.ts";
import { TOOLCHAIN_NAMES } from "./toolchain.ts";

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const size = z.int().nonnegative().describe("Bytes");
const content = z.strictObject({ mediaType: z.string(), digest, size });
const file = z.strictObject({
  path: z.string().describe("Relative to the folder of this record"),
  digest,
  size,
});

/** The schema of `build.json`. */
export const BuildRecordSchema = z.strictObject({
  schemaVersion: z.literal(1),
  name: z.string(),
  version: z.string(),
  stamp: z.string().describe("What `pause -v` prints after `pause.c `"),
  repository: z.string(),
  format: z.enum(["oci", "docker"]),
  inline: z.enum(INLINE_MODES),
  sourceDateEpoch: z
    .int()
    .nullable()
    .describe("The only date in the image, in seconds since 1970; null when there is none"),
  toolchain: z.strictObject({
    name: z.enum(TOOLCHAIN_NAMES),
    versions: z.array(z.string()).describe("Of the compilers, each once"),
  }),
  index: content,
  archive: file,
  platforms: z.array(
    z.strictObject({
      platform: z.string(),
      binary: file.extend({
        linkedSize: size.describe(
          "Bytes as the linker left it, before section headers were cut off",
        ),
      }),
      compiler: z.strictObject({
        version: z.string(),
        command: z.array(z.string()).describe("Folders of the host are written as variables"),
      }),
      layer: content.extend({ diffId: digest.describe("Digest of the tar before compression") }),
      config: content,
      manifest: content,
    }),
  ),
});

/** What a build made, as written to `build.json`. */
export type BuildRecord = Readonly<z.output<typeof BuildRecordSchema>>;

/** Media type, digest and size, without what a descriptor may carry besides. */
export function contentOf(descriptor: Descriptor): z.output<typeof content> {
  const { mediaType, digest: named, size: bytes } = descriptor;
  return { mediaType, digest: named, size: bytes };
}
