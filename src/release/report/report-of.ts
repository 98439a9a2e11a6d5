/**
 * Making the report of a release, a roll-back or a check.
 *
 * @module
 */
import type { MirrorCheck } from "../check.ts";
import type { Mirror, MirrorState, ReleaseImage, ReleaseResult } from "../model.ts";
import type { RollbackResult } from "../rollback.ts";
import { fromOutside } from "./from-outside.ts";
import { type Happened, together } from "./happened.ts";
import { failureOf, mirrorOf, placeOf, spansOf, tagOf, variantOf } from "./mirror-of.ts";
import type { ReleaseReport, ReportTag, ReportVariant } from "./model.ts";
import { nextSteps, type ReportCommands } from "./next-steps.ts";
import { platformsFound } from "./platform-states.ts";

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

/** The variants of the result, with what is known of each. */
function variantsOf(result: ReleaseResult, { variants = [] }: ReportContext): ReportVariant[] {
  return result.variants.map(({ format, inline, root: { mediaType, digest, size } }) => {
    const known = variants.find(({ index }) => index.digest === digest);
    const index = { mediaType, digest, size };
    return { platforms: [], attachments: [], ...known, format, inline, index };
  });
}
