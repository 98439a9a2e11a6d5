/**
 * Looking at a mirror before anything is done there.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";
import { hasSuccessors } from "../oci/media-type.ts";
import type { StoreOptions } from "../store/source.ts";
import { closureOf } from "./closure.ts";
import type { OpenMirror } from "./mirror-stores.ts";
import type { Mirror, MirrorState, ReleaseImage, ReleaseVariant, TagState } from "./model.ts";
import { knownObjections } from "./objections.ts";
import { readTag } from "./tags.ts";

/**
 * What is at a mirror: its tags with what they name, and whether the image is there. Where something will have to be pushed,
 * finds out whether it may be.
 *
 * @throws HiatusError when the mirror cannot be reached, does not know us, or would not take a push.
 */
export async function preflight(
  open: OpenMirror,
  image: ReleaseImage,
  options: StoreOptions = {},
): Promise<MirrorState> {
  const { mirror } = open;
  const { signal } = options;
  const variant = variantFor(mirror, image);
  // The version's tag is asked for first and alone: it is what a mirror that holds everything is known by, and it settles
  // connection and token for the rest. Where it is not right, all that is left to be known is asked for at once.
  const [version = "", ...aliases] = mirror.tags;
  const first = await stateOf(open, version, variant, { signal });
  const behind = first.action !== "keep";
  const [isThere, ...others] = await together([
    behind ? isThereToPush(open, variant, { signal }) : true,
    ...aliases.map((tag) => stateOf(open, tag, variant, { signal })),
  ]);
  if (!behind && others.some(({ action }) => action !== "keep")) await open.probe({ signal });
  const tags = [first, ...others];
  const present = isThere || tags.some(({ action }) => action === "keep");
  const profile = open.profile();
  const objections = await knownObjections(variant, mirror, profile, { signal });
  return { mirror, variant, profile, objections, present, tags };
}

/**
 * Finds out whether one may push, and whether the image is there.
 *
 * A mirror that has no config of it, which the answer to the probe tells, has not all of it: its root is not asked for, and all is pushed.
 */
async function isThereToPush(
  open: OpenMirror,
  variant: ReleaseVariant,
  { signal }: StoreOptions,
): Promise<boolean> {
  // The first blob of a walk is a config, which says what it was made of and when: other images do not have it.
  const contents = await closureOf(variant, [], { signal });
  const blob = contents.find(({ mediaType }) => !hasSuccessors(mediaType));
  const hasBlob = await open.probe({ signal, blob });
  return hasBlob !== false && (await hasRoot(open, variant, { signal }));
}

/**
 * Is the root there? A mirror that hands out something else under its digest (some keep what they are sent without looking) does not have
 * it: it is pushed again, and read back like everything.
 */
async function hasRoot(
  { fresh }: OpenMirror,
  { root }: ReleaseVariant,
  options: StoreOptions,
): Promise<boolean> {
  try {
    return await fresh.exists(root, options);
  } catch (error) {
    if (error instanceof HiatusError && error.code === "CONTENT") return false;
    throw error;
  }
}

/** Waits for all, also when one fails: nobody may be at work any more when a mirror is given up. @throws what comes first in the list. */
async function together<T extends readonly unknown[]>(
  all: readonly [...T],
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(all);
  return await Promise.all(all);
}

/** Does nothing have to move at this mirror? Whether all that the root names is there is read back later. */
export function isConverged({ present, tags }: MirrorState): boolean {
  return present && tags.every(({ action }) => action === "keep");
}

/**
 * The image in the form that a mirror wants.
 *
 * @throws HiatusError `CONFIG` when it was not built in that form.
 */
export function variantFor(mirror: Mirror, image: ReleaseImage): ReleaseVariant {
  const found = image.variants.find(
    ({ format, inline }) => format === mirror.format && inline === mirror.inline,
  );
  if (found !== undefined) return found;
  throw new HiatusError(
    "CONFIG",
    `Mirror "${mirror.name}" wants the format ${mirror.format} with inline ${mirror.inline}, and the image is not there in that form`,
    {
      detail: { mirror: mirror.name, format: mirror.format, inline: mirror.inline },
      hint: "Let the release build the image, or change format and inline of that mirror",
    },
  );
}

async function stateOf(
  { fresh }: OpenMirror,
  tag: string,
  { root }: ReleaseVariant,
  options: StoreOptions,
): Promise<TagState> {
  const { before, bytes } = await readTag(fresh, tag, root, options);
  if (before === undefined) return { tag, before, bytes, action: "create" };
  return { tag, before, bytes, action: before.digest === root.digest ? "keep" : "move" };
}
