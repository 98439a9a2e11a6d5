/**
 * A client of one registry: every request to it goes through here, in its turn, with the right credentials for the right host
 * and no others, again where that makes sense, and across the redirects of reads.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md
 * @module
 */
import { isSameHost } from "./address.ts";
import { responseError } from "./answer.ts";
import type { Authorizer, Purpose } from "./authorizer.ts";
import type { Clock } from "./clock.ts";
import { endpointOf } from "./endpoint.ts";
import type { ClientEvent } from "./events.ts";
import type { Limiter, LimiterOptions } from "./limiter.ts";
import { type NodeTransportOptions, sharedTransport } from "./node-transport.ts";
import { patient } from "./patient.ts";
import type { ProxyOptions } from "./proxy.ts";
import type { Resend } from "./retry.ts";
import { type ClientTarget, misled, redirectTarget, startOf, type Where } from "./target.ts";
import type { TlsOptions } from "./tls-options.ts";
import type { HttpBody, HttpMethod, HttpRequest, HttpResponse, Transport } from "./transport.ts";
import { tellWarnings, withoutRepeatedWarnings } from "./warnings.ts";

export type { ClientTarget } from "./target.ts";

/** How to reach a registry. */
export interface ClientOptions {
  /** As references name it: `docker.io`, `registry.example:5000`. */
  readonly registry: string;
  /** @default Node's own HTTP, with the options below */
  readonly transport?: Transport | undefined;
  /** @default none: everybody is anonymous, and a 401 is what it is */
  readonly authorizer?: Authorizer | undefined;
  /**
   * True: http; false: https.
   * @default http for loopback hosts without `tls`, https for all others
   */
  readonly plainHttp?: boolean | undefined;
  /** Certificates and keys. Not for a transport of one's own. */
  readonly tls?: TlsOptions | undefined;
  /**
   * Proxies, or false for none. Not for a transport of one's own.
   * @default what `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say
   */
  readonly proxy?: ProxyOptions | false | undefined;
  /** Hosts with private addresses that answers may lead to, written as in `NO_PROXY`. Not for a transport of one's own. */
  readonly allowPrivate?: readonly string[] | undefined;
  /**
   * Most requests in flight to one host.
   * @default 32
   */
  readonly concurrency?: number | undefined;
  /**
   * Most requests to one host in a second.
   * @default no limit
   */
  readonly rate?: number | undefined;
  /**
   * How often a request is sent at most.
   * @default 5
   */
  readonly attempts?: number | undefined;
  /**
   * How long a request waits between attempts at most, all waits together, in milliseconds.
   * @default 120_000
   */
  readonly patience?: number | undefined;
  /** @default "hiatus" */
  readonly userAgent?: string | undefined;
  /** Told of requests, retries, pauses and warnings. */
  readonly onEvent?: ((event: ClientEvent) => void) | undefined;
  /**
   * Limits each origin.
   * @default what this process shares
   */
  readonly limiter?: ((origin: string, options: LimiterOptions) => Limiter) | undefined;
  /** @default the real one */
  readonly clock?: Clock | undefined;
}

/** A request to a registry, or to where an answer of it pointed. */
export type ClientRequest = ClientRequestOptions & ClientTarget;

/** What every request has besides its target. */
export interface ClientRequestOptions {
  readonly method: HttpMethod;
  /** Names in lower case. `authorization` is the client's business. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: Uint8Array | HttpBody | undefined;
  /** The repository that this is about. */
  readonly repository: string;
  /** What it needs to be allowed: `repository:team/pause:pull`. */
  readonly scopes: readonly string[];
  readonly signal?: AbortSignal | undefined;
  /**
   * May it be sent again when it is unknown whether it was done?
   * @default "safe" for GET and HEAD, "never" for others
   */
  readonly retry?: Resend | undefined;
  /** The statuses that count as success; any other throws. Without it every answer is given as it is. */
  readonly expect?: readonly number[] | undefined;
}

