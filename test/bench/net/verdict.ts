/**
 * Ours against the best of the others.
 *
 * @module
 */
import { median, quantile } from "../stats.ts";

/** Something with a name that was measured several times. */
export interface Measured {
  readonly name: string;
  readonly values: readonly number[];
}

/** The one with the best median; undefined of none. */
export function bestOf(
  others: readonly Measured[],
  moreIsBetter: boolean = false,
): Measured | undefined {
  const sorted = others
    .filter(({ values }) => values.length > 0)
    .sort((a, b) => median(a.values) - median(b.values));
  return moreIsBetter ? sorted.at(-1) : sorted[0];
}

/** Equal when the quartiles overlap. */
export function verdictOf(
  mine: readonly number[],
  theirs: readonly number[],
  moreIsBetter: boolean = false,
): "ahead" | "equal" | "behind" {
  const less = quantile(mine, 0.75) < quantile(theirs, 0.25);
  const more = quantile(mine, 0.25) > quantile(theirs, 0.75);
  if (less) return moreIsBetter ? "behind" : "ahead";
  if (more) return moreIsBetter ? "ahead" : "behind";
  return "equal";
}
