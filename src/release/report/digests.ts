/**
 * Digests to copy, the commands that pull, and what is attached.
 *
 * @module
 */

import { pullCommands } from "../../serve/page/commands.ts";
import { html } from "../../serve/page/html.ts";
import { type Origin, originOf } from "../../serve/page/origin.ts";
import { type Column, type Row, table } from "../../serve/page/parts.ts";
import { formatSize, plural } from "../../serve/page/text.ts";
import type { ReleaseReport, ReportMirror, ReportVariant } from "./model.ts";
import { hasFailed } from "./next-steps.ts";
import { copyable, type Section, section } from "./parts.ts";
import { formOf } from "./verdict.ts";
import { shortDigest } from "./words.ts";

/** Attachments that have a row of their own. */
const ATTACHMENTS = 200;

/** The commands that pull, by digest; nothing where no mirror is known to hold the image. */
export function pullCard({ mirrors, kind, result }: ReleaseReport): Section | undefined {
  if (kind === "rollback" || result === "planned") return undefined;
  const holding = mirrors.filter((mirror) => mirror.index !== null && isHolding(mirror));
  const [first] = holding;
  if (first?.index == null) return undefined;
  const items = pullCommands(mirrorOrigin(first), first.repository, first.index).map(
    ({ tool, line }) =>
      html`<li><h3>${tool}</h3>${copyable(line, `the ${tool} command to pull from ${first.name}`)}</li>`,
  );
  const references = holding.map(
    ({ name, registry, repository, index }) =>
      html`<li data-name="${name} ${registry}/${repository}"><h3>${name}</h3>${copyable(`${registry}/${repository}@${index}`, `the reference at ${name}`)}</li>`,
  );
  return section(
    {
      id: "pull",
      title: `Pull from ${first.name}`,
      aside: html`<p>By digest, which no one can move</p>`,
    },
    html`<div class="inside"><ul class="commands">${items}</ul></div>`,
    holding.length > 1 &&
      html`<details><summary>The image at each of ${plural(holding.length, "mirror")}</summary><ul class="commands references">${references}</ul></details>`,
  );
}

/** Every digest of the image, a card for each form. */
export function imageCards({ variants }: ReleaseReport): readonly Section[] {
  return variants.map((variant, at) => {
    const { format, inline, index, platforms } = variant;
    const form = formOf(format, inline);
    const title = variants.length === 1 ? "Digests" : `Digests, ${form}`;
    const columns: readonly Column[] = [
      { title: "Platform" },
      { title: "Download", class: "number" },
      { title: "Digest", class: "cell broad" },
    ];
    const rows: readonly Row[] = [
      {
        cells: [
          "Index",
          formatSize(index.size),
          copyable(index.digest, `the digest of the index, ${form}`),
        ],
      },
      ...platforms.map(({ platform, manifest, download }) => ({
        cells: [
          platform,
          download === null ? "–" : formatSize(download),
          copyable(manifest.digest, `the digest for ${platform}, ${form}`),
        ],
      })),
    ];
    return section(
      {
        id: at === 0 ? "digests" : `digests-${at + 1}`,
        title,
        count: html`<p>${plural(platforms.length, "platform")}</p>`,
      },
      table(`Digests of the image, ${form}`, columns, rows),
    );
  });
}

/** What is attached to the image; nothing where nothing is. */
export function attachmentsCard({ variants, mirrors }: ReleaseReport): Section | undefined {
  const all = variants.flatMap((variant) =>
    variant.attachments.map((attachment) => ({ variant, attachment })),
  );
  if (all.length === 0) return undefined;
  const rows = all.slice(0, ATTACHMENTS).map(({ variant, attachment }) => {
    const { artifactType, mediaType, digest, subject, tag } = attachment;
    const what = html`${artifactType ?? mediaType}${tag !== null && html`<br><small>by tag</small>`}`;
    return {
      cells: [what, subjectOf(subject, variant), copyable(digest, "the digest of this attachment")],
    };
  });
  const columns = [{ title: "Type" }, { title: "Attached to" }, { title: "Digest", class: "cell" }];
  return section(
    {
      id: "attachments",
      title: "Attachments",
      count: html`<p>${plural(all.length, "document")}</p>`,
      aside: html`<p>${policies(mirrors)}</p>`,
    },
    table("What is attached to the image", columns, rows),
    all.length > ATTACHMENTS &&
      html`<p class="note">The first ${ATTACHMENTS}. report.json has them all.</p>`,
  );
}

function subjectOf(subject: string, { index, platforms, attachments }: ReportVariant): string {
  if (subject === index.digest) return "The index";
  const platform = platforms.find(({ manifest }) => manifest.digest === subject);
  if (platform !== undefined) return platform.platform;
  const other = attachments.some(({ digest }) => digest === subject);
  return `${other ? "Attachment " : ""}${shortDigest(subject)}`;
}

/** `Required at 2 mirrors, tried at 3, left out at 1`. */
function policies(mirrors: readonly ReportMirror[]): string {
  const parts = (
    [
      ["required", "Required"],
      ["best-effort", "Tried"],
      ["none", "Left out"],
    ] as const
  ).flatMap(([policy, word]) => {
    const count = mirrors.filter(({ attachments }) => attachments === policy).length;
    return count === 0 ? [] : [`${word} at ${plural(count, "mirror")}`];
  });
  const refused = mirrors.filter(
    (mirror) => !hasFailed(mirror) && mirror.failures.length > 0,
  ).length;
  return [...parts, ...(refused === 0 ? [] : [`refused by ${refused}`])].join(", ");
}

/** Is the whole image there, as far as this report knows? Those that must succeed come first. */
function isHolding(mirror: ReportMirror): boolean {
  return ["released", "unchanged", "staged", "same"].includes(mirror.result);
}

function mirrorOrigin({ registry, plainHttp }: ReportMirror): Origin {
  const secure = originOf(new URL(`https://${registry}`));
  const isPlain = plainHttp || secure.loopback;
  return { ...secure, host: registry, secure: !isPlain };
}
