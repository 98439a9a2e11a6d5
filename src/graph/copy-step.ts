/**
 * One step of a copy: many things side by side, and one error for all that failed.
 *
 * @module
 */
import { type ErrorCode, HiatusError, isAbort } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { runAll } from "./pool.ts";

/** One content that could not be copied. */
export interface CopyFailure {
  readonly digest: Digest;
  /** Which side failed: reading at the source or writing at the destination. */
  readonly operation: "fetch" | "push" | "tag";
  readonly code: ErrorCode | undefined;
  readonly message: string;
}

/** An error on its way to the report, with what it was about. */
class Failed {
  readonly failure: CopyFailure;
  readonly error: unknown;

  constructor(failure: CopyFailure, error: unknown) {
    this.failure = failure;
    this.error = error;
  }
}

/** Wraps what a step throws, for its report. */
export function fail(descriptor: Descriptor, operation: () => CopyFailure["operation"]) {
  return (error: unknown): never => {
    const code = error instanceof HiatusError ? error.code : undefined;
    const message = error instanceof Error ? error.message : String(error);
    throw new Failed({ digest: descriptor.digest, operation: operation(), code, message }, error);
  };
}

/** Content on its way, which tells when it was the reading that failed. */
export async function* watch(
  content: AsyncIterable<Uint8Array>,
  failed: () => void,
): AsyncGenerator<Uint8Array> {
  const iterator = content[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await iterator.next().catch((error: unknown) => {
        failed();
        throw error;
      });
      if (done) return;
      yield value;
    }
  } finally {
    await iterator.return?.();
  }
}

/** Runs one step of the copy to its end and throws one error for all that failed in it. */
export async function runStep<T>(
  items: readonly T[],
  width: number,
  signal: AbortSignal | undefined,
  task: (item: T) => Promise<void>,
): Promise<void> {
  const failed: Failed[] = [];
  for (const outcome of await runAll(items, width, task, signal)) {
    if (outcome.ok) continue;
    // Ours are wrapped; anything else comes from the progress callback and is not ours to judge.
    if (!(outcome.error instanceof Failed) || isAbort(outcome.error.error))
      throw unwrap(outcome.error);
    failed.push(outcome.error);
  }
  const [first] = failed;
  if (first === undefined) return;
  const failures = failed.map(({ failure }) => failure);
  throw new HiatusError(
    first.failure.code ?? "IO",
    `Cannot copy ${failed.length} of ${items.length}: ${linesOf(failures).join("; ")}`,
    {
      detail: { failures },
      hint:
        (first.error instanceof HiatusError && first.error.hint) ||
        "Run it again; what was copied stays",
      cause:
        failed.length === 1 ? first.error : new AggregateError(failed.map(({ error }) => error)),
    },
  );
}

/**
 * A line for every way in which contents failed. A registry that went away fails for each in the same words; who reads that once
 * with a number has read it all, and `detail.failures` names every one.
 */
function linesOf(failures: readonly CopyFailure[]): readonly string[] {
  const alike = new Map<string, CopyFailure[]>();
  for (const failure of failures) {
    const { operation, message } = failure;
    const key = `${operation} ${message.replace(/[0-9a-f]{64,128}/g, "")}`;
    alike.set(key, [...(alike.get(key) ?? []), failure]);
  }
  return [...alike.values()].map(([first, ...others]) => {
    const { operation, digest, message } = first as CopyFailure;
    const more = others.length === 0 ? "" : ` and ${others.length} more alike`;
    return `${operation} ${digest}${more}: ${message}`;
  });
}

function unwrap(error: unknown): unknown {
  return error instanceof Failed ? error.error : error;
}
