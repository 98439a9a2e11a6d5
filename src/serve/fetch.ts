/**
 * The registry as a function from `Request` to `Response`.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";
import type { Handler, Incoming, Outgoing } from "./exchange.ts";
import { createHandler, type RegistryOptions } from "./handler.ts";
import type { Repositories } from "./repositories.ts";

/** What a request does not say of itself. */
export interface ConnectionInfo {
  /** The address of the client, without its port. */
  readonly remote?: string | undefined;
}

/** Answers a request. */
export type Registry = (request: Request, info?: ConnectionInfo) => Promise<Response>;

/**
 * Makes a registry of repositories: readable ones can be pulled from, writable ones pushed to as well. Nothing begins
 * before the first request, and nothing has to be closed.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md
 */
export function createRegistry(
  repositories: Repositories,
  options: RegistryOptions = {},
): Registry {
  return toFetch(createHandler(repositories, options));
}

/** A handler, shaped as the fetch standard has it. */
export function toFetch(handler: Handler): Registry {
  return async (request, info = {}) => toResponse(await handler(toIncoming(request, info)));
}

function toIncoming(request: Request, { remote }: ConnectionInfo): Incoming {
  // As it was sent, where `new URL` has not resolved dots before us.
  const { url } = request;
  const slash = url.indexOf("/", url.indexOf("//") + 2);
  const target = slash < 0 ? "/" : url.slice(slash).replace(/#.*$/s, "");
  return {
    method: request.method,
    target,
    header: (name) => request.headers.get(name) ?? undefined,
    body: { [Symbol.asyncIterator]: () => chunksOf(request) },
    remote,
    toRequest: () => request,
  };
}

async function* chunksOf(request: Request): AsyncGenerator<Uint8Array> {
  if (request.body === null) return;
  const reader = request.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (cause) {
    throw new HiatusError("NETWORK", "The client went away", { cause, hint: "Nothing to do" });
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function toResponse({ status, headers, body, done }: Outgoing): Response {
  if (body === undefined || body instanceof Uint8Array) {
    done?.(body?.byteLength ?? 0, true);
    return new Response((body as Uint8Array<ArrayBuffer> | undefined) ?? null, { status, headers });
  }
  return new Response(streamOf(body, done), { status, headers });
}

function streamOf(body: AsyncIterable<Uint8Array>, done: Outgoing["done"]): ReadableStream {
  const iterator = body[Symbol.asyncIterator]();
  let sent = 0;
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done: over, value } = await iterator.next();
        if (over === true) {
          controller.close();
          done?.(sent, true);
        } else {
          controller.enqueue(value);
          sent += value.byteLength;
        }
      } catch (error) {
        done?.(sent, false);
        controller.error(error);
      }
    },
    async cancel() {
      done?.(sent, false);
      await iterator.return?.();
    },
  });
}
