/**
 * `summary.md`: the report for a pipeline's job page. Short: what became of it, every failure with its remedy, a table of
 * mirrors, the digest. At most 64 KiB, whatever went wrong at however many mirrors.
 *
 * @see https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#adding-a-job-summary
 * @module
 */
import { cutText, formatSize, plural } from "../../serve/page/text.ts";
import { needsSomebody, platformNames, total, worstFirst } from "./counts.ts";
import { mdCode, mdText } from "./markdown-text.ts";
import type { ReleaseReport, ReportMirror, ReportTag } from "./model.ts";
import { formOf } from "./verdict.ts";
import { verdictOf } from "./verdict-words.ts";
import {
  failureWords,
  formatDate,
  formatTime,
  mirrorWords,
  shortDigest,
  type Tone,
  tagSums,
  tagWords,
} from "./words.ts";

/** Most bytes. */
export const SUMMARY_LIMIT = 64 * 1024;

const MARKS: Readonly<Record<Tone, string>> = { good: "✅", warn: "⚠️", bad: "❌", idle: "⏸️" };

/** How much is told. */
interface Extent {
  readonly failures: number;
  readonly mirrors: number;
  /** Of one mirror. */
  readonly tags: number;
  /** Characters of a message. */
  readonly text: number;
}

/** From all of it to what fits into any page. */
const EXTENTS: readonly Extent[] = [
  { failures: 100, mirrors: 100, tags: 12, text: 1000 },
  { failures: 60, mirrors: 100, tags: 6, text: 300 },
  { failures: 30, mirrors: 50, tags: 4, text: 200 },
  { failures: 10, mirrors: 20, tags: 3, text: 120 },
  { failures: 5, mirrors: 5, tags: 2, text: 60 },
];

/** The summary. */
export function formatMarkdown(report: ReleaseReport): string {
  const texts = EXTENTS.map((extent) => () => write(report, extent));
  const fitting = texts.find((text) => new TextEncoder().encode(text()).length < SUMMARY_LIMIT);
  return (fitting ?? texts.at(-1))?.() ?? "";
}

