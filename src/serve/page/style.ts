/**
 * The look of the page, inline in every answer: nothing else has to be fetched, and its hash is in the policy.
 *
 * Colours keep to WCAG AA: text 4.5:1, borders of controls and focus 3:1, in both schemes.
 *
 * @module
 */

export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f5f7f8;
  --surface: #ffffff;
  --sunken: #eef2f4;
  --text: #17212b;
  --muted: #55626f;
  --line: #dbe1e6;
  --control: #7c8894;
  --accent: #0a5f70;
  --soft: #e2f0f2;
  --warn-line: #b7791f;
  --warn: #fdf5e3;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif;
  --mono: ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "Liberation Mono", "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #10161b;
    --surface: #172027;
    --sunken: #1e2931;
    --text: #e3e9ee;
    --muted: #9fadba;
    --line: #2a3640;
    --control: #6d7d8b;
    --accent: #78cfdd;
    --soft: #173841;
    --warn-line: #c79a3c;
    --warn: #2d2614;
  }
}
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; scroll-padding-top: 1rem; }
body {
  margin: 0;
  min-height: 100vh;
  display: flex;
  flex-direction: column;
  background: var(--page);
  color: var(--text);
  font: 1rem/1.55 var(--sans);
}
h1, h2, h3, p, dl, dd, ul, ol, table, pre { margin: 0; padding: 0; }
ul, ol { list-style: none; }
h1 { font-size: clamp(1.45rem, 1.15rem + 1.4vw, 1.9rem); line-height: 1.25; font-weight: 650; letter-spacing: -0.015em; overflow-wrap: anywhere; }
h2 { font-size: 1.0625rem; line-height: 1.4; font-weight: 650; }
h3 { font-size: 0.875rem; line-height: 1.5; font-weight: 600; }
a { color: var(--accent); text-underline-offset: 0.2em; text-decoration-thickness: 1px; }
a:hover { text-decoration-thickness: 2px; }
code, pre { font-family: var(--mono); font-size: 0.8125rem; font-variant-ligatures: none; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.quiet { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: 1rem; top: -5rem; z-index: 2; padding: 0.5rem 1rem; background: var(--surface); border-radius: 6px; }
.skip:focus { top: 0.75rem; }
.wide { width: 100%; max-width: 66rem; margin: 0 auto; padding: 0 clamp(0.9rem, 3vw, 2rem); }

.top { background: var(--surface); border-bottom: 1px solid var(--line); }
.top .wide { display: flex; align-items: center; flex-wrap: wrap; gap: 0.5rem 1rem; min-height: 3.5rem; padding-block: 0.6rem; }
.brand { display: inline-flex; align-items: center; gap: 0.6rem; min-height: 1.75rem; color: var(--text); font-weight: 650; text-decoration: none; }
.brand svg { width: 1.6rem; height: 1.6rem; color: var(--accent); }
.host { color: var(--muted); overflow-wrap: anywhere; }
.badge { display: inline-block; padding: 0.05rem 0.6rem; border: 1px solid var(--line); border-radius: 99px; background: var(--sunken); color: var(--muted); font-size: 0.8125rem; }
.top .badge { margin-inline-start: auto; }

main { flex: 1; padding-block: 1.75rem 3rem; }
main:focus { outline: none; }
.crumbs ol { display: flex; flex-wrap: wrap; gap: 0.1rem 0.5rem; font-size: 0.875rem; color: var(--muted); }
.crumbs li { overflow-wrap: anywhere; }
.crumbs li + li::before { content: "/" / ""; margin-inline-end: 0.5rem; color: var(--control); }
.head { display: grid; gap: 0.35rem; margin-block: 0.4rem 1.5rem; }
.head p { color: var(--muted); max-width: 60ch; }

.card { margin-block-start: 1.25rem; background: var(--surface); border: 1px solid var(--line); border-radius: 10px; }
.card > header { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 0.5rem 1rem; padding: 0.85rem 1.15rem 0.75rem; }
.card > header > div { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 0.75rem; }
.card > header p { color: var(--muted); font-size: 0.875rem; }
.card > .inside { padding: 0 1.15rem 1.1rem; }
.note { padding: 0.75rem 1.15rem; border-top: 1px solid var(--line); color: var(--muted); font-size: 0.875rem; }
.notice { margin-block-start: 1.25rem; padding: 0.85rem 1.15rem; background: var(--warn); border: 1px solid var(--line); border-inline-start: 4px solid var(--warn-line); border-radius: 8px; overflow-wrap: anywhere; }

table { width: 100%; border-collapse: collapse; font-size: 0.9375rem; }
th, td { padding: 0.6rem 0.75rem; text-align: start; vertical-align: baseline; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
th:first-child, td:first-child { padding-inline-start: 1.15rem; }
th:last-child, td:last-child { padding-inline-end: 1.15rem; }
thead th { color: var(--muted); font-size: 0.8125rem; font-weight: 600; padding-block: 0.45rem; background: var(--sunken); white-space: nowrap; }
tbody th { font-weight: 600; }
tbody tr:hover > * { background: color-mix(in srgb, var(--soft) 45%, transparent); }
tbody tr:last-child > :first-child { border-end-start-radius: 9px; }
tbody tr:last-child > :last-child { border-end-end-radius: 9px; }
.number { text-align: end; white-space: nowrap; font-variant-numeric: tabular-nums; }
.short { white-space: nowrap; }
.dim { color: var(--muted); }
.text { white-space: pre-wrap; }

.chips { display: flex; flex-wrap: wrap; gap: 0.3rem; }
.chip { display: inline-block; padding: 0 0.5rem; border-radius: 5px; background: var(--sunken); font-size: 0.8125rem; line-height: 1.6rem; overflow-wrap: anywhere; }
a.chip { background: var(--soft); text-decoration: none; }
a.chip:hover { text-decoration: underline; }

.copyable { display: inline-flex; align-items: center; gap: 0.4rem; max-width: 100%; vertical-align: top; }
.copyable code { min-width: 0; user-select: all; }
.cell { width: 31%; max-width: 0; }
.cell.broad { width: 63%; }
.cell .copyable { display: flex; }
.cell .copyable code, .clip { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.clip { display: inline-block; max-width: 22ch; vertical-align: bottom; text-decoration: inherit; }
.key { width: 40%; }
.full code { overflow-wrap: anywhere; }
button { font: inherit; }
.copy { flex: none; margin-block: -0.3rem; display: inline-grid; place-items: center; width: 1.75rem; height: 1.75rem; padding: 0; border: 1px solid transparent; border-radius: 6px; background: none; color: var(--muted); cursor: pointer; }
.copy:hover { background: var(--soft); color: var(--accent); border-color: var(--line); }
.copy svg { width: 1rem; height: 1rem; }
.copy .done { display: none; }
.copy[data-copied] { color: var(--accent); }
.copy[data-copied] .done { display: block; }
.copy[data-copied] .todo { display: none; }

.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.55rem 1.5rem; }
.facts dt { color: var(--muted); font-size: 0.9375rem; }
.facts dd { overflow-wrap: anywhere; }

.commands { display: grid; gap: 0.6rem; }
.commands > li { display: grid; grid-template-columns: 5rem minmax(0, 1fr); align-items: start; gap: 0.25rem 1rem; }
.commands h3, .commands h4 { margin: 0; padding-block: 0.45rem; font-size: 0.9375rem; font-weight: 600; }
.commands .copyable { display: flex; justify-content: space-between; padding: 0.3rem 0.35rem 0.3rem 0.75rem; border-radius: 7px; background: var(--sunken); align-items: start; }
.commands .copy { margin-block: 0; }
.commands code { padding-block: 0.28rem; overflow-wrap: anywhere; line-height: 1.45; }

details { border-top: 1px solid var(--line); }
details > :not(summary) { padding: 0 1.15rem 1.1rem; }
summary { padding: 0.75rem 1.15rem; color: var(--accent); cursor: pointer; border-radius: 9px; overflow-wrap: anywhere; }
summary:hover { text-decoration: underline; text-underline-offset: 0.2em; }
.hints { display: grid; gap: 1rem; }
.hints h3 { font-size: 0.9375rem; }
.hints p { font-size: 0.9375rem; color: var(--muted); overflow-wrap: anywhere; }
.hints pre { margin-top: 0.4rem; padding: 0.65rem 0.75rem; border-radius: 7px; background: var(--sunken); white-space: pre-wrap; overflow-wrap: anywhere; }

.filter { display: flex; flex: 0 1 24rem; align-items: center; gap: 0.6rem; }
.filter label { font-size: 0.875rem; color: var(--muted); }
.filter input { flex: 1 1 6rem; min-width: 0; min-height: 2.25rem; padding: 0.3rem 0.7rem; border: 1px solid var(--control); border-radius: 7px; background: var(--surface); color: var(--text); font: inherit; font-size: 0.9375rem; }
.button { min-height: 2.25rem; padding: 0.3rem 0.9rem; border: 1px solid var(--control); border-radius: 7px; background: var(--surface); color: var(--text); cursor: pointer; font-size: 0.9375rem; }
.button:hover { border-color: var(--accent); color: var(--accent); }
.pages { display: flex; justify-content: space-between; align-items: center; gap: 1rem; padding: 0.75rem 1.15rem; border-top: 1px solid var(--line); font-size: 0.9375rem; }
.pages a { padding-block: 0.2rem; }
.raw { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; font-size: 0.9375rem; }

.toast { position: fixed; inset-block-end: 1.25rem; inset-inline: 0; z-index: 3; display: grid; justify-items: center; padding: 0 1rem; pointer-events: none; }
.toast p { padding: 0.5rem 1rem; border-radius: 8px; background: var(--text); color: var(--page); font-size: 0.9375rem; overflow-wrap: anywhere; }
.toast p:empty { display: none; }
.bottom { border-top: 1px solid var(--line); color: var(--muted); font-size: 0.875rem; }
.bottom .wide { display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; padding-block: 1rem; }

@media (max-width: 44rem) {
  .facts, .commands > li { grid-template-columns: minmax(0, 1fr); gap: 0.1rem; }
  .facts dd { margin-bottom: 0.6rem; }
  .commands h3, .commands h4 { padding-block: 0.2rem 0; }
  .top .badge { margin-inline-start: 0; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, tr, th, td { display: block; width: 100%; }
  tbody tr { padding: 0.7rem 1.15rem; border-top: 1px solid var(--line); }
  tbody tr > * { display: grid; grid-template-columns: 6.5rem minmax(0, 1fr); gap: 0.75rem; border: 0; padding: 0.15rem 0 !important; text-align: start; white-space: normal; }
  tbody tr > *::before { content: attr(data-label) / ""; color: var(--muted); font-size: 0.875rem; font-weight: 400; }
  tbody tr:hover > * { background: none; }
  .key, .cell, .cell.broad { width: 100%; max-width: none; }
  tbody tr > * > div { min-width: 0; }
  .clip { max-width: 100%; }
  .number { text-align: start; }
  .filter { flex-basis: 100%; }
}
@media (prefers-reduced-motion: no-preference) {
  a, button, summary { transition: color 0.12s, background-color 0.12s, border-color 0.12s; }
  .toast p { animation: rise 0.18s ease-out; }
  @keyframes rise { from { opacity: 0; transform: translateY(0.5rem); } }
}
@media (forced-colors: active) {
  .card, .chip, .copy { border: 1px solid; }
}
@media print {
  :root { --page: #fff; --surface: #fff; --sunken: #fff; --text: #000; --muted: #333; --line: #999; --accent: #000; --soft: #fff; color-scheme: light; }
  .skip, .filter, .copy, .toast, .pages, .top .badge { display: none !important; }
  body { font-size: 10pt; }
  .card, tr, li { break-inside: avoid; }
  .card { border: 0; border-top: 1px solid #999; border-radius: 0; }
  .cell .copyable code, .clip { white-space: normal; overflow-wrap: anywhere; max-width: none; }
  thead { display: table-header-group; }
  details::details-content { content-visibility: visible; height: auto; opacity: 1; }
}
`;
