/**
 * Listening to an abort by the thousand.
 *
 * @module
 */

/** Who waits on a signal, and the one listener that tells them. */
interface Waiting {
  readonly stops: Set<() => void>;
  readonly tell: () => void;
}

const waiting = new WeakMap<AbortSignal, Waiting>();

/**
 * Calls a function when a signal is aborted. The listeners of a signal are a list that is walked whenever one is added or taken
 * away, so that a thousand requests which wait on one signal would cost a million steps; here they share one listener.
 *
 * @param stop must not throw. It is not called for a signal that is aborted already.
 * @returns takes the function out again; any number of times.
 */
export function onAbort(signal: AbortSignal | undefined, stop: () => void): () => void {
  if (signal === undefined) return () => undefined;
  const { stops, tell } = waiting.get(signal) ?? listen(signal);
  stops.add(stop);
  return () => {
    if (!stops.delete(stop) || stops.size > 0) return;
    signal.removeEventListener("abort", tell);
    waiting.delete(signal);
  };
}

function listen(signal: AbortSignal): Waiting {
  const stops = new Set<() => void>();
  const tell = (): void => {
    for (const stop of [...stops]) stop();
    stops.clear();
  };
  signal.addEventListener("abort", tell, { once: true });
  const made = { stops, tell };
  waiting.set(signal, made);
  return made;
}
