/**
 * The list of repositories.
 *
 * @module
 */
import { isRepository } from "../../oci/reference.ts";
import type { Source } from "../../store/source.ts";
import { type Html, html } from "./html.ts";
import { COUNT_LIMIT, REPOSITORIES_A_PAGE } from "./limits.ts";
import { isAttachmentTag, matching, pageOf, sortTags, type Wanted } from "./listing.ts";
import { card, countLine, filterForm, pageLinks, type Row, table } from "./parts.ts";
import { pushHint } from "./push-hint.ts";
import { attempt } from "./reader.ts";
import type { PageRepositories } from "./repositories.ts";
import { imagePath, repositoryPath } from "./route.ts";
import type { Setting, View } from "./shell.ts";
import { formatCount } from "./text.ts";

/** Tags that are shown beside a repository. */
const SAMPLE = 4;

/** Makes the page. */
export async function homeView(
  repositories: PageRepositories,
  wanted: Wanted,
  setting: Setting,
  signal: AbortSignal,
): Promise<View> {
  const { names, cut } = await matching(repositories.names(), wanted.filter);
  const listing = pageOf(names, wanted.page, REPOSITORIES_A_PAGE, cut);
  const rows: Row[] = [];
  for (const name of listing.items) {
    const source = await repositories.open(name);
    // It may have been deleted since; what has no address is not shown either.
    if (source !== undefined && isRepository(name))
      rows.push(await row(name, source, setting, signal));
  }
  const isEmpty = rows.length === 0 && wanted.filter === "";
  return {
    title: "Repositories",
    crumbs: [],
    body: html`<div class="head"><h1>Repositories</h1>
<p>Container images that this registry holds. Choose one to see its tags, platforms and digests, and how to pull it.</p></div>
${isEmpty ? empty(setting) : list()}
${!isEmpty && setting.writable && pushHint(setting.origin)}`,
  };

  function list(): Html {
    const columns = [
      { title: "Repository" },
      { title: "Tags", class: "number" },
      { title: "For example" },
    ];
    return card(
      {
        id: "list",
        title: "All repositories",
        count: countLine(listing, wanted, "repository", "repositories"),
        aside: filterForm("/", "Filter", wanted, listing),
      },
      rows.length > 0 && table("Repositories with their tags", columns, rows),
      pageLinks("/", wanted, listing),
    );
  }
}

async function row(
  name: string,
  source: Source,
  { onError }: Setting,
  signal: AbortSignal,
): Promise<Row> {
  const listing = () => matching(source.tags({ signal }), "", COUNT_LIMIT);
  const read = await attempt(listing, onError);
  // One that is damaged does not take the others away.
  if (!read.ok)
    return { name, cells: [html`<a href="${repositoryPath(name)}">${name}</a>`, "–", read.why] };
  const { names, cut } = read.value;
  const sample = sortTags(names.filter((tag) => !isAttachmentTag(tag))).slice(0, SAMPLE);
  const chips = sample.map(
    (tag) => html`<li><a class="chip" href="${imagePath(name, tag)}">${tag}</a></li>`,
  );
  return {
    name,
    cells: [
      html`<a href="${repositoryPath(name)}">${name}</a>`,
      `${formatCount(names.length)}${cut ? "+" : ""}`,
      sample.length > 0 && html`<ul class="chips">${chips}</ul>`,
    ],
  };
}

function empty({ origin, writable }: Setting): Html {
  return html`<section class="card" aria-labelledby="list"><header><h2 id="list">Nothing here yet</h2></header>
<div class="inside"><p>${
    writable
      ? "The registry is empty. Push something, then load this page again."
      : "What is served holds no image that a tag names."
  }</p></div></section>
${writable && pushHint(origin)}`;
}
