/**
 * What became of it as a whole, in words, the same on the page and in the summary.
 *
 * @module
 */
import { formatCount, plural } from "../../serve/page/text.ts";
import type { ReleaseReport, ReportMirror } from "./model.ts";
import { hasFailed } from "./next-steps.ts";
import type { Tone } from "./words.ts";

/** What became of it, in words. */
export interface Verdict {
  readonly tone: Tone;
  /** One or two words: `Released`. */
  readonly word: string;
  /** `pause 3.10.2 is at all 10 mirrors`. */
  readonly headline: string;
  /** What that means, in a sentence or two. */
  readonly meaning: string;
}

/** What became of it. */
export function verdictOf(report: ReleaseReport): Verdict {
  if (report.kind === "check") return checkVerdict(report);
  if (report.kind === "rollback") return rollbackVerdict(report);
  return releaseVerdict(report);
}

function releaseVerdict(report: ReleaseReport): Verdict {
  const { image, result, mirrors } = report;
  const name = `${image.name} ${image.version}`;
  const left = mirrors.filter((mirror) => hasFailed(mirror) && !mirror.required);
  const without = mirrors.filter((mirror) => !hasFailed(mirror) && mirror.failures.length > 0);
  const whole = mirrors.length - left.length;
  const but = [
    left.length > 0 && `${names(left)} ${are(left)} left behind, which is best effort`,
    without.length > 0 && `${names(without)} took the image and not all that is attached to it`,
  ].filter((text) => text !== false);
  const more = but.length === 0 ? "" : ` ${but.map(sentence).join(" ")}`;
  const tone = but.length === 0 ? "good" : "warn";
  switch (result) {
    case "released":
      return {
        tone,
        word: "Released",
        headline: `${name} is at ${allOf(whole, mirrors)}`,
        meaning: `${whole === 1 ? "It" : "Each"} holds the whole image, read back and rehashed before any tag moved, and every tag there names it.${more}`,
      };
    case "unchanged":
      return {
        tone,
        word: "Unchanged",
        headline: `${name} was at ${allOf(whole, mirrors)} already`,
        meaning: `Every tag names it. Nothing was written.${more}`,
      };
    case "staged":
      return {
        tone,
        word: "Staged",
        headline: `${name} waits at ${allOf(whole, mirrors)}`,
        meaning: `${whole === 1 ? "It" : "Each"} holds the whole image by its digest, read back and rehashed. No tag has moved.${more}`,
      };
    case "planned":
      return {
        tone: but.length === 0 ? "idle" : "warn",
        word: "Planned",
        headline: `${name} would go to ${allOf(whole, mirrors)}`,
        meaning: `This was a dry run: every mirror was looked at, and nothing was changed.${more}`,
      };
    default:
      return failedVerdict(report);
  }
}

function failedVerdict({ image, mirrors, journal }: ReleaseReport): Verdict {
  const name = `${image.name} ${image.version}`;
  const failed = mirrors.filter((mirror) => hasFailed(mirror));
  const moved = mirrors.filter(({ tags }) =>
    tags.some(({ result }) => result === "created" || result === "moved"),
  );
  const why = sentence(`${names(failed)} failed`);
  const head = { tone: "bad", word: "Failed" } as const;
  if (moved.length > 0) {
    return {
      ...head,
      headline: `${name} is at some mirrors and not at others`,
      meaning: `${why} Tags have moved at ${formatCount(moved.length)} of ${plural(mirrors.length, "mirror")}; each tag names the old or the new whole image, and the journal knows which.`,
    };
  }
  return {
    ...head,
    headline: `${name} is not released`,
    meaning: `${why} ${journal === null ? "Nothing was written anywhere." : "No tag has moved in this run; what was sent stays where it is, by its digest."}`,
  };
}

function rollbackVerdict({ image, result, mirrors }: ReleaseReport): Verdict {
  const name = `${image.name} ${image.version}`;
  const failed = mirrors.filter((mirror) => hasFailed(mirror));
  if (result === "failed") {
    return {
      tone: "bad",
      word: "Failed",
      headline: `${name} is taken back in part only`,
      meaning: `${sentence(`${names(failed)} failed`)} Every other tag names again what it named before the release.`,
    };
  }
  return {
    tone: "good",
    word: "Rolled back",
    headline: `${name} is taken back`,
    meaning:
      mirrors.length === 0
        ? "No tag had moved, so there was nothing to put back."
        : `Every tag that moved at ${plural(mirrors.length, "mirror")} names again what it named before. What was sent stays, by its digest, and nothing names it.`,
  };
}

function checkVerdict({ image, result, mirrors }: ReleaseReport): Verdict {
  const name = `${image.name} ${image.version}`;
  const drifted = mirrors.filter((mirror) => mirror.result === "drifted");
  const failed = mirrors.filter((mirror) => mirror.result === "failed");
  const unseen =
    failed.length === 0 ? "" : ` ${sentence(`${names(failed)} could not be compared`)}`;
  if (result === "drifted") {
    return {
      tone: "bad",
      word: "Drifted",
      headline: `${name} has drifted at ${formatCount(drifted.length)} of ${plural(mirrors.length, "mirror")}`,
      meaning: `${sentence(`${names(drifted)} ${are(drifted)} not as released`)}${unseen}`,
    };
  }
  if (result === "failed") {
    return {
      tone: "warn",
      word: "Not compared",
      headline: `${name} could not be compared everywhere`,
      meaning: `No mirror that could be looked at has drifted.${unseen}`,
    };
  }
  return {
    tone: "good",
    word: "Same",
    headline: `${name} is the same at ${allOf(mirrors.length, mirrors)}`,
    meaning: "Every tag, manifest, blob and attachment is as released.",
  };
}

/** `ghcr`, `ghcr and ecr`, `ghcr, ecr and 8 more`. */
function names(mirrors: readonly ReportMirror[]): string {
  const [first, second, ...rest] = mirrors.map(({ name }) => name);
  if (first === undefined) return "Nothing";
  if (second === undefined) return first;
  if (rest.length === 0) return `${first} and ${second}`;
  return `${first}, ${second} and ${formatCount(rest.length)} more`;
}

function are(mirrors: readonly ReportMirror[]): string {
  return mirrors.length === 1 ? "is" : "are";
}

function allOf(count: number, mirrors: readonly ReportMirror[]): string {
  if (count !== mirrors.length)
    return `${formatCount(count)} of ${plural(mirrors.length, "mirror")}`;
  const [only] = mirrors;
  if (mirrors.length === 1 && only !== undefined) return only.name;
  return mirrors.length === 2 ? "both mirrors" : `all ${plural(count, "mirror")}`;
}

/** Names are lower-case and stay so at the beginning of a sentence. */
function sentence(text: string): string {
  return `${text}.`;
}
