/**
 * One HTTP exchange, shaped like fetch and smaller: what this room needs of HTTP, and no more. Node and Deno give it by
 * `node-transport.ts`; tests give it by a handler, with no port open.
 *
 * @module
 */

/** The methods of the distribution spec, and POST to token services. */
export type HttpMethod = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

/** A body whose length is known, and which can be sent again: every call of `chunks` begins anew. */
export interface HttpBody {
  /** Bytes. */
  readonly size: number;
  readonly chunks: () => AsyncIterable<Uint8Array>;
}

/** A request. */
export interface HttpRequest {
  readonly method: HttpMethod;
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | HttpBody | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * Who chose the host: the user, or an answer of a registry (a `Location`, a token realm). What was only told must not lead to
   * private or link-local addresses, which is checked when connecting, after the name was resolved.
   */
  readonly chosenBy: "user" | "answer";
}

/** Headers of an answer; names in any case. */
export interface HttpHeaders {
  /** The value; several with `, ` between them. */
  get(name: string): string | undefined;
  /** Each value by itself, as they came: `WWW-Authenticate` may come more than once. */
  all(name: string): readonly string[];
}

/** An answer whose body was not read yet. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: HttpHeaders;
  /** To be iterated once. Breaks off with an error when the connection does or when nothing comes for too long. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Drops what was not read. To be called where the body is not iterated to its end; any number of times. */
  discard(): void;
}

/**
 * Sends one request and gives its answer, whatever its status. Follows no redirect, keeps no cookie, adds no credentials.
 *
 * @throws HiatusError `NETWORK` when no whole answer came; the reason of the signal.
 */
export type Transport = (request: HttpRequest) => Promise<HttpResponse>;
