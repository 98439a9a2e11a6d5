/**
 * A release: one image to many mirrors, as one careful act. No registry can do it atomically with another; what is promised
 * instead stands in docs/decisions/ and is kept by the order of what is done here: look at every mirror, stage by digest
 * everywhere, read everything back, and only when every required mirror holds the whole image, move tags.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";
import type { Digest } from "../oci/digest.ts";
import { readAll } from "../store/verify.ts";
import { beginOrResume } from "./begin.ts";
import { type Journal, openJournal, previousOf } from "./journal.ts";
import { withJournalLock } from "./journal-lock.ts";
import { hasFailed, type MirrorRun, outcomeOf, runPhase, startRun } from "./mirror-run.ts";
import type { OpenMirror } from "./mirror-stores.ts";
import type { MirrorState, ReleaseEvent, ReleaseImage, ReleaseResult } from "./model.ts";
import { isConverged, preflight } from "./preflight.ts";
import { readBack } from "./read-back.ts";
import { stage } from "./stage.ts";
import { lookAtTag, moveTag, now, previousRecord } from "./tags.ts";

/** A tag that names something else now and is to be moved. */
export interface PlannedMove {
  readonly mirror: string;
  /** With registry and repository. */
  readonly reference: string;
  readonly from: Digest;
  readonly to: Digest;
}

