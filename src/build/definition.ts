/**
 * What is built: the shape of `images/<name>/image.yaml`. The JSON Schema that editors use is made from
 * this by `npm run schemas`.
 *
 * @module
 */
import * as z from "zod";
import { isTag } from "../oci/tag.ts";
import { closest } from "./closest.ts";
import { findPlatform, PLATFORMS } from "./platforms.ts";
import { VERSION_GRAMMAR } from "./version.ts";

/** Where descriptors carry their content in `data`: nowhere, in manifests, or in the index as well. */
export const INLINE_MODES = ["none", "blobs", "all"] as const;
export type InlineMode = (typeof INLINE_MODES)[number];

/** Annotations that the build computes and a definition may therefore not give. */
const COMPUTED = [
  "org.opencontainers.image.version",
  "org.opencontainers.image.created",
  "org.opencontainers.image.revision",
];

const name = z
  .string()
  .regex(
    /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/,
    "use lower-case letters, digits and single . _ - between",
  )
  .max(64);

const repository = z
  .string()
  .regex(
    /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::[0-9]+)?\/)?[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/,
    'write it as "host/path/name", without a tag',
  )
  .max(255);

const annotationKey = z
  .string()
  .regex(/^[a-z0-9]+(?:[.-][a-zA-Z0-9]+)*(?:\/[a-zA-Z0-9._-]+)?$/, "use reverse-domain keys")
  .refine((key) => !COMPUTED.includes(key), "is computed by the build; leave it out");

/** Replaces `{version}`, `{major}`, `{minor}` and `{patch}` in an alias; undefined when the version lacks that part. */
export function renderAlias(template: string, version: string): string | undefined {
  const [major, minor, patch] = version.split(/[.+-]/);
  const parts: Record<string, string | undefined> = { version, major, minor, patch };
  let complete = true;
  const text = template.replaceAll(/\{([a-z]+)\}/g, (_, part: string) => {
    const value = parts[part];
    if (value === undefined) complete = false;
    return value ?? "";
  });
  return complete ? text : undefined;
}

const alias = z.string().refine((template) => isTag(renderAlias(template, "1.2.3") ?? ""), {
  error:
    'is not a tag; "{version}", "{major}", "{minor}" and "{patch}" stand for parts of the version',
});

const platform = z
  .string()
  .refine((text) => findPlatform(text) !== undefined, {
    error: ({ input }) => {
      const meant = closest(String(input), knownPlatforms());
      const hint =
        meant === undefined
          ? `known are ${knownPlatforms().join(", ")}`
          : `did you mean "${meant}"?`;
      return `"${String(input).slice(0, 80)}" is not a platform that can be built; ${hint}`;
    },
  })
  .meta({ examples: knownPlatforms() });

function knownPlatforms(): string[] {
  return PLATFORMS.map((row) => row.name);
}

/** Is every platform named once, whatever the spelling? */
function areDistinct(names: readonly string[]): boolean {
  const rows = names.map(findPlatform).filter((row) => row !== undefined);
  return new Set(rows).size === rows.length;
}

/** Beyond 2^31 - 1, runtimes take a uid for a negative one. */
function fitsUid(user: string): boolean {
  return !user.split(":").some((id) => Number(id) >= 2 ** 31);
}

/** The schema of `image.yaml`. Unknown keys are errors. */
export const ImageDefinitionSchema = z.strictObject({
  name: name.describe("Name of the image and of its folder under dist/"),
  version: z
    .string()
    .regex(VERSION_GRAMMAR, 'use letters, digits, dots, dashes and underscores, such as "3.10.2"')
    .describe(
      "Stamped into the binary and used as the tag. Quote it when YAML would read a number",
    ),
  repository: repository.describe("Full name that archives carry, without a tag"),
  entrypoint: z
    .array(z.string().min(1))
    .min(1)
    .refine((words) => /^\/[A-Za-z0-9][A-Za-z0-9._-]*$/.test(words[0] ?? ""), {
      error: 'must begin with the path of the binary in the root folder, such as "/pause"',
    })
    .describe("Command of the container. Its first word is the path of the only file in the layer"),
  user: z
    .string()
    .regex(
      /^[1-9][0-9]{0,9}(?::(?:0|[1-9][0-9]{0,9}))?$/,
      'must be numeric and not root, such as "65535:65535"',
    )
    .refine(fitsUid, "is too large: runtimes take ids up to 2147483647")
    .describe("Numeric uid, or uid:gid. Never root, so that runAsNonRoot can be checked"),
  platforms: z
    .array(platform)
    .min(1)
    .refine(areDistinct, "names a platform twice")
    .describe("os/architecture[/variant], in the order of the index"),
  annotations: z
    .record(annotationKey, z.string())
    .default({})
    .describe("On the index and on every manifest. version, created and revision are computed"),
  labels: z.record(z.string().min(1), z.string()).default({}).describe("Labels in every config"),
  aliases: z
    .array(alias)
    .default([])
    .describe(
      "Other tags that a release gives the image. {version}, {major}, {minor}, {patch} are replaced",
    ),
  inline: z
    .enum(INLINE_MODES)
    .default("none")
    .describe("Which descriptors carry their content in the data field"),
});

/** What is built, as read from `image.yaml`. */
export type ImageDefinition = Readonly<z.output<typeof ImageDefinitionSchema>>;
