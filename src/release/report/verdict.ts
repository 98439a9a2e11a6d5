/**
 * The head of the page: what became of it, in words, and the figures of it.
 *
 * @module
 */
import { type Content, type Html, html } from "../../serve/page/html.ts";
import { formatCount, formatSize } from "../../serve/page/text.ts";
import { platformNames, tagCounts, total } from "./counts.ts";
import type { ReleaseReport } from "./model.ts";
import { hasFailed } from "./next-steps.ts";
import { copyable, icon, type Section } from "./parts.ts";
import { formatDate, formatTime, tagWords, verdictOf } from "./words.ts";

/** The head. */
export function head(report: ReleaseReport, sections: readonly Section[]): Html {
  const { tone, word, headline, meaning } = verdictOf(report);
  const links = sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`);
  return html`<div class="verdict ${tone}">
<p class="word">${icon(tone)}${word}</p>
<h1>${headline}</h1>
<p class="meaning">${meaning}</p>
<dl class="figures">${figures(report).map(([term, value, more]) => html`<div><dt>${term}</dt><dd>${value}${more !== undefined && html`<small>${more}</small>`}</dd></div>`)}</dl>
${digests(report)}
</div>
<nav class="contents" aria-label="On this page"><ul>${links}</ul></nav>`;
}

type Figure = readonly [term: string, value: Content, more?: string];

function figures(report: ReleaseReport): readonly Figure[] {
  const { mirrors, kind } = report;
  const whole = mirrors.filter((mirror) => !hasFailed(mirror) && mirror.result !== "drifted");
  const platforms = platformNames(report).length;
  const requests = total(mirrors, "requests");
  const sent = total(mirrors, "sent");
  const compared = total(mirrors, "compared");
  const [first, ...others] = tagCounts(report).map(({ result, count }) => {
    const planned = report.result === "planned" && result === "not moved";
    const { word } = tagWords(
      { tag: "", planned: null, before: null, after: null, result },
      report,
    );
    return `${formatCount(count)} ${planned ? "to move or create" : word}`;
  });
  return [
    [
      "Mirrors",
      `${formatCount(whole.length)} of ${formatCount(mirrors.length)}`,
      kind === "check" ? "as released" : "well",
    ],
    ...(first === undefined ? [] : [figure("Tags", first, others.join(", "))]),
    ...(platforms === 0 ? [] : [figure("Platforms", formatCount(platforms))]),
    ...(compared === null ? [] : [figure("Compared", formatCount(compared), "contents and tags")]),
    ...(sent === null ? [] : [figure("Sent", formatSize(sent))]),
    ...(requests === null ? [] : [figure("Requests", formatCount(requests))]),
    figure("Took", formatTime(report.milliseconds), formatDate(report.started)),
  ];
}

function figure(term: string, value: string, more = ""): Figure {
  return more === "" ? [term, value] : [term, value, more];
}

/** What tags name: one digest for each form of the image. */
function digests({ variants }: ReleaseReport): Html | undefined {
  if (variants.length === 0) return undefined;
  const many = variants.length > 1;
  return html`<dl class="digests">${variants.map(({ format, inline, index }) => {
    const form = many ? formOf(format, inline) : "";
    return html`<dt>${many ? `Digest, ${form}` : "Digest"}</dt><dd class="full">${copyable(index.digest, `the digest of the index${many ? `, ${form}` : ""}`)}</dd>`;
  })}</dl>`;
}

/** `OCI`, `Docker, blobs inline`: how a form of the image is told from another. */
export function formOf(format: "oci" | "docker", inline: string): string {
  const name = format === "oci" ? "OCI" : "Docker";
  if (inline === "none") return name;
  return `${name}, ${inline === "all" ? "all content" : inline} inline`;
}
