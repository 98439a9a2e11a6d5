/**
 * Asks a token service for a token.
 *
 * @see https://github.com/distribution/distribution/blob/v3.0.0/docs/content/spec/auth/token.md (GET)
 * @see https://github.com/distribution/distribution/blob/v3.0.0/docs/content/spec/auth/oauth.md (POST)
 * @module
 */
import { type HiatusError, isHiatusError } from "../errors.ts";
import type { AuthMemory, TokenWay } from "./auth-memory.ts";
import { basicToken } from "./credentials/secrets.ts";
import type { Credential } from "./credentials.ts";
import type { PatientTransport } from "./patient.ts";
import type { Realm } from "./realm.ts";
import { withoutAction } from "./scope.ts";
import { readToken, type Token, tokenRefusal } from "./token-answer.ts";
import type { HttpRequest } from "./transport.ts";

/** What is asked of which token service. */
export interface TokenQuestion {
  /** The registry that the token is for, as references name it. */
  readonly registry: string;
  readonly realm: Realm;
  /** As the challenge has it. */
  readonly service: string | undefined;
  /** Merged and sorted. */
  readonly scopes: readonly string[];
  /** Undefined for an anonymous user. */
  readonly credential: TokenCredential | undefined;
}

/** The credentials that token services take. */
export type TokenCredential = Exclude<Credential, { readonly kind: "registry-token" }>;

/** How it is asked. */
export interface TokenOptions {
  readonly memory: AuthMemory;
  /** @default "hiatus" */
  readonly userAgent?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

const CLIENT_ID = "hiatus";

/** Statuses after which the other way is worth a try. A wrong password is not sent twice: that locks accounts. */
const OTHER_WAY: Readonly<Record<TokenWay, readonly number[]>> = {
  // What token services without OAuth 2 answer to POST.
  post: [400, 401, 404, 405],
  get: [404, 405],
};

/** No token: nothing in the answer, or a refusal that another scope may mend. */
const NO_TOKEN: readonly unknown[] = [200, 400, 401, 403];

/**
 * Asks for a token: anonymously by GET; with a user and password by GET with Basic, then by POST; with a refresh token by POST,
 * then by GET with Basic. What worked is remembered for the realm. Offline tokens are not asked for.
 *
 * Quay gives none where the scope has `delete`, so it is then asked again without.
 *
 * @throws HiatusError `AUTH` when the service does not accept who we are, `REGISTRY` for any other answer without a token,
 * `NETWORK` when there was no answer.
 */
export async function requestToken(
  question: TokenQuestion,
  send: PatientTransport,
  options: TokenOptions,
): Promise<Token> {
  const { memory } = options;
  const realm = question.realm.url.href;
  const fewer = withoutAction(question.scopes, "delete");
  if (fewer.join(" ") === question.scopes.join(" ")) return ask(question, send, options);
  if (memory.withoutDelete.get(realm)) return ask({ ...question, scopes: fewer }, send, options);
  try {
    return await ask(question, send, options);
  } catch (error) {
    if (!isHiatusError(error) || !NO_TOKEN.includes(error.detail.status)) throw error;
    const token = await ask({ ...question, scopes: fewer }, send, options).catch((second) => {
      throw isHiatusError(second) ? error : second;
    });
    memory.withoutDelete.set(realm, true);
    return token;
  }
}

async function ask(
  question: TokenQuestion,
  send: PatientTransport,
  { memory, userAgent = "hiatus", signal }: TokenOptions,
): Promise<Token> {
  const { credential, realm } = question;
  const key = `${credential?.kind ?? "anonymous"} ${realm.url.href}`;
  let refusal: HiatusError | undefined;
  for (const way of waysOf(credential, memory.ways.get(key))) {
    const request = way === "get" ? getRequest(question) : postRequest(question);
    const headers = { "user-agent": userAgent, accept: "application/json", ...request.headers };
    // Asking twice gives two tokens, one of which nobody uses.
    const response = await send({ ...request, headers, signal }, "safe");
    if (response.status >= 200 && response.status < 300) {
      const token = await readToken(response, question, request);
      memory.ways.set(key, way);
      return token;
    }
    const error = await tokenRefusal(response, question, request);
    // Of two refusals the one that speaks of the credential says more than "not found".
    if (refusal?.code !== "AUTH" || error.code === "AUTH") refusal = error;
    if (!OTHER_WAY[way].includes(response.status)) break;
  }
  throw refusal;
}

function waysOf(credential: TokenCredential | undefined, worked: TokenWay | undefined): TokenWay[] {
  if (credential === undefined) return ["get"];
  const first = worked ?? (credential.kind === "basic" ? "get" : "post");
  return first === "get" ? ["get", "post"] : ["post", "get"];
}

/** One `scope` for each resource, behind whatever the realm has for a query. */
function getRequest({ realm, service, scopes, credential }: TokenQuestion): HttpRequest {
  const parameters = new URLSearchParams(service === undefined ? [] : [["service", service]]);
  for (const scope of scopes) parameters.append("scope", scope);
  const url = new URL(realm.url);
  // Joined as text: going through searchParams would write anew what is there.
  url.search = [url.search.slice(1), parameters.toString()].filter((part) => part !== "").join("&");
  return { method: "GET", url, headers: authorizationOf(credential), chosenBy: realm.chosenBy };
}

function authorizationOf(credential: TokenCredential | undefined): Record<string, string> {
  if (credential === undefined) return {};
  const basic =
    credential.kind === "basic"
      ? basicToken(credential.username, credential.password)
      : basicToken(credential.username ?? "<token>", credential.token);
  return { authorization: `Basic ${basic}` };
}

/** All scopes in one parameter, as OAuth 2 has it. */
function postRequest({ realm, service, scopes, credential }: TokenQuestion): HttpRequest {
  const grant: Record<string, string> =
    credential?.kind === "basic"
      ? { grant_type: "password", username: credential.username, password: credential.password }
      : { grant_type: "refresh_token", refresh_token: credential?.token ?? "" };
  const form = new URLSearchParams({
    ...grant,
    ...(service === undefined ? {} : { service }),
    ...(scopes.length === 0 ? {} : { scope: scopes.join(" ") }),
    client_id: CLIENT_ID,
  });
  return {
    method: "POST",
    url: realm.url,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new TextEncoder().encode(form.toString()),
    chosenBy: realm.chosenBy,
  };
}
