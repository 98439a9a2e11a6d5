/**
 * Handlers of others inside the registry: the metrics and the page, which know requests as the fetch standard has them.
 *
 * @module
 */
import type { Incoming, Outgoing } from "./exchange.ts";

/** Answers a request, or says that there is nothing there. */
export type Guest = (request: Request) => Promise<Response | undefined> | Response | undefined;

/** The answer of a guest, as ours. Pages are small: the body is read whole. */
export async function toGuest(
  incoming: Incoming,
  guest: Guest | undefined,
): Promise<Outgoing | undefined> {
  const response = await guest?.(incoming.toRequest());
  if (response === undefined) return undefined;
  const body = new Uint8Array(await response.arrayBuffer());
  const headers = Object.fromEntries(response.headers);
  return {
    status: response.status,
    // A guest that answers HEAD leaves the body out and says how long it would be.
    headers: { "content-length": String(body.byteLength), ...headers },
    body,
  };
}
