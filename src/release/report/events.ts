/**
 * What happened, in its order: the phases as sentences, and everything that was worth a warning.
 *
 * @module
 */
import { type Html, html } from "../../serve/page/html.ts";
import { cutText, formatSize, plural } from "../../serve/page/text.ts";
import { total } from "./counts.ts";
import type { ReleaseReport, ReportMirror, Span } from "./model.ts";
import { type Section, section } from "./parts.ts";
import { formatTime } from "./words.ts";

/** Warnings that are shown at once. */
const WARNINGS = 100;

/** The card; nothing where nothing is known. */
export function eventsCard(report: ReleaseReport): Section | undefined {
  const { phases, warnings } = report;
  if (phases.length === 0 && warnings.length === 0) return undefined;
  const steps = phases.map(
    (span) =>
      html`<li><p>${sentence(span, report)}</p><p class="dim">${formatTime(span.begin)} to ${formatTime(span.end)}</p></li>`,
  );
  return section(
    { id: "events", title: "What happened" },
    html`<div class="inside"><ol class="steps">${steps}</ol></div>`,
    warnings.length > 0 && warningList(report),
  );
}

function warningList({ warnings }: ReleaseReport): Html {
  const items = warnings
    .slice(0, WARNINGS)
    .map(
      ({ mirror, message, hint }) =>
        html`<li><p>${mirror !== null && html`<b>${mirror}</b> `}<span class="said">${cutText(message, 300)}</span></p>${hint !== null && html`<p class="dim">${cutText(hint, 300)}</p>`}</li>`,
    );
  return html`<details><summary>${plural(warnings.length, "warning")}</summary><ul class="places">${items}</ul>${warnings.length > WARNINGS && html`<p class="note">The first ${WARNINGS}. report.json has them all.</p>`}</details>`;
}

function sentence({ phase }: Span, report: ReleaseReport): string {
  const { mirrors, kind } = report;
  const began = mirrors.filter(({ phases }) => phases.some((span) => span.phase === phase));
  const well = began.filter((mirror) => !failedIn(mirror, phase)).length;
  const of = `${well} of ${plural(began.length, "mirror")}`;
  const sent = total(mirrors, "sent");
  switch (phase) {
    case "preflight":
      return `Looked at every mirror before changing any; ${well} of ${plural(began.length, "mirror")} could be used`;
    case "stage":
      return `Sent what was missing, by digest and without tags${sent === null ? "" : ` (${formatSize(sent)})`}; ${of} took it`;
    case "read-back":
      return kind === "check"
        ? `Compared every tag and content; ${of} could be read`
        : `Fetched everything back and rehashed it; ${of} ${well === 1 ? "holds" : "hold"} the whole image`;
    case "tags":
      return `Moved the tags${planned(report)}, each looked at right before and right after; ${of} went well`;
    default:
      return `Put back what tags named before the release; ${of} went well`;
  }
}

/** ` (12 to create, 3 to move)`. */
function planned({ mirrors }: ReleaseReport): string {
  const tags = mirrors.flatMap((mirror) => mirror.tags);
  const parts = (["create", "move", "keep"] as const).flatMap((action) => {
    const count = tags.filter((tag) => tag.planned === action).length;
    return count === 0 ? [] : [`${count} to ${action}`];
  });
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
}

function failedIn({ failures }: ReportMirror, phase: Span["phase"]): boolean {
  return failures.some((failure) => failure.phase === phase && !failure.attachmentsOnly);
}
