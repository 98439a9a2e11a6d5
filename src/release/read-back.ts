/**
 * Reading everything back from a mirror: whatever it said while it was pushed to, this is what it hands out.
 *
 * @module
 */
import { runAll } from "../graph/pool.ts";
import { type Descriptor, plainDescriptor } from "../oci/descriptor.ts";
import type { Source, StoreOptions } from "../store/source.ts";

/** How much was read. */
export interface ReadBack {
  readonly contents: number;
  readonly bytes: number;
}

/**
 * Fetches all contents by their digests, at once, and hashes them here. Which there are is known beforehand: a mirror that hands
 * out other documents than ours hands out other bytes.
 *
 * @param source must answer from the mirror and not from memory.
 * @param contents the whole closure of what was staged.
 * @throws HiatusError `NOT_FOUND` or `CONTENT` of the first content that is missing or wrong.
 */
export async function readBack(
  source: Pick<Source, "fetch">,
  contents: readonly Descriptor[],
  options: StoreOptions & { readonly concurrency?: number | undefined } = {},
): Promise<ReadBack> {
  const { signal, concurrency = 32 } = options;
  const outcomes = await runAll(
    contents,
    concurrency,
    async (content) => {
      // Without the content that descriptors may carry: it is the mirror that is asked.
      for await (const _ of source.fetch(plainDescriptor(content), { signal }));
    },
    signal,
  );
  for (const outcome of outcomes) if (!outcome.ok) throw outcome.error;
  return {
    contents: contents.length,
    bytes: contents.reduce((sum, { size }) => sum + size, 0),
  };
}
