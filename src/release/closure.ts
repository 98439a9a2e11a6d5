/**
 * Everything that an image consists of, found out once for all mirrors that get it.
 *
 * @module
 */
import type { Attachment } from "../graph/attachments.ts";
import { planCopy } from "../graph/plan.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { StoreOptions } from "../store/source.ts";
import type { ReleaseVariant } from "./model.ts";

/** Of each variant with the attachments that went along: with all of them or with none, as mirrors take them. */
const known = new WeakMap<ReleaseVariant, Map<string, Promise<readonly Descriptor[]>>>();

/**
 * The contents of an image and of some of its attachments: index, manifests, configs, layers. Nothing is in it twice.
 *
 * @throws HiatusError `NOT_FOUND` or `CONTENT` when the variant's source lacks a manifest.
 */
export function closureOf(
  variant: ReleaseVariant,
  attachments: readonly Attachment[],
  options: StoreOptions = {},
): Promise<readonly Descriptor[]> {
  const attached = attachments.map(({ descriptor }) => descriptor);
  const key = attached.map(({ digest }) => digest).join(" ");
  const closures = known.get(variant) ?? new Map<string, Promise<readonly Descriptor[]>>();
  known.set(variant, closures);
  const found = closures.get(key) ?? find(variant, attached, options);
  closures.set(key, found);
  // One that failed, also because somebody stopped it, is no answer for the next one.
  found.catch(() => closures.delete(key));
  return found;
}

async function find(
  { source, root }: ReleaseVariant,
  attached: readonly Descriptor[],
  options: StoreOptions,
): Promise<readonly Descriptor[]> {
  const { blobs, levels } = await planCopy(source, undefined, [root, ...attached], options);
  return [...blobs, ...levels.flat().map(({ descriptor }) => descriptor)];
}
