/**
 * Requests to an origin over TLS: which protocol it speaks shows with the first connection, and all wait for that one. HTTP/2 takes every
 * request on it; with HTTP/1.1 it becomes the first of many.
 *
 * @module
 */
import type { ClientHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { exchangeH2 } from "./h2-exchange.ts";
import { isOpen, isUnused, openSession, speaksH2 } from "./h2-session.ts";
import { networkError } from "./network-error.ts";
import { onAbort } from "./on-abort.ts";
import { createShare } from "./shared.ts";
import type { HttpRequest, HttpResponse } from "./transport.ts";

/** Makes a connection. */
type Dial = (signal: AbortSignal | undefined) => Promise<Socket>;

/** The way to one origin. */
export interface SecureLane {
  /** Sends a request, by `plain` where the origin speaks HTTP/1.1. */
  exchange(
    request: HttpRequest,
    plain: (request: HttpRequest) => Promise<HttpResponse>,
  ): Promise<HttpResponse>;
  /** Begins to connect before there is a request. */
  prepare(signal: AbortSignal): void;
  /** A connection for HTTP/1.1. */
  readonly dial: Dial;
  close(): void;
}

/** Makes one. Nothing is connected before the first request. */
export function secureLane(origin: string, dial: Dial, stallTimeout: number): SecureLane {
  const share = createShare<ClientHttp2Session | undefined>({ keep: false });
  let current: ClientHttp2Session | undefined;
  let isOld = false;
  let spare: Socket | undefined;

  const forget = (session: ClientHttp2Session): void => {
    if (current === session) current = undefined;
  };
  const connect = async (signal: AbortSignal): Promise<ClientHttp2Session | undefined> => {
    const socket = await dial(signal);
    if (!speaksH2(socket)) {
      isOld = true;
      spare = socket;
      return undefined;
    }
    const session = await openSession(socket, origin, () => forget(session));
    current = session;
    return session;
  };
  /** Undefined where the origin speaks HTTP/1.1. */
  const sessionFor = async (request: HttpRequest): Promise<ClientHttp2Session | undefined> => {
    if (isOld) return undefined;
    if (current !== undefined && isOpen(current)) return current;
    try {
      return await share("", connect, request.signal);
    } catch (error) {
      throw networkError(error, request, { sent: false });
    }
  };
  return {
    async exchange(request, plain) {
      const session = await sessionFor(request);
      if (session === undefined) return plain(request);
      const onSuspect = (): void => {
        forget(session);
        session.close();
      };
      return exchangeH2(request, session, { stallTimeout, onSuspect });
    },
    prepare(signal) {
      if (isOld || current !== undefined) return;
      share("", connect, signal).catch(() => undefined);
      onAbort(signal, () => {
        if (current !== undefined && isUnused(current)) current.close();
        spare?.destroy();
      });
    },
    async dial(signal) {
      const socket = spare;
      spare = undefined;
      return socket === undefined || socket.destroyed ? dial(signal) : socket;
    },
    close() {
      current?.destroy();
      spare?.destroy();
    },
  };
}
