/**
 * What the pages are put together from: text to copy, tables, pages of lists.
 *
 * @module
 */
import { type Content, type Html, html, raw } from "./html.ts";
import { TEXT_LIMIT } from "./limits.ts";
import type { Listing, Wanted } from "./listing.ts";
import { cutText, formatCount } from "./text.ts";

/** Paths of icons, drawn with strokes on 24 by 24. */
const COPY = raw(
  '<svg class="todo" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round" aria-hidden="true"><rect x="9" y="9" width="11" height="11" rx="2"/><path d="M5 15H4V6a2 2 0 0 1 2-2h9v1"/></svg>',
);
const DONE = raw(
  '<svg class="done" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="m5 13 4.5 4.5L19 7"/></svg>',
);

/**
 * Text that is made to be copied: one click selects all of it, and with the script there is a button.
 *
 * @param what completes "Copy …" and "Copied …", for example `the digest of 3.10`.
 */
export function copyable(text: string, what: string, href?: string): Html {
  const code = html`<code>${text}</code>`;
  const content = href === undefined ? code : html`<a href="${href}">${code}</a>`;
  return html`<span class="copyable">${content}<button type="button" class="copy" data-copy="${what}" aria-label="Copy ${what}" title="Copy ${what}" hidden>${COPY}${DONE}</button></span>`;
}

/** Text of a stranger: cut, its line ends kept. */
export function foreign(text: string): Html {
  return html`<span class="text">${cutText(text, TEXT_LIMIT)}</span>`;
}

/** A column of a table. The cells of the first are the headers of their rows. */
export interface Column {
  readonly title: string;
  readonly class?: string;
}

/** A row: its cells, and what it is filtered by. */
export interface Row {
  readonly cells: readonly Content[];
  readonly name?: string;
}

/**
 * A table that turns into cards where it is narrow. CSS that does so takes the meaning of rows and cells away from
 * screen readers, so the roles say it again.
 */
export function table(caption: string, columns: readonly Column[], rows: readonly Row[]): Html {
  const heads = columns.map(
    (column) => html`<th role="columnheader" scope="col"${className(column)}>${column.title}</th>`,
  );
  return html`<table role="table"><caption class="quiet">${caption}</caption>
<thead role="rowgroup"><tr role="row">${heads}</tr></thead>
<tbody role="rowgroup">${rows.map((row) => tableRow(columns, row))}</tbody></table>`;
}

function tableRow(columns: readonly Column[], row: Row): Html {
  const cells = columns.map((column, i) => {
    const label = html` data-label="${column.title}"${className(column)}`;
    const content = html`<div>${row.cells[i]}</div>`;
    return i === 0
      ? html`<th role="rowheader" scope="row"${label}>${content}</th>`
      : html`<td role="cell"${label}>${content}</td>`;
  });
  const name = row.name === undefined ? undefined : html` data-name="${row.name}"`;
  return html`<tr role="row"${name}>${cells}</tr>
`;
}

function className(column: Column): Html | undefined {
  return column.class === undefined ? undefined : html` class="${column.class}"`;
}

/** The head of a card. */
export interface CardHead {
  /** Of the heading: one of its kind on the page. */
  readonly id: string;
  readonly title: string;
  /** How much there is, beside the title. */
  readonly count?: Content;
  /** On the other side. */
  readonly aside?: Content;
}

/** A section with a head, and what is in it edge to edge. */
export function card({ id, title, count, aside }: CardHead, ...content: readonly Content[]): Html {
  return html`<section class="card" aria-labelledby="${id}">
<header><div><h2 id="${id}">${title}</h2>${count}</div>${aside}</header>
${content}</section>`;
}

/** The field that filters a list. With the script it filters while typing, if all of the list is on this page. */
export function filterForm(
  path: string,
  label: string,
  wanted: Wanted,
  listing: Listing<unknown>,
): Html {
  const live = listing.pages === 1 && !listing.cut && wanted.filter === "";
  return html`<form class="filter" role="search" action="${path}" method="get"${live && raw(" data-live")}>
<label for="q">${label}</label><input type="search" id="q" name="q" value="${wanted.filter}" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="200">
<button class="button">Filter</button></form>`;
}

/** How many there are, in a region that is read aloud when filtering changes it. */
export function countLine(
  listing: Listing<unknown>,
  wanted: Wanted,
  one: string,
  many: string,
): Html {
  const all = `${formatCount(listing.total)}${listing.cut ? "+" : ""} ${listing.total === 1 ? one : many}`;
  const text = wanted.filter === "" ? all : `${all} with “${wanted.filter}”`;
  return html`<p id="count" role="status">${text}</p>`;
}

/** Links to the pages before and after; nothing where there is one page. */
export function pageLinks(
  path: string,
  wanted: Wanted,
  { page, pages }: Listing<unknown>,
): Html | undefined {
  if (pages === 1) return undefined;
  const to = (number: number, text: string, rel: string) => {
    const query = new URLSearchParams({
      ...(wanted.filter === "" ? {} : { q: wanted.filter }),
      page: String(number),
    });
    return html`<a href="${path}?${query.toString()}" rel="${rel}">${text}</a>`;
  };
  return html`<nav class="pages" aria-label="Pages"><span>${page > 1 && to(page - 1, "Previous", "prev")}</span>
<span>Page ${page} of ${pages}</span><span>${page < pages && to(page + 1, "Next", "next")}</span></nav>`;
}
