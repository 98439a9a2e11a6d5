/**
 * Medians, spreads and ratios.
 *
 * @module
 */

/** The middle value; of an even number, the mean of the two in the middle. NaN of nothing. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Linear interpolation between the closest ranks, as R's default and numpy's do. NaN of nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}

/** The lower and the upper quartile, as text: where half of the runs lie. */
export function spread(values: readonly number[], format: (value: number) => string): string {
  return `${format(quantile(values, 0.25))}–${format(quantile(values, 0.75))}`;
}

/** How many times as much `value` is as `base`: "3.1x". Nothing is a ratio of nothing. */
export function ratio(value: number, base: number): string {
  if (!Number.isFinite(value / base)) return "–";
  const times = value / base;
  return `${times >= 100 ? Math.round(times).toLocaleString("en-US") : times.toPrecision(2)}x`;
}

/** Whole numbers with commas: 12,345. */
export function whole(value: number): string {
  return Number.isFinite(value) ? Math.round(value).toLocaleString("en-US") : "–";
}

/** Milliseconds in seconds: "0.412". */
export function seconds(milliseconds: number): string {
  return Number.isFinite(milliseconds) ? (milliseconds / 1000).toFixed(3) : "–";
}
