/**
 * What a registry must hold after it was killed: for each thing the values that it may have. A request that was
 * answered leaves one; one that was not leaves the old and the new.
 */

/** Nothing is there. */
export const ABSENT = "absent";

/** What is known of a registry, kept while requests are sent to it. */
export interface Model {
  /** All keys with what they may have. */
  entries(): Iterable<readonly [string, readonly string[]]>;
  /** What a key may have. */
  possible(key: string): readonly string[];
  /**
   * Sends a request that gives keys new values. As long as it was not answered, both the old and the new are possible.
   *
   * @param send resolves when it was answered as expected.
   */
  change(values: Readonly<Record<string, string>>, send: () => Promise<void>): Promise<void>;
  /** What was found is what it is. Throws when that may not be. */
  found(key: string, value: string): void;
}

/** A model of an empty registry. */
export function createModel(): Model {
  const values = new Map<string, readonly string[]>();
  const possible = (key: string): readonly string[] => values.get(key) ?? [ABSENT];
  return {
    entries: () => values,
    possible,
    async change(changes, send) {
      for (const [key, value] of Object.entries(changes)) {
        values.set(key, [...new Set([...possible(key), value])]);
      }
      await send();
      for (const [key, value] of Object.entries(changes)) values.set(key, [value]);
    },
    found(key, value) {
      const allowed = possible(key);
      if (!allowed.includes(value)) {
        throw new Error(`${key} is ${value}, and should be ${allowed.join(" or ")}`);
      }
      values.set(key, [value]);
    },
  };
}
