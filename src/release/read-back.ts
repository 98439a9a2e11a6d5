/**
 * Reading everything back from a mirror: whatever it said while it was pushed to, this is what it hands out.
 *
 * @module
 */
import { planCopy } from "../graph/plan.ts";
import { runAll } from "../graph/pool.ts";
import { type Descriptor, plainDescriptor } from "../oci/descriptor.ts";
import type { Source, StoreOptions } from "../store/source.ts";

/** How much was read. */
export interface ReadBack {
  readonly contents: number;
  readonly bytes: number;
}

/**
 * Fetches the whole closure of the roots by digest and hashes it here.
 *
 * @param source must answer from the mirror and not from memory.
 * @throws HiatusError `NOT_FOUND` or `CONTENT` of the first content that is missing or wrong.
 */
export async function readBack(
  source: Source,
  roots: readonly Descriptor[],
  options: StoreOptions & { readonly concurrency?: number | undefined } = {},
): Promise<ReadBack> {
  const { signal, concurrency = 32 } = options;
  // A plan reads and verifies every manifest.
  const { blobs, total } = await planCopy(source, undefined, roots, { signal, concurrency });
  const outcomes = await runAll(
    blobs,
    concurrency,
    async (blob) => {
      // Without the content that descriptors may carry: it is the mirror that is asked.
      for await (const _ of source.fetch(plainDescriptor(blob), { signal }));
    },
    signal,
  );
  for (const outcome of outcomes) if (!outcome.ok) throw outcome.error;
  return { contents: total.blobs + total.manifests, bytes: total.bytes };
}
