/**
 * The image under test, built for the test that asks. The compile cache makes this cheap, and it is never stale.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type BuildOptions,
  type BuildRecord,
  buildImage,
  type Digest,
  type VerifiedBuild,
} from "../../src/index.ts";

/** What tests ask of a build. */
export type PauseOptions = Pick<BuildOptions, "format" | "inline" | "platforms">;

/** A build, and where its parts are. */
export interface PauseImage {
  readonly record: BuildRecord;
  /** The layout, the archive, and the name by which consumers know the image. */
  readonly layout: string;
  readonly archive: string;
  readonly tag: string;
  readonly name: string;
  /** Digests of all platforms, sorted. */
  readonly manifests: readonly Digest[];
  readonly configs: readonly Digest[];
  readonly layers: readonly Digest[];
  /** The program of a platform as it lies beside the image. */
  binary(platform: string): string;
}

/** The ways in which an image can be written. Consumers must agree about each. */
export const VARIANTS = [
  { variant: "oci, nothing inline", format: "oci", inline: "none" },
  { variant: "oci, blobs inline", format: "oci", inline: "blobs" },
  { variant: "oci, all inline", format: "oci", inline: "all" },
  { variant: "docker", format: "docker", inline: "none" },
] as const;

const checkout = fileURLToPath(new URL("../..", import.meta.url));

/** Builds the image below a folder, which the caller removes. */
export async function buildPause(folder: string, options: PauseOptions = {}): Promise<PauseImage> {
  const { format = "default", inline = "default" } = options;
  const out = join(folder, `pause-${format}-${inline}`);
  const built: VerifiedBuild = await buildImage("pause", { cwd: checkout, out, ...options });
  // What is on the disk counts, because that is what everybody else reads.
  const record = JSON.parse(
    await readFile(join(built.folder, "build.json"), "utf8"),
  ) as BuildRecord;
  const digests = (part: "manifest" | "config" | "layer") =>
    record.platforms.map((platform) => platform[part].digest as Digest).toSorted();
  return {
    record,
    layout: join(built.folder, "oci"),
    archive: join(built.folder, record.archive.path),
    tag: record.version,
    name: `${record.repository}:${record.version}`,
    manifests: digests("manifest"),
    configs: digests("config"),
    layers: digests("layer"),
    binary: (platform) =>
      join(
        built.folder,
        record.platforms.find((row) => row.platform === platform)?.binary.path ?? platform,
      ),
  };
}
