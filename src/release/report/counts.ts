/**
 * Counting and ordering what a report shows.
 *
 * @module
 */
import type { ReleaseReport, ReportMirror } from "./model.ts";
import { hasFailed } from "./next-steps.ts";

/** Mirrors with those that need somebody first; otherwise in the order of the mirrors file. */
export function worstFirst(mirrors: readonly ReportMirror[]): readonly ReportMirror[] {
  return mirrors.toSorted((a, b) => rankOf(a) - rankOf(b));
}

/** Does somebody have to look at this mirror? */
export function needsSomebody(mirror: ReportMirror): boolean {
  return rankOf(mirror) < 3;
}

function rankOf(mirror: ReportMirror): number {
  if (hasFailed(mirror)) return mirror.required ? 0 : 1;
  if (mirror.result === "drifted") return mirror.required ? 0 : 1;
  if (mirror.failures.length > 0) return 2;
  return mirror.result === "not tried" ? 3 : 4;
}

/** Tags that a table has columns for, and whether there are others besides. */
export interface TagColumns {
  readonly tags: readonly string[];
  readonly others: boolean;
}

/**
 * The tags of all mirrors in the order in which they are moved. Where mirrors have many of their own, the ones that most
 * mirrors have.
 */
export function tagColumns(mirrors: readonly ReportMirror[], limit: number): TagColumns {
  const counts = new Map<string, number>();
  for (const { tags } of mirrors) {
    for (const { tag } of tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  }
  const all = [...counts.keys()];
  if (all.length <= limit) return { tags: all, others: false };
  const common = all.toSorted((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0));
  const chosen = new Set(common.slice(0, limit));
  return { tags: all.filter((tag) => chosen.has(tag)), others: true };
}

/** The platforms of all forms of the image, each once. */
export function platformNames(report: ReleaseReport): readonly string[] {
  const own = report.variants.flatMap(({ platforms }) => platforms);
  return [...new Set(own.map(({ platform }) => platform))];
}

/** The sum, or null when nothing is known of any mirror. */
export function total(
  mirrors: readonly ReportMirror[],
  key: "requests" | "sent" | "compared",
): number | null {
  const known = mirrors.flatMap((mirror) => mirror[key] ?? []);
  return known.length === 0 ? null : known.reduce((sum, one) => sum + one, 0);
}
