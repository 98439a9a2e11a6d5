/**
 * The document around every page: head, landmarks, style and script.
 *
 * @module
 */
import { type Content, type Html, html, raw, render } from "./html.ts";
import type { Origin } from "./origin.ts";
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";

/** What is the same on every page of a registry. */
export interface Setting {
  readonly origin: Origin;
  readonly version: string | undefined;
  readonly writable: boolean;
  readonly login: boolean;
  /** Is told of what cannot be read. */
  readonly onError: (error: unknown) => void;
}

/** One page. */
export interface View {
  /** For the tab of the browser, without the name of the registry. */
  readonly title: string;
  /** Where the page lies, from the list of repositories; the last one is the page itself. */
  readonly crumbs: readonly { readonly text: string; readonly href?: string }[];
  readonly body: Content;
}

/** The bars of a pause button: the mark of the program. */
const MARK = raw(
  '<svg viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8" fill="currentColor"/><path d="M12 9v14M20 9v14" stroke="var(--surface)" stroke-width="4" stroke-linecap="round"/></svg>',
);
const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='8' fill='%230a5f70'/%3E%3Cpath d='M12 9v14M20 9v14' stroke='white' stroke-width='4' stroke-linecap='round'/%3E%3C/svg%3E";

/** The whole document as text. */
export function renderView(view: View, setting: Setting): string {
  const { origin, version, writable } = setting;
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${view.title} – ${origin.host}</title>
<link rel="icon" href="${ICON}">
<style>${raw(STYLE)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="top"><div class="wide"><a class="brand" href="/">${MARK}<span>Registry</span></a>
<span class="host">${origin.host}</span><span class="badge">${writable ? "Writable" : "Read-only"}</span></div></header>
<main id="main" tabindex="-1"><div class="wide">
${breadcrumb(view)}
${view.body}
</div></main>
<footer class="bottom"><div class="wide"><span>Served by hiatus${version !== undefined && ` ${version}`}</span>
<span>Tools use the API under <code>/v2/</code></span></div></footer>
<div class="toast"><p id="said" role="status"></p></div>
<script>${raw(SCRIPT)}</script>
</body>
</html>
`;
  return render(document);
}

function breadcrumb({ crumbs }: View): Html | undefined {
  if (crumbs.length === 0) return undefined;
  const items = crumbs.map(({ text, href }) =>
    href === undefined
      ? html`<li><span aria-current="page">${text}</span></li>`
      : html`<li><a href="${href}">${text}</a></li>`,
  );
  return html`<nav class="crumbs" aria-label="Breadcrumb"><ol>${items}</ol></nav>`;
}
