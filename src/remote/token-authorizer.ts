/**
 * The authorizer for registries as they are: none, Basic, and tokens of a token service.
 *
 * @see https://github.com/distribution/distribution/blob/v3.0.0/docs/content/spec/auth/token.md
 * @module
 */
import { HiatusError, isHiatusError } from "../errors.ts";
import { isLoopbackName } from "./address.ts";
import { type AuthMemory, createRemembered, processMemory, type Scheme } from "./auth-memory.ts";
import type { Authorizer, Purpose } from "./authorizer.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import { realClock } from "./clock.ts";
import { basicToken, rememberCredential } from "./credentials/secrets.ts";
import type { Credential, CredentialSource } from "./credentials.ts";
import { endpointOf } from "./endpoint.ts";
import { type PatientOptions, patient } from "./patient.ts";
import { acceptRealm, isSameSite } from "./realm.ts";
import { chooseScheme } from "./scheme.ts";
import { mergeScopes, splitScopes } from "./scope.ts";
import { createShare } from "./shared.ts";
import { requestToken, type TokenCredential } from "./token.ts";
import { loginHint } from "./token-answer.ts";
import { createTokenCache } from "./token-cache.ts";
import type { Transport } from "./transport.ts";

/** How an authorizer works. What is said of pacing and retrying is for its requests to the token service. */
export interface AuthorizerOptions extends PatientOptions {
  /** As references name it. Nobody else gets a header. */
  readonly registry: string;
  /** @default nobody has a credential */
  readonly credentials?: CredentialSource | undefined;
  readonly transport: Transport;
  /** @default "hiatus" */
  readonly userAgent?: string | undefined;
  /**
   * What is known of registries.
   * @default what this process knows
   */
  readonly memory?: AuthMemory | undefined;
}

/** What looking for a credential gave. A failure is kept as well, so that a helper does not fail once for each request. */
type Found = { readonly credential: Credential | undefined } | { readonly error: HiatusError };

/**
 * Makes the authorizer of a registry.
 *
 * - Who has a credential asks `/v2/` first how the registry wants it: that costs no more than a first request that is refused,
 *   and some registries answer 404 to an anonymous user instead of 401. Who has none waits for the 401. The scheme is remembered
 *   for the origin in this process. A registry token goes straight to the registry.
 * - Tokens are kept for each origin, credential and scopes until shortly before they end; one that covers more is used as well.
 *   Whoever wants the same token at the same time waits for the same request.
 * - A 401 drops the token that it refused and adds the scopes of the challenge to what is asked for next. Without a challenge in
 *   it (Artifact Registry), the one of `/v2/` counts. A Basic header that was refused is final.
 * - A place of credentials that is broken only matters once the registry wants a credential.
 *
 * @throws HiatusError (by its methods) `CONFIG` when credentials cannot be read; `AUTH` when they do not fit the registry;
 * `REGISTRY` when its token service may not be asked (see `acceptRealm`); whatever `requestToken` throws.
 */
