/**
 * `index.html`: the report as one page that needs nothing else. It fetches nothing, works from a disk and without its script,
 * and may run and use only the script and the style that are in it.
 *
 * @see https://www.w3.org/TR/CSP3/#meta-element
 * @module
 */
import { createHash } from "node:crypto";
import { type Html, html, raw, render } from "../../serve/page/html.ts";
import { needsSomebody } from "./counts.ts";
import { attachmentsCard, imageCards, pullCard } from "./digests.ts";
import { eventsCard } from "./events.ts";
import { matrixCard, type Places } from "./matrix.ts";
import { mirrorsCard } from "./mirrors.ts";
import type { ReleaseReport } from "./model.ts";
import { type Section, SPRITE, state } from "./parts.ts";
import { platformsCard } from "./platforms.ts";
import { SCRIPT } from "./script.ts";
import { REPORT_STYLE } from "./style.ts";
import { timesCard } from "./times.ts";
import { driftCard, nextCard, troubleCard } from "./todo.ts";
import { head } from "./verdict.ts";
import { verdictOf } from "./verdict-words.ts";

/** Mirrors from which on there is something to filter. */
const FILTER_FROM = 6;

/** The bars of a pause button: the mark of the program. */
const MARK = raw(
  '<svg viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8" fill="currentColor"/><path d="M12 9v14M20 9v14" stroke="var(--surface)" stroke-width="4" stroke-linecap="round"/></svg>',
);
const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='8' fill='%230a5f70'/%3E%3Cpath d='M12 9v14M20 9v14' stroke='white' stroke-width='4' stroke-linecap='round'/%3E%3C/svg%3E";

/** The page as text. The same report gives the same page, byte for byte. */
export function formatHtml(report: ReleaseReport): string {
  const { image, kind, hiatus, started } = report;
  const { tone, word } = verdictOf(report);
  const places = placesOf(report);
  const sections = [
    nextCard(report),
    troubleCard(report, places.of),
    driftCard(report, places.of),
    matrixCard(report, places),
    platformsCard(report, places),
    timesCard(report, places),
    pullCard(report),
    ...imageCards(report),
    attachmentsCard(report),
    eventsCard(report),
    mirrorsCard(report, places),
  ].filter((one): one is Section => one !== undefined);
  const what = { release: "Release", rollback: "Roll-back", check: "Check" }[kind];
  const name = `${image.name} ${image.version}`;
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="${policy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${word}: ${name} – hiatus</title>
<link rel="icon" href="${ICON}">
<style>${raw(REPORT_STYLE)}</style>
</head>
<body>
${SPRITE}
<a class="skip" href="#main">Skip to content</a>
<header class="top"><div class="wide"><span class="brand">${MARK}<span>${what} of ${name}</span></span>${state(tone, word)}
${filter(report)}</div></header>
<main id="main" tabindex="-1"><div class="wide">
${head(report, sections)}
${sections.map(({ body }) => body)}
</div></main>
<footer class="bottom"><div class="wide"><span>Written by hiatus ${hiatus} about what began at ${started}</span>
<span>The same for programs: <a href="report.json">report.json</a></span></div></footer>
<div class="peek" id="peek" aria-hidden="true" hidden><b></b><code></code></div>
<div class="toast"><p id="said" role="status"></p></div>
<script>${raw(SCRIPT)}</script>
</body>
</html>
`;
  return render(document);
}

/** Where the parts of each mirror stand: by number, because a tag may hold what an address may not. */
function placesOf({ mirrors }: ReleaseReport): Places {
  const ids = new Map(mirrors.map((mirror, at) => [mirror, `m${at + 1}`]));
  const of: Places["of"] = (mirror) => ids.get(mirror) ?? "plan";
  return { of, ofTag: (mirror, tag) => `${of(mirror)}t${mirror.tags.indexOf(tag) + 1}` };
}

/** The filter, which the script brings in. */
function filter({ mirrors }: ReleaseReport): Html | undefined {
  if (mirrors.length < FILTER_FROM) return undefined;
  const wrong = mirrors.some(needsSomebody) && !mirrors.every(needsSomebody);
  return html`<form id="filter" role="search" hidden>${wrong && html`<label class="tick"><input type="checkbox">Only problems</label>`}
<span class="filter"><label for="q">Filter mirrors</label><input type="search" id="q" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="200"></span></form>`;
}

let known: string | undefined;

function policy(): string {
  known ??= [
    "default-src 'none'",
    `script-src '${hashOf(SCRIPT)}'`,
    `style-src '${hashOf(REPORT_STYLE)}'`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
  return known;
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
