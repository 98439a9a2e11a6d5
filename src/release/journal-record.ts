/**
 * The records of a journal.
 *
 * @module
 */
import * as z from "zod";
import { type Digest, isDigest } from "../oci/digest.ts";

const digest = z.custom<Digest>((value) => typeof value === "string" && isDigest(value));
const mirror = z.string();
const tag = z.string();
const at = { time: z.string().optional() };

/** The schema of one record. Unknown fields are kept out; unknown types are an error. */
export const JournalRecordSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("begin"),
    ...at,
    /** Tells this release from others. */
    id: z.string(),
    image: z.string(),
    version: z.string(),
    variants: z.array(z.object({ format: z.string(), inline: z.string(), digest })),
    mirrors: z.array(
      z.object({
        name: z.string(),
        registry: z.string(),
        repository: z.string(),
        tags: z.array(tag),
        required: z.boolean(),
      }),
    ),
  }),
  /** What a tag named before: the manifest's bytes in base64; digest null: nothing. */
  z.object({
    type: z.literal("previous"),
    ...at,
    mirror,
    tag,
    digest: digest.nullable(),
    mediaType: z.string().nullable(),
    bytes: z.base64().nullable(),
  }),
  z.object({ type: z.literal("staged"), ...at, mirror, digest }),
  z.object({ type: z.literal("verified"), ...at, mirror, digest }),
  /** Every required mirror holds the whole image: tags may move. */
  z.object({ type: z.literal("barrier"), ...at }),
  z.object({ type: z.literal("intent"), ...at, mirror, tag, from: digest.nullable(), to: digest }),
  z.object({ type: z.literal("done"), ...at, mirror, tag, to: digest }),
  z.object({ type: z.literal("raced"), ...at, mirror, tag, found: digest.nullable() }),
  z.object({ type: z.literal("rollback"), ...at }),
  z.object({ type: z.literal("restore"), ...at, mirror, tag, to: digest.nullable() }),
  z.object({ type: z.literal("restored"), ...at, mirror, tag, to: digest.nullable() }),
  z.object({ type: z.literal("end"), ...at, result: z.string() }),
]);

/** One record. */
export type JournalRecord = Readonly<z.output<typeof JournalRecordSchema>>;

/** Reads a line; undefined when it is no record. */
export function parseRecord(line: string): JournalRecord | undefined {
  try {
    return JournalRecordSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
