/**
 * The transport of this machine: Node's own HTTP with connections that are kept, in Node and in Deno.
 *
 * @module
 */
import type { Agent } from "node:http";
import type { Socket } from "node:net";
import { connector, type Lookup, type Route } from "./connect.ts";
import { type DialOptions, exchange, type Lane } from "./node-exchange.ts";
import { onAbort } from "./on-abort.ts";
import { type ProxyOptions, proxyChooser, proxyFromEnvironment } from "./proxy.ts";
import { type TlsOptions, tlsContexts } from "./tls.ts";
import type { HttpRequest, Transport } from "./transport.ts";

/** How requests leave this machine. */
export interface NodeTransportOptions {
  /** Client certificates and `insecure` are for hosts that the user chose; an answer that leads elsewhere gets neither. */
  readonly tls?: TlsOptions | undefined;
  /** @default what the environment says when the first request is sent */
  readonly proxy?: ProxyOptions | false | undefined;
  /** Hosts that answers may lead to although their addresses are private, written as in `NO_PROXY`. */
  readonly allowPrivate?: readonly string[] | undefined;
  /**
   * Longest time to a connection, in milliseconds: resolver, proxy and TLS included.
   * @default 10_000
   */
  readonly connectTimeout?: number | undefined;
  /**
   * Longest time for the head of an answer, and for each 16 KiB of a body in either direction, in milliseconds.
   * @default 30_000
   */
  readonly stallTimeout?: number | undefined;
  /** @default the system's resolver */
  readonly lookup?: Lookup | undefined;
}

/** A transport with connections of its own. */
export interface NodeTransport extends Transport {
  /** Closes all connections. Those that are idle do not keep the process alive anyway. */
  close(): void;
}

const CONNECT_TIMEOUT = 10_000;
const STALL_TIMEOUT = 30_000;

/** Makes a transport. Its connections are kept apart by origin and by who chose the host. */
export function createNodeTransport(options: NodeTransportOptions = {}): NodeTransport {
  const { tls = {}, allowPrivate = [], stallTimeout = STALL_TIMEOUT } = options;
  const chosen = tlsContexts(tls);
  const told = tlsContexts({ ca: tls.ca });
  const lanes = new Map<string, Promise<Lane>>();
  const agents: Agent[] = [];
  let choose: ((url: URL) => URL | undefined) | undefined;

  const openLane = async ({ url, chosenBy }: HttpRequest): Promise<Lane> => {
    choose ??= proxyChooser(
      options.proxy === false ? {} : (options.proxy ?? proxyFromEnvironment(process.env)),
    );
    const byUser = chosenBy === "user";
    const proxy = choose(url);
    const agent = await openAgent(
      {
        url,
        proxy,
        guarded: !byUser,
        allowPrivate,
        contexts: byUser ? chosen : told,
        insecure: byUser && tls.insecure === true,
        lookup: options.lookup,
      },
      options.connectTimeout ?? CONNECT_TIMEOUT,
    );
    agents.push(agent);
    const { request: begin } = await import("node:http");
    return { agent, begin, plainProxy: url.protocol === "http:" ? proxy : undefined };
  };

  const send: Transport = async (request) => {
    request.signal?.throwIfAborted();
    const key = `${request.chosenBy} ${request.url.origin}`;
    let lane = lanes.get(key);
    if (lane === undefined) {
      lane = openLane(request);
      lanes.set(key, lane);
    }
    const open = await lane;
    request.signal?.throwIfAborted();
    return exchange(request, open, stallTimeout);
  };
  return Object.assign(send, {
    close() {
      for (const agent of agents) agent.destroy();
    },
  });
}

const shared = new Map<string, NodeTransport>();

/** The transport that this process shares among all who want the same of it. */
export function sharedTransport(
  options: Pick<NodeTransportOptions, "tls" | "proxy" | "allowPrivate"> = {},
): NodeTransport {
  const key = JSON.stringify(options);
  let transport = shared.get(key);
  if (transport === undefined) {
    transport = createNodeTransport(options);
    shared.set(key, transport);
  }
  return transport;
}

/** A pool of connections along one route. The limiter says how many there are at once. */
async function openAgent(route: Route, connectTimeout: number): Promise<Agent> {
  const { Agent } = await import("node:http");
  const connect = connector(route);
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  agent.createConnection = (options, done) => {
    const { dialSignal } = options as DialOptions;
    inTime(connect, connectTimeout, dialSignal).then(
      (socket) => done?.(null, socket),
      (error: Error) => done?.(error, undefined as never),
    );
    return undefined;
  };
  return agent;
}

async function inTime(
  connect: (signal: AbortSignal) => Promise<Socket>,
  milliseconds: number,
  signal: AbortSignal | undefined,
): Promise<Socket> {
  const controller = new AbortController();
  const late = (): void => {
    controller.abort(Object.assign(new Error("too late"), { code: "ETIMEDOUT" }));
  };
  const stop = (): void => controller.abort(signal?.reason);
  const timer = setTimeout(late, milliseconds);
  const forget = onAbort(signal, stop);
  if (signal?.aborted) stop();
  try {
    return await connect(controller.signal);
  } finally {
    clearTimeout(timer);
    forget();
  }
}
