/**
 * The tags of a repository, page by page.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-tags
 * @module
 */
import { HiatusError } from "../errors.ts";
import { asFields } from "../oci/fields.ts";
import { parseJson } from "../oci/json.ts";
import { isTag } from "../oci/tag.ts";
import type { StoreOptions } from "../store/source.ts";
import { readBody } from "./answer.ts";
import { nextPage } from "./link.ts";
import { type Ask, ask, questionOf, type Remote, refusal } from "./remote.ts";

/** Most bytes of one page, and most pages and tags of one list. */
const PAGE_LIMIT = 8 * 1024 * 1024;
const PAGES_LIMIT = 2_000;
const TAGS_LIMIT = 1_000_000;

/**
 * All tags in code-point order, each once. None where the repository is not known yet: it comes to be with its first push.
 *
 * @throws HiatusError `REGISTRY` when the list has no end, or is none.
 */
export async function listTags(remote: Remote, options: StoreOptions): Promise<readonly string[]> {
  const tags = new Set<string>();
  const seen = new Set<string>();
  let request: Ask | undefined = { method: "GET", target: `tags/list?n=${remote.profile.page}` };
  for (let pages = 1; request !== undefined; pages++) {
    if (pages > PAGES_LIMIT || tags.size > TAGS_LIMIT) throw endless(remote);
    const { url } = questionOf(remote, request);
    const response = await ask(remote, request, options);
    if (response.status === 404 && tags.size === 0) {
      response.discard();
      break;
    }
    if (response.status === 400 && pages === 1 && url.search !== "") {
      // Not as many as that at a time, it seems.
      response.discard();
      request = { method: "GET", target: "tags/list" };
      continue;
    }
    if (response.status !== 200) throw await refusal(remote, response, request);
    const bytes = await readBody(response, PAGE_LIMIT, questionOf(remote, request));
    const before = tags.size;
    const page = readPage(remote, bytes);
    for (const tag of page) tags.add(tag);
    seen.add(url.href);
    const next = nextPage(response.headers.get("link"), url);
    // A page that brings nothing new leads in a circle, whatever its link is called.
    if (next === undefined || page.length === 0) break;
    if (seen.has(next.href) || tags.size === before) throw endless(remote);
    request = { method: "GET", target: next };
  }
  return [...tags].sort();
}

function readPage(remote: Remote, bytes: Uint8Array): readonly string[] {
  const what = `the tags of ${remote.name}`;
  let list: unknown;
  try {
    list = asFields(parseJson(bytes, what), what, ["name", "tags"]).tags;
  } catch (cause) {
    throw notAList(remote, cause);
  }
  // Go writes an empty list as null.
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) throw notAList(remote);
  // What is no tag cannot be asked for either.
  return list.filter((tag) => typeof tag === "string" && isTag(tag));
}

function notAList(remote: Remote, cause?: unknown): HiatusError {
  return new HiatusError("REGISTRY", `${remote.name} answers with something else than its tags`, {
    hint: "Check that this is a registry and no proxy or login page in front of it",
    ...(cause === undefined ? {} : { cause }),
  });
}

function endless(remote: Remote): HiatusError {
  return new HiatusError("REGISTRY", `The list of tags of ${remote.name} has no end`, {
    hint: "Name the tag that you want; the registry's paging is broken",
  });
}
