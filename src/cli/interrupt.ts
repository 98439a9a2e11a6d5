/**
 * Ctrl-C: stop the work, let it clean up, say how to go on, and end by the signal, so that a shell's loop stops too.
 *
 * @module
 */
import { setMaxListeners } from "node:events";
import { constants } from "node:os";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs work that a signal aborts. A second signal does not wait for the clean-up.
 *
 * @param stays what is left when the work is stopped, as a sentence of its own.
 * @returns what the work returns. After a signal it does not return: the process ends by that signal.
 */
export async function interruptible<T>(
  work: (signal: AbortSignal) => Promise<T>,
  stays = "The previous output is untouched",
): Promise<T> {
  const controller = new AbortController();
  // Every request that waits listens to it; that many are no leak.
  setMaxListeners(0, controller.signal);
  let received: (typeof SIGNALS)[number] | undefined;
  const onSignal = (signal: (typeof SIGNALS)[number]): void => {
    if (received !== undefined) die(signal);
    received = signal;
    process.stderr.write("\nhiatus: Interrupted, cleaning up (once more to stop at once)\n");
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  const forget = (): void => {
    for (const name of SIGNALS) process.removeListener(name, onSignal);
  };
  try {
    return await work(controller.signal);
  } catch (error) {
    if (received === undefined) throw error;
    process.stderr.write(`hiatus: Stopped. ${stays}; run the same command again to go on\n`);
    forget();
    die(received);
    // The signal may take a moment to arrive.
    await new Promise(() => setInterval(() => undefined, 1000));
    throw error;
  } finally {
    forget();
  }
}

function die(signal: NodeJS.Signals): void {
  for (const name of SIGNALS) process.removeAllListeners(name);
  // As PID 1 of a container nobody dies of a signal that has no handler; what a shell would say of it is said by the exit code.
  if (process.pid === 1) process.exit(128 + constants.signals[signal]);
  process.kill(process.pid, signal);
}
