/**
 * Request bodies that have begun before the request does.
 *
 * @module
 */
import type { HttpBody, HttpRequest } from "./transport.ts";

/** A request whose first bytes are here. */
export interface PrimedRequest {
  readonly request: HttpRequest;
  /** Lets go of a body that was not used. */
  done(): void;
}

/**
 * Waits for the first chunk of the body. Bodies are lazy, and what feeds them may be an answer of the same registry that has to
 * wait its turn: were it asked for only while this request is in flight, all slots could be held by requests that wait for one.
 *
 * @throws what the body throws before its first chunk.
 */
export async function primed(request: HttpRequest): Promise<PrimedRequest> {
  const { body } = request;
  if (body === undefined || body instanceof Uint8Array) return { request, done() {} };
  const iterator = body.chunks()[Symbol.asyncIterator]();
  const first = await iterator.next();
  let taken = false;
  const replay: HttpBody = {
    size: body.size,
    chunks() {
      // Whoever wants it twice gets it anew, as everybody does.
      if (taken) return body.chunks();
      taken = true;
      return begunWith(first, iterator);
    },
  };
  return {
    request: { ...request, body: replay },
    done() {
      if (!taken) void iterator.return?.();
    },
  };
}

async function* begunWith(
  first: IteratorResult<Uint8Array>,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    for (let next = first; next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
