/**
 * Reading everything back from a mirror: whatever it said while it was pushed to, this is what it hands out.
 *
 * @module
 */
import { gate } from "../graph/pool.ts";
import { type Descriptor, plainDescriptor } from "../oci/descriptor.ts";
import type { Source, StoreOptions } from "../store/source.ts";

/** How much was read. */
export interface ReadBack {
  readonly contents: number;
  readonly bytes: number;
}

/** Reads back what a mirror took, while it is still given the rest. */
export interface Reading {
  /** Begins to fetch contents by their digests and to hash them here. What is being read or was read is not read again. */
  read(contents: readonly Descriptor[]): void;
  /**
   * Waits for everything that was begun.
   *
   * @throws HiatusError `NOT_FOUND` or `CONTENT` of the first content that is missing or wrong; the reason of the signal.
   */
  end(): Promise<ReadBack>;
}

/**
 * Begins to read back. Which contents there are is known beforehand: a mirror that hands out other documents than ours hands out
 * other bytes.
 *
 * @param source must answer from the mirror and not from memory.
 */
export function startReading(
  source: Pick<Source, "fetch">,
  options: StoreOptions & { readonly concurrency?: number | undefined } = {},
): Reading {
  const { signal, concurrency = 32 } = options;
  const through = gate(concurrency);
  const begun = new Map<string, Promise<void>>();
  let bytes = 0;

  const readOne = async (content: Descriptor): Promise<void> => {
    // Without the content that descriptors may carry: it is the mirror that is asked.
    for await (const _ of source.fetch(plainDescriptor(content), { signal }));
    bytes += content.size;
  };
  return {
    read(contents) {
      for (const content of contents) {
        const key = `${content.mediaType} ${content.digest}`;
        if (begun.has(key)) continue;
        const reading = through(() => readOne(content));
        // Whoever waits for the end hears of it.
        reading.catch(() => undefined);
        begun.set(key, reading);
      }
    },
    async end() {
      await Promise.allSettled(begun.values());
      signal?.throwIfAborted();
      await Promise.all(begun.values());
      return { contents: begun.size, bytes };
    },
  };
}
