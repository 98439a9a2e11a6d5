/**
 * `report.json`: what a release, a roll-back or a check found and did, in one document. The page and the summary show nothing
 * that is not in it. `images/schemas/report.schema.json` is made from this. Nothing in it is a secret: of credentials not even
 * the references are told.
 *
 * @module
 */
import * as z from "zod";
import { INLINE_MODES } from "../../build/definition.ts";

const digest = z.string().regex(/^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/);
const count = z.int().nonnegative();
const milliseconds = count.describe("Milliseconds");
const format = z.enum(["oci", "docker"]);
const content = z.strictObject({
  mediaType: z.string(),
  digest,
  size: count.describe("Bytes"),
});
const phase = z.enum(["preflight", "stage", "read-back", "tags", "rollback"]);

const span = z.strictObject({
  phase,
  begin: milliseconds.describe("Milliseconds after `started`"),
  end: milliseconds.describe("Milliseconds after `started`"),
});

const platform = z.strictObject({
  platform: z.string().describe("linux/arm/v7"),
  manifest: content,
  download: count
    .nullable()
    .describe("Bytes of manifest, config and layers; null when it was not counted"),
});

const attachment = z.strictObject({
  ...content.shape,
  artifactType: z.string().nullable(),
  subject: digest.describe("What it is attached to"),
  tag: z.string().nullable().describe("The tag by which it is found, where that is cosign's way"),
});

const variant = z.strictObject({
  format,
  inline: z.enum(INLINE_MODES),
  index: content,
  platforms: z.array(platform),
  attachments: z.array(attachment),
});

const failure = z.strictObject({
  phase,
  code: z.string().nullable(),
  message: z.string().describe("May repeat what a registry said: escape it"),
  hint: z.string().nullable().describe("What to do next"),
  attachmentsOnly: z.boolean().describe("Is the image there all the same?"),
});

const tag = z.strictObject({
  tag: z.string(),
  planned: z
    .enum(["create", "keep", "move", "restore"])
    .nullable()
    .describe("null: nothing, because it was not looked at or only compared"),
  before: digest
    .nullable()
    .describe("What it named before; null: nothing, or it was not looked at"),
  after: digest.nullable().describe("What it names now; null: nothing, or it is not known"),
  result: z.enum([
    "kept",
    "created",
    "moved",
    "restored",
    "raced",
    "not moved",
    "failed",
    "same",
    "drifted",
    "not compared",
  ]),
});

const mirror = z.strictObject({
  name: z.string(),
  registry: z.string(),
  repository: z.string(),
  plainHttp: z.boolean(),
  required: z.boolean(),
  format,
  inline: z.enum(INLINE_MODES),
  attachments: z.enum(["required", "best-effort", "none"]),
  profile: z.string().nullable().describe("What kind of registry it is, as it was found or given"),
  index: digest.nullable().describe("What its tags shall name; null when that is not known"),
  result: z.enum([
    "released",
    "unchanged",
    "staged",
    "planned",
    "rolled back",
    "failed",
    "not tried",
    "same",
    "drifted",
  ]),
  failures: z.array(failure),
  tags: z.array(tag),
  platforms: z.array(
    z.strictObject({
      platform: z.string(),
      state: z
        .enum(["proven", "present", "drifted", "unproven", "pending", "unknown"])
        .describe(
          "proven: fetched and rehashed in this run; present: there by its digest; drifted: a check found it absent or damaged; unproven: sending it or reading it back failed; pending: not there yet; unknown: not looked at",
        ),
    }),
  ),
  phases: z.array(span),
  requests: count.nullable(),
  sent: count.nullable().describe("Bytes sent to the mirror"),
  compared: count.nullable().describe("Things that a check compared"),
  findings: z.array(
    z.strictObject({
      what: z.string(),
      expected: z.string(),
      found: z.string().describe("absent, damaged, or a digest"),
    }),
  ),
});

/** The schema of `report.json`. */
export const ReleaseReportSchema = z.strictObject({
  schema: z.literal(1).describe("Version of this format"),
  hiatus: z.string().describe("Version of the program"),
  kind: z.enum(["release", "rollback", "check"]),
  image: z.strictObject({ name: z.string(), version: z.string() }),
  result: z
    .enum([
      "released",
      "unchanged",
      "staged",
      "planned",
      "rolled back",
      "failed",
      "same",
      "drifted",
    ])
    .describe("What became of it as a whole"),
  started: z.iso.datetime(),
  milliseconds: milliseconds.describe("How long it took, in milliseconds"),
  journal: z.string().nullable().describe("Where to go on; null when nothing is left to do"),
  next: z
    .array(z.strictObject({ text: z.string(), command: z.string().nullable() }))
    .describe("What to do next, in this order; nothing when all is well"),
  variants: z.array(variant).describe("The image, in each form that a mirror gets"),
  phases: z.array(span).describe("Of all mirrors together, from the first to the last"),
  mirrors: z.array(mirror).describe("In the order of the mirrors file"),
  warnings: z.array(
    z.strictObject({
      mirror: z.string().nullable(),
      message: z.string(),
      hint: z.string().nullable(),
    }),
  ),
});

/** What a release, a roll-back or a check found and did. */
export type ReleaseReport = Readonly<z.output<typeof ReleaseReportSchema>>;
/** A mirror in a report. */
export type ReportMirror = Readonly<z.output<typeof mirror>>;
/** A tag of a mirror in a report. */
export type ReportTag = Readonly<z.output<typeof tag>>;
/** The image in one form, in a report. */
export type ReportVariant = Readonly<z.output<typeof variant>>;
/** Something that went wrong, in a report. */
export type ReportFailure = Readonly<z.output<typeof failure>>;
/** A phase from its begin to its end, in milliseconds after the whole was started. */
export type Span = Readonly<z.output<typeof span>>;
/** What is known of a platform at a mirror. */
export type PlatformState = ReportMirror["platforms"][number]["state"];
