/**
 * Taking a release back: every tag that it moved names again what it named before, where it is still ours.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import {
  intended,
  isUnfinished,
  type Journal,
  type JournalRecord,
  lastRelease,
  openJournal,
  previousOf,
} from "./journal.ts";
import { withJournalLock } from "./journal-lock.ts";
import { hasFailed, type MirrorRun, runPhase, startRun, withAll } from "./mirror-run.ts";
import type { OpenMirror } from "./mirror-stores.ts";
import type { MirrorFailure, ReleaseEvent, TagOutcome } from "./model.ts";
import { now, restoreTag } from "./tags.ts";
import { makeWholeAgain } from "./whole-again.ts";

/** How a release is taken back. */
export interface RollbackOptions {
  /** Path of the journal. */
  readonly journal: string;
  readonly onEvent?: ((event: ReleaseEvent) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What became of a release that was taken back. */
export interface RollbackResult {
  readonly image: string;
  readonly version: string;
  readonly result: "rolled back" | "failed";
  readonly mirrors: readonly {
    readonly mirror: string;
    readonly tags: readonly TagOutcome[];
    readonly failures: readonly MirrorFailure[];
  }[];
}

/**
 * Takes the last release of a journal back, in the reverse order of its moves. Mirrors side by side; what was staged stays,
 * because nothing names it.
 *
 * @throws HiatusError `CONFIG` when the journal tells of no release, or of a mirror that is not given; the reason of the signal.
 */
export async function rollback(
  mirrors: readonly OpenMirror[],
  options: RollbackOptions,
): Promise<RollbackResult> {
  return await withJournalLock(options.journal, async () => {
    const journal = openJournal(options.journal);
    try {
      return await takeBack(mirrors, journal, options);
    } finally {
      journal.close();
    }
  });
}

async function takeBack(
  mirrors: readonly OpenMirror[],
  journal: Journal,
  options: RollbackOptions,
): Promise<RollbackResult> {
  const { signal, onEvent = () => undefined } = options;
  const records = lastRelease(journal.records);
  const begin = records.find(({ type }) => type === "begin");
  if (begin?.type !== "begin") throw nothing(journal.path);
  const moves = intended(records).toReversed();
  const runs = new Map<string, MirrorRun>();
  for (const { mirror } of moves) {
    const open = mirrors.find((one) => one.mirror.name === mirror);
    if (open === undefined || !isSame(open, begin)) throw unknown(mirror, journal.path);
    if (!runs.has(mirror)) runs.set(mirror, startRun(open));
  }
  const wasOpen = isUnfinished(journal.records);
  const whole = new Set<string>();
  if (moves.length > 0) journal.append({ ...now(), type: "rollback" });
  onEvent({ type: "phase", phase: "rollback", state: "begin" });
  await withAll([...runs.values()], async (one) => {
    // One tag's failure is not another's: each is tried.
    for (const move of moves.filter((some) => some.mirror === one.open.mirror.name)) {
      signal?.throwIfAborted();
      await runPhase(one, "rollback", onEvent, () =>
        restore(one, move, { records, journal, mirrors, whole }, options),
      );
    }
  });
  onEvent({ type: "phase", phase: "rollback", state: "end" });
  const failed = [...runs.values()].some(hasFailed);
  if (!failed && (wasOpen || moves.length > 0)) {
    journal.append({ ...now(), type: "end", result: "rolled back" });
  }
  return {
    image: begin.image,
    version: begin.version,
    result: failed ? "failed" : "rolled back",
    mirrors: mirrors.flatMap(({ mirror: { name } }) => {
      const run = runs.get(name);
      return run === undefined ? [] : { mirror: name, tags: run.tags, failures: run.failures };
    }),
  };
}

/** Is it the place that was released to, and not another one of the same name? */
function isSame(
  { mirror: { name, registry, lasting = registry, repository } }: OpenMirror,
  { mirrors }: Extract<JournalRecord, { type: "begin" }>,
): boolean {
  const then = mirrors.find((one) => one.name === name);
  return then?.registry === lasting && then.repository === repository;
}

/** What is known of the release, and who took part. */
interface Past {
  readonly records: readonly JournalRecord[];
  readonly journal: Journal;
  readonly mirrors: readonly OpenMirror[];
  /** What was looked at, by mirror and digest: several tags may have named the same. */
  readonly whole: Set<string>;
}

async function restore(
  one: MirrorRun,
  {
    mirror,
    tag,
    to,
  }: { readonly mirror: string; readonly tag: string; readonly to: TagOutcome["after"] & {} },
  { records, journal, mirrors, whole }: Past,
  { signal, onEvent = () => undefined }: RollbackOptions,
): Promise<void> {
  const previous = previousOf(records, mirror, tag);
  const { registry, repository } = one.open.mirror;
  const reference = `${registry}/${repository}:${tag}`;
  if (previous === undefined) throw unknownBefore(reference);
  const { store, outside } = one.open;
  const others = mirrors.filter((other) => other !== one.open).map(({ fresh }) => fresh);
  const prepare = async (root: Descriptor, bytes: Uint8Array): Promise<void> => {
    const key = `${mirror} ${root.digest}`;
    if (whole.has(key)) return;
    await makeWholeAgain(one.open, root, bytes, others, { signal });
    whole.add(key);
  };
  const target = { mirror, store, outside, previous, ours: to, prepare };
  const outcome = await restoreTag(target, journal, { signal });
  one.tags.push(outcome);
  onEvent({ type: "tag", ...outcome, mirror });
  if (outcome.result === "raced") {
    throw new HiatusError("RACE", `${reference} is not ours any more and was left alone`, {
      detail: { mirror, tag, found: outcome.after },
      hint: "Find out who moved it; what it named before the release stands in the journal",
    });
  }
  if (outcome.result === "failed") {
    throw new HiatusError(
      "REGISTRY",
      `${reference} named nothing before, and this registry cannot take a tag away`,
      {
        detail: { mirror, tag },
        hint: "Delete the tag in the registry's own interface",
      },
    );
  }
}

function nothing(path: string): HiatusError {
  return new HiatusError("CONFIG", `There is no release in "${path}"`, {
    detail: { path },
    hint: "Name the journal of the release with --state",
  });
}

function unknown(mirror: string, path: string): HiatusError {
  return new HiatusError(
    "CONFIG",
    `"${path}" tells of a mirror "${mirror}" that the mirrors file does not have, or has elsewhere`,
    { detail: { path, mirror }, hint: "Roll back with the mirrors file of the release" },
  );
}

function unknownBefore(reference: string): HiatusError {
  return new HiatusError("CONFIG", `The journal does not tell what ${reference} named before`, {
    detail: { reference },
    hint: "Move the tag by hand",
  });
}
