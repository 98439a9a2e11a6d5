/**
 * How long everything took, as bars on one axis, and what it cost.
 *
 * @module
 */
import { type Html, html, raw } from "../../serve/page/html.ts";
import { formatCount, formatSize } from "../../serve/page/text.ts";
import { worstFirst } from "./counts.ts";
import { type Places, rowData } from "./matrix.ts";
import type { ReleaseReport, ReportMirror, Span } from "./model.ts";
import { type Section, section } from "./parts.ts";
import { formatTime, phaseWords } from "./words.ts";

/** The card; nothing where no time is known. */
export function timesCard(report: ReleaseReport, places: Places): Section | undefined {
  const { phases, mirrors } = report;
  const end = Math.max(0, ...[...phases, ...mirrors.flatMap((one) => one.phases)].map(endOf));
  if (phases.length === 0) return undefined;
  const axis = scaleOf(end, report);
  const costs = mirrors.some(({ requests }) => requests !== null);
  const legend = phases.map(
    ({ phase }) =>
      html`<li><svg class="swatch" viewBox="0 0 12 12" aria-hidden="true"><rect class="p-${phase}" width="12" height="12" rx="3"/></svg>${phaseWords(phase, report)}</li>`,
  );
  const rows = worstFirst(mirrors).map((mirror) => {
    const who = html`<a href="#${places.of(mirror)}">${mirror.name}</a>`;
    return row(html`${rowData(mirror)}`, who, mirror.phases, axis, costs && mirror);
  });
  const whole = row(
    html` class="whole"`,
    html`All together`,
    phases,
    axis,
    costs && sums(mirrors),
    true,
  );
  const titles = ["When", "Took", ...(costs ? ["Requests", "Sent"] : [])];
  const heads = titles.map(
    (title) =>
      html`<th role="columnheader" scope="col"${title !== "When" && html` class="number"`}>${title === "When" ? ruler(axis) : title}</th>`,
  );
  return section(
    {
      id: "times",
      title: "Time and traffic",
      count: html`<p>${formatTime(report.milliseconds)} in all</p>`,
      aside: html`<ul class="legend">${legend}</ul>`,
    },
    html`<div class="scroll fits"><table role="table" class="times"><caption class="quiet">When each phase of each mirror ran, and what it cost</caption>
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Mirror</th>${heads}</tr></thead>
<tbody role="rowgroup">${whole}${rows}</tbody></table></div>`,
  );
}

type Costs = Pick<ReportMirror, "requests" | "sent">;

function sums(mirrors: readonly ReportMirror[]): Costs {
  const sum = (key: keyof Costs) => mirrors.reduce((all, one) => all + (one[key] ?? 0), 0);
  return { requests: sum("requests"), sent: sum("sent") };
}

function row(
  attributes: Html,
  who: Html,
  spans: readonly Span[],
  axis: Axis,
  costs: Costs | false,
  lanes = false,
): Html {
  const begin = Math.min(...spans.map((span) => span.begin));
  const took = spans.length === 0 ? "–" : formatTime(Math.max(...spans.map(endOf)) - begin);
  const parts = spans.map(
    ({ phase, begin: from, end: to }) =>
      `${phaseWords(phase, axis).toLowerCase()} ${formatTime(to - from)}`,
  );
  const cost = (value: number | null, format: (value: number) => string) =>
    value === null ? "–" : format(value);
  return html`<tr role="row"${attributes}><th role="rowheader" scope="row" data-label="Mirror"><div>${who}</div></th>
<td role="cell" data-label="When" class="when"><div>${spans.length > 0 && bars(spans, axis, lanes)}<small>${parts.join(", ")}</small></div></td>
<td role="cell" data-label="Took" class="number"><div>${took}</div></td>${
    costs !== false &&
    html`<td role="cell" data-label="Requests" class="number"><div>${cost(costs.requests, formatCount)}</div></td><td role="cell" data-label="Sent" class="number"><div>${cost(costs.sent, formatSize)}</div></td>`
  }</tr>
`;
}

/**
 * The same is written below in words, so the picture need not be read aloud.
 *
 * @param lanes one below the other, where they may overlap?
 */
function bars(spans: readonly Span[], { end, step }: Axis, lanes: boolean): Html {
  const percent = (value: number) => `${((value / end) * 100).toFixed(2)}%`;
  const lines: string[] = [];
  for (let at = step; at < end; at += step) {
    lines.push(`<line x1="${percent(at)}" x2="${percent(at)}" y2="100%"/>`);
  }
  const rects = spans.map(({ phase, begin, end: to }, at) => {
    // What took no time at all can still be seen.
    const width = percent(Math.max(to - begin, end / 250));
    const lane = lanes ? `y="${1 + at * 7}" height="6"` : 'y="1" height="12"';
    return `<rect class="p-${phase}" x="${percent(begin)}" width="${width}" ${lane} rx="2"/>`;
  });
  const height = lanes ? 1 + spans.length * 7 : 14;
  return raw(
    `<svg class="bars" height="${height}" aria-hidden="true">${lines.join("")}${rects.join("")}</svg>`,
  );
}

interface Axis extends Pick<ReleaseReport, "kind"> {
  /** Milliseconds. */
  readonly end: number;
  readonly step: number;
}

/** An axis of two to five round steps. */
function scaleOf(most: number, { kind }: ReleaseReport): Axis {
  // Nothing is measured in less than a millisecond.
  const least = Math.max(most, 4) / 4;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = power * ([1, 2, 5, 10].find((one) => one * power >= least) ?? 10);
  return { kind, end: step * Math.ceil(Math.max(most, 4) / step), step };
}

function ruler({ end, step }: Axis): Html {
  const texts: string[] = [];
  for (let at = 0; at <= end * 1.001; at += step) {
    const place = ((at / end) * 100).toFixed(2);
    const anchor = at === 0 ? "start" : at > end * 0.99 ? "end" : "middle";
    texts.push(`<text x="${place}%" y="12" text-anchor="${anchor}">${formatTime(at)}</text>`);
  }
  return html`<span class="quiet">When</span>${raw(`<svg class="ruler" aria-hidden="true">${texts.join("")}</svg>`)}`;
}

function endOf({ end }: Span): number {
  return end;
}
