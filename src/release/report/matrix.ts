/**
 * Mirrors by tags: what became of each tag at each mirror.
 *
 * @module
 */
import { type Content, type Html, html, raw } from "../../serve/page/html.ts";
import { plural } from "../../serve/page/text.ts";
import { needsSomebody, tagColumns, worstFirst } from "./counts.ts";
import type { ReleaseReport, ReportMirror, ReportTag } from "./model.ts";
import { badge, icon, type Section, section, short, state } from "./parts.ts";
import { mirrorWords, tagWords } from "./words.ts";

/** Columns of tags, beyond which tags stand together in one. */
const COLUMNS = 14;
/** Columns that fit without moving the table sideways. */
const FITTING = 6;

/** Where the parts of a mirror stand on the page. */
export interface Places {
  of(mirror: ReportMirror): string;
  ofTag(mirror: ReportMirror, tag: ReportTag): string;
}

/** The matrix. */
export function matrixCard(report: ReleaseReport, places: Places): Section {
  const { mirrors } = report;
  const { tags, others } = tagColumns(mirrors, COLUMNS);
  const columns = [...tags, ...(others ? ["Other tags"] : [])];
  const fits = columns.length <= FITTING;
  const heads = columns.map(
    (column, at) =>
      html`<th role="columnheader" scope="col">${at < tags.length ? html`<code>${column}</code>` : column}</th>`,
  );
  const rows = worstFirst(mirrors).map((mirror) => {
    const rest = mirror.tags.filter(({ tag }) => !tags.includes(tag));
    const cells = tags.map((name) => {
      const tag = mirror.tags.find((one) => one.tag === name);
      return tag === undefined ? noTag(name) : tagCell(mirror, tag, report, places);
    });
    return html`<tr role="row"${rowData(mirror)}>${mirrorHead(mirror, places)}${cells}${others && otherTags(mirror, rest, report, places)}</tr>
`;
  });
  const head = { id: "mirrors", title: "Tags by mirror", count: countLine(mirrors) };
  const aside = html`<p class="keys" hidden>Arrow keys move from tag to tag, Enter opens one</p>`;
  return section(
    { ...head, aside },
    html`<div class="scroll ${fits ? "fits" : "broad"}"><table role="table" class="matrix"><caption class="quiet">What became of each tag at each mirror</caption>
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Mirror</th>${heads}</tr></thead>
<tbody role="rowgroup">${rows}</tbody></table></div>`,
  );
}

/** The head of a mirror's row. */
function mirrorHead(mirror: ReportMirror, places: Places): Html {
  const { name, registry, repository } = mirror;
  const { tone, word, notes } = mirrorWords(mirror);
  return html`<th role="rowheader" scope="row" data-label="Mirror"><div class="who"><a href="#${places.of(mirror)}">${name}</a>
<span>${state(tone, word)}${notes.map(badge)}</span><small>${registry}/${repository}</small></div></th>`;
}

/** What a row is filtered by. */
export function rowData(mirror: ReportMirror): Html {
  const { name, registry, repository } = mirror;
  const fine = needsSomebody(mirror) ? undefined : raw(" data-fine");
  const text = `${name} ${registry}/${repository} ${mirrorWords(mirror).word}`.toLowerCase();
  return html` data-name="${text}"${fine}`;
}

/** How many mirrors there are, in a region that is read aloud when filtering changes it. */
function countLine(mirrors: readonly ReportMirror[]): Html {
  return html`<p id="count" role="status">${plural(mirrors.length, "mirror")}</p>`;
}

function noTag(name: string): Html {
  return html`<td role="cell" data-label="${name}" class="none"><div><span class="dim">not asked for</span></div></td>`;
}

function tagCell(
  mirror: ReportMirror,
  tag: ReportTag,
  report: ReleaseReport,
  places: Places,
): Html {
  const { tone, word } = tagWords(tag, report);
  const digests = digestsOf(tag);
  return html`<td role="cell" data-label="${tag.tag}" class="t ${tone}"><a href="#${places.ofTag(mirror, tag)}"${fullDigests(tag)}><b>${icon(tone)}${word}</b>${digests !== undefined && html`<span>${digests}</span>`}</a></td>`;
}

function otherTags(
  mirror: ReportMirror,
  tags: readonly ReportTag[],
  report: ReleaseReport,
  places: Places,
): Html {
  const items = tags.map((tag) => {
    const { tone, word } = tagWords(tag, report);
    return html`<li><a class="chip ${tone}" href="#${places.ofTag(mirror, tag)}"${fullDigests(tag)}>${tag.tag} ${word}</a></li>`;
  });
  return html`<td role="cell" data-label="Other tags"><ul class="chips">${items}</ul></td>`;
}

/** What was and what is, in full, for those who point at it. */
function fullDigests({ before, after }: ReportTag): Html | undefined {
  const both = [...new Set([before, after])].filter((digest) => digest !== null);
  return both.length === 0 ? undefined : html` title="${both.join(" → ")}"`;
}

/** What was and what is, in a few characters. */
function digestsOf({ before, after, result, planned }: ReportTag): Content {
  const arrow = html` <span class="to">→</span> `;
  const absent = html`<span class="dim">absent</span>`;
  switch (result) {
    case "kept":
    case "same":
    case "created":
      return after === null ? absent : short(after);
    case "not moved":
      if (planned === null && before === null) return undefined;
      return before === null ? absent : short(before);
    case "not compared":
      return before === null ? undefined : short(before);
    case "drifted":
      return after === null ? absent : html`names ${short(after)}`;
    case "failed":
      if (after !== null) return html`still ${short(after)}`;
      return before === null ? "absent or new" : html`${short(before)} or new`;
    default: {
      const from = before === null ? absent : short(before);
      const to = after === null ? absent : short(after);
      return planned === "create" && result === "raced" ? html`found ${to}` : [from, arrow, to];
    }
  }
}
