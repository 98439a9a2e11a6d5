/**
 * What is to be done next, and everything that went wrong, with its remedy.
 *
 * @module
 */
import { isDigest } from "../../oci/digest.ts";
import { type Html, html } from "../../serve/page/html.ts";
import { type Column, table } from "../../serve/page/parts.ts";
import { cutText, plural } from "../../serve/page/text.ts";
import { worstFirst } from "./counts.ts";
import type { ReleaseReport, ReportFailure, ReportMirror } from "./model.ts";
import { badge, copyable, icon, type Section, section } from "./parts.ts";
import { failureWords } from "./words.ts";

/** Messages that are shown at once; the others can be opened. */
const SHOWN = 3;
/** Differences that have a row here. */
const DIFFERENCES = 60;
/** Characters of all messages on the page. */
const TEXT_BUDGET = 160_000;

/** What to do next; nothing when all is well. */
export function nextCard({ next }: ReleaseReport): Section | undefined {
  if (next.length === 0) return undefined;
  const steps = next.map(
    ({ text, command }) =>
      html`<li><p>${text}</p>${command !== null && html`<p class="command">${copyable(command, `the command: ${command}`)}</p>`}</li>`,
  );
  const body = html`<div class="inside"><ol class="steps">${steps}</ol></div>`;
  return section({ id: "next", title: "What to do next" }, body);
}

/** What a check found; nothing where all is as released. */
export function driftCard(
  { mirrors }: ReleaseReport,
  idOf: (mirror: ReportMirror) => string,
): Section | undefined {
  const all = worstFirst(mirrors).flatMap((mirror) =>
    mirror.findings.map((finding) => ({ mirror, finding })),
  );
  if (all.length === 0) return undefined;
  const digest = (text: string, what: string) =>
    isDigest(text) ? copyable(text, what) : html`<span class="full">${cutText(text, 300)}</span>`;
  const rows = all.slice(0, DIFFERENCES).map(({ mirror, finding: { what, expected, found } }) => ({
    cells: [
      html`<a href="#${idOf(mirror)}">${mirror.name}</a>`,
      cutText(what, 200),
      digest(expected, `the digest that ${mirror.name} should have for ${cutText(what, 200)}`),
      digest(found, `the digest that ${mirror.name} has for ${cutText(what, 200)}`),
    ],
  }));
  const columns: readonly Column[] = [
    { title: "Mirror" },
    { title: "What" },
    { title: "Expected", class: "cell" },
    { title: "Found", class: "cell" },
  ];
  return section(
    {
      id: "drift",
      title: "What has drifted",
      count: html`<p>${plural(all.length, "difference")}</p>`,
    },
    table("What is not as it was released", columns, rows),
    all.length > DIFFERENCES &&
      html`<p class="note">The first ${DIFFERENCES}. Each mirror has its own below.</p>`,
  );
}

/** Something that went wrong in one way, wherever it did. */
interface Trouble {
  readonly failure: ReportFailure;
  readonly at: { readonly mirror: ReportMirror; readonly message: string }[];
}

/** Everything that went wrong. What has one remedy stands together. */
export function troubleCard(
  report: ReleaseReport,
  idOf: (mirror: ReportMirror) => string,
): Section | undefined {
  const troubles = new Map<string, Trouble>();
  let count = 0;
  for (const mirror of worstFirst(report.mirrors)) {
    for (const failure of mirror.failures) {
      const { phase, code, hint, attachmentsOnly, message } = failure;
      const key = JSON.stringify([phase, code, hint, attachmentsOnly]);
      const trouble = troubles.get(key) ?? { failure, at: [] };
      trouble.at.push({ mirror, message });
      troubles.set(key, trouble);
      count++;
    }
  }
  if (count === 0) return undefined;
  const limit = Math.max(100, Math.floor(TEXT_BUDGET / Math.max(80, count)));
  const items = [...troubles.values()].map((trouble) => troubleItem(trouble, report, limit, idOf));
  const body = html`<ul class="troubles">${items}</ul>`;
  const head = html`<p>${plural(count, "failure")}</p>`;
  return section({ id: "wrong", title: "What went wrong", count: head }, body);
}

function troubleItem(
  { failure, at }: Trouble,
  report: ReleaseReport,
  limit: number,
  idOf: (mirror: ReportMirror) => string,
): Html {
  const { hint, attachmentsOnly } = failure;
  const must = at.some(({ mirror }) => mirror.required) && !attachmentsOnly;
  const tone = must ? "bad" : "warn";
  const who = (mirror: ReportMirror) =>
    html`<a href="#${idOf(mirror)}">${mirror.name}</a>${!mirror.required && badge("Best effort")}`;
  const said = (message: string) => html`<p class="said">${cutText(message, limit)}</p>`;
  const line = ({ mirror, message }: Trouble["at"][number]) =>
    html`<li><p>${who(mirror)}</p>${said(message)}</li>`;
  const [only, second] = at;
  const single = second === undefined && only !== undefined;
  const where = single ? who(only.mirror) : plural(at.length, "mirror");
  const rest = at.slice(SHOWN);
  return html`<li class="trouble ${tone}"><h3>${icon(tone)}<span>${failureWords(failure, report)} at ${where}</span></h3>
${single ? said(only.message) : html`<ul class="places">${at.slice(0, SHOWN).map(line)}</ul>`}
${rest.length > 0 && html`<details><summary>${rest.length} more of the same</summary><ul class="places">${rest.map(line)}</ul></details>`}
${hint !== null && html`<p class="remedy"><b>Remedy</b> ${cutText(hint, limit)}</p>`}</li>`;
}
