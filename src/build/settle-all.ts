/**
 * Work on many things, some at a time, that tells of every failure and not only of the first.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";

/**
 * Runs `work` on every item, at most `jobs` at a time, to the end even when some fail.
 *
 * @returns The results in the order of the items.
 * @throws The reason of the signal when it was aborted; the error itself when one item failed; when several did, a HiatusError with
 * the code of the first, the messages of all, and `detail.failures`. Errors that are not HiatusErrors are thrown as they are.
 */
export async function settleAll<T, R>(
  items: readonly T[],
  jobs: number,
  work: (item: T) => Promise<R>,
  signal?: AbortSignal,
): Promise<R[]> {
  if (!Number.isInteger(jobs) || jobs < 1) {
    throw new HiatusError("USAGE", `"${jobs}" is not a number of jobs`, {
      hint: "Give a whole number from 1",
    });
  }
  const results = new Array<R>(items.length);
  const failures = new Map<number, unknown>();
  const queue = items.entries();
  const worker = async () => {
    for (const [position, item] of queue) {
      if (signal?.aborted) return;
      try {
        results[position] = await work(item);
      } catch (error) {
        failures.set(position, error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, items.length) }, worker));
  signal?.throwIfAborted();
  const inOrder = [...failures.keys()]
    .sort((a, b) => a - b)
    .map((position) => failures.get(position));
  if (inOrder.length > 0) throw combine(inOrder);
  return results;
}

function combine(failures: readonly unknown[]): unknown {
  const [first] = failures;
  const known = failures.filter((failure) => failure instanceof HiatusError);
  if (failures.length === 1 || !(first instanceof HiatusError) || known.length < failures.length) {
    return failures.find((failure) => !(failure instanceof HiatusError)) ?? first;
  }
  return new HiatusError(first.code, `${known.length} platforms failed\n${list(known)}`, {
    detail: { failures: known.map(({ code, message, detail }) => ({ code, message, detail })) },
    ...(first.hint === undefined ? {} : { hint: first.hint }),
    cause: new AggregateError(known),
  });
}

/** The first lines of all messages; what follows them is shown once where it is the same. */
function list(failures: readonly HiatusError[]): string {
  const heads = new Map<string, string[]>();
  for (const { message } of failures) {
    const [head = "", ...body] = message.split("\n");
    const key = body.join("\n");
    heads.set(key, [...(heads.get(key) ?? []), head]);
  }
  return [...heads]
    .flatMap(([body, group]) => [...group, ...(body === "" ? [] : [body])])
    .join("\n");
}
