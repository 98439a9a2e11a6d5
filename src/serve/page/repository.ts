/**
 * One repository with its tags.
 *
 * @module
 */
import { isIndex } from "../../oci/document.ts";
import type { Source } from "../../store/source.ts";
import { type Facts, readFacts } from "./facts.ts";
import { type Content, type Html, html } from "./html.ts";
import { TAGS_A_PAGE } from "./limits.ts";
import { isAttachmentTag, matching, pageOf, sortTags, type Wanted } from "./listing.ts";
import { card, copyable, countLine, filterForm, pageLinks, type Row, table } from "./parts.ts";
import { attempt, createReader, type Reader, type ReaderOptions } from "./reader.ts";
import { imagePath, repositoryPath } from "./route.ts";
import type { View } from "./shell.ts";
import { formatRange, kindOf } from "./text.ts";

/** Platforms that are named in a row; of more than that, how many more. */
const SAMPLE = 4;

/** Makes the page. */
export async function repositoryView(
  name: string,
  source: Source,
  wanted: Wanted,
  options: ReaderOptions,
): Promise<View> {
  const { signal } = options;
  const { names, cut } = await matching(source.tags({ signal }), wanted.filter);
  const listing = pageOf(sortTags(names), wanted.page, TAGS_A_PAGE, cut);
  const reader = createReader(source, options);
  const rows: Row[] = [];
  for (const tag of listing.items) rows.push(await row(name, tag, source, reader, options));
  const path = repositoryPath(name);
  const columns = [
    { title: "Tag" },
    { title: "Platforms" },
    { title: "Download", class: "short" },
    { title: "Digest", class: "cell" },
  ];
  return {
    title: name,
    crumbs: [{ text: "Repositories", href: "/" }, { text: name }],
    body: html`<div class="head"><h1>${name}</h1>
<p>Choose a tag for its platforms, its contents and the commands that pull it. The download is what one platform fetches, compressed.</p></div>
${card(
  {
    id: "tags",
    title: "Tags",
    count: countLine(listing, wanted, "tag", "tags"),
    aside: filterForm(path, "Filter", wanted, listing),
  },
  rows.length > 0 && table(`Tags of ${name}`, columns, rows),
  pageLinks(path, wanted, listing),
)}`,
  };
}

async function row(
  name: string,
  tag: string,
  source: Source,
  reader: Reader,
  { signal, onError }: ReaderOptions,
): Promise<Row> {
  const text = isAttachmentTag(tag) ? html`<span class="clip">${tag}</span>` : tag;
  const link = html`<a href="${imagePath(name, tag)}">${text}</a>`;
  // Deleted since, or damaged; the rest of the list is still worth showing.
  const facts = await attempt(
    async () => readFacts(reader, await source.resolve(tag, { signal })),
    onError,
  );
  if (!facts.ok) return { name: tag, cells: [link, facts.why, dash(), dash()] };
  const { descriptor, weight } = facts.value;
  return {
    name: tag,
    cells: [
      link,
      platforms(facts.value, tag),
      weight ? formatRange(weight.least, weight.most) : dash(),
      copyable(descriptor.digest, `the digest of ${tag}`),
    ],
  };
}

function platforms({ document, platforms: all, descriptor }: Facts, tag: string): Content {
  if (!document.ok) return document.why;
  if (all.length === 0) {
    const { artifactType } = document.value;
    const type =
      artifactType ?? (isIndex(document.value) ? undefined : document.value.config.mediaType);
    return html`<span class="dim">${isAttachmentTag(tag) ? "Attachments of a digest" : (type ?? kindOf(descriptor.mediaType))}</span>`;
  }
  const more = all.length - SAMPLE;
  const shown = more > 1 ? all.slice(0, SAMPLE) : all;
  const chips = shown.map((platform) => html`<li class="chip">${platform}</li>`);
  return html`<ul class="chips">${chips}${more > 1 && html`<li class="chip dim">${more} more</li>`}</ul>`;
}

function dash(): Html {
  return html`<span class="dim">–</span>`;
}
