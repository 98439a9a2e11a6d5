/**
 * Doing many things a few at a time.
 *
 * @module
 */

/** How something ended. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: unknown };

/**
 * Runs `task` for every item, at most `width` at a time, and waits for all of them: one failure does
 * not hide another. Outcomes stand in the order of the items.
 *
 * @throws the reason of the signal, once what was running has ended.
 */
export async function runAll<T, R>(
  items: readonly T[],
  width: number,
  task: (item: T) => Promise<R>,
  signal?: AbortSignal | undefined,
): Promise<Outcome<R>[]> {
  const outcomes: Outcome<R>[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length && !signal?.aborted) {
      const at = next++;
      try {
        outcomes[at] = { ok: true, value: await task(items[at] as T) };
      } catch (error) {
        outcomes[at] = { ok: false, error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  signal?.throwIfAborted();
  return outcomes;
}

/** A gate that lets at most `width` calls through at a time; the others wait in their order. */
export function gate(width: number): <T>(task: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = width;
  return async (task) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await task();
    } finally {
      const wake = waiting.shift();
      if (wake === undefined) free++;
      else wake();
    }
  };
}
