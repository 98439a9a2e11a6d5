/**
 * The images that travel: the pause image with nothing, with blobs and with all inline, and one platform of it alone.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { copyGraph } from "../../src/graph/copy.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { createLayout, type Layout, openLayout } from "../../src/store/layout.ts";
import { buildPause } from "../runtime/pause-image.ts";

/** Content as it was built. */
export interface FixturePart {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number;
}

/** An image in a layout of its own. */
export interface Fixture {
  readonly variant: "none" | "blobs" | "all" | "single";
  /** Folder of the layout, and the image's tag in it. */
  readonly layout: string;
  readonly tag: string;
  /** What the tag is on: an index, or of `single` a manifest. */
  readonly root: FixturePart;
  /** All manifests below an index. */
  readonly manifests: readonly FixturePart[];
  /** All configs and layers. */
  readonly blobs: readonly FixturePart[];
  /** What of linux/amd64. */
  readonly amd64: { readonly manifest: Digest; readonly config: Digest };
}

/** All of them by variant. */
export type Fixtures = Readonly<Record<Fixture["variant"], Fixture>>;

/** The ways in which an index can be written. */
export const INDEX_VARIANTS = ["none", "blobs", "all"] as const;

/** Builds them below a folder. The compile cache makes it cheap. */
export async function makeFixtures(folder: string): Promise<Fixtures> {
  const [none, blobs, all] = await Promise.all(
    INDEX_VARIANTS.map(async (inline) => readFixture(inline, await build(folder, inline))),
  );
  if (none === undefined || blobs === undefined || all === undefined) throw new Error("unreached");
  const dir = join(folder, "single");
  const single = await createLayout(dir);
  const source = await openLayout(blobs.layout);
  const manifest = await source.resolve(blobs.amd64.manifest);
  await copyGraph(source, single, [manifest], { tags: [{ descriptor: manifest, tag: "1.0" }] });
  return { none, blobs, all, single: await readFixture("single", { layout: dir, tag: "1.0" }) };
}

async function build(folder: string, inline: (typeof INDEX_VARIANTS)[number]) {
  const { layout, tag } = await buildPause(folder, { inline });
  return { layout, tag };
}

/** Looks up what a tag of a layout leads to, with JSON.parse alone. */
async function readFixture(
  variant: Fixture["variant"],
  { layout, tag }: { readonly layout: string; readonly tag: string },
): Promise<Fixture> {
  const store: Layout = await openLayout(layout);
  const root = await store.resolve(tag);
  const read = async (digest: string) =>
    JSON.parse(await readFile(join(layout, "blobs", ...digest.split(":")), "utf8"));
  const top = await read(root.digest);
  const manifests: readonly (FixturePart & { readonly platform?: Platform })[] =
    variant === "single" ? [root] : top.manifests;
  const blobs = new Map<Digest, FixturePart>();
  let amd64: Fixture["amd64"] | undefined;
  for (const { digest, platform } of manifests) {
    const { config, layers } = await read(digest);
    for (const part of [config, ...layers]) blobs.set(part.digest, partOf(part));
    if (variant === "single" || `${platform?.os}/${platform?.architecture}` === "linux/amd64") {
      amd64 = { manifest: digest, config: config.digest };
    }
  }
  if (amd64 === undefined) throw new Error(`"${layout}" has no linux/amd64`);
  return {
    ...{ variant, layout, tag, root: partOf(root), amd64 },
    manifests: variant === "single" ? [] : manifests.map(partOf),
    blobs: [...blobs.values()],
  };
}

interface Platform {
  readonly os: string;
  readonly architecture: string;
}

function partOf({ digest, mediaType, size }: FixturePart): FixturePart {
  return { digest, mediaType, size };
}
