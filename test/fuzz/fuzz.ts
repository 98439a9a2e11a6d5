/**
 * Fuzzing with fast-check: bounded and with one seed in `npm test`, as long as asked by `npm run fuzz`, which sets
 * HIATUS_FUZZ_RUNS and HIATUS_FUZZ_SEED. A failure prints seed and path, which find it again.
 */
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect } from "vitest";
import { isHiatusError } from "../../src/errors.ts";

/** How often each property is tried. */
export function runsOf(usual: number): number {
  const asked = Number(process.env.HIATUS_FUZZ_RUNS ?? "");
  return asked > 0 ? asked : usual;
}

/** Milliseconds that a test may take: some for each try, and a minute besides. */
export const TIMEOUT = 60_000 + 20 * runsOf(0);

/** Tries a property. */
export async function fuzz<T>(
  property: fc.IAsyncProperty<T> | fc.IProperty<T>,
  usual = 500,
): Promise<void> {
  const seed = Number(process.env.HIATUS_FUZZ_SEED ?? "310");
  await fc.assert(property, { seed, numRuns: runsOf(usual) });
}

/**
 * Bytes near some that are sound: changed, cut out, put in or doubled in a few places, or cut short.
 *
 * @param whole - Where to begin.
 * @param interesting - Values that are put in more often than others.
 */
export function near(
  whole: readonly Uint8Array[],
  interesting: readonly Uint8Array[] = [],
): fc.Arbitrary<Uint8Array> {
  const piece = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 8 }),
    ...(interesting.length > 0 ? [fc.constantFrom(...interesting)] : []),
  );
  const change = fc.record({
    kind: fc.constantFrom("set", "set", "insert", "remove", "repeat", "cut"),
    // Of the whole, so that it means the same for every length.
    at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    length: fc.integer({ min: 1, max: 64 }),
    piece,
  });
  return fc
    .record({ base: fc.constantFrom(...whole), changes: fc.array(change, { maxLength: 4 }) })
    .map(({ base, changes }) => {
      let bytes = Buffer.from(base);
      for (const { kind, at, length, piece: put } of changes) {
        const from = Math.floor(at * bytes.length);
        const [before, after] = [bytes.subarray(0, from), bytes.subarray(from)];
        const parts = {
          set: [before, put, after.subarray(put.length)],
          insert: [before, put, after],
          remove: [before, after.subarray(length)],
          repeat: [before, after.subarray(0, length), after],
          cut: [before],
        }[kind as "set"];
        bytes = Buffer.concat(parts);
      }
      return shownShort(Uint8Array.from(bytes));
    });
}

/** A failure shows these bytes in one short line, from which they can be had again. */
export function shownShort(bytes: Uint8Array): Uint8Array {
  const show = () => `gunzip ${gzipSync(bytes).toString("base64")}`;
  return Object.defineProperty(bytes, fc.toStringMethod, { value: show });
}

/** What the work gives, or undefined when it refuses with `CONTENT`. Anything else that it throws is a mistake. */
export async function acceptedBy<T>(work: () => Promise<T> | T): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isHiatusError(error, "CONTENT")) {
      // Nothing that begins a line or an escape sequence, whatever the content said.
      expect([...error.message].every((character) => character >= " ")).toBe(true);
      return undefined;
    }
    throw error;
  }
}
