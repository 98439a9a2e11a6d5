/**
 * How fast requests go to one origin: so many in flight, so many a second, and none while the registry wants a pause.
 * Everything in the process that talks to that origin shares one limiter, because the registry counts us as one.
 *
 * A request is in flight until the head of its answer came. Reading a body takes no slot: a copy inside one registry reads one
 * answer while it sends another request, and would wait for itself.
 *
 * @module
 */
import { type Clock, realClock } from "./clock.ts";
import { onAbort } from "./on-abort.ts";

/** How many requests at once when nobody says otherwise. */
const DEFAULT_CONCURRENCY = 32;

/** How a limiter limits. */
export interface LimiterOptions {
  /**
   * Most requests in flight.
   * @default 32
   */
  readonly concurrency?: number | undefined;
  /**
   * Most requests begun in a second, evenly spread.
   * @default no limit
   */
  readonly rate?: number | undefined;
}

/** Hands out slots, first come, first served. */
export interface Limiter {
  /**
   * Waits for a slot.
   *
   * @returns gives the slot back; any number of times.
   * @throws the reason of the signal, and then holds no slot and no place in the queue.
   */
  take(signal?: AbortSignal): Promise<() => void>;
  /** Begins nothing for so many milliseconds from now. A shorter pause does not end a longer one. */
  pause(milliseconds: number): void;
  /** Takes the stricter of what holds and what is given. */
  tighten(options: LimiterOptions): void;
}

interface Waiter {
  readonly start: () => void;
}

/** A limiter by itself; {@link limiterFor} gives the shared one. */
export function createLimiter(
  options: LimiterOptions = {},
  clock: Pick<Clock, "now" | "sleep"> = realClock,
): Limiter {
  let concurrency: number | undefined;
  let rate: number | undefined;
  let inFlight = 0;
  let notBefore = 0;
  const queue = new Set<Waiter>();
  let nap: AbortController | undefined;

  const tighten = (wanted: LimiterOptions): void => {
    concurrency = stricter(concurrency, wanted.concurrency);
    rate = stricter(rate, wanted.rate);
  };

  const pump = (): void => {
    while (queue.size > 0 && inFlight < (concurrency ?? DEFAULT_CONCURRENCY)) {
      const now = clock.now();
      if (now < notBefore) {
        napUntil(notBefore - now);
        return;
      }
      const [first] = queue;
      if (first === undefined) return;
      queue.delete(first);
      inFlight++;
      if (rate !== undefined) notBefore = Math.max(notBefore, now) + 1000 / rate;
      first.start();
    }
    // A nap for nobody would keep the process alive.
    if (queue.size === 0) nap?.abort();
  };

  const napUntil = (milliseconds: number): void => {
    if (nap !== undefined) return;
    const mine = new AbortController();
    nap = mine;
    const wake = (): void => {
      nap = undefined;
      pump();
    };
    clock.sleep(milliseconds, mine.signal).then(wake, wake);
  };

  const release = (): void => {
    inFlight--;
    pump();
  };

  tighten(options);
  return {
    tighten,
    take: (signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const leave = (): void => {
          queue.delete(waiter);
          reject(signal?.reason);
          pump();
        };
        const waiter: Waiter = {
          start() {
            forget();
            resolve(once(release));
          },
        };
        const forget = onAbort(signal, leave);
        queue.add(waiter);
        pump();
      }),
    pause(milliseconds) {
      notBefore = Math.max(notBefore, clock.now() + milliseconds);
    },
  };
}

const shared = new Map<string, Limiter>();

/**
 * The limiter of an origin (`https://registry.example:5000`) in this process. When several ask with different options,
 * the strictest holds.
 */
export function limiterFor(origin: string, options: LimiterOptions = {}): Limiter {
  let limiter = shared.get(origin);
  if (limiter === undefined) {
    limiter = createLimiter(options);
    shared.set(origin, limiter);
  } else limiter.tighten(options);
  return limiter;
}

function stricter(have: number | undefined, wanted: number | undefined): number | undefined {
  // What is no positive number would stop everything for good.
  if (wanted === undefined || !(wanted > 0)) return have;
  return have === undefined ? wanted : Math.min(have, wanted);
}

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    work();
  };
}
