/**
 * Content from whoever has it: what is fetched by digest is the same from everybody, and is verified.
 *
 * @module
 */
import { HiatusError, isHiatusError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Source, StoreOptions } from "../store/source.ts";

/** Content up to here is read as a whole before it is passed on, so that a source which fails in the middle is no loss. Bytes. */
const WHOLE = 1024 * 1024;

/**
 * A source that asks others, in their order, until one hands the content out.
 *
 * The content it gives throws `NOT_FOUND` when none of them has it; where one failed in another way, what that one said.
 */
export function anySource(sources: readonly Pick<Source, "fetch">[]): Pick<Source, "fetch"> {
  return { fetch: (descriptor, options) => fetchFromAny(sources, descriptor, options) };
}

async function* fetchFromAny(
  sources: readonly Pick<Source, "fetch">[],
  descriptor: Descriptor,
  options: StoreOptions = {},
): AsyncGenerator<Uint8Array> {
  let failure: HiatusError | undefined;
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
      // Who did not answer may have it.
      if (failure === undefined || !isHiatusError(error, "NOT_FOUND")) failure = error;
    }
  }
  if (failure !== undefined && !isHiatusError(failure, "NOT_FOUND")) throw failure;
  throw nowhere(descriptor, sources.length, failure);
}

function nowhere(
  { digest }: Descriptor,
  count: number,
  cause: HiatusError | undefined,
): HiatusError {
  const who = count === 1 ? "The only place asked does not have" : `None of ${count} places has`;
  return new HiatusError("NOT_FOUND", `${who} ${digest}`, {
    ...(cause === undefined ? {} : { cause }),
    detail: { digest },
    hint: "Build it (hiatus build --locked), or name a layout or an archive that has it: --from",
  });
}
