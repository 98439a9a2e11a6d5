/**
 * A proxy on loopback that stands before a registry and, at one request or from one on, does what networks and registries do on
 * a bad day. Everything else goes through as it is.
 *
 * @module
 */
import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
  request as send,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** What can go wrong. */
export const FAULTS = [
  "connection refused",
  "reset before the answer",
  "reset in the answer",
  "lost answer",
  "500",
  "502",
  "503 with Retry-After",
  "429 with seconds",
  "429 with a date",
  "401 once",
  "short body",
  "wrong bytes",
  "stall",
] as const;

/** One of them. */
export type FaultName = (typeof FAULTS)[number];

/** A request that came. */
export interface ProxiedRequest {
  readonly method: string;
  readonly target: string;
  /** What was done to it. */
  readonly fault: FaultName | undefined;
}

/** How the proxy behaves besides. */
export interface FaultProxyOptions {
  /** Waited for before a request goes on: a slow line. */
  readonly before?: ((method: string, target: string) => Promise<void> | void) | undefined;
}

/** The proxy. */
export interface FaultProxy {
  /** `127.0.0.1:41234`: what clients take for the registry. */
  readonly host: string;
  readonly requests: readonly ProxiedRequest[];
  /**
   * Fails at the request of this number, the next one being 0.
   *
   * @param lasting from then on at every one, until healed. @default false
   */
  arm(fault: FaultName, at: number, lasting?: boolean): void;
  /** Did anything go wrong? */
  readonly struck: boolean;
  /** To be told when a client was refused a connection: unless the fault lasts, the next one is not. */
  refused(): Promise<void>;
  /** Everything goes through again, and nothing counts any more. */
  heal(): Promise<void>;
  stop(): Promise<void>;
}

/** What upstream says. */
interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * Starts a proxy.
 *
 * @param upstream `127.0.0.1:5000`, over plain http.
 */
export async function startFaultProxy(
  upstream: string,
  options: FaultProxyOptions = {},
): Promise<FaultProxy> {
  const agent = new Agent({ keepAlive: true });
  const sockets = new Set<Socket>();
  const requests: ProxiedRequest[] = [];
  let armed:
    | { readonly fault: FaultName; readonly at: number; readonly lasting: boolean }
    | undefined;
  let count = 0;
  let struck = false;
  let change: Promise<void> = Promise.resolve();

  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => {
        server.off("error", reject);
        resolve();
      });
    });
  await listen(0);
  const { port } = server.address() as AddressInfo;

  const due = (): FaultName | undefined => {
    const now = count++;
    if (armed === undefined || (armed.lasting ? now < armed.at : now !== armed.at))
      return undefined;
    return armed.fault;
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = "GET", url: target = "/" } = request;
    const fault = due();
    requests.push({ method, target, fault });
    if (fault !== undefined) struck = true;
    await options.before?.(method, target);
    if (fault === "connection refused") return close();
    const body = await readAll(request);
    await FAULTY[fault ?? "none"]({
      request,
      response,
      body,
      forward: (bytes = body) => forward({ upstream, agent, method, target, request }, bytes),
    });
  };

  /** Nobody listens any more, as while a registry is restarted. */
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const open = (): Promise<void> => {
    change = change.then(async () => {
      if (!server.listening) await listen(port);
    });
    return change;
  };

  return {
    host: `127.0.0.1:${port}`,
    requests,
    get struck() {
      return struck;
    },
    arm(fault, at, lasting = false) {
      armed = { fault, at, lasting };
      count = 0;
      struck = false;
    },
    async refused() {
      if (armed?.lasting !== true) await open();
    },
    async heal() {
      armed = undefined;
      await open();
    },
    async stop() {
      await change;
      agent.destroy();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Strike {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Of the request. */
  readonly body: Buffer;
  /** Asks upstream, with the body as it came or with another one. */
  forward(body?: Buffer): Promise<Answer>;
}

const refuse =
  (status: number, headers: Readonly<Record<string, string>> = {}) =>
  async ({ response }: Strike): Promise<void> => {
    response.writeHead(status, { "content-length": "0", ...headers }).end();
  };

/** A date some seconds from now, by the clock of whoever answers. */
const soon = (): string => new Date(Date.now() + 3000).toUTCString();

const FAULTY: Readonly<Record<FaultName | "none", (strike: Strike) => Promise<void>>> = {
  none: async ({ response, forward }) => give(response, await forward()),
  // The listener is closed before it comes to this.
  "connection refused": async () => undefined,
  async "reset before the answer"({ request }) {
    request.socket.resetAndDestroy();
  },
  async "reset in the answer"({ request, response, forward }) {
    const { status, headers, body } = await forward();
    response.writeHead(status, headers);
    response.flushHeaders();
    if (body.byteLength > 1) response.write(body.subarray(0, body.byteLength >> 1));
    // Once what was written is on its way; a reset would take it back.
    setImmediate(() => request.socket.destroy());
  },
  async "lost answer"({ request, forward }) {
    await forward();
    request.socket.resetAndDestroy();
  },
  500: refuse(500),
  502: refuse(502),
  "503 with Retry-After": refuse(503, { "retry-after": "2" }),
  "429 with seconds": refuse(429, { "retry-after": "1" }),
  "429 with a date": async (strike) => refuse(429, { "retry-after": soon() })(strike),
  "401 once": refuse(401, { "www-authenticate": 'Basic realm="proxy"' }),
  async "short body"({ request, response, body, forward }) {
    // A body on its way in loses its end; one on its way out as well, and its length says so.
    const answer = await forward(body.subarray(0, body.byteLength >> 1));
    const half = answer.body.subarray(0, answer.body.byteLength >> 1);
    if (request.method === "HEAD" || body.byteLength > 0) give(response, answer);
    else give(response, { ...answer, body: half });
  },
  async "wrong bytes"({ request, response, body, forward }) {
    const answer = await forward(flipped(body));
    if (request.method === "HEAD" || body.byteLength > 0) give(response, answer);
    else give(response, { ...answer, body: flipped(answer.body) });
  },
  stall: async () => new Promise(() => undefined),
};

function give(response: ServerResponse, { status, headers, body }: Answer): void {
  const isHead = response.req.method === "HEAD";
  const length = isHead ? {} : { "content-length": String(body.byteLength) };
  response.writeHead(status, { ...headers, ...(status === 204 ? {} : length) }).end(body);
}

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const middle = copy.byteLength >> 1;
  if (copy.byteLength > 0) copy[middle] = (copy[middle] ?? 0) ^ 1;
  return copy;
}

function forward(
  to: {
    readonly upstream: string;
    readonly agent: Agent;
    readonly method: string;
    readonly target: string;
    readonly request: IncomingMessage;
  },
  body: Buffer,
): Promise<Answer> {
  const [host, port] = to.upstream.split(":");
  // One connection does not say how another one is kept.
  const { connection: _, ...headers } = to.request.headers;
  const length = "content-length" in headers ? { "content-length": String(body.byteLength) } : {};
  return new Promise((resolve, reject) => {
    const outgoing = send(
      {
        host,
        port,
        agent: to.agent,
        method: to.method,
        path: to.target,
        headers: { ...headers, ...length },
      },
      (answer) => {
        const {
          connection: _1,
          "keep-alive": _2,
          "transfer-encoding": _3,
          ...rest
        } = answer.headers;
        readAll(answer).then(
          (bytes) => resolve({ status: answer.statusCode ?? 0, headers: rest, body: bytes }),
          reject,
        );
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

async function readAll(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
