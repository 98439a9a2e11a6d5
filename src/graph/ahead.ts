/**
 * Reading ahead: many at a time, for readers that go one by one.
 *
 * @module
 */
import type { Descriptor } from "../oci/descriptor.ts";
import type { Source, StoreOptions } from "../store/source.ts";
import { runAll } from "./pool.ts";

/** Largest content that is read ahead, in bytes, and most of all together. */
const LARGEST = 1024 * 1024;
const MOST = 32 * 1024 * 1024;

/** How it is read. */
export interface AheadOptions extends StoreOptions {
  /** @default 16 */
  readonly concurrency?: number | undefined;
}

/**
 * Reads small contents from a source that remembers (`remember()`). Failures are left for whoever reads them in earnest.
 *
 * @throws the reason of the signal.
 */
export async function fetchAhead(
  source: Pick<Source, "fetch">,
  descriptors: readonly Descriptor[],
  options: AheadOptions = {},
): Promise<void> {
  const { concurrency = 16, signal } = options;
  let bytes = 0;
  const chosen = descriptors.filter(({ data, size }) => {
    if (data !== undefined || size > LARGEST || bytes + size > MOST) return false;
    bytes += size;
    return true;
  });
  const read = async (descriptor: Descriptor): Promise<void> => {
    for await (const _ of source.fetch(descriptor, { signal }));
  };
  await runAll(chosen, concurrency, read, signal);
}
