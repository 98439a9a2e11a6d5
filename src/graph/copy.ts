/**
 * Copying a graph from one store to another: blobs, then manifests with children before parents, then
 * tags. Until the tags, nothing that a user can name has changed at the destination.
 *
 * @module
 */
import { isHiatusError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { parseDocument } from "../oci/document.ts";
import { hasSuccessors } from "../oci/media-type.ts";
import { DEPTH_LIMIT, neededBy } from "../store/closure.ts";
import {
  canMount,
  canPushTagged,
  isDistant,
  type Source,
  type Store,
  type StoreOptions,
} from "../store/source.ts";
import { fetchContent, readAll } from "../store/verify.ts";
import { type CopyFailure, fail, runStep, watch } from "./copy-step.ts";
import { type CopyPlan, type PlannedManifest, planCopy } from "./plan.ts";

export type { CopyFailure } from "./copy-step.ts";

/** What happens during a copy, in this order; `bytes` only ever grows, up to `total.bytes` of the plan. */
export type CopyEvent =
  | { readonly type: "plan"; readonly plan: CopyPlan }
  | { readonly type: "copied"; readonly descriptor: Descriptor; readonly bytes: number }
  /** As copied, but no bytes travelled: the registry took the blob from its other repository. */
  | { readonly type: "mounted"; readonly descriptor: Descriptor; readonly bytes: number }
  | { readonly type: "tagged"; readonly descriptor: Descriptor; readonly tag: string };

/** How a copy is made. */
export interface CopyOptions extends StoreOptions {
  /**
   * Most contents under way at a time.
   * @default 8, and 32 when one of the two is far away: a registry limits by itself
   */
  readonly concurrency?: number | undefined;
  /** Told what happens. */
  readonly onProgress?: ((event: CopyEvent) => void) | undefined;
  /** Set at the destination when everything else is there, in this order. */
  readonly tags?: readonly { readonly descriptor: Descriptor; readonly tag: string }[] | undefined;
  /** Another repository of the destination's registry that blobs are mounted from where it has them. */
  readonly mountFrom?: string | undefined;
  /** See {@link planCopy}. */
  readonly rootsAbsent?: boolean | undefined;
  /** See {@link planCopy}. */
  readonly present?: readonly Descriptor[] | undefined;
}

/**
 * Copies everything that the roots lead to and that the destination lacks. A root with a tag goes last and, where the
 * destination can, straight under its tag. A destination that misses content which it said it had is given it again.
 *
 * @returns the plan that was carried out.
 * @throws HiatusError with the code of the first failure and with all of them in `detail.failures`,
 * as {@link CopyFailure}; the reason of the signal; what {@link planCopy} throws.
 */
export async function copyGraph(
  from: Pick<Source, "fetch">,
  to: Store,
  roots: readonly Descriptor[],
  options: CopyOptions = {},
): Promise<CopyPlan> {
  const { signal, onProgress = () => undefined, tags = [], rootsAbsent, present } = options;
  const { concurrency = isDistant(to) || isDistant(from) ? 32 : 8 } = options;
  const plan = await planCopy(from, to, roots, {
    signal,
    concurrency,
    rootsAbsent,
    present,
  });
  onProgress({ type: "plan", plan });
  let bytes = 0;
  const copied = (descriptor: Descriptor, type: "copied" | "mounted" = "copied") => {
    bytes += descriptor.size;
    onProgress({ type, descriptor, bytes });
  };
  const copy: Copy = { from, to, options: { signal }, mountFrom: options.mountFrom };

  await runStep(plan.blobs, concurrency, signal, async (blob) => {
    copied(blob, await moveBlob(copy, blob));
  });
  const direct = directly(plan, to, tags);
  for (const level of plan.levels) {
    const now = level.filter((manifest) => !direct.has(manifest));
    await runStep(now, concurrency, signal, async (manifest) => {
      await pushWhole(copy, manifest);
      copied(manifest.descriptor);
    });
  }
  // One after another: where a later tag fails, the earlier ones are known to be set.
  const left = new Map([...direct].map((manifest) => [manifest.descriptor.digest, manifest]));
  await runStep(tags, 1, signal, async ({ descriptor, tag }) => {
    const manifest = left.get(descriptor.digest);
    if (manifest !== undefined && left.delete(descriptor.digest)) {
      await pushWhole(copy, manifest, tag);
      copied(manifest.descriptor);
    } else await to.tag(descriptor, tag, { signal }).catch(fail(descriptor, () => "tag"));
    onProgress({ type: "tagged", descriptor, tag });
  });
  return plan;
}

/** What every part of a copy needs. */
interface Copy {
  readonly from: Pick<Source, "fetch">;
  readonly to: Store;
  readonly options: StoreOptions;
  readonly mountFrom: string | undefined;
}

/** The manifests that are pushed by their tag and not by their digest first: tagged, and no child of another. */
function directly(
  plan: CopyPlan,
  to: Store,
  tags: NonNullable<CopyOptions["tags"]>,
): ReadonlySet<PlannedManifest> {
  if (!canPushTagged(to)) return new Set();
  const tagged = new Set(tags.map(({ descriptor }) => descriptor.digest));
  const all = plan.levels.flat();
  return new Set(all.filter((one) => !one.inner && tagged.has(one.descriptor.digest)));
}

async function moveBlob(copy: Copy, blob: Descriptor): Promise<"copied" | "mounted"> {
  const { from, to, options, mountFrom } = copy;
  let operation: CopyFailure["operation"] = "push";
  const failed = fail(blob, () => operation);
  if (mountFrom !== undefined && canMount(to)) {
    if (await to.mount(blob, mountFrom, options).catch(failed)) return "mounted";
  }
  const push = async (): Promise<void> => {
    operation = "push";
    const content = watch(fetchContent(from, blob, options), () => {
      operation = "fetch";
    });
    await to.push(blob, content, options);
  };
  await push()
    .catch((error: unknown) => {
      // The connection broke where the store could not take the stream up again: only one from its beginning helps.
      if (isHiatusError(error, "NETWORK") && error.detail.again === true) return push();
      throw error;
    })
    .catch(failed);
  return "copied";
}

/**
 * Pushes a manifest. Where the destination then says that it lacks what the manifest names, though it was there before
 * or was just pushed, it is given that once more: registries lose what nothing names, and answer from caches.
 */
async function pushWhole(
  copy: Copy,
  manifest: Pick<PlannedManifest, "descriptor" | "bytes">,
  tag?: string,
  depth = 1,
): Promise<void> {
  const { to, options } = copy;
  const { descriptor, bytes } = manifest;
  const push = (): Promise<void> =>
    tag !== undefined && canPushTagged(to)
      ? to.pushTagged(descriptor, bytes, tag, options)
      : to.push(descriptor, bytes, options);
  try {
    await push();
  } catch (error) {
    const failed = fail(descriptor, () => "push");
    if (depth > DEPTH_LIMIT || !isHiatusError(error, "INCOMPLETE")) return failed(error);
    const children = neededBy(parseDocument(bytes, descriptor.mediaType));
    const missing = new Set(error.detail.missing as readonly string[] | undefined);
    const named = children.filter((child) => missing.has(child.digest));
    for (const child of named.length > 0 ? named : children) {
      if (!hasSuccessors(child.mediaType)) await moveBlob({ ...copy, mountFrom: undefined }, child);
      else {
        const read = await readAll(copy.from, child, options).catch(fail(child, () => "fetch"));
        await pushWhole(copy, { descriptor: child, bytes: read }, undefined, depth + 1);
      }
    }
    await push().catch(failed);
  }
}
