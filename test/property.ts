/** Property tests with a fixed seed: a failure today is a failure tomorrow, and on every machine. */
import fc from "fast-check";

/** Asserts a property on `runs` values, the same values every time. */
export async function holds<T>(
  property: fc.IAsyncProperty<T> | fc.IProperty<T>,
  runs = 300,
): Promise<void> {
  await fc.assert(property, { seed: 310, numRuns: runs });
}
