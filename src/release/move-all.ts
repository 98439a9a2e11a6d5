/**
 * The tags of all mirrors move.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";
import type { Digest } from "../oci/digest.ts";
import { readAll } from "../store/verify.ts";
import type { Journal } from "./journal.ts";
import { hasFailed, type MirrorRun, type PhaseOptions, runPhase } from "./mirror-run.ts";
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
  await Promise.all(
    runs.map(async (one) => {
      await runPhase(one, "tags", onEvent, () => moveTags(one, journal, options, () => stopped));
      if (one.open.mirror.required && hasFailed(one)) stopped = true;
    }),
  );
  // Whoever moved a tag between our move and now is found here.
  if (!stopped) await Promise.all(runs.map(async (one) => lookOnceMore(one, journal, options)));
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
  const { mirror, store } = open;
  const { root, source } = state.variant;
  const bytes = await readAll(source, root, { signal });
  for (const tag of state.tags) {
    if (tag.action === "keep") continue;
    signal?.throwIfAborted();
    if (isStopped()) return;
    const move = { mirror: mirror.name, store, state: tag, root, bytes };
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
    for (const [at, outcome] of one.tags.entries()) {
      const found = await lookAtTag(open.fresh, outcome.tag, { signal });
      if (found?.digest === root) continue;
      journal.append({
        ...now(),
        type: "raced",
        mirror,
        tag: outcome.tag,
        found: found?.digest ?? null,
      });
      one.tags[at] = { ...outcome, after: found?.digest, result: "raced" };
      throw raced(one, outcome.tag, found?.digest);
    }
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
