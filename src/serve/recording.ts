/**
 * From a request and its answer to what is told of it.
 *
 * @module
 */

import { isDigest } from "../oci/digest.ts";
import { isTag } from "../oci/tag.ts";
import type { Incoming, Outgoing } from "./exchange.ts";
import type { RequestRecord } from "./record.ts";
import type { Route } from "./route.ts";

const PATH_LIMIT = 2048;
const AGENT_LIMIT = 256;

/** A request that is being recorded. */
export interface Recording {
  /** The request, its body counted. */
  readonly incoming: Incoming;
  /**
   * @param bytes of the body that were sent.
   * @param all whether they were all of it.
   */
  record(outgoing: Outgoing, user: string | undefined, bytes: number, all: boolean): RequestRecord;
}

/** Begins to record. */
export function startRecording(incoming: Incoming, route: Route): Recording {
  const time = Date.now();
  const began = performance.now();
  let received = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of incoming.body) {
      received += chunk.byteLength;
      yield chunk;
    }
  }
  return {
    incoming: { ...incoming, body: { [Symbol.asyncIterator]: counted } },
    record: (outgoing, user, bytes, all) => ({
      time,
      method: incoming.method,
      path: incoming.target.slice(0, PATH_LIMIT),
      route: route.name,
      repository: route.wellNamed ? route.repository : undefined,
      reference: referenceOf(route),
      status: all ? outgoing.status : 499,
      error: outgoing.error,
      bytes,
      received,
      ms: performance.now() - began,
      remote: incoming.remote,
      user,
      userAgent: incoming.header("user-agent")?.slice(0, AGENT_LIMIT),
    }),
  };
}

function referenceOf({ name, reference }: Route): string | undefined {
  if (reference === "") return undefined;
  const fits =
    isDigest(reference) ||
    (name === "manifest" && isTag(reference)) ||
    (name === "upload" && /^[0-9a-f-]{36}$/.test(reference));
  return fits ? reference : undefined;
}
