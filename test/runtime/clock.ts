/**
 * Taking the time of what a runtime does. Tests show it; what they demand has to hold on a busy machine.
 *
 * @module
 */

/** Milliseconds that something took, and what came of it. */
export interface Timed<T> {
  readonly ms: number;
  readonly result: T;
}

/** Does something and takes the time. */
export async function timed<T>(work: () => Promise<T>): Promise<Timed<T>> {
  const begun = performance.now();
  const result = await work();
  return { ms: Math.round(performance.now() - begun), result };
}
