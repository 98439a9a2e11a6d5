/**
 * A source that is asked once for what many want.
 *
 * @module
 */
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import type { Source } from "./source.ts";
import { readAll } from "./verify.ts";

/** Largest content that is kept, in bytes; larger ones are read each time. */
const LARGEST = 1024 * 1024;
/** Most bytes that are kept altogether. */
const MOST = 64 * 1024 * 1024;

/**
 * Keeps what was read, verified, so that a copy to ten registries reads its source once. Failures are not kept.
 */
export function remember(source: Pick<Source, "fetch">): Pick<Source, "fetch"> {
  const kept = new Map<Digest, Promise<Uint8Array>>();
  let bytes = 0;
  return {
    async *fetch(descriptor, options = {}) {
      const known = kept.get(descriptor.digest);
      if (known !== undefined && (await known).byteLength === descriptor.size) {
        options.signal?.throwIfAborted();
        yield await known;
      } else if (descriptor.size > LARGEST || bytes + descriptor.size > MOST) {
        yield* source.fetch(descriptor, options);
      } else {
        bytes += descriptor.size;
        const read = readAll(source, bare(descriptor), { ...options, limit: LARGEST });
        kept.set(descriptor.digest, read);
        read.catch(() => {
          bytes -= descriptor.size;
          kept.delete(descriptor.digest);
        });
        yield await read;
      }
    },
  };
}

/** A source with another way to fetch; everything else it does itself. */
export function withFetch<T extends Source>(source: T, { fetch }: Pick<Source, "fetch">): T {
  return new Proxy(source, {
    get(target, name) {
      if (name === "fetch") return fetch;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** What a descriptor carries is not read from here. */
function bare({ data: _, ...descriptor }: Descriptor): Descriptor {
  return descriptor;
}
