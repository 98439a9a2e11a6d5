/**
 * The registry on `node:http`, without objects of the fetch standard in between: a pull is some ten lines of work, and
 * making a `Request` costs more than that.
 *
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { HiatusError } from "../errors.ts";
import type { Handler, Incoming, Outgoing } from "./exchange.ts";
import {
  cannotListen,
  HEADERS_LIMIT,
  type Listening,
  type ListenOptions,
  urlOf,
} from "./listen.ts";

/** Longer than clients keep a connection that rests, so that they and not we close it. */
const KEEP_ALIVE_MS = 75_000;
const HEADERS_MS = 15_000;

/** Listens. See {@link ListenOptions} */
export async function listenNode(
  handler: Handler,
  options: ListenOptions = {},
): Promise<Listening> {
  const { host = "127.0.0.1", port = 5000, tls, grace = 10_000, patience = 60_000 } = options;
  const limits = {
    maxHeaderSize: HEADERS_LIMIT,
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: HEADERS_MS,
    connectionsCheckingInterval: 5_000,
    // A large blob may take its time, as long as something comes: `timeout` sees to that.
    requestTimeout: 0,
    noDelay: true,
  };
  const server = tls === undefined ? createServer(limits) : await secureServer(limits, tls);
  server.timeout = patience;
  server.on("request", (request, response) => {
    void exchange(handler, request, response, tls !== undefined);
  });
  server.on("clientError", (_error, socket) => {
    // What cannot be read gets the shortest answer there is, whatever was meant.
    if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    else socket.destroy();
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(cannotListen(error, host, port)));
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    url: urlOf(tls !== undefined, host, address.port),
    stop: () => stop(server, grace),
  };
}

async function secureServer(
  limits: Parameters<typeof createServer>[0],
  tls: { readonly cert: string; readonly key: string },
): Promise<Server> {
  const { createServer: create } = await import("node:https");
  try {
    return create({ ...limits, ...tls, minVersion: "TLSv1.2", handshakeTimeout: HEADERS_MS });
  } catch (cause) {
    throw new HiatusError("CONFIG", `Certificate and key cannot be used: ${String(cause)}`, {
      cause,
      hint: "Check that the key belongs to the certificate",
    });
  }
}

/** How often we look for connections whose answer has ended since. */
const LOOK_MS = 50;

function stop(server: Server, grace: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), grace);
    const look = setInterval(() => server.closeIdleConnections(), LOOK_MS);
    server.close(() => {
      clearTimeout(cut);
      clearInterval(look);
      resolve();
    });
  });
}

async function exchange(
  handler: Handler,
  request: IncomingMessage,
  response: ServerResponse,
  secure: boolean,
): Promise<void> {
  const outgoing = await handler(toIncoming(request, secure));
  const { status, headers, body, done } = outgoing;
  if (done !== undefined) {
    const over = (): void => done(sentOf(response, outgoing), response.writableFinished);
    // A client that went away while its body was read has closed already.
    if (response.closed) over();
    else response.once("close", over);
  }
  response.writeHead(status, headers);
  if (body === undefined || body instanceof Uint8Array) response.end(body);
  else await send(body, response);
}

function toIncoming(request: IncomingMessage, secure: boolean): Incoming {
  const { method = "GET", url = "/", headers, socket } = request;
  return {
    method,
    target: url,
    header: (name) => headers[name] as string | undefined,
    body: { [Symbol.asyncIterator]: () => chunksOf(request) },
    remote: socket.remoteAddress,
    toRequest: () =>
      new Request(new URL(url, `${secure ? "https" : "http"}://${hostOf(headers.host)}`), {
        method,
        headers: Object.entries(headers).flatMap(([name, value]): [string, string][] =>
          [value ?? []].flat().map((one) => [name, one]),
        ),
      }),
  };
}

/** A host as others may see it in a link; anything else is not repeated. */
function hostOf(host: string | undefined): string {
  return /^[A-Za-z0-9.:[\]-]{1,260}$/.test(host ?? "") ? (host ?? "") : "localhost";
}

async function* chunksOf(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of request) yield chunk as Uint8Array;
  } catch (cause) {
    throw new HiatusError("NETWORK", "The client went away", { cause, hint: "Nothing to do" });
  }
}

/** Bytes of the body that left, as far as we know. */
function sentOf(response: ServerResponse, { body }: Outgoing): number {
  if (body === undefined) return 0;
  return body instanceof Uint8Array ? body.byteLength : (STREAMED.get(response) ?? 0);
}

const STREAMED = new WeakMap<ServerResponse, number>();

/** Sends a stream at the speed of the client. When it breaks off, so does the connection: its length was promised. */
async function send(body: AsyncIterable<Uint8Array>, response: ServerResponse): Promise<void> {
  try {
    let sent = 0;
    for await (const chunk of body) {
      if (response.destroyed) return;
      sent += chunk.byteLength;
      STREAMED.set(response, sent);
      if (!response.write(chunk)) await drained(response);
    }
    response.end();
  } catch {
    response.destroy();
  }
}

function drained(response: ServerResponse): Promise<void> {
  if (response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const go = (): void => {
      response.off("drain", go);
      response.off("close", go);
      resolve();
    };
    response.on("drain", go);
    response.on("close", go);
  });
}
