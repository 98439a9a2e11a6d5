/**
 * The head of the page: what became of it, in words, and the figures of it.
 *
 * @module
 */
import { type Content, type Html, html } from "../../serve/page/html.ts";
import { formatCount, formatSize } from "../../serve/page/text.ts";
import { platformNames, total, worstFirst } from "./counts.ts";
import type { ReleaseReport } from "./model.ts";
import { copyable, icon, type Section } from "./parts.ts";
import { verdictOf } from "./verdict-words.ts";
import { formatDate, formatTime, tagSums } from "./words.ts";

/** The head. */
export function head(report: ReleaseReport, sections: readonly Section[]): Html {
  const { tone, word, headline, meaning } = verdictOf(report);
  const links = sections
    .filter(({ id }) => !/-\d+$/.test(id))
    .map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`);
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
  const { mirrors } = report;
  const platforms = platformNames(report).length;
  const requests = total(mirrors, "requests");
  const sent = total(mirrors, "sent");
  const compared = total(mirrors, "compared");
  const tags = mirrors.reduce((sum, mirror) => sum + mirror.tags.length, 0);
  return [
    figure("Mirrors", formatCount(mirrors.length), mirrorCounts(report)),
    ...(tags === 0 ? [] : [figure("Tags", formatCount(tags), tagSums(report).join(", "))]),
    ...(platforms === 0 ? [] : [figure("Platforms", formatCount(platforms))]),
    ...(compared === null ? [] : [figure("Compared", formatCount(compared), "contents and tags")]),
    ...(sent === null ? [] : [figure("Sent", formatSize(sent))]),
    ...(requests === null ? [] : [figure("Requests", formatCount(requests))]),
    figure("Took", formatTime(report.milliseconds), formatDate(report.started)),
  ];
}

/** `1 failed, 9 released`. */
function mirrorCounts({ mirrors }: ReleaseReport): string {
  const counts = new Map<string, number>();
  for (const { result } of worstFirst(mirrors)) counts.set(result, (counts.get(result) ?? 0) + 1);
  return [...counts].map(([result, count]) => `${formatCount(count)} ${result}`).join(", ");
}

function figure(term: string, value: string, more = ""): Figure {
  return more === "" ? [term, value] : [term, value, more];
}

/** What tags name: one digest for each form of the image. */
function digests({ variants, journal }: ReleaseReport): Html | undefined {
  if (variants.length === 0 && journal === null) return undefined;
  const many = variants.length > 1;
  return html`<dl class="digests">${variants.map(({ format, inline, index }) => {
    const form = many ? formOf(format, inline) : "";
    return html`<dt>${many ? `Digest, ${form}` : "Digest"}</dt><dd class="full">${copyable(index.digest, `the digest of the index${many ? `, ${form}` : ""}`)}</dd>`;
  })}${journal !== null && html`<dt>Journal</dt><dd class="full">${copyable(journal, "the path of the journal")}</dd>`}</dl>`;
}

/** `OCI`, `Docker, blobs inline`: how a form of the image is told from another. */
export function formOf(format: "oci" | "docker", inline: string): string {
  const name = format === "oci" ? "OCI" : "Docker";
  if (inline === "none") return name;
  return `${name}, ${inline === "all" ? "all content" : inline} inline`;
}
