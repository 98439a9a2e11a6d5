/**
 * Writes a build into its folder: layout, binaries, archive and record.
 *
 * @module
 */
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Descriptor } from "../oci/descriptor.ts";
import { platformSlug } from "../oci/platform.ts";
import { writeArchive } from "../store/archive-writer.ts";
import { dockerManifest } from "../store/docker-manifest.ts";
import { createLayout, type Layout } from "../store/layout.ts";
import type { CompiledReaper } from "./compile.ts";
import type { ImageDefinition } from "./definition.ts";
import { type AssembledIndex, assembleIndex } from "./image.ts";
import { type BuildPlan, platformTag } from "./plan.ts";
import { type BuildRecord, contentOf } from "./record.ts";

/** What lies in the folder. */
export interface WrittenBuild {
  readonly layout: Layout;
  readonly index: Descriptor;
  readonly record: BuildRecord;
}

/**
 * Writes everything that a build leaves into an empty folder.
 *
 * @param folder - Absolute path; it exists.
 */
export async function writeBuild(
  folder: string,
  definition: ImageDefinition,
  plan: BuildPlan,
  reapers: readonly CompiledReaper[],
  signal: AbortSignal | undefined,
): Promise<WrittenBuild> {
  const layout = await createLayout(join(folder, "oci"));
  const [assembled] = await Promise.all([
    assembleIndex(layout, definition, reapers, plan),
    ...reapers.map((reaper) => writeBinary(join(folder, binaryPath(reaper)), reaper.bytes)),
  ]);
  signal?.throwIfAborted();
  await layout.tag(assembled.index, plan.version, {
    // containerd names an imported image by this; without it the tag is all it gets.
    annotations: { "io.containerd.image.name": `${definition.repository}:${plan.version}` },
  });
  const file = `${definition.name}-${plan.version}.tar`;
  const archive = await writeArchive(
    join(folder, file),
    {
      index: await layout.indexBytes(),
      descriptors: closure(assembled),
      source: layout,
      dockerManifest: dockerManifest(repoTags(assembled, definition, plan)),
      mtime: plan.sourceDateEpoch ?? 0,
    },
    { signal },
  );
  const record = recordOf(definition, plan, reapers, assembled, { path: file, ...archive });
  await writeFile(join(folder, "build.json"), `${JSON.stringify(record, undefined, 2)}\n`);
  return { layout, index: assembled.index, record };
}

function binaryPath(reaper: CompiledReaper): string {
  return join("bin", platformSlug(reaper.platform), "pause");
}

async function writeBinary(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  await chmod(path, 0o755);
}

function closure({ index, images }: AssembledIndex): readonly Descriptor[] {
  return [index, ...images.flatMap(({ manifest, config, layer }) => [manifest, config, layer])];
}

/**
 * `docker load` with Docker's own image store reads manifest.json, which knows no indexes: every image gets a
 * tag of its own, and the plain tag belongs to linux/amd64. See docs/decisions/0004-archive.md.
 */
function repoTags(assembled: AssembledIndex, definition: ImageDefinition, plan: BuildPlan) {
  const single = plan.rows.length === 1;
  return assembled.images.map((image, position) => {
    const row = plan.rows[position]!;
    const plain = single || row.name === "linux/amd64";
    const tags = [
      ...(plain ? [plan.version] : []),
      ...(single ? [] : [platformTag(plan.version, row)]),
    ];
    return {
      config: image.config,
      layers: [image.layer],
      repoTags: tags.map((tag) => `${definition.repository}:${tag}`),
    };
  });
}

function recordOf(
  definition: ImageDefinition,
  plan: BuildPlan,
  reapers: readonly CompiledReaper[],
  assembled: AssembledIndex,
  archive: BuildRecord["archive"],
): BuildRecord {
  return {
    schemaVersion: 1,
    name: definition.name,
    version: plan.version,
    stamp: plan.stamp,
    repository: definition.repository,
    format: plan.format,
    inline: plan.inline,
    sourceDateEpoch: plan.sourceDateEpoch ?? null,
    toolchain: {
      name: reapers[0]!.compiler.toolchain,
      versions: [...new Set(reapers.map((reaper) => reaper.compiler.version))],
    },
    index: contentOf(assembled.index),
    archive,
    platforms: reapers.map((reaper, position) => {
      const { layer, diffId, config, manifest } = assembled.images[position]!;
      const { digest, size, linkedSize, compiler, argv } = reaper;
      return {
        platform: plan.rows[position]!.name,
        binary: { path: binaryPath(reaper), digest, size, linkedSize },
        compiler: { version: compiler.version, command: [...argv] },
        layer: { ...contentOf(layer), diffId },
        config: contentOf(config),
        manifest: contentOf(manifest),
      };
    }),
  };
}
