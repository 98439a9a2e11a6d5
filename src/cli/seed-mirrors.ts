/**
 * Where a bundle goes: registries that are named on the command line, mirrors of a file, or both.
 *
 * @module
 */
import type { InlineMode } from "../build/definition.ts";
import { HiatusError } from "../errors.ts";
import type { ImageFormat } from "../oci/media-type.ts";
import { formatTarget } from "../oci/target.ts";
import { findMirrors } from "../release/find-mirrors.ts";
import type { Mirror } from "../release/model.ts";
import type { ImageName } from "./bundle-names.ts";
import type { Login } from "./connect.ts";
import { parseDestinations } from "./destinations.ts";
import type { ConnectionFlags } from "./options.ts";

/** What goes there. */
export interface SeededImage extends ImageName {
  /** Tags of the image; the first is its version's. */
  readonly tags: readonly string[];
  readonly format: ImageFormat;
  readonly inline: InlineMode;
}

/** Where to and how, as flags say it. */
export interface SeedQuery extends ConnectionFlags {
  readonly mirrors?: string;
  readonly only?: readonly string[];
  readonly tag?: readonly string[];
  readonly referrers: boolean;
}

/** Names by which {@link loginEnvironment} hands a login on. Nothing reads them from the process's environment. */
const LOGIN = { username: "--username", password: "--password-stdin" } as const;

/** The environment with the login of the command line in it, for `openMirrors`. */
export function loginEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  login: Login | undefined,
): Readonly<Record<string, string | undefined>> {
  if (login === undefined) return env;
  return { ...env, [LOGIN.username]: login.username, [LOGIN.password]: login.password };
}

/**
 * Reads where a bundle goes.
 *
 * @throws HiatusError `USAGE` when nothing is named or a place cannot be one; `CONFIG` when the mirrors file is wrong.
 */
export async function seedMirrors(
  to: readonly string[],
  image: SeededImage,
  flags: SeedQuery,
  login: Login | undefined,
): Promise<readonly Mirror[]> {
  const named = namedMirrors(to, image, flags, login);
  if (flags.mirrors === undefined) {
    if (flags.only !== undefined) throw usage("--only is for a mirrors file", "Name it: --mirrors");
    if (named.length > 0) return named;
    throw usage("Nothing says where to", "Name registries as HOST/PATH, or a file with --mirrors");
  }
  const found = await findMirrors({
    ...image,
    aliases: image.tags.slice(1),
    file: flags.mirrors,
    only: flags.only,
    cwd: process.cwd(),
    env: process.env,
  });
  const wanted = flags.tag === undefined ? undefined : image.tags;
  return [...found.mirrors.map((one) => (wanted ? { ...one, tags: wanted } : one)), ...named];
}

function namedMirrors(
  to: readonly string[],
  { tags, format, inline }: SeededImage,
  flags: SeedQuery,
  login: Login | undefined,
): readonly Mirror[] {
  const places = new Map<string, Mirror>();
  for (const target of parseDestinations(to)) {
    if (target.kind !== "registry" || target.digest !== undefined) {
      throw usage(
        `"${formatTarget(target)}" is no place in a registry`,
        "Write HOST/PATH[:TAG]; hiatus pull copies into folders and archives",
      );
    }
    const { registry, repository, tag } = target;
    const own = tag === undefined ? tags : [tag, ...(flags.tag === undefined ? [] : tags)];
    const name = `${registry}/${repository}`;
    const before = places.get(name)?.tags ?? [];
    places.set(name, {
      name,
      registry,
      repository,
      tags: [...new Set([...before, ...own])],
      required: true,
      format,
      inline,
      attachments: flags.referrers ? "best-effort" : "none",
      profile: undefined,
      connection: {
        credentials: login?.registry === registry ? { kind: "environment", ...LOGIN } : undefined,
        ca: flags.ca,
        cert: flags.cert,
        key: flags.key,
        insecure: flags.insecure ?? false,
        plainHttp: flags.plainHttp ?? false,
        proxy: undefined,
        allowPrivate: flags.allowPrivate,
        concurrency: undefined,
        rate: undefined,
      },
    });
  }
  return [...places.values()];
}

function usage(message: string, hint: string): HiatusError {
  return new HiatusError("USAGE", message, { hint });
}
