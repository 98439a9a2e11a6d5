/**
 * How the registry says no.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes
 * @module
 */
import { HiatusError } from "../errors.ts";
import { encodeJson } from "../oci/json.ts";
import { tooLargeFor } from "./body.ts";
import type { Outgoing } from "./exchange.ts";

/** The codes of the specification and the status that each goes with, and those of distribution for paging and 500. */
const STATUS = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 400,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  PAGINATION_NUMBER_INVALID: 400,
  RANGE_INVALID: 416,
  SIZE_INVALID: 400,
  UNAUTHORIZED: 401,
  DENIED: 403,
  UNSUPPORTED: 405,
  TOOMANYREQUESTS: 429,
  UNKNOWN: 500,
} as const;

/** Why a request was refused. */
export type RefusalCode = keyof typeof STATUS;

/** What else there is to say. */
export interface RefusalOptions {
  /** Where it is another than the one the code goes with. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Facts for programs, one error each. */
  readonly details?: readonly unknown[];
}

/** An answer that refuses. Messages are in the words of our errors: sentence case, no full stop. */
export function refuse(
  code: RefusalCode,
  message: string,
  options: RefusalOptions = {},
): Outgoing & { readonly body: Uint8Array } {
  const { details = [undefined] } = options;
  const body = encodeJson({ errors: details.map((detail) => ({ code, message, detail })) });
  return {
    status: options.status ?? STATUS[code],
    headers: {
      ...options.headers,
      "content-type": "application/json",
      "content-length": String(body.byteLength),
    },
    body,
    error: code,
  };
}

/**
 * The answer to what was thrown while a request was answered; undefined when that was our own failure.
 *
 * @param content what content that cannot be taken is called on this route.
 * @param missing what content that is not there is called.
 */
export function refusalOf(
  error: unknown,
  content: RefusalCode,
  missing: RefusalCode,
): Outgoing | undefined {
  if (!(error instanceof HiatusError)) return undefined;
  const { code, detail } = error;
  // Deleted by somebody else while we were about to read it.
  if (code === "NOT_FOUND") return refuse(missing, "It is not here");
  // The client went away: nobody will read this.
  if (code === "NETWORK") return refuse("UNKNOWN", "The body broke off", { status: 400 });
  if (code === "INCOMPLETE") {
    const digests = Array.isArray(detail.missing) ? detail.missing.slice(0, 100) : [undefined];
    return refuse("MANIFEST_BLOB_UNKNOWN", "The manifest names content that is not here", {
      details: digests.map((digest) => ({ digest })),
    });
  }
  const limit = tooLargeFor(error);
  if (limit !== undefined) {
    return refuse(content, `The body has more than ${limit} bytes`, { status: 413 });
  }
  if (code === "IO" && (detail.errno === "ENOSPC" || detail.errno === "EDQUOT")) {
    return refuse("UNKNOWN", "The disk of the registry is full", { status: 507 });
  }
  return undefined;
}
