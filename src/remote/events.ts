/**
 * What a client tells while it works, for `--json`, for debugging and for counting requests. Nothing in here is secret:
 * URLs are redacted, headers and bodies are not told.
 *
 * @module
 */
import type { HttpMethod } from "./transport.ts";

/** Something that happened between us and a registry. */
export type ClientEvent =
  /** A request was sent and the head of its answer came, or none did. Told once for each request on the wire. */
  | {
      readonly type: "request";
      /** As references name it: `docker.io`. */
      readonly registry: string;
      readonly method: HttpMethod;
      /** Redacted. */
      readonly url: string;
      /** Undefined when no answer came; then `failure` says why. */
      readonly status: number | undefined;
      readonly failure?: string;
      /** From sending to the head of the answer. */
      readonly milliseconds: number;
      /** Bytes of the request's body. */
      readonly sent: number;
      /** Bytes of the answer's body as `Content-Length` announced them. */
      readonly received: number | undefined;
    }
  /** The same request will be sent again, after so long. */
  | {
      readonly type: "retry";
      readonly registry: string;
      readonly method: HttpMethod;
      readonly url: string;
      readonly why: string;
      /** The number of the attempt to come; the first was 1. */
      readonly attempt: number;
      readonly milliseconds: number;
    }
  /** A registry asked for a pause, and nothing is sent to this origin for so long. */
  | {
      readonly type: "pause";
      readonly registry: string;
      readonly origin: string;
      readonly milliseconds: number;
    }
  /** Something that a person should know: a `Warning` header, verification switched off. */
  | { readonly type: "warning"; readonly registry: string; readonly message: string };
