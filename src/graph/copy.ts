/**
 * Copying a graph from one store to another: blobs, then manifests with children before parents, then
 * tags. Until the tags, nothing that a user can name has changed at the destination.
 *
 * @module
 */
import { type ErrorCode, HiatusError, isAbort } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import type { Source, Store, StoreOptions } from "../store/source.ts";
import { fetchContent } from "../store/verify.ts";
import { type CopyPlan, planCopy } from "./plan.ts";
import { runAll } from "./pool.ts";

/** What happens during a copy, in this order; `bytes` only ever grows, up to `total.bytes` of the plan. */
export type CopyEvent =
  | { readonly type: "plan"; readonly plan: CopyPlan }
  | { readonly type: "copied"; readonly descriptor: Descriptor; readonly bytes: number }
  | { readonly type: "tagged"; readonly descriptor: Descriptor; readonly tag: string };

/** How a copy is made. */
export interface CopyOptions extends StoreOptions {
  /**
   * Most contents under way at a time.
   * @default 8
   */
  readonly concurrency?: number | undefined;
  /** Told what happens. */
  readonly onProgress?: ((event: CopyEvent) => void) | undefined;
  /** Set at the destination when everything else is there, in this order. */
  readonly tags?: readonly { readonly descriptor: Descriptor; readonly tag: string }[] | undefined;
}

/** One content that could not be copied. */
export interface CopyFailure {
  readonly digest: Digest;
  /** Which side failed: reading at the source or writing at the destination. */
  readonly operation: "fetch" | "push" | "tag";
  readonly code: ErrorCode | undefined;
  readonly message: string;
}

/**
 * Copies everything that the roots lead to and that the destination lacks.
 *
 * @returns the plan that was carried out.
 * @throws HiatusError with the code of the first failure and with all of them in `detail.failures`,
 * as {@link CopyFailure}; the reason of the signal; what {@link planCopy} throws.
 */
export async function copyGraph(
  from: Pick<Source, "fetch">,
  to: Store,
  roots: readonly Descriptor[],
  options: CopyOptions = {},
): Promise<CopyPlan> {
  const { signal, concurrency = 8, onProgress = () => undefined, tags = [] } = options;
  const plan = await planCopy(from, to, roots, { signal, concurrency });
  onProgress({ type: "plan", plan });
  let bytes = 0;
  const copied = (descriptor: Descriptor) => {
    bytes += descriptor.size;
    onProgress({ type: "copied", descriptor, bytes });
  };

  await runStep(plan.blobs, concurrency, signal, async (blob) => {
    let operation: CopyFailure["operation"] = "push";
    const content = fetchContent(from, blob, { signal });
    const watched = watch(content, () => {
      operation = "fetch";
    });
    await to.push(blob, watched, { signal }).catch(fail(blob, () => operation));
    copied(blob);
  });
  for (const level of plan.levels) {
    await runStep(level, concurrency, signal, async ({ descriptor, bytes: content }) => {
      await to.push(descriptor, content, { signal }).catch(fail(descriptor, () => "push"));
      copied(descriptor);
    });
  }
  // One after another: where a later tag fails, the earlier ones are known to be set.
  await runStep(tags, 1, signal, async ({ descriptor, tag }) => {
    await to.tag(descriptor, tag, { signal }).catch(fail(descriptor, () => "tag"));
    onProgress({ type: "tagged", descriptor, tag });
  });
  return plan;
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

function fail(descriptor: Descriptor, operation: () => CopyFailure["operation"]) {
  return (error: unknown): never => {
    const code = error instanceof HiatusError ? error.code : undefined;
    const message = error instanceof Error ? error.message : String(error);
    throw new Failed({ digest: descriptor.digest, operation: operation(), code, message }, error);
  };
}

async function* watch(
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
async function runStep<T>(
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
  const lines = failures.map(
    ({ operation, digest, message }) => `${operation} ${digest}: ${message}`,
  );
  throw new HiatusError(
    first.failure.code ?? "IO",
    `Cannot copy ${failed.length} of ${items.length}: ${lines.join("; ")}`,
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

function unwrap(error: unknown): unknown {
  return error instanceof Failed ? error.error : error;
}
