/**
 * What this process pushed just now: some registries need a moment until they show it.
 *
 * @module
 */

/** How long something counts as pushed just now, in milliseconds. */
const JUST_NOW = 60_000;
/** Most names that are kept. */
const LIMIT = 100_000;

/** Names with the time at which they were pushed, in milliseconds since 1970. */
export interface Recent {
  /** Notes that something was pushed. */
  add(name: string, now: number): void;
  /** Was it pushed within the last minute? */
  has(name: string, now: number): boolean;
  /** Forgets it, because it was deleted. */
  delete(name: string): void;
}

/** Nothing was pushed yet. */
export function createRecent(): Recent {
  const times = new Map<string, number>();
  return {
    add(name, now) {
      // The oldest come first.
      for (const [other, time] of times) {
        if (now - time <= JUST_NOW && times.size < LIMIT) break;
        times.delete(other);
      }
      times.delete(name);
      times.set(name, now);
    },
    has: (name, now) => now - (times.get(name) ?? Number.NEGATIVE_INFINITY) <= JUST_NOW,
    delete(name) {
      times.delete(name);
    },
  };
}
