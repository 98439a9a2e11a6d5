/**
 * The registry: from a request to its answer.
 *
 * @module
 */
import { createContents } from "./contents.ts";
import { dispatch, type Endpoints } from "./endpoints.ts";
import type { Handler, Incoming, Outgoing } from "./exchange.ts";
import { createGate, type GateOptions } from "./gate.ts";
import type { Guest } from "./guest.ts";
import type { RequestRecord } from "./record.ts";
import { startRecording } from "./recording.ts";
import { type RefusalCode, refusalOf, refuse } from "./refusal.ts";
import type { Repositories } from "./repositories.ts";
import { parseRoute, type Route } from "./route.ts";

/** How the registry behaves. */
export interface RegistryOptions extends GateOptions {
  /** Is told of each request before it is answered. */
  readonly onBegin?: (() => void) | undefined;
  /** Is told of each request when its answer is over. */
  readonly onRequest?: ((record: RequestRecord) => void) | undefined;
  /** Is told of each failure that is ours, of which the client learns no more than status 500. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Answers GET and HEAD of `/metrics`. */
  readonly metrics?: Guest | undefined;
  /** Answers GET and HEAD of every path outside of `/v2/` where it has something. */
  readonly page?: Guest | undefined;
  /**
   * Most bytes of content that are kept in memory for the next who asks.
   * @default 64 MiB
   */
  readonly memory?: number | undefined;
  /**
   * Most bytes of a blob that is pushed.
   * @default 16 GiB
   */
  readonly blobLimit?: number | undefined;
}

/** An answer, and who asked. */
interface Answered {
  readonly outgoing: Outgoing;
  readonly user: string | undefined;
}

/** Makes the handler. Nothing begins before the first request. */
export function createHandler(repositories: Repositories, options: RegistryOptions = {}): Handler {
  const { onBegin, onRequest, memory = 64 * 1024 ** 2, blobLimit = 16 * 1024 ** 3 } = options;
  const { metrics, page } = options;
  const contents = createContents(memory);
  const endpoints: Endpoints = { repositories, contents, blobLimit, metrics, page };
  const gate = createGate(options);

  const answer = async (incoming: Incoming, route: Route): Promise<Answered> => {
    let user: string | undefined;
    try {
      const passage = await gate(incoming, incoming.method !== "GET" && incoming.method !== "HEAD");
      if ("refusal" in passage) return { outgoing: passage.refusal, user };
      user = passage.user;
      return { outgoing: await dispatch(incoming, route, endpoints), user };
    } catch (error) {
      return { outgoing: failed(error, route, options), user };
    }
  };

  return async (incoming) => {
    const route = parseRoute(incoming.target);
    if (onRequest === undefined) {
      return finished((await answer(incoming, route)).outgoing, incoming, route);
    }
    onBegin?.();
    const recording = startRecording(incoming, route);
    const { outgoing, user } = await answer(recording.incoming, route);
    return {
      ...finished(outgoing, incoming, route),
      done: (bytes, all) => onRequest(recording.record(outgoing, user, bytes, all)),
    };
  };
}

/** Whoever asks something of the registry learns that it is one; whoever asks by HEAD gets no body. */
function finished(outgoing: Outgoing, { method }: Incoming, { name }: Route): Outgoing {
  const headers =
    name === "page" || name === "metrics"
      ? outgoing.headers
      : {
          ...outgoing.headers,
          "docker-distribution-api-version": "registry/2.0",
          "x-content-type-options": "nosniff",
        };
  return { ...outgoing, headers, body: method === "HEAD" ? undefined : outgoing.body };
}

/** What content that is not right, and what is not there, is called on each route. */
const CODES: Partial<Record<Route["name"], readonly [RefusalCode, RefusalCode]>> = {
  manifest: ["MANIFEST_INVALID", "MANIFEST_UNKNOWN"],
  blob: ["DIGEST_INVALID", "BLOB_UNKNOWN"],
  uploads: ["DIGEST_INVALID", "BLOB_UPLOAD_UNKNOWN"],
  upload: ["DIGEST_INVALID", "BLOB_UPLOAD_UNKNOWN"],
};

function failed(error: unknown, { name }: Route, { onError }: RegistryOptions): Outgoing {
  const refusal = refusalOf(error, ...(CODES[name] ?? ["UNKNOWN", "NAME_UNKNOWN"]));
  if (refusal !== undefined) return refusal;
  onError?.(error);
  // What went wrong names paths of ours: that is for the log.
  return refuse("UNKNOWN", "The registry failed; its log says why");
}
