/**
 * Waiting for a socket.
 *
 * @module
 */
import type { Socket } from "node:net";

/**
 * Waits for an event of a socket. When the signal comes first the socket is destroyed.
 *
 * @throws its error; an `ECONNRESET` when it closes without one; the reason of the signal.
 */
export function until(
  socket: Socket,
  event: "connect" | "secureConnect" | "readable",
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void): void => {
      socket.removeListener(event, onEvent);
      socket.removeListener("close", onClose);
      signal.removeEventListener("abort", onAbort);
      finish();
    };
    const onEvent = (): void => settle(resolve);
    const onError = (error: unknown): void => settle(() => reject(error));
    const onClose = (): void => onError(closed());
    const onAbort = (): void => {
      socket.destroy();
      onError(signal.reason);
    };
    // Stays: an error that comes late must not end the process.
    socket.on("error", onError);
    socket.once(event, onEvent);
    socket.once("close", onClose);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}

function closed(): Error {
  return Object.assign(new Error("the connection was closed"), { code: "ECONNRESET" });
}
