/**
 * One exchange as a stream of an HTTP/2 connection. All requests to a registry go over one such connection, so that it is opened, and
 * its certificate is looked at, once.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9113
 * @module
 */
import { validateHeaderValue } from "node:http";
import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from "node:http2";
import { hold } from "./h2-session.ts";
import { HEAD_LIMIT, headersOf } from "./head.ts";
import { networkError, stalled } from "./network-error.ts";
import { answerBody, drop } from "./node-body.ts";
import { onAbort } from "./on-abort.ts";
import type { HttpRequest, HttpResponse } from "./transport.ts";
import { declaredSize, writeBody } from "./write-body.ts";

/** Error codes of RFC 9113, section 7. */
const REFUSED_STREAM = 7;
const CANCEL = 8;
const ENHANCE_YOUR_CALM = 11;

/** What an exchange tells of the connection that it went over. */
export interface H2Options {
  /** Longest time for the head, and for each 16 KiB of a body, in milliseconds. */
  readonly stallTimeout: number;
  /** Called when nothing came in time: perhaps the connection is dead, and nobody said so. */
  readonly onSuspect: () => void;
}

/**
 * Sends a request and gives the answer once its head is here.
 *
 * @throws HiatusError `NETWORK`; what the body of the request throws; the reason of the signal.
 */
export function exchangeH2(
  request: HttpRequest,
  session: ClientHttp2Session,
  { stallTimeout, onSuspect }: H2Options,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const { signal } = request;
    let over = false;
    let headTimer: ReturnType<typeof setTimeout> | undefined;
    const stream = begin(request, session);
    // A stream that was refused was not looked at.
    const progress = () => ({ sent: stream.rstCode !== REFUSED_STREAM });
    const explain = (error: unknown): unknown => {
      if (signal?.aborted) return signal.reason;
      const cause = stream.rstCode === ENHANCE_YOUR_CALM ? tooLong() : error;
      return networkError(cause, request, progress());
    };
    const release = hold(session);
    const end = (error: unknown): void => {
      over = true;
      clearTimeout(headTimer);
      reject(error);
      stream.close(CANCEL);
    };
    const onStall = (): unknown => {
      onSuspect();
      return stalled(request, `nothing moved for ${stallTimeout / 1000} s`, progress());
    };
    const forget = onAbort(signal, () => {
      if (!over) end(signal?.reason);
      else stream.destroy(signal?.reason as Error);
    });

    stream.on("error", (error) => {
      if (!over) end(explain(error));
    });
    stream.once("close", () => {
      forget();
      release();
      if (!over) end(explain(broken()));
    });
    writeBody(stream, request.body, { stallTimeout, onStall, isOver: () => over }).then(
      (whole) => {
        if (!whole) stream.once("end", () => stream.close(CANCEL));
        else if (!over) headTimer = setTimeout(() => end(explain(onStall())), stallTimeout);
      },
      (error) => {
        // What feeds the body speaks for itself.
        if (!over) end(signal?.aborted ? signal.reason : error);
        else stream.close(CANCEL);
      },
    );
    stream.once("response", ((head: Head, _: number, raw: readonly string[]) => {
      const status = head[":status"] ?? 0;
      if (raw.reduce((size, text) => size + text.length, 0) > HEAD_LIMIT) {
        end(explain(tooLong()));
        return;
      }
      over = true;
      clearTimeout(headTimer);
      if (request.method === "HEAD" || status === 204 || status === 304) stream.resume();
      resolve({
        status,
        headers: headersOf(raw),
        body: whole(stream, answerBody(stream, { stallTimeout, onStall, explain }), explain),
        discard: () => drop(stream, Number(head["content-length"] ?? 0)),
      });
    }) as () => void);
  });
}

interface Head {
  readonly ":status"?: number;
  readonly "content-length"?: string;
}

/** A stream that is cut off ends like one that came to its end, but for its code. */
async function* whole(
  stream: ClientHttp2Stream,
  chunks: AsyncIterable<Uint8Array>,
  explain: (error: unknown) => unknown,
): AsyncGenerator<Uint8Array> {
  yield* chunks;
  if (stream.aborted || (stream.rstCode ?? 0) !== 0) throw explain(broken());
}

function begin(request: HttpRequest, session: ClientHttp2Session): ClientHttp2Stream {
  const { method, url, headers } = request;
  const length = declaredSize(request);
  const fields: OutgoingHttpHeaders = {
    ":method": method,
    ":scheme": url.protocol.slice(0, -1),
    ":authority": url.host,
    ":path": `${url.pathname}${url.search}`,
    ...headers,
    ...(length === undefined ? {} : { "content-length": String(length) }),
  };
  try {
    for (const [name, value] of Object.entries(headers)) validateHeaderValue(name, value);
    return session.request(fields, { endStream: request.body === undefined });
  } catch (error) {
    // Also when the connection has ended meanwhile.
    throw networkError(error, request, { sent: false });
  }
}

function broken(): Error {
  return Object.assign(new Error("the stream ended early"), { code: "ECONNRESET" });
}

function tooLong(): Error {
  return Object.assign(new Error("too many headers"), { code: "HPE_HEADER_OVERFLOW" });
}