/** Sends requests to one registry. */
export interface Client {
  /** As references name it. */
  readonly registry: string;
  /** Where it is reached. */
  readonly origin: URL;
  /**
   * Sends a request. Redirects of GET and HEAD are followed, five at most, never from https to http. A 401 of the registry is
   * shown to the authorizer once; 408, 429, 5xx and broken connections are tried again as `retry` allows.
   *
   * @throws HiatusError `NETWORK` when no answer came; `REGISTRY` for a redirect that is not followed; for an answer that is not
   * expected what `responseError` makes of it; whatever the authorizer throws.
   */
  send(request: ClientRequest): Promise<HttpResponse>;
}

/** An answer and who gave it. */
interface Answered {
  readonly response: HttpResponse;
  readonly url: URL;
}

/** Most redirects that are followed for one request. */
const REDIRECT_LIMIT = 5;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/** Makes a client. Nothing is sent and nothing is read before its first request. */
export function createClient(options: ClientOptions): Client {
  const { registry, authorizer, tls, userAgent = "hiatus" } = options;
  const origin = endpointOf(registry, { plainHttp: options.plainHttp, tls: tls !== undefined });
  const onEvent = withoutRepeatedWarnings(options.onEvent);
  let { transport } = options;
  const transportOrOurs: Transport = (request) => {
    transport ??= sharedTransport(transportOptions(options));
    return transport(request);
  };
  const send = patient(transportOrOurs, { ...options, onEvent });
  if (tls?.insecure === true && options.transport === undefined) {
    onEvent({
      type: "warning",
      registry,
      message: `The certificate of "${registry}" is not verified: whoever is in between can read and change everything`,
    });
  }

  /** One request, and once more when the authorizer learnt from a 401. */
  const authorized = async (request: HttpRequest, asked: ClientRequest): Promise<HttpResponse> => {
    if (authorizer === undefined) return send(request, asked.retry);
    const { signal } = request;
    const purpose: Purpose = {
      origin: origin.origin,
      registry,
      repository: asked.repository,
      scopes: asked.scopes,
    };
    for (let last = false; ; last = true) {
      const used = await authorizer.authorize(purpose, { signal });
      const headers = used === undefined ? {} : { authorization: used };
      const response = await send(
        { ...request, headers: { ...request.headers, ...headers } },
        asked.retry,
      );
      if (response.status !== 401 || last) return response;
      const challenges = response.headers.all("www-authenticate");
      try {
        if (!(await authorizer.refused(purpose, challenges, used, { signal }))) return response;
      } catch (error) {
        response.discard();
        throw error;
      }
      response.discard();
    }
  };

  const follow = async (asked: ClientRequest): Promise<Answered> => {
    const at: Where = { registry, origin, method: asked.method };
    let url = startOf(asked, at);
    let ours = url.origin === origin.origin;
    for (let hops = 0; ; hops++) {
      const request: HttpRequest = {
        method: asked.method,
        url,
        headers: { "user-agent": userAgent, ...withoutAuthorization(asked.headers) },
        body: asked.body,
        signal: asked.signal,
        chosenBy: isSameHost(url, origin) ? "user" : "answer",
      };
      const response = ours ? await authorized(request, asked) : await send(request, asked.retry);
      tellWarnings(response, registry, onEvent);
      const location = response.headers.get("location");
      const reads = asked.method === "GET" || asked.method === "HEAD";
      if (!reads || !REDIRECTS.includes(response.status) || location === undefined) {
        return { response, url };
      }
      response.discard();
      if (hops === REDIRECT_LIMIT) {
        throw misled(at, url, `redirects more than ${REDIRECT_LIMIT} times`);
      }
      url = redirectTarget(location, url, at);
      // Once elsewhere, credentials stay at home, even when the way leads back.
      ours &&= url.origin === origin.origin;
    }
  };

  return {
    registry,
    origin,
    async send(request) {
      const { response, url } = await follow(request);
      if (request.expect === undefined || request.expect.includes(response.status)) return response;
      throw await responseError(response, {
        registry,
        method: request.method,
        url,
        repository: request.repository,
        elsewhere: url.origin !== origin.origin,
      });
    },
  };
}

function withoutAuthorization(
  headers: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const { authorization: _, ...rest } = headers;
  return rest;
}

function transportOptions({ tls, proxy, allowPrivate }: ClientOptions): NodeTransportOptions {
  return { tls, proxy, allowPrivate };
}