export function createAuthorizer(options: AuthorizerOptions): Authorizer {
  const { registry, credentials, userAgent, clock = realClock, memory = processMemory() } = options;
  const send = patient(options.transport, options);
  const tokens = createTokenCache(clock.now);
  const learned = createRemembered<readonly string[]>();
  const told = new Set<string>();
  const shareFound = createShare<Found>({ keep: true });
  const shareToken = createShare<string>({ keep: false });
  const sharePing = createShare<readonly Challenge[]>({ keep: true });

  const find = async (repository: string, signal: AbortSignal | undefined): Promise<Found> => {
    if (credentials === undefined) return { credential: undefined };
    return shareFound(repository, (stop) => look(credentials, registry, repository, stop), signal);
  };

  const warn = (message: string): void => {
    if (told.has(message)) return;
    told.add(message);
    options.onEvent?.({ type: "warning", registry, message });
  };

  const tellOfPlainHttp = ({ origin }: Purpose): void => {
    const { protocol, hostname } = new URL(origin);
    if (protocol === "https:" || isLoopbackName(hostname)) return;
    warn(
      `The credential for "${registry}" goes over plain http, where everybody in between can read it`,
    );
  };

  /** What to ask for: what is wanted, and what challenges have added to it. */
  const scopesFor = ({ origin, scopes, repository }: Purpose) => {
    const merged = mergeScopes(scopes, repository);
    const key = `${origin} ${merged.join(" ")}`;
    return { key, scopes: learned.get(key) ?? merged };
  };

  const tokenFor = async (
    purpose: Purpose,
    scheme: Extract<Scheme, { kind: "bearer" }>,
    credential: TokenCredential | undefined,
    waiting: AbortSignal | undefined,
  ): Promise<string> => {
    const { scopes } = scopesFor(purpose);
    const holder = `${purpose.origin} ${identityOf(credential)}`;
    const work = async (signal: AbortSignal): Promise<string> => {
      const origin = new URL(purpose.origin);
      const realm = acceptRealm(scheme.realm, origin, registry);
      if (credential !== undefined) {
        tellOfPlainHttp(purpose);
        if (!isSameSite(realm.url, origin)) {
          warn(
            `"${registry}" has its tokens given by "${realm.url.host}", so the credential goes there`,
          );
        }
      }
      const question = { registry, realm, service: scheme.service, scopes, credential };
      const asked = clock.now();
      const { value, lifetime } = await requestToken(question, send, { memory, userAgent, signal });
      tokens.keep(holder, scopes, value, asked + lifetime);
      return value;
    };
    return (
      tokens.find(holder, scopes) ?? shareToken(`${holder} ${scopes.join(" ")}`, work, waiting)
    );
  };

  /** What `/v2/` says. Asked once. */
  const ping = async ({ origin }: Purpose, waiting: AbortSignal | undefined) => {
    const challenges = await sharePing(
      origin,
      async (signal) => {
        const url = new URL("/v2/", origin);
        const headers = { "user-agent": userAgent ?? "hiatus" };
        const response = await send({ method: "GET", url, headers, signal, chosenBy: "user" });
        response.discard();
        if (response.status !== 401) return [];
        return parseChallenges(response.headers.all("www-authenticate"));
      },
      waiting,
    );
    return chooseScheme(challenges, origin, registry);
  };

  const askScheme = async (purpose: Purpose, signal: AbortSignal | undefined) => {
    const scheme = (await ping(purpose, signal))?.scheme;
    if (scheme !== undefined) memory.schemes.set(purpose.origin, scheme);
    return scheme;
  };

  /** Adds what a challenge names to what is asked for from now on. */
  const learn = (purpose: Purpose, scope: string | undefined): void => {
    const { key, scopes } = scopesFor(purpose);
    const merged = mergeScopes([...scopes, ...splitScopes(scope ?? "")], purpose.repository);
    if (merged.join(" ") !== scopes.join(" ")) learned.set(key, merged);
  };

  return {
    async authorize(purpose, { signal } = {}) {
      if (!isOurs(purpose, registry)) return undefined;
      const known = memory.schemes.get(purpose.origin);
      const found = await find(purpose.repository, signal);
      if ("error" in found) {
        if (known === undefined) return undefined;
        throw found.error;
      }
      const { credential } = found;
      if (credential?.kind === "registry-token") {
        tellOfPlainHttp(purpose);
        return `Bearer ${credential.token}`;
      }
      const scheme = known ?? (credential && (await askScheme(purpose, signal)));
      if (scheme === undefined) return undefined;
      if (scheme.kind === "bearer") {
        return `Bearer ${await tokenFor(purpose, scheme, credential, signal)}`;
      }
      if (credential?.kind !== "basic") return undefined;
      tellOfPlainHttp(purpose);
      return basicHeader(credential);
    },

    async refused(purpose, challenges, used, { signal } = {}) {
      if (!isOurs(purpose, registry)) return false;
      const found = await find(purpose.repository, signal);
      if ("error" in found) throw found.error;
      const { credential } = found;
      if (credential?.kind === "registry-token") return false;
      if (used?.startsWith("Bearer ")) tokens.drop(used.slice("Bearer ".length));
      const { origin } = purpose;
      const known = memory.schemes.get(origin);
      let chosen = chooseScheme(parseChallenges(challenges), origin, registry);
      if (chosen === undefined && known === undefined) {
        // Artifact Registry sends no challenge with its 401.
        chosen = await ping(purpose, signal);
      }
      const scheme = chosen?.scheme ?? known;
      if (scheme === undefined) return false;
      memory.schemes.set(origin, scheme);
      if (scheme.kind === "bearer") {
        learn(purpose, chosen?.scope);
        return true;
      }
      if (credential?.kind === "identity-token") throw onlyBasic(registry);
      return credential !== undefined && used !== basicHeader(credential);
    },
  };
}

/** Credentials are for one registry. Another host gets none, whoever asks. */
function isOurs({ origin, registry: asked }: Purpose, registry: string): boolean {
  if (asked !== registry || !URL.canParse(origin)) return false;
  const { protocol, host } = new URL(origin);
  return endpointOf(registry, { plainHttp: protocol === "http:" }).host === host;
}

async function look(
  credentials: CredentialSource,
  registry: string,
  repository: string,
  signal: AbortSignal,
): Promise<Found> {
  try {
    const credential = await credentials(registry, repository, { signal });
    if (credential !== undefined) rememberCredential(credential);
    return { credential };
  } catch (error) {
    if (isHiatusError(error)) return { error };
    throw error;
  }
}

function basicHeader(credential: Extract<Credential, { kind: "basic" }>): string {
  return `Basic ${basicToken(credential.username, credential.password)}`;
}

/** Tells credentials apart. Stays in this file. */
function identityOf(credential: TokenCredential | undefined): string {
  if (credential === undefined) return "anonymous";
  const { kind } = credential;
  return kind === "basic"
    ? JSON.stringify([kind, credential.username, credential.password])
    : JSON.stringify([kind, credential.username, credential.token]);
}

function onlyBasic(registry: string): HiatusError {
  return new HiatusError(
    "AUTH",
    `"${registry}" wants a user and a password, but what is stored for it is a refresh token`,
    { detail: { registry }, hint: loginHint(registry) },
  );
}
