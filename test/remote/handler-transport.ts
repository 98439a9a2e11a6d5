/** A server's handler as the transport of a client: both are tried together and no port is open. */
import type { HttpBody, HttpRequest, HttpResponse, Transport } from "../../src/remote/transport.ts";

/** What a server is: the embedded registry, a fake of somebody else's, a token service. */
export type Handler = (request: Request) => Promise<Response> | Response;

/**
 * Gives every request to the handler. Bodies travel as streams, the signal stops the exchange; what the handler
 * throws is what the transport throws.
 *
 * Headers of a `Response` that came more than once (`WWW-Authenticate`) arrive as one value with `, ` in between.
 */
export function handlerTransport(handler: Handler): Transport {
  return async (request) => {
    request.signal?.throwIfAborted();
    const response = await stoppable(
      Promise.resolve().then(() => handler(toFetch(request))),
      request.signal,
    );
    return fromFetch(response, request);
  };
}

function toFetch({ method, url, headers, body, signal }: HttpRequest): Request {
  const init: RequestInit & { duplex?: "half" } = {
    method,
    headers: { ...headers, ...lengthOf(body, method) },
    redirect: "manual",
    ...(signal === undefined ? {} : { signal }),
  };
  if (body !== undefined) {
    init.body = body instanceof Uint8Array ? new Uint8Array(body) : streamOfBody(body);
    init.duplex = "half";
  }
  return new Request(url, init);
}

/** Real clients say how much comes, and servers rely on it. */
function lengthOf(body: Uint8Array | HttpBody | undefined, method: string): Record<string, string> {
  if (body !== undefined)
    return { "content-length": `${body instanceof Uint8Array ? body.byteLength : body.size}` };
  return method === "GET" || method === "HEAD" ? {} : { "content-length": "0" };
}

function streamOfBody(body: HttpBody): ReadableStream<Uint8Array> {
  const chunks = body.chunks()[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await chunks.next();
      if (next.done === true) controller.close();
      else controller.enqueue(next.value);
    },
    async cancel() {
      await chunks.return?.();
    },
  });
}

function fromFetch(response: Response, request: HttpRequest): HttpResponse {
  const { headers, status } = response;
  const body = request.method === "HEAD" ? null : response.body;
  return {
    status,
    headers: {
      get: (name) => headers.get(name) ?? undefined,
      all: (name) => {
        const value = headers.get(name);
        return value === null ? [] : [value];
      },
    },
    body: chunksOf(body, request.signal),
    discard() {
      if (response.body !== null && !response.body.locked) void response.body.cancel();
    },
  };
}

async function* chunksOf(
  body: ReadableStream<Uint8Array> | null,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  try {
    while (true) {
      const next = await stoppable(reader.read(), signal);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    await reader.cancel();
  }
}

/** The promise, or the reason of the signal when that comes first. */
async function stoppable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
