/**
 * Making the report of a release, a roll-back or a check.
 *
 * @module
 */
import type { MirrorCheck } from "../check.ts";
import type {
  Mirror,
  MirrorFailure,
  MirrorOutcome,
  MirrorState,
  ReleaseImage,
  ReleaseResult,
  TagOutcome,
} from "../model.ts";
import type { RollbackResult } from "../rollback.ts";
import { fromOutside } from "./from-outside.ts";
import { type Happened, together } from "./happened.ts";
import type { ReleaseReport, ReportMirror, ReportTag, ReportVariant, Span } from "./model.ts";
import { nextSteps, type ReportCommands } from "./next-steps.ts";
import { holdingOf, platformsFound, platformsOf } from "./platform-states.ts";

/** What a report is made of besides the result. */
export interface ReportContext {
  /** Version of the program. */
  readonly hiatus: string;
  /** The released image in each form, from `variantFacts`. @default no platforms, no attachments */
  readonly variants?: readonly ReportVariant[] | undefined;
  /** What happened when, from `recordEvents`. @default what the result tells: how long, in the order in which phases follow */
  readonly happened?: Happened | undefined;
  /** What the preflight found. @default what the result tells */
  readonly plan?: readonly MirrorState[] | undefined;
  /** How the program is called for what is to be done next. @default without arguments of this run */
  readonly commands?: Partial<ReportCommands> | undefined;
}

/** The report of a release, dry, staged or whole. */
export function reportOf(result: ReleaseResult, context: ReportContext): ReleaseReport {
  const { image, mirrors: outcomes, journal = null, milliseconds } = result;
  const spans = spansOf(outcomes);
  const variants = variantsOf(result, context);
  const mirrors = outcomes.map((outcome) => mirrorOf(outcome, result, variants, spans, context));
  const report: ReleaseReport = {
    schema: 1,
    hiatus: context.hiatus,
    kind: "release",
    image: { ...image },
    result: result.result,
    started: context.happened?.started ?? result.started,
    milliseconds: context.happened?.milliseconds ?? milliseconds,
    journal,
    next: [],
    variants,
    phases: [...(context.happened?.phases ?? together([...spans.values()].flat()))],
    mirrors,
    warnings: [...(context.happened?.warnings ?? [])],
  };
  return { ...report, next: nextSteps(report, context.commands) };
}

/** What the report of a roll-back or a check cannot do without. */
export interface LaterContext extends ReportContext {
  readonly happened: Happened;
}

/**
 * The report of a roll-back.
 *
 * @param mirrors those that were given to it; ones with nothing to take back are not in its result, nor in the report.
 * @param journal where it was read from.
 */
export function reportOfRollback(
  result: RollbackResult,
  mirrors: readonly Mirror[],
  journal: string,
  context: LaterContext,
): ReleaseReport {
  const { happened } = context;
  const report: ReleaseReport = {
    ...frameOf(context),
    kind: "rollback",
    image: { name: result.image, version: result.version },
    result: result.result,
    journal: result.result === "failed" ? journal : null,
    mirrors: result.mirrors.flatMap(({ mirror: name, tags, failures }) => {
      const mirror = mirrors.find((one) => one.name === name);
      if (mirror === undefined) return [];
      return {
        ...placeOf(mirror, context.variants ?? []),
        result: failures.length > 0 ? "failed" : "rolled back",
        failures: failures.map(failureOf),
        tags: tags.map((tag) => ({ ...tagOf(tag), planned: "restore" })),
        phases: [...(happened.mirrors.get(name) ?? [])],
      };
    }),
  };
  return { ...report, next: nextSteps(report, context.commands) };
}

/** What was checked, and how. */
export interface CheckContext extends LaterContext {
  /** Were blobs fetched and hashed as well? @default false */
  readonly deep?: boolean | undefined;
}

/** The report of a check. */
export function reportOfCheck(
  image: Pick<ReleaseImage, "name" | "version">,
  checks: readonly MirrorCheck[],
  context: CheckContext,
): ReleaseReport {
  const { happened, variants = [], deep = false } = context;
  const has = (status: MirrorCheck["status"]) => checks.some((check) => check.status === status);
  const report: ReleaseReport = {
    ...frameOf(context),
    kind: "check",
    image: { name: image.name, version: image.version },
    result: has("drifted") ? "drifted" : has("failed") ? "failed" : "same",
    mirrors: checks.map(({ mirror, status, compared, findings, failure }) => {
      const place = placeOf(mirror, variants);
      return {
        ...place,
        result: status,
        failures: failure === undefined ? [] : [failureOf(failure)],
        tags: mirror.tags.map((tag): ReportTag => {
          const base = { tag, planned: null, before: null };
          if (status === "failed") return { ...base, after: null, result: "not compared" };
          const drift = findings.find(({ what }) => what === `tag ${tag}`);
          if (drift === undefined) return { ...base, after: place.index, result: "same" };
          const isAbsent = drift.found === "absent";
          return { ...base, after: isAbsent ? null : drift.found, result: "drifted" };
        }),
        platforms: platformsFound(variantOf(mirror, variants), status, findings, deep),
        phases: [...(happened.mirrors.get(mirror.name) ?? [])],
        compared,
        findings: findings.map(({ what, expected, found }) => ({
          what: fromOutside(what),
          expected: fromOutside(expected),
          found: fromOutside(found),
        })),
      };
    }),
  };
  return { ...report, next: nextSteps(report, context.commands) };
}

