/**
 * The image that is pushed, served and released: built by the command under test, all platforms of it.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../../runtime/command.ts";
import type { Context } from "../context.ts";

/** An image in a layout. */
export interface Image {
  readonly layout: string;
  readonly tag: string;
  /** The digest of its index. */
  readonly digest: string;
  readonly platforms: number;
  /** Of the platform that serving is measured with, which is amd64's. */
  readonly one: { readonly manifest: string; readonly config: string; readonly layer: string };
}

interface Descriptor {
  readonly digest: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: { readonly architecture: string };
}

/** Builds it into the folder of this run. */
export async function buildImage({ root, scratch }: Context): Promise<Image> {
  const out = join(scratch, "image");
  const main = join(root, "lib", "cli", "main.js");
  await run([process.execPath, main, "build", "--quiet", "--out", out, "pause"], {
    cwd: root,
    env: { HIATUS_CACHE_DIR: join(scratch, "image-cache") },
  });
  const layout = join(out, "pause", "oci");
  const read = async (path: string) => JSON.parse(await readFile(join(layout, path), "utf8"));
  const blob = ({ digest }: Descriptor) => read(join("blobs", digest.replace(":", "/")));
  const [index]: Descriptor[] = (await read("index.json")).manifests;
  const tag = index?.annotations?.["org.opencontainers.image.ref.name"];
  if (index === undefined || tag === undefined) throw new Error(`"${layout}" names no image`);
  const children: readonly Descriptor[] = (await blob(index)).manifests;
  const child = children.find(({ platform }) => platform?.architecture === "amd64");
  if (child === undefined) throw new Error(`"${layout}" has no image for amd64`);
  const manifest = await blob(child);
  return {
    layout,
    tag,
    digest: index.digest,
    platforms: children.length,
    one: {
      manifest: child.digest,
      config: manifest.config.digest,
      layer: manifest.layers[0].digest,
    },
  };
}
