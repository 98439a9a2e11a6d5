/**
 * One exchange over Node's HTTP: the request written, the head of the answer awaited, the body read, nothing of it for ever.
 *
 * @module
 */
import type { Agent, ClientRequest, ClientRequestArgs, IncomingMessage } from "node:http";
import { HEAD_LIMIT, headersOf } from "./head.ts";
import { networkError, stalled } from "./network-error.ts";
import { answerBody, drop } from "./node-body.ts";
import { onAbort } from "./on-abort.ts";
import { portOf, proxyAuthorization } from "./proxy.ts";
import type { HttpRequest, HttpResponse } from "./transport.ts";
import { declaredSize, writeBody } from "./write-body.ts";

/** What all requests to one origin share. */
export interface Lane {
  readonly agent: Agent;
  /** A proxy that sees the requests themselves, because they are plain http. */
  readonly plainProxy: URL | undefined;
  /** `request` of `node:http`, which is loaded when it is needed. */
  readonly begin: (options: DialOptions) => ClientRequest;
}

/** What the agent is given for a connection. */
export interface DialOptions extends ClientRequestArgs {
  /** Stops connecting. */
  readonly dialSignal?: AbortSignal | undefined;
}

/**
 * Sends a request and gives the answer once its head is here.
 *
 * @param stallTimeout longest time for the head, and for each 16 KiB of a body, in milliseconds.
 * @throws HiatusError `NETWORK`; what connecting throws; what the body of the request throws; the reason of the signal.
 */
export function exchange(
  request: HttpRequest,
  lane: Lane,
  stallTimeout: number,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const { signal } = request;
    let sent = false;
    let over = false;
    let answer: IncomingMessage | undefined;
    let headTimer: ReturnType<typeof setTimeout> | undefined;
    const explain = (error: unknown): unknown =>
      signal?.aborted ? signal.reason : networkError(error, request, { sent });
    const outgoing = begin(request, lane);
    const end = (error: unknown): void => {
      over = true;
      clearTimeout(headTimer);
      reject(error);
      outgoing.destroy();
    };
    const fail = (error: unknown): void => end(explain(error));
    const onStall = (): unknown => {
      const seconds = stallTimeout / 1000;
      return stalled(request, `nothing moved for ${seconds} s`, { sent });
    };
    /** Nobody can use a connection again that has half a request on it. */
    const abandon = (): void => void answer?.once("close", () => outgoing.destroy());
    const forget = onAbort(signal, () => {
      answer?.destroy();
      fail(signal?.reason);
    });

    outgoing.on("error", fail);
    outgoing.once("close", () => {
      forget();
      // Also where no error was told of, as when a server upgrades to another protocol.
      if (!over) fail(Object.assign(new Error("closed"), { code: "ECONNRESET" }));
    });
    outgoing.once("socket", () => {
      sent = true;
      const isOver = (): boolean => over;
      writeBody(outgoing, request.body, { stallTimeout, onStall, isOver }).then(
        (whole) => {
          if (!whole) abandon();
          else if (!over) headTimer = setTimeout(() => fail(onStall()), stallTimeout);
        },
        (error) => {
          // What feeds the body speaks for itself.
          if (answer === undefined) end(signal?.aborted ? signal.reason : error);
          else abandon();
        },
      );
    });
    outgoing.once("response", (incoming) => {
      over = true;
      answer = incoming;
      clearTimeout(headTimer);
      incoming.on("error", () => undefined);
      if (hasNoBody(incoming, request)) incoming.resume();
      resolve({
        status: incoming.statusCode ?? 0,
        headers: headersOf(incoming.rawHeaders),
        body: answerBody(incoming, { stallTimeout, onStall, explain }),
        discard: () => drop(incoming, Number(incoming.headers["content-length"] ?? 0)),
      });
    });
  });
}

function begin(request: HttpRequest, lane: Lane): ClientRequest {
  try {
    return lane.begin(optionsFor(request, lane));
  } catch (error) {
    // Node looks at headers at once.
    throw networkError(error, request, { sent: false });
  }
}

function optionsFor(request: HttpRequest, { agent, plainProxy }: Lane): DialOptions {
  const { method, url, headers, signal } = request;
  const path = `${url.pathname}${url.search}`;
  const proxyHeader = plainProxy === undefined ? undefined : proxyAuthorization(plainProxy);
  const length = declaredSize(request);
  return {
    agent,
    method,
    host: url.hostname,
    port: portOf(url),
    path: plainProxy === undefined ? path : `${url.origin}${path}`,
    headers: {
      host: url.host,
      ...headers,
      ...(length === undefined ? {} : { "content-length": length }),
      ...(proxyHeader === undefined ? {} : { "proxy-authorization": proxyHeader }),
    },
    maxHeaderSize: HEAD_LIMIT,
    dialSignal: signal,
  };
}

function hasNoBody({ statusCode, headers }: IncomingMessage, { method }: HttpRequest): boolean {
  return (
    method === "HEAD" ||
    statusCode === 204 ||
    statusCode === 304 ||
    headers["content-length"] === "0"
  );
}
