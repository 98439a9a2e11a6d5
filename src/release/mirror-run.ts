/**
 * One mirror on its way through a release: what it took, what went wrong, and what became of its tags.
 *
 * @module
 */
import { HiatusError, isAbort } from "../errors.ts";
import type { OpenMirror } from "./mirror-stores.ts";
import type {
  MirrorFailure,
  MirrorOutcome,
  MirrorState,
  Phase,
  ReleaseEvent,
  TagOutcome,
} from "./model.ts";

/** A mirror during a release. */
export interface MirrorRun {
  readonly open: OpenMirror;
  /** Undefined until the preflight has ended well. */
  state: MirrorState | undefined;
  /** Does it hold the whole image, read back? */
  verified: boolean;
  /** Was everything pushed again, because it had lost some? */
  repaired: boolean;
  readonly failures: MirrorFailure[];
  readonly tags: TagOutcome[];
  readonly timings: Partial<Record<Phase, number>>;
}

/** What every phase takes. */
export interface PhaseOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: ReleaseEvent) => void) | undefined;
}

/** A mirror that nothing has happened to yet. */
export function startRun(open: OpenMirror): MirrorRun {
  return {
    open,
    state: undefined,
    verified: false,
    repaired: false,
    failures: [],
    tags: [],
    timings: {},
  };
}

/** Has anything but attachments gone wrong? */
export function hasFailed({ failures }: MirrorRun): boolean {
  return failures.some(({ attachmentsOnly }) => attachmentsOnly !== true);
}

/**
 * Does one phase of one mirror: times it, tells of it, and keeps what goes wrong with this mirror instead of throwing it, so
 * that one mirror's failure is not another's. Only an abort and mistakes in hiatus are thrown.
 *
 * @returns what the phase gives; undefined when it failed.
 */
export async function runPhase<T>(
  run: MirrorRun,
  phase: Phase,
  onEvent: (event: ReleaseEvent) => void,
  work: () => Promise<T>,
): Promise<T | undefined> {
  const mirror = run.open.mirror.name;
  const begin = performance.now();
  onEvent({ type: "mirror", mirror, phase, state: "begin" });
  try {
    const value = await work();
    onEvent({ type: "mirror", mirror, phase, state: "done" });
    return value;
  } catch (error) {
    if (isAbort(error) || !(error instanceof HiatusError)) throw error;
    const failure = failureOf(phase, error);
    run.failures.push(failure);
    onEvent({ type: "mirror", mirror, phase, state: "failed", failure });
    return undefined;
  } finally {
    // What is done twice took both times.
    run.timings[phase] = (run.timings[phase] ?? 0) + Math.round(performance.now() - begin);
  }
}

/**
 * Does something with every mirror, side by side, and waits for all of them even when one throws: nobody may be at work any more
 * when the journal is closed.
 *
 * @throws what was thrown first.
 */
export async function withAll(
  runs: readonly MirrorRun[],
  work: (one: MirrorRun) => Promise<void>,
): Promise<void> {
  const thrown: unknown[] = [];
  await Promise.all(
    runs.map(async (one) => {
      try {
        await work(one);
      } catch (error) {
        thrown.push(error);
      }
    }),
  );
  if (thrown.length > 0) throw thrown[0];
}

/** An error as a report tells it. */
export function failureOf(phase: Phase, error: HiatusError): MirrorFailure {
  const { code, message, hint } = error;
  return { phase, code, message, hint };
}

/** What became of the mirror. */
export function outcomeOf(run: MirrorRun): MirrorOutcome {
  const { open, state, failures, tags, timings } = run;
  return {
    mirror: open.mirror,
    root: state?.variant.root,
    profile: state?.profile,
    result: resultOf(run),
    failures,
    tags: tagsOf(run, tags),
    timings,
    ...open.cost(),
  };
}

function resultOf(run: MirrorRun): MirrorOutcome["result"] {
  const { state, tags, verified } = run;
  if (hasFailed(run)) return "failed";
  if (state === undefined) return "not tried";
  if (tags.some(({ result }) => result === "restored")) return "rolled back";
  const done = tags.filter(({ result }) => result === "created" || result === "moved");
  if (done.length > 0) return "released";
  const left = state.tags.filter(({ action }) => action !== "keep");
  const isKept = (name: string) =>
    tags.some(({ tag, result }) => tag === name && result === "kept");
  if (left.every(({ tag }) => isKept(tag))) return run.repaired ? "released" : "unchanged";
  return verified ? "staged" : "not tried";
}

/** Every tag of the mirror, those that were not come to included. */
function tagsOf({ state }: MirrorRun, done: readonly TagOutcome[]): readonly TagOutcome[] {
  return (state?.tags ?? []).map(({ tag, before, action }) => {
    const found = done.find((outcome) => outcome.tag === tag);
    if (found !== undefined) return found;
    const digest = before?.digest;
    return { tag, before: digest, after: digest, result: action === "keep" ? "kept" : "not moved" };
  });
}
