/**
 * Work that several callers wait for is done once.
 *
 * @module
 */
import { onAbort } from "./on-abort.ts";

/**
 * Joins the work of this key, or starts it.
 *
 * @param work gets a signal that fires when nobody waits any more.
 * @param signal stops the waiting of this caller alone; its reason is thrown as it is.
 */
export type Share<T> = (
  key: string,
  work: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal | undefined,
) => Promise<T>;

interface Flight<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
  /** Is the result there? Then nobody waits for it any more. */
  done: boolean;
}

/**
 * Makes a {@link Share}. What failed is forgotten, so that the next caller tries again.
 *
 * @param keep whether what was found is given to later callers too.
 */
export function createShare<T>({ keep }: { readonly keep: boolean }): Share<T> {
  const flights = new Map<string, Flight<T>>();
  const forget = (key: string, flight: Flight<T>) => {
    if (flights.get(key) === flight) flights.delete(key);
  };
  const start = (key: string, work: (signal: AbortSignal) => Promise<T>): Flight<T> => {
    const controller = new AbortController();
    const flight: Flight<T> = {
      result: work(controller.signal),
      controller,
      waiting: 0,
      done: false,
    };
    flights.set(key, flight);
    flight.result.then(
      () => {
        flight.done = true;
        if (!keep) forget(key, flight);
      },
      () => forget(key, flight),
    );
    return flight;
  };
  return async (key, work, signal) => {
    signal?.throwIfAborted();
    const flight = flights.get(key) ?? start(key, work);
    return join(flight, signal, () => forget(key, flight));
  };
}

function join<T>(
  flight: Flight<T>,
  signal: AbortSignal | undefined,
  forget: () => void,
): Promise<T> {
  if (flight.done) return flight.result;
  flight.waiting++;
  if (signal === undefined) return flight.result;
  return new Promise((resolve, reject) => {
    const leave = () => {
      reject(signal.reason);
      flight.waiting--;
      if (flight.waiting > 0) return;
      // Whoever comes now must not join what is being stopped.
      forget();
      flight.controller.abort(signal.reason);
    };
    const unlisten = onAbort(signal, leave);
    flight.result.then(resolve, reject).finally(unlisten);
  });
}
