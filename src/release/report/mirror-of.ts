/**
 * One mirror in a report: what it is, and what became of it and of its tags.
 *
 * @module
 */
import type { Mirror, MirrorFailure, MirrorOutcome, ReleaseResult, TagOutcome } from "../model.ts";
import { fromOutside } from "./from-outside.ts";
import type { ReportMirror, ReportTag, ReportVariant, Span } from "./model.ts";
import { holdingOf, platformsOf } from "./platform-states.ts";
import type { ReportContext } from "./report-of.ts";

type Place = Omit<ReportMirror, "result">;

/** A mirror that nothing is known of yet. */
export function placeOf(mirror: Mirror, variants: readonly ReportVariant[]): Place {
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

/** The form of the image that a mirror gets. */
export function variantOf(
  { format, inline }: Pick<Mirror, "format" | "inline">,
  variants: readonly ReportVariant[],
): ReportVariant | undefined {
  return variants.find((one) => one.format === format && one.inline === inline);
}

/** A mirror after a release. */
export function mirrorOf(
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
    tags: outcome.tags.length > 0 ? tagsOf(outcome) : mirror.tags.map(untried),
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

/** The tags with what was planned for each. */
function tagsOf({ tags, root }: MirrorOutcome): ReportTag[] {
  return tags.map((outcome) => {
    const { before } = outcome;
    const planned = before === undefined ? "create" : before === root?.digest ? "keep" : "move";
    return { ...tagOf(outcome), planned };
  });
}

/** A tag of a mirror that could not be looked at. */
function untried(tag: string): ReportTag {
  return { tag, planned: null, before: null, after: null, result: "not moved" };
}

/** A tag as it came out. */
export function tagOf({ tag, before, after, result }: TagOutcome): ReportTag {
  return { tag, planned: null, before: before ?? null, after: after ?? null, result };
}

/** A failure, cleaned. */
export function failureOf(failure: MirrorFailure): ReportMirror["failures"][number] {
  const { phase, code = null, message, hint, attachmentsOnly = false } = failure;
  const more = hint === undefined ? null : fromOutside(hint);
  return { phase, code, message: fromOutside(message), hint: more, attachmentsOnly };
}

/**
 * Spans from durations: all mirrors are looked at before any is staged, and no tag moves before every mirror is read back.
 */
export function spansOf(outcomes: readonly MirrorOutcome[]): ReadonlyMap<string, readonly Span[]> {
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
