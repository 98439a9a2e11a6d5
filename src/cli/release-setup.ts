/**
 * What release, check and repair have in common: which image, and which mirrors.
 *
 * @module
 */
import { join } from "node:path";
import { renderAlias } from "../build/definition.ts";
import { readDefinition } from "../build/read-definition.ts";
import { parseVersion } from "../build/version.ts";
import { isTag } from "../oci/tag.ts";
import { type FoundMirrors, findMirrors, type MirrorQuery } from "../release/find-mirrors.ts";
import type { Mirror } from "../release/model.ts";

/** Which image and which mirrors, as flags say it. */
export interface ImageQuery {
  readonly mirrors?: string;
  readonly only?: readonly string[];
  readonly from?: string;
  readonly version?: string;
}

/** An image by its definition. */
export type NamedImage = Pick<MirrorQuery, "image" | "version" | "aliases" | "inline"> & {
  /** The folder of the definition, where the lock lies. */
  readonly folder: string;
};

/**
 * Reads the definition of an image.
 *
 * @throws HiatusError `CONFIG` or `INVALID`
 */
export async function nameImage(image: string, flags: ImageQuery): Promise<NamedImage> {
  const { definition, folder } = await readDefinition(image, process.cwd());
  const version = parseVersion(flags.version ?? definition.version);
  const aliases = definition.aliases.flatMap((alias) => {
    const tag = renderAlias(alias, version);
    return tag !== undefined && isTag(tag) ? [tag] : [];
  });
  return { image: definition.name, version, aliases, inline: definition.inline, folder };
}

/** Finds the mirrors that flags mean. */
export function mirrorsFor(named: NamedImage, flags: ImageQuery): Promise<FoundMirrors> {
  return findMirrors({
    ...named,
    file: flags.mirrors,
    only: flags.only,
    cwd: process.cwd(),
    env: process.env,
  });
}

/** Every n-th mirror, beginning with the i-th. */
export function shardOf(
  mirrors: readonly Mirror[],
  shard: { readonly index: number; readonly count: number } | undefined,
): readonly Mirror[] {
  if (shard === undefined) return mirrors;
  return mirrors.filter((_, at) => at % shard.count === shard.index);
}

/** The path of a release's journal. */
export function journalPath(
  { image, version }: NamedImage,
  {
    state,
    shard,
  }: {
    readonly state?: string;
    readonly shard?: { readonly index: number; readonly count: number };
  },
): string {
  const part = shard === undefined ? "" : `.shard-${shard.index}-of-${shard.count}`;
  return join(state ?? join("dist", "release"), `${image}-${version}${part}.ndjson`);
}
