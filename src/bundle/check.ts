/**
 * Reading a bundle from end to end before anything is done with it.
 *
 * @module
 */
import { planCopy } from "../graph/plan.ts";
import type { StoreOptions } from "../store/source.ts";
import { fetchContent } from "../store/verify.ts";
import type { ArchivedImage } from "./contents.ts";
import type { Delta } from "./delta.ts";

/** How much was read. */
export interface CheckedBundle {
  readonly contents: number;
  readonly bytes: number;
}

/**
 * Reads every content of an image and of what is attached to it, and hashes it.
 *
 * @param delta what the bundle says that it leaves out.
 * @throws HiatusError `NOT_FOUND` or `CONTENT` of the first content that is missing or damaged.
 */
export async function checkBundle(
  { source, root, attachments }: ArchivedImage,
  delta?: Delta | undefined,
  options: StoreOptions = {},
): Promise<CheckedBundle> {
  const omitted = new Set<string>(delta?.omitted);
  const roots = [root, ...attachments.map(({ descriptor }) => descriptor)];
  const plan = await planCopy(source, undefined, roots, options);
  const blobs = plan.blobs.filter(({ digest }) => !omitted.has(digest));
  for (const blob of blobs) for await (const _ of fetchContent(source, blob, options));
  const contents = [...blobs, ...plan.levels.flat().map(({ descriptor }) => descriptor)];
  return {
    contents: contents.length,
    bytes: contents.reduce((sum, { size }) => sum + size, 0),
  };
}