/** How a release is done. */
export interface ReleaseOptions {
  /** Path of the journal. */
  readonly journal: string;
  /** Look and plan, change nothing. @default false */
  readonly dryRun?: boolean | undefined;
  /** Stage and read back, move no tag. @default false */
  readonly stageOnly?: boolean | undefined;
  /** Go on with the unfinished release of the journal. @default "if it is the same" */
  readonly resume?: boolean | undefined;
  /** Asked once before existing tags are moved to other content; without it that is refused. */
  readonly confirm?: ((moves: readonly PlannedMove[]) => Promise<boolean>) | undefined;
  /** Told what was found before anything is done. */
  readonly onPlan?: ((states: readonly MirrorState[]) => void) | undefined;
  readonly onEvent?: ((event: ReleaseEvent) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How the journal is opened; tests let it die in between. @default openJournal */
  readonly open?: ((path: string) => Journal) | undefined;
}

/**
 * Releases an image to mirrors.
 *
 * @returns what became of every mirror; failures of mirrors are in it and not thrown.
 * @throws HiatusError `CONFIG` when the journal holds another unfinished release, `USAGE` when tags would be moved and nobody
 * agreed, `IO` when the journal cannot be written; the reason of the signal.
 */
export async function release(
  image: ReleaseImage,
  mirrors: readonly OpenMirror[],
  options: ReleaseOptions,
): Promise<ReleaseResult> {
  if (options.dryRun) return await withoutJournal(image, mirrors, options);
  return await withJournalLock(options.journal, async () => {
    const journal = (options.open ?? openJournal)(options.journal);
    try {
      return await run(image, mirrors, journal, options);
    } finally {
      journal.close();
    }
  });
}

async function withoutJournal(
  image: ReleaseImage,
  mirrors: readonly OpenMirror[],
  options: ReleaseOptions,
): Promise<ReleaseResult> {
  const started = new Date();
  const runs = mirrors.map(startRun);
  await lookAtAll(runs, image, options);
  const failed = runs.some((one) => one.open.mirror.required && hasFailed(one));
  return resultOf(image, runs, started, failed ? "failed" : "planned", undefined);
}

async function run(
  image: ReleaseImage,
  mirrors: readonly OpenMirror[],
  journal: Journal,
  options: ReleaseOptions,
): Promise<ReleaseResult> {
  const started = new Date();
  const { signal } = options;
  const runs = mirrors.map(startRun);
  const before = beginOrResume(image, mirrors, journal, options.resume);
  await lookAtAll(runs, image, options);
  const finish = (result: ReleaseResult["result"], open: boolean): ReleaseResult => {
    if (before.begun() && !open) journal.append({ ...now(), type: "end", result });
    return resultOf(
      image,
      runs,
      started,
      result,
      before.begun() && open ? journal.path : undefined,
    );
  };
  if (blocked(runs)) return finish("failed", true);
  const working = runs.filter((one) => !hasFailed(one));
  const left = working.filter(({ state }) => state !== undefined && !isConverged(state));
  if (left.length === 0) return finish(anyFailed(runs) ? "failed" : "unchanged", false);
  if (!options.stageOnly) await agree(left, journal, options);

  before.begin();
  await Promise.all(left.map(async (one) => stageAndReadBack(one, journal, options)));
  signal?.throwIfAborted();
  if (blocked(runs)) return finish("failed", true);
  if (options.stageOnly) return finish("staged", false);

  journal.append({ ...now(), type: "barrier" });
  await moveAll(
    left.filter((one) => one.verified),
    journal,
    options,
  );
  signal?.throwIfAborted();
  if (blocked(runs)) return finish("failed", true);
  return finish("released", false);
}

/** Preflight of every mirror, side by side. */
async function lookAtAll(
  runs: readonly MirrorRun[],
  image: ReleaseImage,
  options: ReleaseOptions,
): Promise<void> {
  const { signal, onEvent = () => undefined, onPlan } = options;
  onEvent({ type: "phase", phase: "preflight", state: "begin" });
  await Promise.all(
    runs.map(async (one) => {
      one.state = await runPhase(one, "preflight", onEvent, () =>
        preflight(one.open, image, { signal }),
      );
    }),
  );
  onEvent({ type: "phase", phase: "preflight", state: "end" });
  signal?.throwIfAborted();
  onPlan?.(runs.flatMap(({ state }) => state ?? []));
}

/** Has a mirror failed that must not? Then nothing that a user can name may change anywhere. */
function blocked(runs: readonly MirrorRun[]): boolean {
  return runs.some((one) => one.open.mirror.required && hasFailed(one));
}

function anyFailed(runs: readonly MirrorRun[]): boolean {
  return runs.some(hasFailed) && runs.every((one) => hasFailed(one));
}

/** Asks whether existing tags may be moved, but for those that were asked for when the release was begun. */
async function agree(
  runs: readonly MirrorRun[],
  journal: Journal,
  options: ReleaseOptions,
): Promise<void> {
  const moves = runs.flatMap(({ state }) => {
    if (state === undefined) return [];
    const { mirror, variant, tags } = state;
    return tags.flatMap(({ tag, action, before }): PlannedMove[] => {
      if (action !== "move" || before === undefined) return [];
      const known = previousOf(journal.records, mirror.name, tag);
      if (known !== undefined && known.digest === before.digest) return [];
      const reference = `${mirror.registry}/${mirror.repository}:${tag}`;
      return [{ mirror: mirror.name, reference, from: before.digest, to: variant.root.digest }];
    });
  });
  if (moves.length === 0 || (await options.confirm?.(moves))) return;
  const list = moves.map(({ reference, from, to }) => `${reference}\n    ${from}\n    ${to}`);
  throw new HiatusError(
    "USAGE",
    `The release would move ${moves.length === 1 ? "a tag that names" : `${moves.length} tags that name`} something else now\n  ${list.join("\n  ")}`,
    { detail: { moves }, hint: "Say --yes if that is meant; --dry-run shows the whole plan" },
  );
}

async function stageAndReadBack(
  one: MirrorRun,
  journal: Journal,
  options: ReleaseOptions,
): Promise<void> {
  const { signal, onEvent = () => undefined } = options;
  const { open, state } = one;
  if (state === undefined) return;
  const mirror = open.mirror.name;
  const digest = state.variant.root.digest;
  for (const tag of state.tags) {
    if (tag.action === "keep" || previousOf(journal.records, mirror, tag.tag)) continue;
    journal.append(previousRecord(mirror, tag));
  }
  let total = 0;
  const staged = await runPhase(one, "stage", onEvent, () =>
    stage(open, state, {
      signal,
      onProgress(event) {
        if (event.type === "plan") total += event.plan.total.bytes;
        if (event.type !== "copied" && event.type !== "mounted") return;
        const { bytes } = event;
        onEvent({ type: "mirror", mirror, phase: "stage", state: "progress", bytes, total });
      },
    }),
  );
  if (staged === undefined) return;
  if (staged.refused !== undefined) {
    const { code, message, hint } = staged.refused;
    one.failures.push({ phase: "stage", code, message, hint, attachmentsOnly: true });
    onEvent({ type: "warning", mirror, message, ...(hint === undefined ? {} : { hint }) });
  }
  journal.append({ ...now(), type: "staged", mirror, digest });
  const roots = [state.variant.root, ...staged.attachments];
  const concurrency = open.mirror.connection.concurrency;
  const read = await runPhase(one, "read-back", onEvent, () =>
    readBack(open.fresh, roots, { signal, concurrency }),
  );
  if (read === undefined) return;
  journal.append({ ...now(), type: "verified", mirror, digest });
  one.verified = true;
}

/** Moves the tags of all mirrors, mirrors side by side. Once a required one fails, no further move is begun anywhere. */
async function moveAll(
  runs: readonly MirrorRun[],
  journal: Journal,
  options: ReleaseOptions,
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
  options: ReleaseOptions,
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
  { signal, onEvent = () => undefined }: ReleaseOptions,
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

function resultOf(
  image: ReleaseImage,
  runs: readonly MirrorRun[],
  started: Date,
  result: ReleaseResult["result"],
  journal: string | undefined,
): ReleaseResult {
  return {
    image: { name: image.name, version: image.version },
    variants: image.variants.map(({ format, inline, root }) => ({ format, inline, root })),
    result,
    mirrors: runs.map(outcomeOf),
    journal,
    started: started.toISOString(),
    milliseconds: Date.now() - started.getTime(),
  };
}
