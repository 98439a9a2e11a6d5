/**
 * The transport of this machine: Node's own HTTP with connections that are kept, in Node and in Deno.
 *
 * @module
 */
import type { Agent } from "node:http";
import type { Socket } from "node:net";
import { connector, type Lookup } from "./connect.ts";
import { type DialOptions, exchange, type Lane } from "./node-exchange.ts";
import { onAbort } from "./on-abort.ts";
import { type ProxyOptions, proxyChooser, proxyFromEnvironment } from "./proxy.ts";
import { secureLane } from "./secure-lane.ts";
import { type TlsOptions, tlsContexts } from "./tls.ts";
import type { HttpRequest, HttpResponse, Transport } from "./transport.ts";

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
  /**
   * Begins to connect to a host that the user chose and that will be asked, and does not wait for it. What goes wrong is told to the
   * first request.
   *
   * @param signal ends it, and closes the connection if nobody used it.
   */
  prepare(url: URL, signal: AbortSignal): Promise<void>;
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
  const lanes = new Map<string, Promise<OpenLane>>();
  const closing: (() => void)[] = [];
  let choose: ((url: URL) => URL | undefined) | undefined;

  const openLane = async (url: URL, chosenBy: HttpRequest["chosenBy"]): Promise<OpenLane> => {
    choose ??= proxyChooser(
      options.proxy === false ? {} : (options.proxy ?? proxyFromEnvironment(process.env)),
    );
    const byUser = chosenBy === "user";
    const proxy = choose(url);
    const isSecure = url.protocol === "https:";
    const connect = connector({
      url,
      proxy,
      guarded: !byUser,
      allowPrivate,
      contexts: byUser ? chosen : told,
      insecure: byUser && tls.insecure === true,
      lookup: options.lookup,
      h2: isSecure && hasH2,
    });
    const dial = (signal: AbortSignal | undefined): Promise<Socket> =>
      inTime(connect, options.connectTimeout ?? CONNECT_TIMEOUT, signal);
    const secure = isSecure && hasH2 ? secureLane(url.origin, dial, stallTimeout) : undefined;
    const first = secure ?? firstAhead(dial);
    const agent = await openAgent(first.dial);
    const { request: begin } = await import("node:http");
    const lane: Lane = { agent, begin, plainProxy: isSecure ? undefined : proxy };
    closing.push(
      () => agent.destroy(),
      () => first.close(),
    );
    const plain = (request: HttpRequest) => exchange(request, lane, stallTimeout);
    return {
      exchange: secure === undefined ? plain : (request) => secure.exchange(request, plain),
      prepare: (signal) => first.prepare(signal),
    };
  };

  const laneTo = (url: URL, chosenBy: HttpRequest["chosenBy"]): Promise<OpenLane> => {
    const key = `${chosenBy} ${url.origin}`;
    let lane = lanes.get(key);
    if (lane === undefined) {
      lane = openLane(url, chosenBy);
      lanes.set(key, lane);
    }
    return lane;
  };

  const send: Transport = async (request) => {
    request.signal?.throwIfAborted();
    const lane = await laneTo(request.url, request.chosenBy);
    request.signal?.throwIfAborted();
    return lane.exchange(request);
  };
  return Object.assign(send, {
    async prepare(url: URL, signal: AbortSignal) {
      const lane = await laneTo(url, "user").catch(() => undefined);
      if (!signal.aborted) lane?.prepare(signal);
    },
    close() {
      for (const end of closing) end();
    },
  });
}

/** Deno's own HTTP/2 client of `node:http2` is not tried here. */
const hasH2 = !("Deno" in globalThis);

/** The way to one origin. */
interface OpenLane {
  readonly exchange: (request: HttpRequest) => Promise<HttpResponse>;
  readonly prepare: (signal: AbortSignal) => void;
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

/** Connections of which the first may be begun before it is wanted. */
function firstAhead(dial: (signal: AbortSignal | undefined) => Promise<Socket>) {
  let coming: Promise<Socket> | undefined;
  let isWanted = false;
  const close = (): void => {
    coming?.then((socket) => socket.destroy()).catch(() => undefined);
    coming = undefined;
  };
  return {
    close,
    prepare(signal: AbortSignal): void {
      // Too late once a request has its own.
      if (isWanted || coming !== undefined) return;
      coming = dial(signal);
      coming.catch(() => undefined);
      onAbort(signal, close);
    },
    dial(signal: AbortSignal | undefined): Promise<Socket> {
      const first = coming;
      coming = undefined;
      isWanted = true;
      if (first === undefined) return dial(signal);
      return first.then((socket) => (socket.destroyed ? dial(signal) : socket));
    },
  };
}

/** A pool of connections. The limiter says how many there are at once. */
async function openAgent(
  dial: (signal: AbortSignal | undefined) => Promise<Socket>,
): Promise<Agent> {
  const { Agent } = await import("node:http");
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  agent.createConnection = (options, done) => {
    dial((options as DialOptions).dialSignal).then(
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
