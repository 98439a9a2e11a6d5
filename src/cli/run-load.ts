/**
 * Loading from the flags to the node.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";
import { type Platform, parsePlatformName } from "../oci/platform.ts";
import { loadImage } from "../release/load.ts";
import { ctrOf } from "../runtime/containerd-content.ts";
import { containerdImporter } from "../runtime/load/containerd.ts";
import { engineCommand, engineImporter } from "../runtime/load/docker.ts";
import type { Importer } from "../runtime/load/importer.ts";
import { k3sFolderImporter } from "../runtime/load/k3s-folder.ts";
import { nodePlatforms } from "../runtime/node-platform.ts";
import { must, type Run, runProgram } from "../runtime/runner.ts";
import { type BundleNames, bundleNames } from "./bundle-names.ts";
import type { LoadFlags } from "./load.ts";
import { openSource, parseSource } from "./open.ts";
import { presentLoad } from "./present/load.ts";

/**
 * Loads an image and says what is there.
 *
 * @throws HiatusError what kept it from being loaded, as `loadImage` does.
 */
export async function runLoad(
  bundle: string,
  flags: LoadFlags,
  signal: AbortSignal,
): Promise<void> {
  const presenter = presentLoad(flags);
  const opened = await openSource(parseSource(bundle), {
    signal,
    flags,
    onEvent: presenter.onConnection,
  });
  try {
    const names = await bundleNames(opened, flags, signal);
    const importer = await importerFor(flags, names, runProgram, signal);
    const loaded = await loadImage(opened, importer, {
      ...names,
      platforms: await platformsFor(flags, runProgram, signal),
      single: flags.platform !== undefined,
      dryRun: flags.dryRun,
      signal,
    });
    presenter.done(loaded, importer.limits);
  } finally {
    await opened.close();
  }
}

async function importerFor(
  { into, address, namespace, dataDir }: LoadFlags,
  { repository, tags }: BundleNames,
  run: Run,
  signal: AbortSignal,
): Promise<Importer> {
  switch (into) {
    case "containerd":
      return containerdImporter(ctrOf(run, ["ctr"], { address, namespace }));
    case "k3s": {
      const ctr = ctrOf(run, ["k3s", "ctr"], { address, namespace });
      if (await answers(ctr.command, run, signal)) return containerdImporter(ctr);
      const name = repository.slice(repository.lastIndexOf("/") + 1);
      return k3sFolderImporter(dataDir, `${name}-${tags[0] ?? "image"}.tar`);
    }
    default:
      return engineImporter(run, { engine: into, address });
  }
}

/** Does k3s run? Without its program, or without an answer, it does not. */
async function answers(
  command: readonly string[],
  run: Run,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return (await run([...command, "version"], { signal })).code === 0;
  } catch (error) {
    if (error instanceof HiatusError) return false;
    throw error;
  }
}

/** The machine's own, unless somebody names another, or the engine runs on another machine. */
async function platformsFor(
  { platform, into, address }: LoadFlags,
  run: Run,
  signal: AbortSignal,
): Promise<readonly Platform[]> {
  if (platform !== undefined) return [parsePlatformName(platform)];
  const isFar = /^(?:tcp|ssh|https?):/.test(address ?? "");
  if (into !== "docker" || !isFar) return nodePlatforms();
  const format = "{{.Server.Os}}/{{.Server.Arch}}";
  const command = [...engineCommand({ engine: into, address }), "version", "--format", format];
  return [parsePlatformName((await must(run, command, signal)).stdout.trim())];
}
