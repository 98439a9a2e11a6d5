/**
 * The shape of a mirrors file: where an image is released to. The JSON Schema that editors use is made from this by
 * `npm run schemas`; `images/mirrors.example.yaml` goes through it line by line.
 *
 * @module
 */
import * as z from "zod";
import { INLINE_MODES } from "../../build/definition.ts";
import { isTag } from "../../oci/tag.ts";
import { PROFILES } from "../../remote/profiles.ts";
import { renderTemplate, TAG_LISTS } from "./template.ts";

/** Registries with manners of their own, and what stands for finding out. */
const PROFILE_NAMES = ["auto", ...PROFILES.map(({ name: profile }) => profile)] as const;

const name = z
  .string()
  .regex(
    /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/,
    "use lower-case letters, digits and single . _ - between",
  )
  .max(64);

/** POSIX: XBD 8.1, Environment Variable Definition. */
const variable = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be the name of an environment variable, not its value");

const sample = { image: "pause", version: "1.2.3" };

const tag = z
  .string()
  .refine(
    (text) =>
      text in TAG_LISTS || text === "{aliases}" || isTag(renderTemplate(text, sample) ?? ""),
    {
      error:
        'is not a tag; "{version}", "{major}", "{minor}", "{patch}" and "{image}" stand for parts of it, "{aliases}" for those of the image, "{node-defaults}" for every tag that nodes ask for by default',
    },
  );

const credentials = z
  .strictObject({
    usernameEnv: variable.optional().describe("Environment variable with the user's name"),
    passwordEnv: variable.optional().describe("Environment variable with the password"),
    tokenEnv: variable
      .optional()
      .describe("Environment variable with a token that the registry takes as it is"),
    file: z
      .string()
      .min(1)
      .optional()
      .describe("A file in the form of Docker's config.json; relative to this one"),
    helper: z
      .string()
      .regex(
        /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
        "must be the end of a helper's name: ecr-login for docker-credential-ecr-login",
      )
      .optional()
      .describe("Credential helper: ecr-login stands for the program docker-credential-ecr-login"),
    anonymous: z
      .literal(true)
      .optional()
      .describe("Send no credentials, whatever is configured elsewhere"),
  })
  .refine(
    ({ usernameEnv, passwordEnv, ...others }) => {
      const pair = usernameEnv !== undefined || passwordEnv !== undefined;
      const kinds = Object.values(others).filter((value) => value !== undefined).length;
      return (
        (pair ? 1 : 0) + kinds === 1 && (usernameEnv === undefined) === (passwordEnv === undefined)
      );
    },
    { error: "takes one of: usernameEnv with passwordEnv, tokenEnv, file, helper, anonymous" },
  );

const tls = z
  .strictObject({
    ca: z
      .string()
      .min(1)
      .optional()
      .describe(
        "PEM file of a certificate authority, beside those of the system; relative to this file",
      ),
    cert: z.string().min(1).optional().describe("PEM file of a client certificate"),
    key: z.string().min(1).optional().describe("PEM file of its key"),
    insecure: z.boolean().optional().describe("Take any certificate. Said aloud in every release"),
  })
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), {
    error: "cert and key go together",
  });

const settings = {
  tags: z
    .array(tag)
    .min(1)
    .optional()
    .describe(
      'In the order in which they are moved. Templates: {version} {major} {minor} {patch} {image}; lists: "{aliases}", "{node-defaults}". Left out: {version} and {aliases}',
    ),
  required: z
    .boolean()
    .optional()
    .describe(
      "Must this mirror hold the whole image before any tag of any mirror moves? Left out: true",
    ),
  credentials: credentials
    .optional()
    .describe(
      "Where credentials are found; never the credentials. Left out: where every other tool finds them",
    ),
  tls: tls.optional().describe("Certificates"),
  plainHttp: z
    .boolean()
    .optional()
    .describe("Speak HTTP without TLS. Loopback addresses do without being asked"),
  proxy: z
    .union([
      z.literal("none"),
      z
        .string()
        .regex(
          /^https?:\/\/[^\s/]+\/?$/,
          'must be "none" or a URL such as http://proxy.example:3128',
        ),
    ])
    .optional()
    .describe("Left out: HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the environment"),
  allowPrivate: z
    .array(
      z
        .string()
        .regex(
          /^[^\s/,@]+(?:\/[0-9]{1,3})?$/,
          "must be a host, a host with its port, or a network such as 10.0.0.0/8",
        ),
    )
    .optional()
    .describe(
      "Hosts with private addresses that the registry may lead to, written as in NO_PROXY: its token service, its storage",
    ),
  concurrency: z
    .int()
    .min(1)
    .max(256)
    .optional()
    .describe(
      "Most requests in flight. Left out: 24, and fewer where there are more than ten registries",
    ),
  rate: z
    .number()
    .positive()
    .max(10_000)
    .optional()
    .describe("Most requests a second. Left out: no limit"),
  format: z.enum(["oci", "docker"]).optional().describe("Left out: oci"),
  inline: z
    .enum(INLINE_MODES)
    .optional()
    .describe(
      "Which descriptors carry their content in the data field. Left out: as in the image's definition",
    ),
  attachments: z
    .enum(["required", "best-effort", "none"])
    .optional()
    .describe(
      "Signatures, SBOMs and the like. Left out: best-effort, so that a mirror that refuses them still gets the image",
    ),
  profile: z
    .enum(PROFILE_NAMES)
    .optional()
    .describe("What kind of registry it is. Left out: found out"),
};

const mirror = z.strictObject({
  name: name.describe("What reports, --only and groups call it"),
  repository: z
    .string()
    .min(1)
    .max(512)
    .describe("registry.example/path/{image}: registry and path, without a tag"),
  ...settings,
});

/** The schema of a mirrors file. Unknown keys are errors. */
export const MirrorsFileSchema = z.strictObject({
  $schema: z.string().optional().describe("For editors"),
  version: z.literal(1).describe("Of this format"),
  include: z
    .array(z.string().min(1))
    .default([])
    .describe("Other mirrors files, relative to this one"),
  defaults: z
    .strictObject(settings)
    .default({})
    .describe("What the mirrors of this file do not say themselves"),
  mirrors: z.array(mirror).default([]).describe("Where images are released to"),
  groups: z
    .record(name, z.array(name).min(1))
    .default({})
    .describe("Names for several mirrors at once, for --only"),
});

/** A mirrors file as it was read. */
export type MirrorsFile = Readonly<z.output<typeof MirrorsFileSchema>>;
/** One mirror of a file. */
export type MirrorEntry = Readonly<z.output<typeof mirror>>;
