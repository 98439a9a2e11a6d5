/**
 * Why no answer came, in words.
 *
 * @module
 */
import { HiatusError, isAbort } from "../errors.ts";
import { printable, redactUrl } from "./text.ts";
import type { HttpRequest } from "./transport.ts";

/** How far an exchange got when it failed. */
export interface Progress {
  /** Could the registry have seen any of it? */
  readonly sent: boolean;
}

/**
 * Does it help to try again? `true`: no, the failure will last. `"unless-reached"`: only where the origin answered before:
 * a wrong host or port stays wrong, a registry that restarts comes back.
 */
export type Lasting = boolean | "unless-reached";

interface Reason {
  readonly what: string;
  readonly hint: string;
  readonly lasting: Lasting;
}

const AGAIN = "Run again; when it stays so, look at the network and at the registry's log";
const SPELLING = "Check the host's name, and the resolver of this machine";
const TRUST =
  "Trust its root (--ca FILE, or NODE_EXTRA_CA_CERTS), or switch verification off if you must (--insecure)";

/** By the codes of the operating system, of Node and of OpenSSL. Deno has the same ones. */
const REASONS: Readonly<Record<string, Reason>> = {
  ECONNREFUSED: {
    what: "nothing listens there (connection refused)",
    hint: "Check the host and the port, and that the registry runs",
    lasting: "unless-reached",
  },
  ENOTFOUND: { what: "the host is not known", hint: SPELLING, lasting: "unless-reached" },
  EAI_AGAIN: { what: "the resolver did not answer", hint: SPELLING, lasting: false },
  EHOSTUNREACH: { what: "no way leads to the host", hint: AGAIN, lasting: "unless-reached" },
  ENETUNREACH: { what: "no way leads to its network", hint: AGAIN, lasting: "unless-reached" },
  ECONNRESET: { what: "the connection broke", hint: AGAIN, lasting: false },
  EPIPE: { what: "the connection broke", hint: AGAIN, lasting: false },
  ECONNABORTED: { what: "the connection broke", hint: AGAIN, lasting: false },
  ETIMEDOUT: {
    what: "it took too long to connect",
    hint: "Check the host, the port, and firewalls and proxies in between",
    lasting: false,
  },
  HPE_HEADER_OVERFLOW: {
    what: "the answer has more headers than is allowed",
    hint: "That is no registry; check the host and the port",
    lasting: true,
  },
  CERT_HAS_EXPIRED: {
    what: "its certificate has expired",
    hint: "Have it renewed, and check the clock of this machine",
    lasting: true,
  },
  CERT_NOT_YET_VALID: {
    what: "its certificate is not valid yet",
    hint: "Check the clock of this machine",
    lasting: true,
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    what: "its certificate is for another host",
    hint: "Use the name that the certificate has, or have one made for this name",
    lasting: true,
  },
  DEPTH_ZERO_SELF_SIGNED_CERT: {
    what: "its certificate is signed by itself",
    hint: TRUST,
    lasting: true,
  },
  ERR_SSL_WRONG_VERSION_NUMBER: {
    what: "it does not speak TLS at that port",
    hint: "If it speaks plain http, ask for that (--plain-http); otherwise check the port",
    lasting: true,
  },
};

const UNKNOWN_ROOT: Reason = {
  what: "its certificate comes from an authority that is not trusted here",
  hint: TRUST,
  lasting: true,
};
const NOT_HTTP: Reason = {
  what: "the answer is not HTTP",
  hint: "If it speaks https, leave plain http away (--no-plain-http); otherwise check the port",
  lasting: true,
};
const CLIENT_CERTIFICATE: Reason = {
  what: "it wants a client certificate, or another one",
  hint: "Give one that it knows (--cert and --key, or a folder in /etc/docker/certs.d)",
  lasting: true,
};
const TLS_FAILED: Reason = {
  what: "TLS failed",
  hint: "Check the port, the certificate, and proxies in between",
  lasting: true,
};
const NOT_WRITABLE: Reason = {
  what: "the request cannot be written as HTTP",
  hint: "Look at the credentials: no line break or control character can be in them",
  lasting: true,
};
const OTHER: Reason = { what: "the exchange failed", hint: AGAIN, lasting: false };

/** What certificates are missing when their chain cannot be followed. */
const UNKNOWN_ROOT_CODES: readonly string[] = [
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "SELF_SIGNED_CERT_IN_CHAIN",
];

/** Would other roots make a difference? */
export function isUnknownRoot(error: unknown): boolean {
  const code = codeOf(error);
  return UNKNOWN_ROOT_CODES.includes(code) || code === "DEPTH_ZERO_SELF_SIGNED_CERT";
}

/**
 * The failure of an exchange as a `NETWORK` error whose `detail` has `reason` (a code), `sent` and `lasting`. Errors of ours and
 * aborts are returned as they came.
 */
export function networkError(error: unknown, request: HttpRequest, { sent }: Progress): unknown {
  if (error instanceof HiatusError || isAbort(error) || request.signal?.aborted) return error;
  const code = codeOf(error);
  const { what, hint, lasting } = reasonOf(code);
  const said = error instanceof Error && what === OTHER.what ? `: ${printable(error.message)}` : "";
  const { method, url } = request;
  // A port for TLS may hang up on plain text without a word.
  const plain = url.protocol === "http:" && code === "ECONNRESET";
  return failure(request, {
    what: `${what}${said}`,
    hint: plain
      ? "If it speaks https, leave plain http away (--no-plain-http); otherwise run again"
      : hint,
    detail: { method, url: redactUrl(url), reason: code, sent, lasting },
    cause: error,
  });
}

/** The error for an exchange that stood still, or for a connection that was not made in time. */
export function stalled(request: HttpRequest, what: string, { sent }: Progress): HiatusError {
  const { method, url } = request;
  return failure(request, {
    what,
    hint: "Check the host, the port, and firewalls and proxies in between",
    detail: { method, url: redactUrl(url), reason: "ETIMEDOUT", sent, lasting: false },
  });
}

function failure(
  { method, url }: HttpRequest,
  { what, hint, ...rest }: { what: string; hint: string; detail: object; cause?: unknown },
): HiatusError {
  return new HiatusError(
    "NETWORK",
    `No answer from "${url.host}": ${what} (${method} ${redactUrl(url)})`,
    {
      hint,
      ...(rest as { detail: Readonly<Record<string, unknown>> }),
    },
  );
}

function reasonOf(code: string): Reason {
  const exact = Object.hasOwn(REASONS, code) ? REASONS[code] : undefined;
  if (exact !== undefined) return exact;
  if (UNKNOWN_ROOT_CODES.includes(code)) return UNKNOWN_ROOT;
  if (code.startsWith("HPE_")) return NOT_HTTP;
  if (code.startsWith("ERR_INVALID_")) return NOT_WRITABLE;
  if (/^ERR_SSL_.*(?:ALERT|CERTIFICATE)/.test(code) && /CERTIFICATE|UNKNOWN_CA/.test(code))
    return CLIENT_CERTIFICATE;
  return /^(?:ERR_SSL|ERR_TLS|CERT_|UNABLE_TO_|EPROTO)/.test(code) ? TLS_FAILED : OTHER;
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const { code, errors } = error as NodeJS.ErrnoException & { errors?: readonly unknown[] };
  // Several addresses were tried: each failed, the first tells.
  if (code === undefined && errors !== undefined && errors.length > 0) return codeOf(errors[0]);
  return typeof code === "string" ? code : "";
}
