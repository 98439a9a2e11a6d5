/**
 * What token services answer.
 *
 * @see https://github.com/distribution/distribution/blob/v3.0.0/docs/content/spec/auth/token.md#token-response-fields
 * @module
 */
import { type ErrorCode, HiatusError } from "../errors.ts";
import { parseJson } from "../oci/json.ts";
import { AnswerLimit, complaintsOf, readBody } from "./answer.ts";
import { registryVariable } from "./credentials/environment.ts";
import { rememberSecret, withoutSecrets } from "./credentials/secrets.ts";
import { printable, redactUrl } from "./text.ts";
import type { TokenQuestion } from "./token.ts";
import type { HttpRequest, HttpResponse } from "./transport.ts";

/** A token. */
export interface Token {
  readonly value: string;
  /** Milliseconds from when it was asked for. */
  readonly lifetime: number;
}

/** Seconds. Older services say less and mean it not; the spec says that none lives shorter. */
const SHORTEST_LIFE = 60;

/**
 * Reads the token of an answer: `token` or `access_token`, and for how long it is good. `issued_at` is not looked at, because
 * the clock of the service may be wrong, or ours.
 *
 * @throws HiatusError `REGISTRY` when there is no token in it, without saying what was in it.
 */
export async function readToken(
  response: HttpResponse,
  question: TokenQuestion,
  request: HttpRequest,
): Promise<Token> {
  const { method, url } = request;
  const { registry } = question;
  const bytes = await readBody(response, AnswerLimit.token, { registry, method, url });
  const fields = fieldsOf(bytes);
  const value = [fields?.token, fields?.access_token].find(
    (token) => token !== undefined && token !== "",
  );
  if (typeof value !== "string" || !/^[!-~]+$/.test(value)) {
    const what = fields === undefined ? "what is no JSON object" : "no token";
    const type = printable(
      withoutSecrets(response.headers.get("content-type") ?? "of no type"),
      60,
    );
    throw new HiatusError(
      "REGISTRY",
      `${serviceOf(question, request)} answered with ${response.status} and ${what} (${type})`,
      {
        detail: { registry, method, url: redactUrl(url), status: response.status },
        hint: "Ask whoever runs the registry, or the proxy in front of it, about its token service",
      },
    );
  }
  rememberSecret(value);
  return { value, lifetime: lifetimeOf(fields?.expires_in) * 1000 };
}

/** The error that any other answer means. Its words are repeated, without what was sent. */
export async function tokenRefusal(
  response: HttpResponse,
  question: TokenQuestion,
  request: HttpRequest,
): Promise<HiatusError> {
  const { status } = response;
  const { registry } = question;
  const { method, url } = request;
  const bytes = await readBody(response, AnswerLimit.error, { registry, method, url });
  // Cleaned before it is cut: half a secret is not found.
  const complaints = complaintsOf(
    new TextEncoder().encode(withoutSecrets(new TextDecoder().decode(bytes))),
  );
  const codes = complaints.map(({ code }) => code).filter((code) => code !== "");
  const said = complaints
    .map(({ code, message }) => [code, message].filter((part) => part !== "").join(": "))
    .filter((part) => part !== "")
    .join("; ");
  const tail = said === "" ? "" : `: ${printable(said)}`;
  const { code, hint, what = "" } = meaningOf(status, question);
  return new HiatusError(
    code,
    `${serviceOf(question, request)} answered with ${status}${what}${tail}`,
    {
      detail: { registry, method, url: redactUrl(url), status, codes, scopes: question.scopes },
      hint,
    },
  );
}

interface Meaning {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly what?: string;
}

function meaningOf(status: number, { registry, credential, scopes }: TokenQuestion): Meaning {
  if (status === 400 || status === 401 || status === 403) {
    return {
      code: "AUTH",
      hint: credential === undefined ? loginHint(registry) : againHint(registry, scopes),
    };
  }
  if (status >= 300 && status < 400) {
    return {
      code: "REGISTRY",
      what: ", a redirect, which is not followed",
      hint: "Ask whoever runs the registry to name the right address of its token service",
    };
  }
  return status === 429 || status >= 500
    ? { code: "REGISTRY", hint: "Try again later" }
    : { code: "REGISTRY", hint: "Ask whoever runs the registry about its token service" };
}

/** How to tell hiatus who one is. */
export function loginHint(registry: string): string {
  const name = registryVariable(registry);
  return `Log in to "${registry}" with docker login or podman login, or set ${name}_USERNAME and ${name}_PASSWORD`;
}

function againHint(registry: string, scopes: readonly string[]): string {
  const wanted = scopes.length === 0 ? "" : `, or see whether it may have ${scopes.join(" ")}`;
  return `Log in to "${registry}" again with a credential that is right${wanted}`;
}

function serviceOf({ registry }: TokenQuestion, { method, url }: HttpRequest): string {
  return `The token service of "${registry}", ${method} ${redactUrl(url)},`;
}

function lifetimeOf(seconds: unknown): number {
  // Some write it as a string.
  const number = typeof seconds === "string" ? Number.parseInt(seconds, 10) : seconds;
  return typeof number === "number" && Number.isFinite(number)
    ? Math.max(number, SHORTEST_LIFE)
    : SHORTEST_LIFE;
}

function fieldsOf(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = parseJson(bytes, "an answer");
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return value as Readonly<Record<string, unknown>>;
  } catch {
    // The cause would quote what may be a token.
    return undefined;
  }
}
