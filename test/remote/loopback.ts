/** Real servers on this machine, which go away with the test. */
import { createServer, type Server as HttpServer, type RequestListener } from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from "node:net";
import { onTestFinished } from "vitest";
import type { HttpRequest, HttpResponse } from "../../src/remote/transport.ts";
import { bytesOf } from "../failure.ts";

/** An HTTP server; its origin. */
export async function httpServer(listener: RequestListener): Promise<string> {
  return `http://${await listening(createServer(listener))}`;
}

/** An HTTPS server on 127.0.0.1; its origin. */
export async function httpsServer(
  options: ServerOptions,
  listener: RequestListener,
): Promise<string> {
  return `https://${await listening(createTlsServer(options, listener))}`;
}

/** A server that says what it likes, without knowing HTTP; its origin as if it did. */
export async function rawServer(listener: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    listener(socket);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  return `http://${await listening(server)}`;
}

/** Listens on a free port of 127.0.0.1 and gives host and port. */
export async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    (server as Partial<HttpServer>).closeAllConnections?.();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A request with what most tests do not care for. */
export function requestTo(url: string, fields: Partial<HttpRequest> = {}): HttpRequest {
  return { method: "GET", url: new URL(url), headers: {}, chosenBy: "user", ...fields };
}

/** The body of an answer as text. */
export async function textOf(response: HttpResponse): Promise<string> {
  return Buffer.from(await bytesOf(response.body)).toString();
}
