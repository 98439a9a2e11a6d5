/**
 * A release: one image to many mirrors, as one careful act. No registry can do it atomically with another; what is promised
 * instead stands in docs/decisions/ and is kept by the order of what is done here: look at every mirror, stage by digest
 * everywhere, read everything back, and only when every required mirror holds the whole image, move tags.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";
import { beginOrResume } from "./begin.ts";
import { type Journal, openJournal, previousOf, unfinishedRelease } from "./journal.ts";
import { withJournalLock } from "./journal-lock.ts";
import { hasFailed, type MirrorRun, outcomeOf, runPhase, startRun, withAll } from "./mirror-run.ts";
import type { OpenMirror } from "./mirror-stores.ts";
import type { MirrorState, ReleaseEvent, ReleaseImage, ReleaseResult } from "./model.ts";
import { moveAll } from "./move-all.ts";
import { describeMoves, type PlannedMove } from "./moves.ts";
import { isConverged, preflight } from "./preflight.ts";
import { stageAndReadBack } from "./stage-mirror.ts";
import { now } from "./tags.ts";

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
  /**
   * Take no mirror for whole because its tags are right: read everything back and push again what is not handed out.
   * @default false
   */
  readonly repair?: boolean | undefined;
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
  const runs = mirrors.map(startRun);
  try {
    if (options.dryRun) return await withoutJournal(image, runs, options);
    return await withJournalLock(options.journal, async () => {
      const journal = (options.open ?? openJournal)(options.journal);
      try {
        return await run(image, runs, journal, options);
      } finally {
        journal.close();
      }
    });
  } finally {
    await Promise.all(mirrors.map((open) => open.abandonUploads()));
  }
}

async function withoutJournal(
  image: ReleaseImage,
  runs: readonly MirrorRun[],
  options: ReleaseOptions,
): Promise<ReleaseResult> {
  const started = new Date();
  await lookAtAll(runs, image, options);
  return resultOf(image, runs, started, isLost(runs) ? "failed" : "planned", undefined);
}

async function run(
  image: ReleaseImage,
  runs: readonly MirrorRun[],
  journal: Journal,
  options: ReleaseOptions,
): Promise<ReleaseResult> {
  const started = new Date();
  const { signal } = options;
  const mirrors = runs.map(({ open }) => open);
  const before = beginOrResume(image, mirrors, journal, options.resume);
  const wasBegun = before.begun();
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
  if (isLost(runs)) return finish("failed", true);
  const left = whatIsLeft(runs, options);
  if (left.length === 0) return finish("unchanged", false);
  if (!options.stageOnly) await agree(left, journal, options);

  before.begin();
  await withAll(left, (one) => stageAndReadBack(one, journal, options));
  signal?.throwIfAborted();
  if (isLost(runs)) return finish("failed", true);
  // What moved tags before it was stopped is not over because its content is there.
  if (options.stageOnly) return finish("staged", wasBegun);

  journal.append({ ...now(), type: "barrier" });
  await journal.flush();
  await moveAll(
    left.filter((one) => one.verified),
    journal,
    options,
  );
  signal?.throwIfAborted();
  return isLost(runs) ? finish("failed", true) : finish("released", false);
}

/**
 * The mirrors that something is to be done at. Where a tag is to move anywhere, every required mirror is read back first, those
 * that looked right as well: a tag says nothing of what was lost behind it.
 */
function whatIsLeft(
  runs: readonly MirrorRun[],
  { repair = false, stageOnly = false }: ReleaseOptions,
): readonly MirrorRun[] {
  const working = runs.filter((one) => one.state !== undefined && !hasFailed(one));
  if (repair) return working;
  const behind = working.filter(({ state }) => state !== undefined && !isConverged(state));
  if (stageOnly || behind.length === 0) return behind;
  return working.filter((one) => one.open.mirror.required || behind.includes(one));
}

/** Preflight of every mirror, side by side. */
async function lookAtAll(
  runs: readonly MirrorRun[],
  image: ReleaseImage,
  options: ReleaseOptions,
): Promise<void> {
  const { signal, onEvent = () => undefined, onPlan } = options;
  onEvent({ type: "phase", phase: "preflight", state: "begin" });
  await withAll(runs, async (one) => {
    one.state = await runPhase(one, "preflight", onEvent, () =>
      preflight(one.open, image, { signal }),
    );
  });
  onEvent({ type: "phase", phase: "preflight", state: "end" });
  signal?.throwIfAborted();
  onPlan?.(runs.flatMap(({ state }) => state ?? []));
}

/**
 * Has a mirror failed that must not, or has every single one? Then nothing more that a user can name may change anywhere.
 */
function isLost(runs: readonly MirrorRun[]): boolean {
  const failed = runs.filter(hasFailed);
  return (
    failed.some((one) => one.open.mirror.required) ||
    (failed.length > 0 && failed.length === runs.length)
  );
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
      const known = previousOf(unfinishedRelease(journal.records), mirror.name, tag);
      if (known !== undefined && known.digest === before.digest) return [];
      const reference = `${mirror.registry}/${mirror.repository}:${tag}`;
      return [{ mirror: mirror.name, reference, from: before.digest, to: variant.root.digest }];
    });
  });
  if (moves.length === 0 || (await options.confirm?.(moves))) return;
  const which = moves.length === 1 ? "a tag that names" : `${moves.length} tags that name`;
  if (options.confirm !== undefined) {
    throw new HiatusError("USAGE", `Called off: ${which} something else now would have moved`, {
      detail: { moves },
      hint: "Nothing was changed at any mirror",
    });
  }
  const lines = describeMoves(moves);
  throw new HiatusError(
    "USAGE",
    `The ${options.repair ? "repair" : "release"} would move ${which} something else now\n  ${lines.join("\n  ")}`,
    { detail: { moves }, hint: "Say --yes if that is meant; --dry-run shows the whole plan" },
  );
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
