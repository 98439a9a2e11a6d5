/** The pause image as a self-extracting script, as a test wants it. */
import { readFile } from "node:fs/promises";
import { gzipSync } from "fflate";
import type { RunContent, RunItem, RunPlatform } from "../../src/bundle/run/content.ts";
import { findAttachments } from "../../src/graph/attachments.ts";
import { planCopy } from "../../src/graph/plan.ts";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import type { Index, Manifest } from "../../src/oci/manifest.ts";
import type { Layout } from "../../src/store/layout.ts";
import { openLayout } from "../../src/store/layout.ts";
import { readAll } from "../../src/store/verify.ts";
import type { PauseImage } from "../runtime/pause-image.ts";

/** Everything that `runScript` asks for, from a build. */
export async function runContentOf(image: PauseImage): Promise<RunContent> {
  const layout = await openLayout(image.layout);
  const root = await layout.resolve(image.tag);
  const attachments = await findAttachments(layout, root);
  const plan = await planCopy(layout, undefined, [
    root,
    ...attachments.map(({ descriptor }) => descriptor),
  ]);
  const tagOf = new Map(attachments.map(({ descriptor, tag }) => [descriptor.digest, tag]));
  const contents: RunItem[] = [
    ...plan.blobs.map((descriptor) => ({ kind: "blob" as const, descriptor })),
    ...plan.levels.flat().map(({ descriptor }) => ({
      kind: "manifest" as const,
      descriptor,
      tag: tagOf.get(descriptor.digest),
    })),
  ];
  const archive = gzipSync(await readFile(image.archive), { level: 9, mtime: 0 });
  const platforms = await platformsOf(layout, root);
  return {
    name: "pause",
    version: image.tag,
    repository: "registry.k8s.io/pause",
    tags: [image.tag],
    root,
    platforms,
    contents,
    archive,
  };
}

async function platformsOf(layout: Layout, root: Descriptor): Promise<RunPlatform[]> {
  const read = async <T>(descriptor: Descriptor) =>
    JSON.parse(Buffer.from(await readAll(layout, descriptor)).toString()) as T;
  const { manifests } = await read<Index>(root);
  return Promise.all(
    manifests.map(async (manifest) => ({
      platform: manifest.platform!,
      manifest,
      ...(await read<Manifest>(manifest)),
    })),
  ).then((all) =>
    all.map(({ platform, manifest, config, layers }) => ({ platform, manifest, config, layers })),
  );
}
