/**
 * Each mirror by itself: what it is, what was planned for it, and what happened there.
 *
 * @module
 */
import { type Html, html } from "../../serve/page/html.ts";
import { cutText, formatCount, formatSize, plural } from "../../serve/page/text.ts";
import { worstFirst } from "./counts.ts";
import { type Places, rowData } from "./matrix.ts";
import type { ReleaseReport, ReportMirror, ReportTag } from "./model.ts";
import { badge, copyable, fact, type Section, section, short, state } from "./parts.ts";
import { formOf } from "./verdict.ts";
import { failureWords, formatTime, mirrorWords, phaseWords, tagWords } from "./words.ts";

/** Differences that are listed for one mirror. */
const FINDINGS = 50;
const TEXT = 600;

/** The card. */
export function mirrorsCard(report: ReleaseReport, places: Places): Section {
  const items = worstFirst(report.mirrors).map((mirror) => {
    const { tone, word, notes } = mirrorWords(mirror);
    return html`<details class="mirror"${rowData(mirror)}><summary><span class="who"><b>${mirror.name}</b> ${state(tone, word)} ${notes.map(badge)}</span></summary>
<div id="${places.of(mirror)}">${contents(mirror, report, places)}</div></details>
`;
  });
  const title = "Plan and outcome by mirror";
  return section({ id: "plan", title }, html`${items}`);
}

function contents(mirror: ReportMirror, report: ReleaseReport, places: Places): Html {
  const { registry, repository, format, inline, profile, attachments, failures } = mirror;
  const { requests, sent, compared, phases, index, findings } = mirror;
  const times = phases.map(
    ({ phase, begin, end }) =>
      `${phaseWords(phase, report).toLowerCase()} ${formatTime(end - begin)}`,
  );
  const policy = { required: "Required", "best-effort": "Tried", none: "Left out" }[attachments];
  const reference = index === null ? undefined : `${registry}/${repository}@${index}`;
  return html`<dl class="facts">${fact("Repository", html`<code>${registry}/${repository}</code>`)}${fact("Kind", [profile ?? "Not known", `, ${formOf(format, inline)}`])}${fact("Attachments", policy)}${fact("Image", reference !== undefined && html`<span class="full">${copyable(reference, `the reference at ${mirror.name}`)}</span>`)}${fact("Time", times.length > 0 && times.join(", "))}${fact("Traffic", requests !== null && `${plural(requests, "request")}${sent === null ? "" : `, ${formatSize(sent)} sent`}`)}${fact("Compared", compared !== null && `${formatCount(compared)} contents and tags`)}</dl>
${failures.length > 0 && html`<ul class="places">${failures.slice(0, 20).map((failure) => html`<li><p><b>${failureWords(failure, report)}</b></p><p class="said">${cutText(failure.message, TEXT)}</p>${failure.hint !== null && html`<p class="remedy"><b>Remedy</b> ${cutText(failure.hint, TEXT)}</p>`}</li>`)}</ul>`}
${findings.length > 0 && findingsTable(mirror)}
${mirror.tags.length > 0 && tagsTable(mirror, report, places)}`;
}

const heads = (titles: readonly string[]) =>
  html`<thead role="rowgroup"><tr role="row">${titles.map((title) => html`<th role="columnheader" scope="col">${title}</th>`)}</tr></thead>`;

function tagsTable(mirror: ReportMirror, report: ReleaseReport, places: Places): Html {
  const isCheck = report.kind === "check";
  const digest = (value: string | null, what: string) => {
    if (value === null) return html`<span class="dim">nothing</span>`;
    // The whole of it stands above, once.
    if (value === mirror.index) return html`this image, ${short(value)}`;
    return copyable(value, `${what} ${mirror.name}`);
  };
  const rows = mirror.tags.map((tag: ReportTag) => {
    const { tone, word } = tagWords(tag, report);
    const name = tag.tag;
    const before = isCheck ? mirror.index : tag.before;
    const isAsBefore = !isCheck && tag.after !== null && tag.after === tag.before;
    const after = isAsBefore
      ? html`<span class="dim">as before</span>`
      : tag.result === "failed" && tag.after === null
        ? "old or new"
        : undefined;
    return html`<tr role="row" id="${places.ofTag(mirror, tag)}"><th role="rowheader" scope="row" data-label="Tag"><div><code>${name}</code></div></th><td role="cell" data-label="Plan"><div>${isCheck ? "compare" : (tag.planned ?? "–")}</div></td><td role="cell" data-label="Outcome"><div>${state(tone, word)}</div></td><td role="cell" data-label="${isCheck ? "Expected" : "Before"}" class="cell"><div>${digest(before, `what ${name} ${isCheck ? "should name" : "named before"} at`)}</div></td><td role="cell" data-label="Now" class="cell"><div>${after ?? digest(tag.after, `what ${name} names now at`)}</div></td></tr>
`;
  });
  return html`<table role="table" class="tags"><caption class="quiet">Tags of ${mirror.name}</caption>${heads(["Tag", "Plan", "Outcome", isCheck ? "Expected" : "Before", "Now"])}<tbody role="rowgroup">${rows}</tbody></table>`;
}

function findingsTable({ name, findings }: ReportMirror): Html {
  const rows = findings.slice(0, FINDINGS).map(
    ({ what, expected, found }) =>
      html`<tr role="row"><th role="rowheader" scope="row" data-label="What"><div>${cutText(what, TEXT)}</div></th><td role="cell" data-label="Expected" class="cell"><div>${copyable(cutText(expected, TEXT), `what ${name} should have`)}</div></td><td role="cell" data-label="Found" class="cell"><div>${cutText(found, TEXT)}</div></td></tr>
`,
  );
  return html`<table role="table" class="tags"><caption class="quiet">What has drifted at ${name}</caption>${heads(["What", "Expected", "Found"])}<tbody role="rowgroup">${rows}</tbody></table>
${findings.length > FINDINGS && html`<p class="note">The first ${FINDINGS} of ${formatCount(findings.length)}. report.json has them all.</p>`}`;
}
