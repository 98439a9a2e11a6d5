/**
 * The two images that cross the gap: ours of all platforms, and five built the way upstream builds its own.
 *
 * @module
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../../runtime/command.ts";
import { PEER_PACKAGES } from "../build/contenders.ts";
import type { Context } from "../context.ts";
import { buildImage, type Image } from "../net/image.ts";
import { TOOL_PACKAGES } from "../push/tools.ts";

/** Both. */
export interface Images {
  readonly ours: Image;
  /** Undefined when it cannot be built here. */
  readonly upstream: Upstream | undefined;
}

/** Upstream's, as `oci-archive:` has it. */
export interface Upstream {
  readonly archive: string;
  /** Of its index. */
  readonly digest: string;
  readonly platforms: number;
}

/** Builds both. Says why when upstream's cannot be had. */
export async function buildImages(context: Context): Promise<Images> {
  const ours = await buildImage(context);
  const why = await context.need([...PEER_PACKAGES, ...TOOL_PACKAGES]);
  if (why !== undefined) {
    context.say(`Upstream's images are left out: ${why}`);
    return { ours, upstream: undefined };
  }
  const folder = join(context.scratch, "upstream");
  await mkdir(folder);
  const script = join(context.root, "test/bench/peers/upstream-images.sh");
  await run([script, folder], { timeout: 300_000 });
  const archive = join(folder, "pause.tar");
  const read = async (path: string) => JSON.parse(await run(["tar", "-xOf", archive, path]));
  const [{ digest }] = (await read("index.json")).manifests;
  const { manifests } = await read(join("blobs", digest.replace(":", "/")));
  return { ours, upstream: { archive, digest, platforms: manifests.length } };
}
