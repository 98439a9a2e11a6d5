/**
 * What mirrors, tags, platforms and phases are called, the same on the page and in the summary.
 *
 * @module
 */
import { formatCount } from "../../serve/page/text.ts";
import type {
  PlatformState,
  ReleaseReport,
  ReportFailure,
  ReportMirror,
  ReportTag,
  Span,
} from "./model.ts";

/** How bad it is. Never shown by colour alone. */
export type Tone = "good" | "warn" | "bad" | "idle";

/** What became of a mirror, in words, and how bad that is. */
export interface MirrorWords {
  readonly tone: Tone;
  readonly word: string;
  /** What else is to be known at a glance. */
  readonly notes: readonly string[];
}

/** What became of a mirror. */
export function mirrorWords(mirror: ReportMirror): MirrorWords {
  const { result, required, failures } = mirror;
  const word = `${result.charAt(0).toUpperCase()}${result.slice(1)}`;
  const notes = required ? [] : ["Best effort"];
  if (result === "failed" || result === "drifted") {
    return { tone: required ? "bad" : "warn", word, notes };
  }
  if (failures.length > 0) return { tone: "warn", word, notes: [...notes, "Attachments missing"] };
  return { tone: result === "not tried" || result === "planned" ? "idle" : "good", word, notes };
}

/** What became of a tag, in a word or two. */
export function tagWords(
  { planned, result }: ReportTag,
  report: ReleaseReport,
): { readonly tone: Tone; readonly word: string } {
  switch (result) {
    case "raced":
    case "failed":
    case "drifted":
      return { tone: "bad", word: result };
    case "not moved":
      if (report.kind === "rollback") return { tone: "idle", word: "was back already" };
      if (planned === null) return { tone: "idle", word: "not looked at" };
      if (report.result === "planned")
        return { tone: "idle", word: planned === "create" ? "to create" : "to move" };
      return { tone: "idle", word: planned === "create" ? "not created" : "not moved" };
    case "not compared":
      return { tone: "idle", word: result };
    default:
      return { tone: "good", word: result };
  }
}

/** `1 raced, 2 moved`: how many tags came out how, what needs somebody first. */
export function tagSums(report: ReleaseReport): readonly string[] {
  const counts = new Map<string, number>();
  for (const tag of report.mirrors.flatMap(({ tags }) => tags)) {
    const { tone, word } = tagWords(tag, report);
    const key = `${TONES.indexOf(tone)}${word}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  // Stable: within a tone as they come.
  return [...counts]
    .sort(([a], [b]) => Number(a[0]) - Number(b[0]))
    .map(([key, count]) => `${formatCount(count)} ${key.slice(1)}`);
}

const TONES: readonly Tone[] = ["bad", "warn", "idle", "good"];

/** What is known of a platform at a mirror. */
export const PLATFORM_WORDS: Readonly<
  Record<PlatformState, { readonly tone: Tone; readonly word: string }>
> = {
  proven: { tone: "good", word: "read back and rehashed" },
  present: { tone: "good", word: "there" },
  drifted: { tone: "bad", word: "drifted" },
  unproven: { tone: "bad", word: "not proven" },
  pending: { tone: "idle", word: "not there yet" },
  unknown: { tone: "idle", word: "not looked at" },
};

/** What a phase is called. A check compares where a release reads back. */
export function phaseWords(phase: Span["phase"], { kind }: Pick<ReleaseReport, "kind">): string {
  return kind === "check" && phase === "read-back" ? "Compare" : PHASES[phase];
}

const PHASES: Readonly<Record<Span["phase"], string>> = {
  preflight: "Preflight",
  stage: "Stage",
  "read-back": "Read back",
  tags: "Tags",
  rollback: "Roll back",
};

/** What went wrong, as the beginning of a sentence. */
export function failureWords(
  { phase, attachmentsOnly }: ReportFailure,
  { kind }: Pick<ReleaseReport, "kind">,
): string {
  if (attachmentsOnly) return "Attachments failed";
  return kind === "check" && phase === "read-back"
    ? "Comparing failed"
    : `${FAILING[phase]} failed`;
}

const FAILING: typeof PHASES = {
  preflight: "Preflight",
  stage: "Staging",
  "read-back": "Reading back",
  tags: "Moving tags",
  rollback: "Rolling back",
};

/** `12 ms`, `4.2 s`, `3 min 20 s`. */
export function formatTime(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
  if (minutes < 60) return rest === 0 ? `${minutes} min` : `${minutes} min ${rest} s`;
  return `${formatCount(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

/** `2026-01-02 03:04:05 UTC`. */
export function formatDate(rfc3339: string): string {
  return `${rfc3339.slice(0, 10)} ${rfc3339.slice(11, 19)} UTC`;
}

/** The first hexadecimal characters of a digest: enough to tell digests apart at a glance. */
export function shortDigest(digest: string, length = 12): string {
  return digest.slice(digest.indexOf(":") + 1).slice(0, length);
}
