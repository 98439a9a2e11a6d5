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
    const flight = { result: work(controller.signal), controller, waiting: 0 };
    flights.set(key, flight);
    flight.result.then(
      () => keep || forget(key, flight),
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