type Frame = Omit<ReleaseReport, "kind" | "image" | "result" | "mirrors">;

function frameOf({ hiatus, happened, variants = [] }: LaterContext): Frame {
  return {
    schema: 1,
    hiatus,
    started: happened.started,
    milliseconds: happened.milliseconds,
    journal: null,
    next: [],
    variants: [...variants],
    phases: [...happened.phases],
    warnings: [...happened.warnings],
  };
}

type Place = Omit<ReportMirror, "result">;

/** A mirror that nothing is known of yet. */
function placeOf(mirror: Mirror, variants: readonly ReportVariant[]): Place {
  const { name, registry, repository, required, format, inline, attachments, connection } = mirror;
  return {
    name,
    registry,
    repository,
    plainHttp: connection.plainHttp,
    required,
    format,
    inline,
    attachments,
    profile: mirror.profile ?? null,
    index: variantOf(mirror, variants)?.index.digest ?? null,
    failures: [],
    tags: [],
    platforms: [],
    phases: [],
    requests: null,
    sent: null,
    compared: null,
    findings: [],
  };
}

function variantOf(
  { format, inline }: Pick<Mirror, "format" | "inline">,
  variants: readonly ReportVariant[],
): ReportVariant | undefined {
  return variants.find((one) => one.format === format && one.inline === inline);
}

/** The variants of the result, with what is known of each. */
function variantsOf(result: ReleaseResult, { variants = [] }: ReportContext): ReportVariant[] {
  return result.variants.map(({ format, inline, root: { mediaType, digest, size } }) => {
    const known = variants.find(({ index }) => index.digest === digest);
    const index = { mediaType, digest, size };
    return { platforms: [], attachments: [], ...known, format, inline, index };
  });
}

function mirrorOf(
  outcome: MirrorOutcome,
  { result }: ReleaseResult,
  variants: readonly ReportVariant[],
  spans: ReadonlyMap<string, readonly Span[]>,
  { happened, plan = [] }: ReportContext,
): ReportMirror {
  const { mirror, root, failures, requests, bytes } = outcome;
  const place = placeOf(mirror, variants);
  const variant = variants.find(({ index }) => index.digest === root?.digest);
  const present = plan.find((state) => state.mirror.name === mirror.name)?.present;
  const isPlanned = result === "planned" && outcome.result === "not tried";
  return {
    ...place,
    profile: outcome.profile ?? place.profile,
    index: root?.digest ?? place.index,
    result: isPlanned ? "planned" : outcome.result,
    failures: failures.map(failureOf),
    tags: tagsOf(outcome),
    platforms: platformsOf(
      variant ?? variantOf(mirror, variants),
      holdingOf(outcome, present),
      failures,
    ),
    phases: [...(happened?.mirrors.get(mirror.name) ?? spans.get(mirror.name) ?? [])],
    requests,
    sent: bytes,
  };
}

/**
 * The tags with what was planned for each. A move that a registry refused leaves no outcome of its own: it is the first that
 * was not moved where moving went wrong without a race.
 */
function tagsOf({ tags, root, failures }: MirrorOutcome): ReportTag[] {
  const wrong = failures.some((failure) => failure.phase === "tags");
  let refused = wrong && !tags.some(({ result }) => result === "raced");
  return tags.map((outcome) => {
    const before = outcome.before;
    const planned = before === undefined ? "create" : before === root?.digest ? "keep" : "move";
    if (outcome.result === "not moved" && refused) {
      refused = false;
      return { ...tagOf(outcome), planned, after: null, result: "failed" };
    }
    return { ...tagOf(outcome), planned };
  });
}

function tagOf({ tag, before, after, result }: TagOutcome): ReportTag {
  return { tag, planned: null, before: before ?? null, after: after ?? null, result };
}

function failureOf(failure: MirrorFailure): ReportMirror["failures"][number] {
  const { phase, code = null, message, hint, attachmentsOnly = false } = failure;
  const more = hint === undefined ? null : fromOutside(hint);
  return { phase, code, message: fromOutside(message), hint: more, attachmentsOnly };
}

/**
 * Spans from durations: all mirrors are looked at before any is staged, and no tag moves before every mirror is read back.
 */
function spansOf(outcomes: readonly MirrorOutcome[]): ReadonlyMap<string, readonly Span[]> {
  const longest = (...phases: (keyof MirrorOutcome["timings"])[]) =>
    Math.max(
      0,
      ...outcomes.map(({ timings }) => phases.reduce((sum, one) => sum + (timings[one] ?? 0), 0)),
    );
  const staging = longest("preflight");
  const moving = staging + longest("stage", "read-back");
  return new Map(
    outcomes.map(({ mirror, timings }) => {
      const begins = [
        ["preflight", 0],
        ["stage", staging],
        ["read-back", staging + (timings.stage ?? 0)],
        ["tags", moving],
        ["rollback", moving],
      ] as const;
      const spans = begins.flatMap(([phase, begin]) => {
        const took = timings[phase];
        return took === undefined ? [] : [{ phase, begin, end: begin + took }];
      });
      return [mirror.name, spans];
    }),
  );
}
