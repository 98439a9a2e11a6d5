/**
 * Moving the tags of a mirror, and putting them back. Registries have no compare-and-swap: so every move is written down
 * before it is made, looked at right before and right after, and put back only where the tag is still ours.
 *
 * @module
 */
import { HiatusError, isHiatusError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import {
  canPushTagged,
  canUntag,
  obeysConditions,
  type Source,
  type Store,
  type StoreOptions,
  type Untagger,
} from "../store/source.ts";
import { readAll } from "../store/verify.ts";
import type { Journal, JournalRecord } from "./journal.ts";
import type { TagOutcome, TagState } from "./model.ts";

/** A tag to be moved, and what it is to name. */
export interface TagMove {
  /** Name of the mirror in the journal. */
  readonly mirror: string;
  readonly store: Store;
  /** Says what a tag hands out, hashed here. */
  readonly outside: Pick<Source, "resolve">;
  readonly state: TagState;
  readonly root: Descriptor;
  /** The bytes of the root. */
  readonly bytes: Uint8Array;
}

/** What a tag names now, asked anew; undefined: nothing. */
export async function lookAtTag(
  store: Pick<Source, "resolve">,
  tag: string,
  options: StoreOptions = {},
): Promise<Descriptor | undefined> {
  try {
    return await store.resolve(tag, options);
  } catch (error) {
    if (isHiatusError(error, "NOT_FOUND")) return undefined;
    throw error;
  }
}

/** What a tag names, with the bytes that put it back; without them where it names `root` already. */
export async function readTag(
  store: Pick<Source, "resolve" | "fetch">,
  tag: string,
  root: Descriptor,
  options: StoreOptions = {},
): Promise<Pick<TagState, "before" | "bytes">> {
  const before = await lookAtTag(store, tag, options);
  if (before === undefined || before.digest === root.digest) return { before, bytes: undefined };
  return { before, bytes: await readAll(store, before, options) };
}

/**
 * Moves one tag. Written down before it is done; looked at right before, so that what somebody else did since the plan was
 * made is not covered up, and read back after. A registry that obeys conditions looks by itself, and without a gap.
 *
 * @returns `kept`, `created` or `moved`; or `raced` when the tag names neither what the plan saw nor ours, in which case
 * nothing was moved, or somebody moved it right after us.
 * @throws HiatusError when the registry refuses; the tag is then the old or the new one, and the journal tells of the intent.
 */
export async function moveTag(
  move: TagMove,
  journal: Journal,
  options: StoreOptions = {},
): Promise<TagOutcome> {
  const { mirror, store, outside, state, root, bytes } = move;
  const { tag } = state;
  const from = state.before?.digest ?? null;
  const to = root.digest;
  const raced = (found: Descriptor | undefined): TagOutcome => {
    journal.append({ ...now(), type: "raced", mirror, tag, found: found?.digest ?? null });
    return { tag, before: from ?? undefined, after: found?.digest, result: "raced" };
  };

  if (!obeysConditions(store)) {
    const found = await lookAtTag(store, tag, options);
    if (found?.digest === to) {
      return { tag, before: from ?? undefined, after: to, result: "kept" };
    }
    if ((found?.digest ?? null) !== from) return raced(found);
  }
  journal.append({ ...now(), type: "intent", mirror, tag, from, to });
  await journal.flush();
  await put(store, root, bytes, tag, { ...options, replacing: from });
  const after = await lookAtTag(outside, tag, options);
  if (after?.digest !== to) return raced(after);
  journal.append({ ...now(), type: "done", mirror, tag, to });
  return {
    tag,
    before: from ?? undefined,
    after: to,
    result: from === null ? "created" : "moved",
  };
}

/** What is put back, and where. */
export interface TagRestore {
  readonly mirror: string;
  readonly store: Store;
  /** Says what a tag hands out, hashed here. */
  readonly outside: Pick<Source, "resolve">;
  /** The record of what the tag named. */
  readonly previous: Extract<JournalRecord, { type: "previous" }>;
  /** What we moved it to. */
  readonly ours: Digest;
  /** Sees to it that what it named is whole, before it is put back. What it throws is thrown, and the tag stays. */
  readonly prepare?: ((root: Descriptor, bytes: Uint8Array) => Promise<void>) | undefined;
}

/**
 * Puts back what a tag named before, if the tag still names ours.
 *
 * @returns `restored`, `not moved` when it names the old already, `raced` when it names something that is not ours: then it is
 * left alone; `failed` when it named nothing before and this registry cannot take a tag away.
 */
export async function restoreTag(
  restore: TagRestore,
  journal: Journal,
  options: StoreOptions = {},
): Promise<TagOutcome> {
  const { mirror, store, outside, previous, ours, prepare } = restore;
  const { tag, digest: old } = previous;
  const found = await lookAtTag(store, tag, options);
  const outcome = (result: TagOutcome["result"], after: Digest | undefined): TagOutcome => ({
    tag,
    before: ours,
    after,
    result,
  });
  if ((found?.digest ?? null) === old) return outcome("not moved", old ?? undefined);
  if (found?.digest !== ours) {
    journal.append({ ...now(), type: "raced", mirror, tag, found: found?.digest ?? null });
    return outcome("raced", found?.digest);
  }
  const content = old === null ? undefined : contentOf(previous, old);
  if (content !== undefined) await prepare?.(content.descriptor, content.bytes);
  journal.append({ ...now(), type: "restore", mirror, tag, to: old });
  await journal.flush();
  if (content !== undefined) {
    const { descriptor, bytes } = content;
    await put(store, descriptor, bytes, tag, { ...options, replacing: ours });
  } else {
    if (!canUntag(store)) return outcome("failed", ours);
    await untag(store, tag, options);
  }
  const after = await lookAtTag(outside, tag, options);
  if ((after?.digest ?? null) !== old) {
    journal.append({ ...now(), type: "raced", mirror, tag, found: after?.digest ?? null });
    return outcome("raced", after?.digest);
  }
  journal.append({ ...now(), type: "restored", mirror, tag, to: old });
  return outcome("restored", old ?? undefined);
}

/** The record of what a tag names, for the journal. */
export function previousRecord(mirror: string, state: TagState): JournalRecord {
  const { tag, before, bytes } = state;
  return {
    ...now(),
    type: "previous",
    mirror,
    tag,
    digest: before?.digest ?? null,
    mediaType: before?.mediaType ?? null,
    bytes: bytes === undefined ? null : Buffer.from(bytes).toString("base64"),
  };
}

/** The time, for people who read the journal; nothing is decided by it. */
export function now(): { readonly time: string } {
  return { time: new Date().toISOString() };
}

/**
 * Sets a tag, where the registry obeys that only while it names what it should. Whether somebody was quicker shows when the tag
 * is read afterwards: it may be that it was us, and that the answer got lost.
 */
async function put(
  store: Store,
  descriptor: Descriptor,
  bytes: Uint8Array,
  tag: string,
  options: StoreOptions & { readonly replacing: Digest | null },
): Promise<void> {
  try {
    if (canPushTagged(store)) await store.pushTagged(descriptor, bytes, tag, options);
    else await store.tag(descriptor, tag, options);
  } catch (error) {
    if (!isHiatusError(error, "RACE")) throw error;
  }
}

/** Takes a tag away. That it is gone already is as good. */
async function untag(store: Untagger, tag: string, options: StoreOptions): Promise<void> {
  try {
    await store.untag(tag, options);
  } catch (error) {
    if (!isHiatusError(error, "NOT_FOUND")) throw error;
  }
}

function contentOf(
  previous: TagRestore["previous"],
  digest: Digest,
): { readonly descriptor: Descriptor; readonly bytes: Uint8Array } {
  const { mediaType, bytes } = previous;
  if (mediaType === null || bytes === null) {
    throw new HiatusError(
      "CONFIG",
      `The journal does not hold what "${previous.tag}" of mirror "${previous.mirror}" named before`,
      { hint: "Move the tag back by hand: the digest stands in the journal" },
    );
  }
  const content = Buffer.from(bytes, "base64");
  return { descriptor: { mediaType, digest, size: content.byteLength }, bytes: content };
}
