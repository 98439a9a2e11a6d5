/**
 * What the page is put together from. The same look as the pages of the embedded registry, in fewer bytes: there may be a
 * hundred mirrors on one page.
 *
 * @module
 */
import { type Content, type Html, html, raw } from "../../serve/page/html.ts";
import { type CardHead, card } from "../../serve/page/parts.ts";
import { shortDigest, type Tone } from "./words.ts";

/** Icons, drawn once and used by name. Their shapes differ, so that colour is not needed to tell them apart. */
export const SPRITE = raw(`<svg class="quiet" aria-hidden="true" focusable="false">
<symbol id="i-good" viewBox="0 0 24 24"><circle cx="12" cy="12" r="10" fill="currentColor"/><path d="m7.5 12.5 3 3 6-6.5" fill="none" stroke="var(--surface)" stroke-width="2.25" stroke-linecap="round" stroke-linejoin="round"/></symbol>
<symbol id="i-warn" viewBox="0 0 24 24"><path d="M12 2.5 23 21.5H1z" fill="currentColor" stroke="currentColor" stroke-linejoin="round"/><path d="M12 9.5v5M12 17.6v.4" stroke="var(--surface)" stroke-width="2.25" stroke-linecap="round"/></symbol>
<symbol id="i-bad" viewBox="0 0 24 24"><path d="M7.9 2h8.2L22 7.9v8.2L16.1 22H7.9L2 16.1V7.9z" fill="currentColor"/><path d="m8.5 8.5 7 7m0-7-7 7" stroke="var(--surface)" stroke-width="2.25" stroke-linecap="round"/></symbol>
<symbol id="i-idle" viewBox="0 0 24 24"><circle cx="12" cy="12" r="9" fill="none" stroke="currentColor" stroke-width="2"/><path d="M8 12h8" stroke="currentColor" stroke-width="2.25" stroke-linecap="round"/></symbol>
<symbol id="i-copy" viewBox="0 0 24 24"><g fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round"><rect x="9" y="9" width="11" height="11" rx="2"/><path d="M5 15H4V6a2 2 0 0 1 2-2h9v1"/></g></symbol>
<symbol id="i-done" viewBox="0 0 24 24"><path d="m5 13 4.5 4.5L19 7" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round"/></symbol>
</svg>`);

/** An icon beside a word that says the same. */
export function icon(tone: Tone): Html {
  return raw(`<svg class="icon ${tone}" aria-hidden="true"><use href="#i-${tone}"/></svg>`);
}

/** A word with its icon. */
export function state(tone: Tone, word: string): Html {
  return html`<span class="state ${tone}">${icon(tone)}${word}</span>`;
}

/**
 * Text that is made to be copied: one click selects all of it. The script makes the button.
 *
 * @param what completes "Copy …" and "Copied …".
 */
export function copyable(text: string, what: string): Html {
  return html`<span class="copyable"><code>${text}</code><button type="button" class="copy" data-copy="${what}" hidden></button></span>`;
}

/** A digest of which the beginning is shown. */
export function short(digest: string): Html {
  return html`<code>${shortDigest(digest, 8)}</code>`;
}

/** A label without meaning of its own. */
export function badge(text: string): Html {
  return html`<span class="badge">${text}</span>`;
}

/** A term and what it is; nothing where there is nothing. */
export function fact(term: string, value: Content): Html | undefined {
  if (value === undefined || value === false) return undefined;
  return html`<dt>${term}</dt><dd>${value}</dd>`;
}

/** A card of the page, to be led to. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: Html;
}

/** A card with a head. */
export function section(head: CardHead, ...content: readonly Content[]): Section {
  return { id: head.id, title: head.title, body: card(head, ...content) };
}
