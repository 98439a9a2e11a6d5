/**
 * The tags of all mirrors move.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";
import type { Digest } from "../oci/digest.ts";
import { readAll } from "../store/verify.ts";
import type { Journal } from "./journal.ts";
import { hasFailed, type MirrorRun, type PhaseOptions, runPhase, withAll } from "./mirror-run.ts";
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
  for (const tag of state.tags) {
    if (tag.action === "keep") continue;
    signal?.throwIfAborted();
    if (isStopped()) return;
    const move = { mirror: mirror.name, store, outside, state: tag, root, bytes };
    const outcome = await moveTag(move, journal, { signal });
    one.tags.push(outcome);
    onEvent({ type: "tag", mirror: mirror.name, ...outcome });
    if (outcome.result === "raced") throw raced(one, outcome.tag, outcome.after);
  }
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
    let race: HiatusError | undefined;
    for (const [at, outcome] of one.tags.entries()) {
      const { tag } = outcome;
      const found = (await lookAtTag(open.fresh, tag, { signal }))?.digest;
      if (found === root) continue;
      journal.append({ ...now(), type: "raced", mirror, tag, found: found ?? null });
      one.tags[at] = { ...outcome, after: found, result: "raced" };
      onEvent({ type: "tag", mirror, tag, before: outcome.before, after: found, result: "raced" });
      race ??= raced(one, tag, found);
    }
    if (race !== undefined) throw race;
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
