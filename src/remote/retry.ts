/**
 * When a request is worth sending again, and after how long. Pure decisions; `patient.ts` acts on them.
 *
 * @module
 */
import { isHiatusError } from "../errors.ts";
import type { Clock } from "./clock.ts";
import { parseHttpDate, parseRetryAfter } from "./retry-after.ts";
import type { HttpResponse } from "./transport.ts";

/**
 * May a request be sent again when nobody knows whether it was done? `safe`: yes. `never`: only where it certainly was not:
 * the connection was never made, or the registry said 429.
 */
export type Resend = "safe" | "never";

/** How patient to be with one request. */
export interface RetryOptions {
  /**
   * How often it is sent at most.
   * @default 5
   */
  readonly attempts?: number | undefined;
  /**
   * How long to wait between attempts at most, in milliseconds, all waits together.
   * @default 120_000
   */
  readonly patience?: number | undefined;
}

/** How often and how long when nobody says otherwise. */
export const DEFAULT_RETRIES = { attempts: 5, patience: 120_000 } as const;

/** Upper bounds of the first wait and of any wait that the registry did not ask for, in milliseconds. */
const FIRST_WAIT = 500;
const LONGEST_WAIT = 16_000;

/** Too slow, too early, or broken for the moment. 429 is by itself: it is known that nothing was done. */
const TRANSIENT: readonly number[] = [408, 429, 500, 502, 503, 504];

/** What is known when an attempt did not go well. */
export interface Attempt {
  readonly resend: Resend;
  /** Did anything at this origin ever answer? A port where nothing listens is a typing error before, a restart after. */
  readonly reached: boolean;
}

/** Why an answer should be asked for again, or undefined when it counts. */
export function whyRetryAnswer({ status }: HttpResponse, { resend }: Attempt): string | undefined {
  if (!TRANSIENT.includes(status)) return undefined;
  return resend === "safe" || status === 429 ? `status ${status}` : undefined;
}

/** Why a failed exchange should be tried again, or undefined when it should not. */
export function whyRetryFailure(error: unknown, { resend, reached }: Attempt): string | undefined {
  if (!isHiatusError(error, "NETWORK")) return undefined;
  const { reason, sent, lasting } = error.detail;
  if (lasting === true || (lasting === "unless-reached" && !reached)) return undefined;
  return resend === "safe" || sent === false ? String(reason) : undefined;
}

/**
 * Exponential backoff with full jitter: anything below a bound that doubles with each attempt.
 *
 * @param attempt the attempt that failed; the first is 1.
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoff(attempt: number, { random }: Pick<Clock, "random">): number {
  return Math.round(random() * Math.min(FIRST_WAIT * 2 ** (attempt - 1), LONGEST_WAIT));
}

/** The pause that an answer asks for in milliseconds, at most a minute, or undefined. */
export function pauseAsked(
  { status, headers }: HttpResponse,
  { now }: Pick<Clock, "now">,
): number | undefined {
  if (status !== 429 && status !== 503) return undefined;
  return parseRetryAfter(headers.get("retry-after"), parseHttpDate(headers.get("date")) ?? now());
}