function write(report: ReleaseReport, extent: Extent): string {
  const { tone, headline, meaning } = verdictOf(report);
  const parts = [
    `## ${MARKS[tone]} ${mdText(headline)}`,
    mdText(meaning),
    figures(report),
    next(report),
    failures(report, extent),
    findings(report, extent),
    table(report, extent),
    digests(report),
    `<sub>hiatus ${mdText(report.hiatus)}, begun ${formatDate(report.started)}. The whole report is index.html beside this file.</sub>`,
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function figures(report: ReleaseReport): string {
  const { mirrors } = report;
  const requests = total(mirrors, "requests");
  const sent = total(mirrors, "sent");
  const platforms = platformNames(report).length;
  const tags = tagSums(report);
  return [
    `**${plural(mirrors.length, "mirror")}**`,
    ...(platforms === 0 ? [] : [plural(platforms, "platform")]),
    ...(tags.length === 0 ? [] : [`tags: ${tags.join(", ")}`]),
    ...(sent === null ? [] : [`${formatSize(sent)} sent`]),
    ...(requests === null ? [] : [plural(requests, "request")]),
    formatTime(report.milliseconds),
  ].join(" · ");
}

function next({ next: steps }: ReleaseReport): string {
  if (steps.length === 0) return "";
  const lines = steps.map(({ text, command }, at) => {
    const more = command === null ? "" : `: ${mdCode(command)}`;
    return `${at + 1}. ${mdText(text)}${more}`;
  });
  return `### What to do next\n\n${lines.join("\n")}`;
}

function failures(report: ReleaseReport, { failures: limit, text }: Extent): string {
  const all = worstFirst(report.mirrors).flatMap((mirror) =>
    mirror.failures.map((failure) => ({ mirror, failure })),
  );
  if (all.length === 0) return "";
  const lines = all.slice(0, limit).map(({ mirror, failure }) => {
    const { message, hint } = failure;
    const what = failureWords(failure, report).toLowerCase();
    const kind = mirror.required ? "" : ", best effort";
    const remedy = hint === null ? "" : `\n  - **Remedy:** ${mdText(cutText(hint, text))}`;
    return `- **${mdText(mirror.name)}** (${what}${kind}): ${mdCode(cutText(message, text))}${remedy}`;
  });
  const rest = all.length - lines.length;
  if (rest > 0) lines.push(`- and ${plural(rest, "more failure")}, all of them in the report`);
  return `### What went wrong\n\n${lines.join("\n")}`;
}

function findings({ mirrors }: ReleaseReport, { failures: limit, text }: Extent): string {
  const all = worstFirst(mirrors).flatMap((mirror) =>
    mirror.findings.map((finding) => ({ mirror, finding })),
  );
  if (all.length === 0) return "";
  const cell = (value: string) => mdCode(cutText(value, text), true);
  const lines = all
    .slice(0, limit)
    .map(
      ({ mirror, finding: { what, expected, found } }) =>
        `| ${mdText(mirror.name)} | ${cell(what)} | ${cell(expected)} | ${cell(found)} |`,
    );
  const rest = all.length - lines.length;
  const more =
    rest > 0 ? `\n\nand ${plural(rest, "more difference")}, all of them in the report` : "";
  return `### What has drifted\n\n| Mirror | What | Expected | Found |\n| --- | --- | --- | --- |\n${lines.join("\n")}${more}`;
}

/** The mirrors that need somebody at once, the others folded up where there are many. */
function table(report: ReleaseReport, { mirrors: limit, tags }: Extent): string {
  const sorted = worstFirst(report.mirrors);
  const shown = sorted.slice(0, limit);
  const urgent = shown.filter(needsSomebody);
  const fine = shown.filter((mirror) => !needsSomebody(mirror));
  const rows = (list: readonly ReportMirror[]) =>
    `| Mirror | Result | Tags | Sent | Took |\n| --- | --- | --- | ---: | ---: |\n${list.map((mirror) => row(mirror, report, tags)).join("\n")}`;
  const rest = sorted.length - shown.length;
  const more =
    rest > 0 ? `\n\nand ${plural(rest, "more mirror")}: ${restWords(sorted.slice(limit))}` : "";
  if (shown.length === 0) return "";
  if (fine.length <= 15) return `### Mirrors\n\n${rows(shown)}${more}`;
  const first = urgent.length === 0 ? "" : `${rows(urgent)}\n\n`;
  return `### Mirrors\n\n${first}<details><summary>${plural(fine.length, "mirror")} with nothing to do</summary>\n\n${rows(fine)}\n\n</details>${more}`;
}

/** `80 released, 3 unchanged`. */
function restWords(mirrors: readonly ReportMirror[]): string {
  const counts = new Map<string, number>();
  for (const mirror of mirrors) {
    const { word } = mirrorWords(mirror);
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].map(([word, count]) => `${count} ${word.toLowerCase()}`).join(", ");
}

function row(mirror: ReportMirror, report: ReleaseReport, limit: number): string {
  const { name, registry, repository, phases, sent } = mirror;
  const { tone, word, notes } = mirrorWords(mirror);
  const begin = Math.min(...phases.map((span) => span.begin));
  const took =
    phases.length === 0 ? "–" : formatTime(Math.max(...phases.map(({ end }) => end)) - begin);
  const cells = [
    `**${mdText(name)}**<br>${mdCode(`${registry}/${repository}`, true)}`,
    [`${MARKS[tone]} ${word}`, ...notes.map((note) => note.toLowerCase())].join(", "),
    tagList(mirror.tags, report, limit),
    sent === null ? "–" : formatSize(sent),
    took,
  ];
  return `| ${cells.join(" | ")} |`;
}

/** Tags that came out alike stand together. */
function tagList(tags: readonly ReportTag[], report: ReleaseReport, limit: number): string {
  const lines: string[] = [];
  for (const tag of tags) {
    const { word } = tagWords(tag, report);
    const from = tag.before === null ? undefined : shortDigest(tag.before);
    const to = tag.after === null ? undefined : shortDigest(tag.after);
    const digests = [...new Set([from, to])].filter((one) => one !== undefined);
    lines.push(
      `${mdCode(tag.tag, true)} ${word}${digests.length === 0 ? "" : ` ${digests.map((one) => mdCode(one, true)).join(" → ")}`}`,
    );
  }
  const shown = lines.slice(0, limit);
  const rest = lines.length - shown.length;
  return [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join("<br>") || "–";
}

function digests({ variants }: ReleaseReport): string {
  if (variants.length === 0) return "";
  const many = variants.length > 1;
  const lines = variants.map(({ format, inline, index, platforms }) => {
    const head = `${many ? `${formOf(format, inline)}: ` : ""}${mdCode(index.digest)}`;
    const rows = platforms.map(
      ({ platform, manifest }) =>
        `| ${mdCode(platform, true)} | ${mdCode(manifest.digest, true)} |`,
    );
    const list = `| Platform | Digest |\n| --- | --- |\n${rows.slice(0, 40).join("\n")}`;
    return rows.length === 0
      ? head
      : `${head}\n\n<details><summary>${plural(rows.length, "platform")}</summary>\n\n${list}\n\n</details>`;
  });
  return `### ${many ? "Digests" : "Digest"}\n\n${lines.join("\n\n")}`;
}
