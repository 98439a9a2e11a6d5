/**
 * An image into a runtime of this node: the archive that it reads, the import, and a look at what is there afterwards. Loading
 * what is there already changes nothing.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { archiveImage } from "../bundle/archive.ts";
import { fromSystemError, HiatusError, isHiatusError } from "../errors.ts";
import { selectPlatforms } from "../graph/select.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { parseIndex, parseManifest, READ_LIMIT } from "../oci/document.ts";
import { isIndexType } from "../oci/media-type.ts";
import { formatPlatform, type Platform } from "../oci/platform.ts";
import type { Held, Importer, NodeImage } from "../runtime/load/importer.ts";
import type { Source, StoreOptions } from "../store/source.ts";
import { readAll } from "../store/verify.ts";

/** How an image is loaded. */
export interface LoadOptions extends StoreOptions {
  /** What it is to be called, without a tag: `registry.k8s.io/pause`. */
  readonly repository: string;
  /** At least one. */
  readonly tags: readonly string[];
  /** What the node runs, best first. */
  readonly platforms: readonly Platform[];
  /** Only that platform, where the runtime would keep the whole index. @default false */
  readonly single?: boolean | undefined;
  /** Look, and say what would be run. @default false */
  readonly dryRun?: boolean | undefined;
}

/** What was done. */
export interface Loaded {
  /** `present`: everything was as it is to be. `planned`: a dry run would load. */
  readonly status: "loaded" | "present" | "planned";
  readonly image: NodeImage;
  /** As the runtime has it, looked at when all was done. */
  readonly held: readonly Held[];
  /** What a dry run would run. */
  readonly commands: readonly string[];
}

/**
 * Loads an image.
 *
 * @throws HiatusError `NOT_FOUND` when the image has nothing for the node; `RUNTIME` with the command that failed, or with what
 * is not as it is to be afterwards; what the source throws.
 */
export async function loadImage(
  from: { readonly source: Pick<Source, "fetch">; readonly root: Descriptor },
  importer: Importer,
  options: LoadOptions,
): Promise<Loaded> {
  const { source } = from;
  const { signal, tags, repository, dryRun } = options;
  if (tags.length === 0) {
    throw new HiatusError("USAGE", "An image without a tag cannot be loaded", {
      hint: "Say what nodes ask for, for example --tag 3.10.2",
    });
  }
  const { own, platform } = await chooseOwn(from, options);
  const root = importer.keepsIndex && !options.single ? from.root : own.root;
  const image: NodeImage = {
    names: tags.map((tag) => `${repository}:${tag}`),
    repository,
    root: root.digest,
    manifest: own.manifest.digest,
    config: own.config,
    platform: formatPlatform(platform),
    whole: isIndexType(root.mediaType),
  };
  const folder = await makeFolder();
  try {
    const file = join(folder, "image.tar");
    await archiveImage(file, { source, root, attachments: [] }, { tags, repository, signal });
    const before = await importer.look(file, image, signal);
    if (before.every(({ wrong }) => wrong === undefined)) {
      return { status: "present", image, held: before, commands: [] };
    }
    if (dryRun) {
      const commands = importer.plan("image.tar", image);
      return { status: "planned", image, held: before, commands };
    }
    await importer.take(file, image, signal);
    const held = await importer.look(file, image, signal);
    refuseWrong(held);
    return { status: "loaded", image, held, commands: [] };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Nobody else may put another archive in its place. */
async function makeFolder(): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), "hiatus-load-"));
  } catch (error) {
    throw fromSystemError(error, "Cannot make a folder for the archive");
  }
}

interface Own {
  /** What stands for the platform alone: its manifest, or an index that has nothing else. */
  readonly root: Descriptor;
  readonly manifest: Descriptor;
  readonly config: NodeImage["config"];
}

/** The best of the image for the node. */
async function chooseOwn(
  { source, root }: { readonly source: Pick<Source, "fetch">; readonly root: Descriptor },
  { platforms, signal }: LoadOptions,
): Promise<{ readonly own: Own; readonly platform: Platform }> {
  let last: unknown;
  for (const platform of platforms) {
    try {
      const selected = await selectPlatforms(source, root, [platform], { signal });
      const own = await manifestOf(source, selected.root, signal);
      return { own: { root: selected.root, ...own }, platform: own.platform ?? platform };
    } catch (error) {
      if (!isHiatusError(error, "NOT_FOUND") || error.detail.platform === undefined) throw error;
      last = error;
    }
  }
  throw last;
}

async function manifestOf(
  source: Pick<Source, "fetch">,
  root: Descriptor,
  signal: AbortSignal | undefined,
): Promise<Omit<Own, "root"> & { readonly platform: Platform | undefined }> {
  const limit = { limit: READ_LIMIT, signal };
  let manifest = root;
  if (isIndexType(root.mediaType)) {
    const { manifests } = parseIndex(await readAll(source, root, limit), root.mediaType);
    manifest = manifests.find((one) => one.platform && one.platform.os !== "unknown") ?? root;
  }
  const { config } = parseManifest(await readAll(source, manifest, limit), manifest.mediaType);
  return { manifest, config: config.digest, platform: manifest.platform };
}

function refuseWrong(held: readonly Held[]): void {
  const wrong = held.filter((one) => one.wrong !== undefined);
  if (wrong.length === 0) return;
  const said = wrong.map((one) => `${one.name} ${one.wrong}`).join("; ");
  throw new HiatusError("RUNTIME", `The import ended well, but ${said}`, {
    detail: { wrong },
    hint: "Something else may hold or collect images there: look at the runtime's log, and load again",
  });
}
