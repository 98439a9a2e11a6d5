/**
 * One HTTP exchange as the registry sees it: less than `Request` and `Response`, so that an adapter can make it from
 * either, and from what `node:http` gives without building objects that nobody looks at.
 *
 * @module
 */
import { encodeJson } from "../oci/json.ts";

/** A request. */
export interface Incoming {
  readonly method: string;
  /** Path and query as they were sent: `/v2/pause/tags/list?n=10`. */
  readonly target: string;
  /** A header by its name in lower case. */
  readonly header: (name: string) => string | undefined;
  /** To be iterated at most once; breaks off with an error when the client goes away. */
  readonly body: AsyncIterable<Uint8Array>;
  /** The address of the client, without its port. */
  readonly remote: string | undefined;
  /** The request as the fetch standard has it, for handlers that want that. Its body is the same and can be read once. */
  readonly toRequest: () => Request;
}

/** An answer. */
export interface Outgoing {
  readonly status: number;
  /** Names in lower case. Everything with a body has `content-length`, and so have answers to HEAD. */
  readonly headers: Readonly<Record<string, string>>;
  /** A stream breaks off with an error when its end would be wrong: then the connection must break off too. */
  readonly body?: Uint8Array | AsyncIterable<Uint8Array> | undefined;
  /** What the access log is to know. */
  readonly error?: string | undefined;
  /** To be called when the answer is over: with the bytes of the body that were sent, and whether they were all. */
  readonly done?: ((bytes: number, whole: boolean) => void) | undefined;
}

/** Answers requests. Throws nothing. */
export type Handler = (incoming: Incoming) => Promise<Outgoing>;

/** An answer without a body. */
export function empty(status: number, headers: Readonly<Record<string, string>> = {}): Outgoing {
  // 204 has no body and says so by itself.
  return { status, headers: status === 204 ? headers : { ...headers, "content-length": "0" } };
}

/** An answer with a body that is here. (An answer to HEAD loses it later, and keeps its length.) */
export function whole(
  body: Uint8Array,
  mediaType: string,
  headers: Readonly<Record<string, string>> = {},
): Outgoing {
  return {
    status: 200,
    headers: { ...headers, "content-type": mediaType, "content-length": String(body.byteLength) },
    body,
  };
}

/** An answer in JSON. */
export function json(
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
  mediaType = "application/json",
): Outgoing {
  return whole(encodeJson(value), mediaType, headers);
}

/** The parameters of the query of a target. */
export function queryOf(target: string): URLSearchParams {
  const mark = target.indexOf("?");
  return new URLSearchParams(mark < 0 ? "" : target.slice(mark + 1));
}
