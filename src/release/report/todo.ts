/**
 * What is to be done next, and everything that went wrong, with its remedy.
 *
 * @module
 */
import { type Html, html } from "../../serve/page/html.ts";
import { cutText, plural } from "../../serve/page/text.ts";
import { worstFirst } from "./counts.ts";
import type { ReleaseReport, ReportFailure, ReportMirror } from "./model.ts";
import { badge, copyable, icon, type Section, section } from "./parts.ts";
import { PHASE_WORDS } from "./words.ts";

/** Messages that are shown at once; the others can be opened. */
const SHOWN = 3;
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
  const items = [...troubles.values()].map((trouble) => troubleItem(trouble, limit, idOf));
  const body = html`<ul class="troubles">${items}</ul>`;
  const head = html`<p>${plural(count, "failure")}</p>`;
  return section({ id: "wrong", title: "What went wrong", count: head }, body);
}

function troubleItem(
  { failure, at }: Trouble,
  limit: number,
  idOf: (mirror: ReportMirror) => string,
): Html {
  const { phase, hint, attachmentsOnly } = failure;
  const must = at.some(({ mirror }) => mirror.required) && !attachmentsOnly;
  const tone = must ? "bad" : "warn";
  const what = attachmentsOnly ? "Attachments" : PHASE_WORDS[phase];
  const line = ({ mirror, message }: Trouble["at"][number]) =>
    html`<li><p><a href="#${idOf(mirror)}">${mirror.name}</a>${!mirror.required && badge("Need not succeed")}</p><p class="said">${cutText(message, limit)}</p></li>`;
  const rest = at.slice(SHOWN);
  return html`<li class="trouble ${tone}"><h3>${icon(tone)}${what}: ${plural(at.length, "failure")}</h3>
${hint !== null && html`<p class="remedy"><b>Remedy</b> ${cutText(hint, limit)}</p>`}
<ul class="places">${at.slice(0, SHOWN).map(line)}</ul>
${rest.length > 0 && html`<details><summary>${plural(rest.length, "more of the same", "more of the same")}</summary><ul class="places">${rest.map(line)}</ul></details>`}</li>`;
}
