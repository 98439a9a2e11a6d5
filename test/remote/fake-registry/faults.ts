/** Ways in which an exchange goes wrong, to be put before any request of a push or a pull. */
import { HiatusError } from "../../../src/errors.ts";
import type { Handler } from "../handler-transport.ts";
import { answer, complaint } from "./registry.ts";

/** A way to fail. */
export interface Fault {
  readonly name: string;
  /** Does a push or a pull get over it when it happens once, whichever request it hits? */
  readonly passes: boolean;
  readonly strike: (request: Request, next: Handler) => Promise<Response> | Response;
}

function network(reason: string, sent: boolean): HiatusError {
  const lasting = reason === "ECONNREFUSED" ? "unless-reached" : false;
  return new HiatusError("NETWORK", `No answer (${reason})`, {
    detail: { reason, sent, lasting },
    hint: "Look at the network",
  });
}

/** Some of the bytes, and then the end of the line. */
function brokenOff(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let given = false;
  return new ReadableStream({
    pull(controller) {
      if (given) return controller.error(network("ECONNRESET", true));
      given = true;
      controller.enqueue(bytes.subarray(0, Math.ceil(bytes.byteLength / 2)));
    },
  });
}

const HTML = "<html><title>Sign in to the network</title></html>";

/** The table. */
export const FAULTS: readonly Fault[] = [
  {
    name: "429 with Retry-After in seconds",
    passes: true,
    strike: () => answer(429, { "retry-after": "5" }),
  },
  {
    name: "429 with Retry-After as a date",
    passes: true,
    strike: () => answer(429, { "retry-after": "Thu, 01 Jan 2026 00:00:09 GMT" }),
  },
  {
    name: "429 with Retry-After of years",
    passes: true,
    strike: () => answer(429, { "retry-after": "1000000000" }),
  },
  {
    name: "429 with plain text",
    passes: true,
    strike: () => new Response("slow down", { status: 429 }),
  },
  { name: "500", passes: true, strike: () => complaint(500, "UNKNOWN") },
  {
    name: "502 with HTML",
    passes: true,
    strike: () => new Response(HTML, { status: 502, headers: { "content-type": "text/html" } }),
  },
  {
    name: "503 with Retry-After",
    passes: true,
    strike: () => answer(503, { "retry-after": "2" }),
  },
  { name: "408", passes: true, strike: () => answer(408) },
  {
    name: "504 though it was done",
    passes: true,
    strike: async (request, next) => {
      await next(request);
      return answer(504);
    },
  },
  {
    name: "no connection",
    passes: false,
    strike: () => {
      throw network("ECONNREFUSED", false);
    },
  },
  {
    name: "a reset before it was done",
    passes: true,
    strike: () => {
      throw network("ECONNRESET", true);
    },
  },
  {
    name: "a reset after it was done",
    passes: true,
    strike: async (request, next) => {
      await next(request);
      throw network("ECONNRESET", true);
    },
  },
  {
    name: "a reset in the middle of the body",
    passes: true,
    strike: async (request, next) => {
      const { status, headers, body } = await next(request);
      const bytes =
        body === null ? undefined : new Uint8Array(await new Response(body).arrayBuffer());
      if (bytes === undefined || bytes.byteLength === 0) throw network("ECONNRESET", true);
      return new Response(brokenOff(bytes), { status, headers });
    },
  },
  {
    name: "a body that ends too early",
    passes: false,
    strike: async (request, next) => {
      const { status, headers, body } = await next(request);
      if (body === null) return new Response(null, { status, headers });
      const bytes = new Uint8Array(await new Response(body).arrayBuffer());
      return new Response(bytes.subarray(0, bytes.byteLength >> 1), { status, headers });
    },
  },
  {
    name: "another byte in the body",
    passes: false,
    strike: async (request, next) => {
      const { status, headers, body } = await next(request);
      if (body === null) return new Response(null, { status, headers });
      const bytes = new Uint8Array(await new Response(body).arrayBuffer());
      const middle = bytes.byteLength >> 1;
      bytes[middle] = (bytes[middle] ?? 0) ^ 1;
      return new Response(bytes, { status, headers });
    },
  },
  {
    name: "a body without end",
    passes: false,
    strike: async (request, next) => {
      const { status, headers, body } = await next(request);
      if (body === null) return new Response(null, { status, headers });
      const endless = new Headers(headers);
      endless.delete("content-length");
      const chunk = new Uint8Array(1024 * 1024);
      const stream = new ReadableStream({ pull: (controller) => controller.enqueue(chunk) });
      return new Response(stream, { status, headers: endless });
    },
  },
  {
    name: "a token that has expired",
    passes: true,
    strike: () =>
      answer(401, { "www-authenticate": 'Bearer realm="https://registry.example/token"' }),
  },
  { name: "403", passes: false, strike: () => complaint(403, "DENIED") },
  { name: "404 for what is there", passes: false, strike: () => complaint(404, "UNKNOWN") },
  {
    name: "an upload that was forgotten",
    passes: false,
    strike: () => complaint(404, "BLOB_UPLOAD_UNKNOWN"),
  },
  { name: "416", passes: false, strike: () => answer(416) },
  {
    name: "a page of HTML with 200",
    passes: false,
    strike: ({ method }) =>
      new Response(method === "HEAD" ? null : HTML, { headers: { "content-type": "text/html" } }),
  },
  {
    name: "HEAD says that a blob is there which is not",
    passes: true,
    strike: (request, next) =>
      request.method === "HEAD" && request.url.includes("/blobs/") ? answer(200) : next(request),
  },
  {
    name: "a redirect in a circle",
    passes: false,
    strike: ({ url }) => answer(307, { location: url }),
  },
];
