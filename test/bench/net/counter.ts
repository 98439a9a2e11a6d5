/**
 * A proxy that passes requests on as they are and keeps what they were. It holds every answer back for a while, so that
 * requests that wait for each other can be told from those that do not.
 *
 * @module
 */
import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { type AddressInfo, isIP } from "node:net";
import { setTimeout } from "node:timers/promises";
import type { Target } from "./target.ts";

/** A request that went through. */
export interface Passed {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** When it came and when its answer was over, in milliseconds. */
  readonly begin: number;
  readonly end: number;
}

/** What came since it was last asked. */
export interface Count {
  readonly requests: readonly Passed[];
  /** TCP connections that carried a request. */
  readonly connections: number;
  /** Connections that began to speak TLS to a plain port, and were refused. */
  readonly refused: number;
}

/** A running proxy. */
export interface Counter extends Target {
  /** What came since the last call. */
  take(): Count;
  stop(): Promise<void>;
}

/** First byte of TLS: a record of the handshake. */
const HANDSHAKE = 0x16;

/**
 * Starts one in front of a registry.
 *
 * @param hold - How long each answer is held back, in milliseconds.
 */
export async function startCounter(registry: Target, hold: number): Promise<Counter> {
  let requests: Passed[] = [];
  let sockets = new Set<unknown>();
  let refused = 0;
  const agent = new Agent({ keepAlive: true });
  const separator = registry.host.lastIndexOf(":");
  const [hostname, port] = [registry.host.slice(0, separator), registry.host.slice(separator + 1)];
  if (isIP(hostname) === 0) throw new Error(`"${registry.host}" is not an address with a port`);

  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const begin = performance.now();
    sockets.add(incoming.socket);
    const { method = "GET", url: path = "/", headers } = incoming;
    // The host stays the one that the client wrote: registries write it into their Location.
    const onward = request({ hostname, port, method, path, headers, agent });
    incoming.pipe(onward);
    const [answer] = (await once(onward, "response")) as [IncomingMessage];
    await setTimeout(hold);
    const status = answer.statusCode ?? 0;
    outgoing.writeHead(status, answer.rawHeaders);
    outgoing.once("finish", () =>
      requests.push({ method, path, status, begin, end: performance.now() }),
    );
    answer.pipe(outgoing);
  };

  const server = createServer((incoming, outgoing) => {
    pass(incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.on("clientError", (error: Error & { rawPacket?: Buffer }, socket) => {
    if (error.rawPacket?.[0] === HANDSHAKE) refused++;
    socket.end("HTTP/1.0 400 Bad Request\r\n\r\n");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    secure: false,
    take() {
      const count = { requests, connections: sockets.size, refused };
      [requests, sockets, refused] = [[], new Set(), 0];
      return count;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  };
}

/**
 * The longest chain of requests of which each began after the one before was answered: how many round trips they took at
 * least, however many went side by side.
 *
 * @param slack - Milliseconds that the clock may be wrong by, well below what answers are held back for.
 */
export function longestChain(requests: readonly Passed[], slack: number): number {
  let [length, free] = [0, Number.NEGATIVE_INFINITY];
  for (const { begin, end } of [...requests].sort((a, b) => a.end - b.end)) {
    if (begin < free - slack) continue;
    length++;
    free = end;
  }
  return length;
}
