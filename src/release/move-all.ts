/**
 * The tags of all mirrors move.
 *
 * @module
 */
import { HiatusError, isAbort } from "../errors.ts";
import type { Digest } from "../oci/digest.ts";
import { readAll } from "../store/verify.ts";
import type { Journal } from "./journal.ts";
import {
  failureOf,
  hasFailed,
  type MirrorRun,
  type PhaseOptions,
  runPhase,
  withAll,
} from "./mirror-run.ts";
import type { TagOutcome, TagState } from "./model.ts";
import { lookAtTag, moveTag, now } from "./tags.ts";

/** Moves the tags of all mirrors, mirrors side by side. Once a required one fails, no further move is begun anywhere. */
export async function moveAll(
  runs: readonly MirrorRun[],
  journal: Journal,
  options: PhaseOptions,
): Promise<void> {
  const { onEvent = () => undefined } = options;
  onEvent({ type: "phase", phase: "tags", state: "begin" });
  let stopped = false;
  await withAll(runs, async (one) => {
    let whole = false;
    try {
      await runPhase(one, "tags", onEvent, () => moveTags(one, journal, options, () => stopped));
      whole = !hasFailed(one);
    } finally {
      if (one.open.mirror.required && !whole) stopped = true;
    }
  });
  // Whoever moved a tag between our move and now is found here.
  await withAll(runs, (one) => lookOnceMore(one, journal, options));
  onEvent({ type: "phase", phase: "tags", state: "end" });
}

async function moveTags(
  one: MirrorRun,
  journal: Journal,
  options: PhaseOptions,
  isStopped: () => boolean,
): Promise<void> {
  const { signal, onEvent = () => undefined } = options;
  const { open, state } = one;
  if (state === undefined) return;
  const { mirror, store, outside } = open;
  const { root, source } = state.variant;
  const bytes = await readAll(source, root, { signal });
  const moveOne = async (tag: TagState): Promise<void> => {
    signal?.throwIfAborted();
    if (isStopped()) return;
    const move = { mirror: mirror.name, store, outside, state: tag, root, bytes };
    const outcome = await moveTag(move, journal, { signal }).catch((error: unknown) => {
      const before = tag.before?.digest;
      // The old or the new: whether it was done may be what was not heard.
      one.tags.push({ tag: tag.tag, before, after: undefined, result: "failed" });
      throw error;
    });
    one.tags.push(outcome);
    onEvent({ type: "tag", mirror: mirror.name, ...outcome });
    if (outcome.result === "raced") throw raced(one, outcome.tag, outcome.after);
  };
  // The first one alone: what a mirror refuses it refuses there, and of two releasers only one comes further. The others at
  // once.
  const [first, ...others] = state.tags.filter(({ action }) => action !== "keep");
  if (first !== undefined) await moveOne(first);
  await settled(one, others.map(moveOne));
}

/**
 * Waits for everything that is done with the tags of a mirror, also when some of it fails.
 *
 * @throws the first failure in the list; the others are noted with the mirror.
 */
async function settled(one: MirrorRun, all: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(all);
  const thrown = outcomes.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
  const [first, ...others] = thrown.toSorted((a, b) => Number(isOurs(b)) - Number(isOurs(a)));
  if (first === undefined) return;
  for (const error of others) {
    if (error instanceof HiatusError) one.failures.push(failureOf("tags", error));
  }
  throw first;
}

/** Is it no failure of the mirror, but an abort or a mistake in hiatus, which ends the release? */
function isOurs(error: unknown): boolean {
  return isAbort(error) || !(error instanceof HiatusError);
}

async function lookOnceMore(
  one: MirrorRun,
  journal: Journal,
  { signal, onEvent = () => undefined }: PhaseOptions,
): Promise<void> {
  const { open, state } = one;
  if (state === undefined || hasFailed(one)) return;
  const mirror = open.mirror.name;
  const root = state.variant.root.digest;
  await runPhase(one, "tags", onEvent, async () => {
    const look = async (outcome: TagOutcome, at: number): Promise<void> => {
      const { tag, before } = outcome;
      const found = (await lookAtTag(open.fresh, tag, { signal }))?.digest;
      if (found === root) return;
      journal.append({ ...now(), type: "raced", mirror, tag, found: found ?? null });
      one.tags[at] = { ...outcome, after: found, result: "raced" };
      onEvent({ type: "tag", mirror, tag, before, after: found, result: "raced" });
      throw raced(one, tag, found);
    };
    await settled(one, one.tags.map(look));
  });
}

function raced(one: MirrorRun, tag: string, found: Digest | undefined): HiatusError {
  const { registry, repository } = one.open.mirror;
  const what = found === undefined ? "took it away" : `moved it to ${found}`;
  return new HiatusError("RACE", `Somebody else ${what}: ${registry}/${repository}:${tag}`, {
    detail: { mirror: one.open.mirror.name, tag, found },
    hint: "Find out who releases there, then go on with --resume --yes, or put the old tags back with --rollback",
  });
}
