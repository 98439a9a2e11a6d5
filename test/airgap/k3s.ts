/**
 * k3s, as far as it reads `agent/images`: what its agent asks of containerd, asked by `ctr`, because k3s itself is not to be
 * had here. Written after reading how it does it:
 *
 * - files are told apart by how their names end; others than the known are refused;
 * - each is imported with all platforms and not unpacked;
 * - every image of it gets containerd's label against garbage collection, and one of k3s;
 * - every name must have a tag, and is given again by digest, so that both resolve.
 *
 * Not modelled: that missing content is skipped (from k3s 1.29 on; before, and here, it is an error), registries by which
 * images are named once more, and lists of images to pull.
 *
 * @see https://github.com/k3s-io/k3s/blob/v1.33.0%2Bk3s1/pkg/agent/containerd/containerd.go
 * @module
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../runtime/command.ts";
import type { Containerd } from "../runtime/containerd.ts";

/** What makes a plain archive of a file, by the end of its name. */
const READERS: readonly (readonly [suffix: RegExp, command: readonly string[]])[] = [
  [/\.tar$/i, ["cat"]],
  [/\.(?:tar\.gz|tgz)$/i, ["gzip", "-dc"]],
  [/\.(?:tar\.zst|tzst)$/i, ["zstd", "-dcq"]],
];

/** Programs that the model needs. */
export const K3S_PROGRAMS = ["gzip", "zstd", "sh"];

/** How k3s names what it does not know. */
export const UNHANDLED = "unhandled file type";

/**
 * Imports every file of a folder, as an agent does when it starts.
 *
 * @returns The names of images that came by it, digests among them.
 * @throws Error for the first file that cannot be imported; k3s logs it and goes on to the next.
 */
export async function importAsK3s(
  containerd: Containerd,
  folder: string,
): Promise<readonly string[]> {
  const names: string[] = [];
  for (const file of (await readdir(folder)).toSorted()) {
    names.push(...(await importFile(containerd, join(folder, file))));
  }
  return names;
}

async function importFile(containerd: Containerd, file: string): Promise<readonly string[]> {
  const [, reader] = READERS.find(([suffix]) => suffix.test(file)) ?? [];
  if (reader === undefined) throw new Error(`${UNHANDLED}: ${file}`);
  const plain = join(containerd.folder, "as-k3s.tar");
  const redirected = 'from=$1 to=$2; shift 2; "$@" <"$from" >"$to"';
  await run(["sh", "-c", redirected, "sh", file, plain, ...reader]);
  const before = new Set((await imagesOf(containerd)).map(({ name }) => name));
  await containerd.ctr("images", "import", "--all-platforms", "--no-unpack", plain);
  const images = (await imagesOf(containerd)).filter(({ name }) => !before.has(name));
  for (const { name, digest } of images) {
    const tagged = /^(?<path>.+):[^:/@]+$/.exec(name)?.groups?.path;
    if (tagged === undefined || name.includes("@")) {
      throw new Error(`failed to parse tag for image ${name}`);
    }
    const labels = ["io.cattle.k3s.pinned=pinned", "io.cri-containerd.pinned=pinned"];
    await containerd.ctr("images", "label", name, ...labels);
    await containerd.ctr("images", "tag", "--force", name, `${tagged}@${digest}`);
  }
  return images.map(({ name }) => name);
}

/** Names and digests that containerd has. */
async function imagesOf(containerd: Containerd) {
  const [, ...rows] = (await containerd.ctr("images", "ls")).split("\n");
  return rows.filter(Boolean).map((row) => {
    const [name = "", , digest = ""] = row.split(/\s+/);
    return { name, digest };
  });
}
