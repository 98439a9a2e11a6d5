/**
 * Mirrors by platforms: what is known of each platform at each mirror.
 *
 * @module
 */
import { type Html, html } from "../../serve/page/html.ts";
import { plural } from "../../serve/page/text.ts";
import { platformNames, worstFirst } from "./counts.ts";
import { type Places, rowData } from "./matrix.ts";
import type { PlatformState, ReleaseReport, ReportMirror } from "./model.ts";
import { icon, type Section, section, state } from "./parts.ts";
import { mirrorWords, PLATFORM_WORDS } from "./words.ts";

/** Columns that fit without moving the table sideways. */
const FITTING = 18;

/** The matrix; nothing where no platform is known. */
export function platformsCard(report: ReleaseReport, places: Places): Section | undefined {
  const names = platformNames(report);
  if (names.length === 0 || report.mirrors.every(({ platforms }) => platforms.length === 0)) {
    return undefined;
  }
  const heads = names.map(
    (name) => html`<th role="columnheader" scope="col"><span>${name}</span></th>`,
  );
  const rows = worstFirst(report.mirrors).map((mirror) => row(mirror, names, places));
  const seen = new Set(
    report.mirrors.flatMap(({ platforms }) => platforms.map((one) => one.state)),
  );
  const legend = (Object.keys(PLATFORM_WORDS) as PlatformState[])
    .filter((name) => seen.has(name))
    .map((name) => html`<li>${state(PLATFORM_WORDS[name].tone, PLATFORM_WORDS[name].word)}</li>`);
  return section(
    {
      id: "platforms",
      title: "Platforms by mirror",
      count: html`<p>${plural(names.length, "platform")}</p>`,
      aside: html`<ul class="legend">${legend}</ul>`,
    },
    html`<div class="scroll ${names.length <= FITTING ? "fits" : "broad"}"><table role="table" class="platforms"><caption class="quiet">What is known of each platform at each mirror</caption>
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Mirror</th><th role="columnheader" scope="col">Whole</th>${heads}</tr></thead>
<tbody role="rowgroup">${rows}</tbody></table></div>`,
  );
}

function row(mirror: ReportMirror, names: readonly string[], places: Places): Html {
  const states = names.map((name) => mirror.platforms.find(({ platform }) => platform === name));
  const [first, ...others] = new Set(states.map((one) => one?.state));
  const cells = states.map((one, at) => {
    const name = names[at] ?? "";
    if (one === undefined) return html`<td role="cell" data-label="${name}"></td>`;
    const { tone, word } = PLATFORM_WORDS[one.state];
    return html`<td role="cell" data-label="${name}">${icon(tone)}<span class="quiet">${word}</span></td>`;
  });
  const good = states.filter(
    (one) => one !== undefined && PLATFORM_WORDS[one.state].tone === "good",
  );
  const { tone, word } = mirrorWords(mirror);
  const mark = tone === "good" ? undefined : state(tone, word);
  const alike = others.length === 0 && first !== undefined;
  const whole = alike
    ? `${names.length > 1 ? "all " : ""}${names.length} ${PLATFORM_WORDS[first].word}`
    : `${good.length} of ${states.length}`;
  return html`<tr role="row"${rowData(mirror)}${alike && html` class="alike"`}><th role="rowheader" scope="row" data-label="Mirror"><div class="line"><a href="#${places.of(mirror)}">${mirror.name}</a>${mark}</div></th><td role="cell" data-label="Platforms" class="sum">${whole}</td>${cells}</tr>
`;
}
