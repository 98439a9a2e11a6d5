/**
 * The look of the page: that of the embedded registry's pages, and what a report has besides.
 *
 * Colours keep to WCAG AA: text 4.5:1, icons and bars 3:1, in both schemes.
 *
 * @module
 */
import { STYLE } from "../../serve/page/style.ts";

export const REPORT_STYLE = `${STYLE}
:root {
  --good: #14694a; --good-soft: #e3f3eb;
  --bad: #b3261e; --bad-soft: #fcebe9;
  --caution: #8a5a0b;
  --p-preflight: #7b8794; --p-stage: #1b7f93; --p-read-back: #7a5cc4; --p-tags: #14694a; --p-rollback: #a8610d;
}
@media (prefers-color-scheme: dark) {
  :root {
    --good: #6fcf9f; --good-soft: #14302a;
    --bad: #ff9b90; --bad-soft: #3a1d1c;
    --caution: #e3b45c;
    --p-preflight: #8a98a6; --p-stage: #3fb3c6; --p-read-back: #a58cf0; --p-tags: #6fcf9f; --p-rollback: #e0a050;
  }
}
html { scroll-padding-top: 4.5rem; scroll-padding-bottom: 5rem; }
.wide { max-width: 80rem; }
small { font-size: 0.8125rem; color: var(--muted); font-weight: 400; }
.good { --tone: var(--good); } .warn { --tone: var(--caution); } .bad { --tone: var(--bad); } .idle { --tone: var(--muted); }
.icon { flex: none; width: 1em; height: 1em; color: var(--tone); vertical-align: -0.125em; }
.state { display: inline-flex; align-items: center; gap: 0.35em; color: var(--tone); font-weight: 600; font-size: 0.875rem; }
.badge { font-weight: 400; }

.top { position: sticky; top: 0; z-index: 4; }
.top .wide { min-height: 3.25rem; padding-block: 0.4rem; }
.top .state { white-space: nowrap; }
#filter { margin-inline-start: auto; display: flex; min-width: 0; align-items: center; gap: 0.3rem 1.25rem; }
#filter .filter { flex: 0 1 22rem; min-width: 0; white-space: nowrap; }
.tick { display: inline-flex; align-items: center; gap: 0.4rem; min-height: 1.75rem; font-size: 0.875rem; color: var(--muted); white-space: nowrap; cursor: pointer; }
.tick input { width: 1.1rem; height: 1.1rem; margin: 0; accent-color: var(--accent); }

.verdict { padding: clamp(1.1rem, 3vw, 1.75rem); background: var(--surface); border: 1px solid var(--line); border-inline-start: 6px solid var(--tone); border-radius: 10px; }
.verdict .word { display: flex; align-items: center; gap: 0.5rem; color: var(--tone); font-weight: 700; }
.verdict .word .icon { width: 1.5rem; height: 1.5rem; }
.verdict h1 { margin-block: 0.35rem 0.3rem; }
.verdict .meaning { max-width: 75ch; color: var(--muted); overflow-wrap: anywhere; }
.figures { display: flex; flex-wrap: wrap; gap: 1rem 2.25rem; margin-block-start: 1.25rem; }
.figures dt { color: var(--muted); font-size: 0.8125rem; }
.figures dd { font-size: 1.25rem; font-weight: 650; font-variant-numeric: tabular-nums; line-height: 1.3; }
.figures small { display: block; }
.digests { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.3rem 1.25rem; align-items: center; margin-block-start: 1.1rem; padding-block-start: 1rem; border-top: 1px solid var(--line); }
.digests dt { color: var(--muted); font-size: 0.8125rem; }
.contents ul { display: flex; flex-wrap: wrap; gap: 0.1rem 1.4rem; margin-block-start: 0.9rem; font-size: 0.9375rem; }
.contents a { display: inline-block; padding-block: 0.2rem; }

.steps { display: grid; gap: 0.7rem; counter-reset: step; }
.steps li { position: relative; padding-inline-start: 2.4rem; min-height: 1.6rem; counter-increment: step; }
.steps li::before { content: counter(step) / ""; position: absolute; inset-inline-start: 0; top: 0; width: 1.6rem; height: 1.6rem; display: grid; place-items: center; border-radius: 99px; background: var(--soft); color: var(--accent); font-size: 0.8125rem; font-weight: 650; }
.steps .dim { font-size: 0.875rem; }
.command { margin-block-start: 0.35rem; }
.command .copyable { padding: 0.3rem 0.35rem 0.3rem 0.75rem; border-radius: 7px; background: var(--sunken); }
.command code { overflow-wrap: anywhere; }
.command .copy { margin-block: 0; }
.troubles > li { padding: 0.9rem 1.15rem 1rem; border-top: 1px solid var(--line); }
.troubles h3 { display: flex; align-items: center; gap: 0.45rem; font-size: 0.9375rem; color: var(--tone); }
.trouble h3 + .said { margin-block-start: 0.2rem; }
.trouble details { border-top: 0; margin-block-start: 0.3rem; }
.trouble summary { padding-inline: 0; }
.trouble details > :not(summary) { padding: 0; }
.remedy { margin-block: 0.4rem; padding: 0.5rem 0.8rem; border-radius: 7px; background: var(--soft); overflow-wrap: anywhere; white-space: pre-line; }
.remedy b { margin-inline-end: 0.5rem; color: var(--accent); }
.places { display: grid; gap: 0.6rem; margin-block-start: 0.5rem; }
.trouble a + .badge { margin-inline-start: 0.6rem; }
.places a { display: inline-block; min-height: 1.5rem; font-weight: 600; }
.said { color: var(--muted); font-size: 0.9375rem; white-space: pre-wrap; overflow-wrap: anywhere; }

.keys { font-size: 0.8125rem; }
.legend { display: flex; flex-wrap: wrap; gap: 0.2rem 1.1rem; font-size: 0.8125rem; color: var(--muted); }
.legend li { display: inline-flex; align-items: center; gap: 0.4rem; }
.legend .state { font-size: inherit; font-weight: 400; color: var(--muted); }
.swatch { width: 0.75rem; height: 0.75rem; }
.scroll table { border-collapse: separate; border-spacing: 0; }
.scroll { overflow: auto; border-end-start-radius: 9px; border-end-end-radius: 9px; }
.scroll.broad:has(tbody tr:nth-child(12)) { max-height: calc(100vh - 6rem); }
.scroll thead th { position: sticky; top: 0; z-index: 2; border-top: 0; }
.scroll thead th:first-child { z-index: 3; }
.scroll thead code { font-size: 0.8125rem; font-weight: 600; color: var(--text); }
.scroll tr > :first-child { position: sticky; inset-inline-start: 0; background: var(--surface); z-index: 1; }
.scroll thead tr > :first-child { background: var(--sunken); }
.scroll tbody tr:hover > * { background: var(--surface); }
.who { display: grid; justify-items: start; gap: 0.1rem; min-width: 11rem; max-width: 27rem; }
.who > span { display: flex; flex-wrap: wrap; align-items: center; gap: 0.15rem 0.6rem; }
.who a { min-height: 1.5rem; overflow-wrap: anywhere; }
.who small { font-family: var(--mono); font-size: 0.75rem; overflow-wrap: anywhere; }
summary .who { display: inline-flex; flex-wrap: wrap; gap: 0.1rem 0.9rem; align-items: center; max-width: none; color: var(--text); }
.broad .who { min-width: 15rem; }
.matrix td { padding: 0.3rem; vertical-align: middle; border-inline-start: 1px solid var(--line); }
.matrix thead th { white-space: normal; min-width: 6.5rem; overflow-wrap: anywhere; }
.broad .matrix thead th:not(:first-child) { min-width: 8.75rem; }
.t a { display: grid; gap: 0.05rem; padding: 0.35rem 0.45rem; border-radius: 7px; color: var(--text); text-decoration: none; font-size: 0.8125rem; }
.t a:hover { background: var(--soft); }
.t a:focus-visible { outline-offset: -2px; }
.t b { display: flex; align-items: center; gap: 0.35em; color: var(--tone); }
.t span { white-space: nowrap; }
.t code { font-size: 0.75rem; }
.t.bad { background: var(--bad-soft); }
.matrix tbody tr:hover > .bad { background: var(--bad-soft); }
.to { color: var(--muted); }
.chip.bad, .chip.good, .chip.idle { color: var(--tone); }
.none { text-align: center; font-size: 0.8125rem; }
.platforms thead th { vertical-align: bottom; }
.platforms thead th:nth-child(n + 3) { text-align: center; padding: 0.6rem 0.2rem; }
.platforms thead th:nth-child(n + 3) span { writing-mode: vertical-rl; transform: rotate(180deg); font-weight: 500; font-size: 0.8125rem; color: var(--text); max-height: 10rem; }
.platforms td { text-align: center; vertical-align: middle; padding-inline: 0.2rem; }
.platforms td .icon { width: 1.1rem; height: 1.1rem; }
.platforms td.sum { text-align: start; font-size: 0.875rem; color: var(--muted); white-space: nowrap; padding-inline: 0.75rem; }
.line { display: flex; flex-wrap: wrap; align-items: center; gap: 0.1rem 0.8rem; min-width: 11rem; }
.line a { display: inline-block; min-height: 1.5rem; }
.platforms tbody > tr > * { padding-block: 0.4rem; }

.times .when { width: 60%; }
.times tbody > tr > * { vertical-align: middle; padding-block: 0.45rem; }
.times .bars { display: block; width: 100%; overflow: hidden; border-radius: 3px; background: var(--sunken); }
.bars line { stroke: var(--line); }
.ruler { display: block; width: 100%; height: 16px; overflow: visible; }
.ruler text { fill: var(--muted); font-size: 12px; font-weight: 500; }
.whole > * { font-weight: 650; }
.times tbody th > div { min-width: 9rem; }
.times th a { display: inline-block; min-height: 1.5rem; }
.p-preflight { fill: var(--p-preflight); } .p-stage { fill: var(--p-stage); } .p-read-back { fill: var(--p-read-back); } .p-tags { fill: var(--p-tags); } .p-rollback { fill: var(--p-rollback); }

.mirror > div { display: grid; gap: 0.9rem; }
.mirror .facts { padding-block-start: 0.2rem; }
.tags { border: 1px solid var(--line); }
.tags .cell { width: 32%; }
.tags tbody > tr > * { vertical-align: middle; }
.tags tr:target > * { background: var(--soft); }
.references { padding-block-start: 0.2rem; }
.commands.references > li { grid-template-columns: 12rem minmax(0, 1fr); }
.peek { position: fixed; inset: auto 0 0; z-index: 5; padding: 0.6rem 1rem; background: var(--text); color: var(--page); overflow-wrap: anywhere; }
.peek b { margin-inline-end: 0.75rem; }

@media (min-width: 60rem) {
  /* No box of its own to scroll in: the heads of its columns stay below the bar at the top. */
  .fits { overflow: visible; }
  .fits thead th { top: 3.3rem; }
}
@media (max-width: 60rem) {
  .top { position: static; }
  #filter { flex: 1 0 100%; margin: 0; flex-wrap: wrap; }
  #filter .filter { flex: 1 1 12rem; }
}
@media (max-width: 44rem) {
  html { scroll-padding-top: 1rem; }
  .figures { gap: 0.75rem 1.5rem; }
  .digests, .commands.references > li { grid-template-columns: minmax(0, 1fr); }
  .scroll { max-height: none !important; overflow: visible; }
  .scroll tr > :first-child { position: static; background: none; }
  .keys { display: none; }
  .matrix td { border: 0; grid-template-columns: 4.5rem minmax(0, 1fr); }
  .t a { padding: 0 0.3rem; display: flex; flex-wrap: wrap; gap: 0 0.6rem; min-height: 1.5rem; }
  .t span { white-space: nowrap; }
  .none { display: none !important; }
  .who, .broad .who { max-width: none; min-width: 0; }
  .matrix th[data-label], .platforms th[data-label] { grid-template-columns: minmax(0, 1fr); }
  .matrix th[data-label]::before, .platforms th[data-label]::before { content: none; }
  .platforms tbody tr { display: flex; flex-wrap: wrap; gap: 0.15rem 0.9rem; }
  .platforms tbody tr > th, .platforms tbody tr > .sum { flex: 0 0 100%; }
  .platforms tbody td:not(.sum) { display: flex; flex-direction: row-reverse; gap: 0.35rem; width: auto; }
  .platforms tbody td.sum { grid-template-columns: minmax(0, 1fr); padding: 0; }
  .platforms tbody td.sum::before { content: none; }
  .platforms .alike td:not(.sum), .platforms td:empty { display: none; }
  .times th::before, .times .when::before { content: none; }
  .times .when { width: 100%; grid-template-columns: minmax(0, 1fr); }
  .times .when small { display: block; line-height: 1.4; margin-block-start: 0.2rem; }
  .times td.number { display: inline-flex; width: auto; gap: 0.4rem; margin-inline-end: 1rem; align-items: baseline; }
  .tags { border: 0; }
  .tags .cell { width: 100%; }
}
@media (forced-colors: active) {
  .verdict, .remedy, .t.bad { border: 1px solid; }
  .bars rect { stroke: Canvas; }
}
@media print {
  :root { --good: #14694a; --good-soft: #fff; --bad: #b3261e; --bad-soft: #fff; --caution: #8a5a0b; --p-preflight: #7b8794; --p-stage: #1b7f93; --p-read-back: #7a5cc4; --p-tags: #14694a; --p-rollback: #a8610d; }
  .top { position: static; }
  #filter, .contents, .keys, .peek { display: none !important; }
  .scroll { max-height: none !important; overflow: visible; }
  .scroll thead th, .scroll tr > :first-child { position: static; }
  /* Paper cannot be moved sideways: a table that is too broad becomes lines. */
  .broad thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .broad table, .broad tbody, .broad tr, .broad th, .broad td { display: block; min-width: 0; border: 0; }
  .broad tbody tr { display: flex; flex-wrap: wrap; gap: 0.2rem 0.9rem; padding: 0.5rem 1.15rem; border-top: 1px solid #999; }
  .broad tbody tr > * { padding: 0.1rem 0; }
  .broad tbody tr > th, .broad .sum { flex: 0 0 100%; }
  .broad td[data-label]:not(.sum)::before { content: attr(data-label) / ""; color: var(--muted); font-size: 0.75rem; }
  .broad .t a { padding: 0; }
  .broad .none, .broad td:empty { display: none; }
  .bars rect, .swatch rect, .bars { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
