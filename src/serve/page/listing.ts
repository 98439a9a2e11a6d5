/**
 * Lists that are filtered, sorted as people count, and cut into pages.
 *
 * @module
 */
import { FILTER_LIMIT, NAMES_LIMIT } from "./limits.ts";

/** What the address asks of a list. */
export interface Wanted {
  /** Only what contains this, in any case; empty for everything. */
  readonly filter: string;
  /** From 1. */
  readonly page: number;
}

/** One page of a list. */
export interface Listing<T> {
  readonly items: readonly T[];
  /** How many there are on all pages. */
  readonly total: number;
  readonly page: number;
  readonly pages: number;
  /** There are more than were gone through. */
  readonly cut: boolean;
}

/** Reads `?q=` and `?page=`; nonsense is as if it was not there. */
export function wantedOf(query: URLSearchParams): Wanted {
  const page = query.get("page") ?? "";
  return {
    filter: (query.get("q") ?? "").trim().slice(0, FILTER_LIMIT),
    page: /^[1-9][0-9]{0,5}$/.test(page) ? Number(page) : 1,
  };
}

/** The names that match a filter, at most as many as a page may go through. */
export async function matching(
  names: AsyncIterable<string>,
  filter: string,
  limit = NAMES_LIMIT,
): Promise<{ readonly names: string[]; readonly cut: boolean }> {
  const wanted = filter.toLowerCase();
  const found: string[] = [];
  for await (const name of names) {
    if (!name.toLowerCase().includes(wanted)) continue;
    if (found.length === limit) return { names: found, cut: true };
    found.push(name);
  }
  return { names: found, cut: false };
}

/** Cuts one page out; a page past the end is the last one. */
export function pageOf<T>(
  items: readonly T[],
  wanted: number,
  size: number,
  cut = false,
): Listing<T> {
  const pages = Math.max(1, Math.ceil(items.length / size));
  const page = Math.min(wanted, pages);
  const shown = items.slice((page - 1) * size, page * size);
  return { items: shown, total: items.length, page, pages, cut };
}

/**
 * Tags as people look for them: versions, the highest first; then words; then those that only carry the attachments of
 * a digest (`sha256-…`).
 */
export function sortTags(tags: readonly string[]): string[] {
  const { compare } = new Intl.Collator("en", { numeric: true });
  const group = (tag: string) => (/^v?[0-9]/.test(tag) ? 0 : isAttachmentTag(tag) ? 2 : 1);
  return [...tags].sort((a, b) => {
    const [first, second] = [group(a), group(b)];
    if (first !== second) return first - second;
    return first === 0 ? compare(b, a) : compare(a, b);
  });
}

/** Is it a tag of the referrers' fallback, or one of cosign's? */
export function isAttachmentTag(tag: string): boolean {
  return /^sha(256|512)-[0-9a-f]{64}/.test(tag);
}
