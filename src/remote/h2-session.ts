/**
 * A connection that speaks HTTP/2.
 *
 * @module
 */
import type { ClientHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { HEAD_LIMIT } from "./head.ts";

/** How much may be under way to us unread, for a stream and for the connection. Bytes: 64 KiB, which is the default, would be 3 MB/s at 20 ms. */
const STREAM_WINDOW = 1024 * 1024;
const WINDOW = 8 * 1024 * 1024;

/** Was it agreed upon in the handshake? */
export function speaksH2(socket: Socket): boolean {
  return (socket as { alpnProtocol?: unknown }).alpnProtocol === "h2";
}

/**
 * Begins to speak over a socket. The process is kept alive only by streams.
 *
 * @param onEnd called once when it takes no more requests.
 */
export async function openSession(
  socket: Socket,
  origin: string,
  onEnd: () => void,
): Promise<ClientHttp2Session> {
  const { connect } = await import("node:http2");
  const session = connect(origin, {
    createConnection: () => socket,
    settings: {
      enablePush: false,
      initialWindowSize: STREAM_WINDOW,
      maxHeaderListSize: HEAD_LIMIT,
    },
  });
  session.setLocalWindowSize(WINDOW);
  // Its streams tell what it means for them.
  session.on("error", () => undefined);
  session.once("goaway", onEnd);
  session.once("close", onEnd);
  session.unref();
  return session;
}

const streams = new WeakMap<ClientHttp2Session, number>();

/** Keeps the process alive for the sake of one stream. @returns lets go of it; to be called once. */
export function hold(session: ClientHttp2Session): () => void {
  const count = (by: 1 | -1): number => {
    const now = (streams.get(session) ?? 0) + by;
    streams.set(session, now);
    return now;
  };
  if (count(1) === 1) session.ref();
  return () => {
    if (count(-1) === 0) session.unref();
  };
}

/** Was no stream begun yet? */
export function isUnused(session: ClientHttp2Session): boolean {
  return !streams.has(session);
}

/** Can a stream be begun? */
export function isOpen(session: ClientHttp2Session): boolean {
  return !session.closed && !session.destroyed;
}
