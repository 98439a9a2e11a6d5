/**
 * A transport that waits its turn, waits when it is told to, and tries again when that makes sense. What it sends is counted
 * and told by events. Clients send through it, and token services are asked through it.
 *
 * @module
 */
import { type Clock, realClock } from "./clock.ts";
import type { ClientEvent } from "./events.ts";
import { type Limiter, type LimiterOptions, limiterFor } from "./limiter.ts";
import { primed } from "./primed.ts";
import {
  backoff,
  DEFAULT_RETRIES,
  pauseAsked,
  type Resend,
  type RetryOptions,
  whyRetryAnswer,
  whyRetryFailure,
} from "./retry.ts";
import { printable, redactUrl } from "./text.ts";
import type { HttpRequest, HttpResponse, Transport } from "./transport.ts";

/** How requests are paced, repeated and told about. */
export interface PatientOptions extends RetryOptions, LimiterOptions {
  /** The registry that all this is for, as events name it. */
  readonly registry: string;
  readonly onEvent?: ((event: ClientEvent) => void) | undefined;
  /**
   * Limits each origin.
   * @default what this process shares, see `limiterFor`
   */
  readonly limiter?: ((origin: string, options: LimiterOptions) => Limiter) | undefined;
  /** @default the real one */
  readonly clock?: Clock | undefined;
}

/**
 * Sends a request as a transport does, but patiently.
 *
 * @param resend `safe` when the request may be done twice. By default GET and HEAD may, others not.
 * @returns the last answer, whatever its status.
 */
export type PatientTransport = (request: HttpRequest, resend?: Resend) => Promise<HttpResponse>;

/** Makes a transport patient. */
export function patient(transport: Transport, options: PatientOptions): PatientTransport {
  const { attempts = DEFAULT_RETRIES.attempts, patience = DEFAULT_RETRIES.patience } = options;
  const { registry, onEvent = () => undefined, limiter = limiterFor, clock = realClock } = options;
  const reached = new Set<string>();

  /** One exchange in its turn. */
  const exchange = async (request: HttpRequest): Promise<HttpResponse> => {
    // A body that is fetched from the same registry needs a slot itself before it flows.
    const ready = await primed(request);
    try {
      const release = await limiter(request.url.origin, options).take(request.signal);
      try {
        return await told(ready.request);
      } finally {
        release();
      }
    } finally {
      ready.done();
    }
  };

  const told = async (request: HttpRequest): Promise<HttpResponse> => {
    const { method, url, body } = request;
    const sent = body === undefined ? 0 : body instanceof Uint8Array ? body.byteLength : body.size;
    const facts = { type: "request", registry, method, url: redactUrl(url), sent } as const;
    const began = clock.now();
    try {
      const response = await transport(request);
      reached.add(url.origin);
      const { status } = response;
      onEvent({
        ...facts,
        status,
        milliseconds: clock.now() - began,
        received: method === "HEAD" ? 0 : lengthOf(response),
      });
      return response;
    } catch (error) {
      const failure = printable(error instanceof Error ? error.message : String(error));
      const milliseconds = clock.now() - began;
      onEvent({ ...facts, status: undefined, failure, milliseconds, received: undefined });
      throw error;
    }
  };

  return async (request, resend = isRead(request) ? "safe" : "never") => {
    const { origin } = request.url;
    let waited = 0;
    for (let attempt = 1; ; attempt++) {
      const outcome = await settle(exchange(request));
      const known = { resend, reached: reached.has(origin) };
      const why =
        "response" in outcome
          ? whyRetryAnswer(outcome.response, known)
          : whyRetryFailure(outcome.error, known);
      const asked = "response" in outcome ? pauseAsked(outcome.response, clock) : undefined;
      // Others wait as well, also when this request is at its end.
      const throttled =
        asked ?? ("response" in outcome && outcome.response.status === 429 ? 0 : undefined);
      const milliseconds = Math.max(throttled ?? 0, backoff(attempt, clock));
      if (throttled !== undefined && milliseconds > 0) {
        limiter(origin, options).pause(milliseconds);
        onEvent({ type: "pause", registry, origin, milliseconds });
      }
      const again = why !== undefined && attempt < attempts && waited + milliseconds <= patience;
      if (!again || request.signal?.aborted) {
        if ("response" in outcome) return outcome.response;
        throw outcome.error;
      }
      if ("response" in outcome) outcome.response.discard();
      const { method } = request;
      onEvent({
        type: "retry",
        registry,
        method,
        url: redactUrl(request.url),
        why,
        attempt: attempt + 1,
        milliseconds,
      });
      waited += milliseconds;
      // A pause is waited for in the queue.
      if (throttled === undefined) await clock.sleep(milliseconds, request.signal);
    }
  };
}

type Outcome = { readonly response: HttpResponse } | { readonly error: unknown };

function settle(work: Promise<HttpResponse>): Promise<Outcome> {
  return work.then(
    (response) => ({ response }),
    (error: unknown) => ({ error }),
  );
}

function isRead({ method }: HttpRequest): boolean {
  return method === "GET" || method === "HEAD";
}

function lengthOf({ headers }: HttpResponse): number | undefined {
  const value = headers.get("content-length");
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}
