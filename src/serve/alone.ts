/**
 * Work that must not meet other work.
 *
 * @module
 */

/** Runs work when its turn has come. */
export type Queue = <T>(work: () => Promise<T>) => Promise<T>;

/** Makes a queue: each work begins when the one before it is over, however that ended. */
export function createQueue(): Queue {
  return createTurnstile().alone;
}

/** Two kinds of work: one that runs beside its like, and one that runs alone. */
export interface Turnstile {
  readonly together: Queue;
  readonly alone: Queue;
}

/** Makes a turnstile. First come, first served: who waits to be alone is not overtaken. */
export function createTurnstile(): Turnstile {
  let alone: Promise<unknown> = Promise.resolve();
  let together = new Set<Promise<unknown>>();
  return {
    together(work) {
      const result = alone.then(work);
      const group = together;
      const over = result.then(forget, forget);
      function forget(): void {
        group.delete(over);
      }
      group.add(over);
      return result;
    },
    alone(work) {
      const result = Promise.all([alone, ...together]).then(work);
      // Who waits next does not care how this one ends; whoever asked for it does.
      alone = result.catch(() => undefined);
      together = new Set();
      return result;
    },
  };
}
