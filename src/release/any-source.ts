/**
 * Content from whoever has it: what is fetched by digest is the same from everybody, and is verified.
 *
 * @module
 */
import { type HiatusError, isHiatusError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { contentNotFound } from "../store/errors.ts";
import type { Source, StoreOptions } from "../store/source.ts";

/** Content up to here is read as a whole before it is passed on, so that a source which fails in the middle is no loss. Bytes. */
const WHOLE = 1024 * 1024;

/**
 * A source that asks others, in their order, until one hands the content out.
 *
 * The content it gives throws what the last of them said when none does, or `NOT_FOUND` when there are none.
 */
export function anySource(sources: readonly Pick<Source, "fetch">[]): Pick<Source, "fetch"> {
  return { fetch: (descriptor, options) => fetchFromAny(sources, descriptor, options) };
}

async function* fetchFromAny(
  sources: readonly Pick<Source, "fetch">[],
  descriptor: Descriptor,
  options: StoreOptions = {},
): AsyncGenerator<Uint8Array> {
  let failure: HiatusError = contentNotFound(descriptor, "any of the sources");
  for (const source of sources) {
    let given = false;
    try {
      const chunks: Uint8Array[] = [];
      for await (const chunk of source.fetch(descriptor, options)) {
        if (descriptor.size <= WHOLE) chunks.push(chunk);
        else {
          given = true;
          yield chunk;
        }
      }
      yield* chunks;
      return;
    } catch (error) {
      if (given || !isHiatusError(error)) throw error;
      failure = error;
    }
  }
  throw failure;
}
