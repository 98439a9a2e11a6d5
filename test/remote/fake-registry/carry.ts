/** Pushing and pulling as the command does it. */
import { isHiatusError } from "../../../src/errors.ts";
import { copyGraph } from "../../../src/graph/copy.ts";
import type { Descriptor } from "../../../src/oci/descriptor.ts";
import type { Repository } from "../../../src/remote/repository.ts";
import { createMemory, type Memory } from "../../../src/store/memory.ts";
import type { StoreOptions } from "../../../src/store/source.ts";
import { image, indexOf, type Piece, pushAll, type Sample } from "../../contract/sample.ts";

/** A store in memory that holds pieces. */
export async function memoryOf(...pieces: readonly Piece[]): Promise<Memory> {
  const memory = createMemory();
  await pushAll(memory, pieces);
  return memory;
}

/** An image of many platforms. */
export function manyPlatforms(count: number): Pick<Sample, "all" | "index" | "manifests"> {
  const images = Array.from({ length: count }, (_, i) =>
    image({ architecture: `cpu${i}`, os: "linux" }),
  );
  const manifests = images.map(({ manifest }) => manifest);
  const index = indexOf(...manifests);
  return { manifests, index, all: [...images.flatMap(({ blobs }) => blobs), ...manifests, index] };
}

/** Pushes what the root leads to under a tag: one HEAD of the tag first, and nothing more when that names the root. */
export async function push(
  from: Memory,
  to: Repository,
  root: Descriptor,
  tag: string,
  options: StoreOptions = {},
): Promise<void> {
  const before = await to.resolve(tag, options).catch((error: unknown) => {
    if (isHiatusError(error, "NOT_FOUND")) return undefined;
    throw error;
  });
  if (before?.digest === root.digest) return;
  const tags = [{ descriptor: root, tag }];
  await copyGraph(from, to, [root], { ...options, tags, rootsAbsent: true });
}

/** Pulls what a tag names into memory. */
export async function pull(from: Repository, tag: string): Promise<Memory> {
  const memory = createMemory();
  const root = await from.resolve(tag);
  await copyGraph(from, memory, [root], { tags: [{ descriptor: root, tag }] });
  return memory;
}
