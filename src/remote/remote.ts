/**
 * One repository of a registry as the files of this room pass it around, and how requests about it are made.
 *
 * @module
 */
import { type HiatusError, isHiatusError } from "../errors.ts";
import { isDigest } from "../oci/digest.ts";
import type { StoreOptions } from "../store/source.ts";
import { type Question, responseError } from "./answer.ts";
import type { Client } from "./client.ts";
import type { Clock } from "./clock.ts";
import type { Knowledge } from "./knowledge.ts";
import type { Notes } from "./notes.ts";
import type { Profile } from "./profiles.ts";
import { backoff } from "./retry.ts";
import type { HttpBody, HttpMethod, HttpResponse } from "./transport.ts";

/** What is done to a repository, as scopes of tokens name it. */
export type Action = "pull" | "push" | "delete";

/** A repository and all that is known of it. */
export interface Remote {
  readonly client: Client;
  readonly repository: string;
  /** Names it in errors: `the repository "registry.example/team/pause"`. */
  readonly name: string;
  /** Asked for with every request, besides what the request itself needs, so that one token does for all. */
  readonly actions: readonly Action[];
  readonly profile: Profile;
  readonly knowledge: Knowledge;
  readonly notes: Notes;
  readonly clock: Clock;
  /** How often something is tried at most. */
  readonly attempts: number;
}

/** A request about a repository. */
export interface Ask {
  readonly method: HttpMethod;
  /** What follows `/v2/<name>/`, or the URL that an answer gave. */
  readonly target: string | URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | HttpBody | undefined;
  /** Scopes for other repositories. */
  readonly scopes?: readonly string[];
}

/** Sends a request about a repository and gives its answer, whatever its status. */
export async function ask(
  remote: Remote,
  request: Ask,
  options: StoreOptions,
): Promise<HttpResponse> {
  const { method, headers, body, scopes: others = [] } = request;
  options.signal?.throwIfAborted();
  const { target } = request;
  const response = await remote.client.send({
    method,
    ...(typeof target === "string" ? { path: pathOf(remote, target) } : { url: target }),
    headers,
    body,
    repository: remote.repository,
    scopes: [scopeFor(remote, method), ...others],
    signal: options.signal,
  });
  const features = response.headers.get("hiatus-features");
  if (features?.includes("conditional-tags")) {
    remote.knowledge.conditionalTags.add(remote.repository);
  }
  return response;
}

/** `/v2/<name>/` and what follows it. */
export function pathOf(remote: Pick<Remote, "repository">, rest: string): string {
  return `/v2/${remote.repository}/${rest}`;
}

/** A scope of the token spec. */
export function scopeOf(repository: string, actions: readonly Action[]): string {
  return `repository:${repository}:${[...new Set(actions)].sort().join(",")}`;
}

const scopes = new WeakMap<Remote, Map<HttpMethod, string>>();

/** The scope of what is going to be done and of what this request needs, worked out once. */
function scopeFor(remote: Remote, method: HttpMethod): string {
  const known = scopes.get(remote) ?? new Map<HttpMethod, string>();
  scopes.set(remote, known);
  const scope =
    known.get(method) ?? scopeOf(remote.repository, [...remote.actions, ...needed(method)]);
  known.set(method, scope);
  return scope;
}

function needed(method: HttpMethod): readonly Action[] {
  if (method === "GET" || method === "HEAD") return ["pull"];
  return method === "DELETE" ? ["delete", "pull"] : ["pull", "push"];
}

/** What a request asked, for messages. */
export function questionOf(remote: Remote, { method, target }: Ask): Question {
  const { registry, origin } = remote.client;
  const url = typeof target === "string" ? new URL(pathOf(remote, target), origin) : target;
  return { registry, method, url, repository: remote.repository };
}

/** The error that an answer means. */
export function refusal(
  remote: Remote,
  response: HttpResponse,
  request: Ask,
): Promise<HiatusError> {
  return responseError(response, questionOf(remote, request));
}

/** Statuses after which it is not known whether something was done. */
const UNCERTAIN: readonly unknown[] = [408, 500, 502, 503, 504];

/**
 * Did the request perhaps do what it was for, though no answer says so? Where it certainly did not (429, no connection),
 * the client has tried again already.
 */
export function isUncertain(error: unknown): boolean {
  if (isHiatusError(error, "NETWORK")) return error.detail.sent !== false;
  return isHiatusError(error) && UNCERTAIN.includes(error.detail.status);
}

/**
 * Does what must not be done blindly twice: after a failure that leaves open whether it was done, looks before it tries again.
 *
 * @param look gives the result when it was done after all.
 * @throws the failure when there is no doubt about it, or when attempts are used up.
 */
export async function persist<T>(
  remote: Remote,
  attempt: () => Promise<T>,
  look: () => Promise<T | undefined>,
  options: StoreOptions,
): Promise<T> {
  for (let count = 1; ; count++) {
    try {
      return await attempt();
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!isUncertain(error)) throw error;
      await remote.clock.sleep(backoff(count, remote.clock), options.signal);
      const found = await look();
      if (found !== undefined) return found;
      if (count >= remote.attempts) throw error;
    }
  }
}

/** How often, and from which wait on in milliseconds, what was pushed just now is asked for until it shows. */
const LAG_ATTEMPTS = 5;
const LAG_WAIT = 250;

/**
 * Asks, and asks again while what was pushed just now is said not to be there: some registries need a moment.
 *
 * @param name the digest or tag that was asked for.
 */
export async function askSettled(
  remote: Remote,
  name: string,
  request: Ask,
  options: StoreOptions,
): Promise<HttpResponse> {
  for (let count = 1; ; count++) {
    const response = await ask(remote, request, options);
    const lags = response.status === 404 && isRecent(remote, name);
    if (!lags || count === LAG_ATTEMPTS) return response;
    response.discard();
    await remote.clock.sleep(LAG_WAIT * 2 ** (count - 1), options.signal);
  }
}

/** Notes that content or a tag was pushed. */
export function pushedNow({ knowledge, repository, clock }: Remote, name: string): void {
  knowledge.recent.add(`${repository} ${name}`, clock.now());
}

/** Did this process push it within the last minute? */
export function isRecent({ knowledge, repository, clock }: Remote, name: string): boolean {
  return knowledge.recent.has(`${repository} ${name}`, clock.now());
}

/** Forgets all that is known of a content or a tag. */
export function forget({ knowledge, repository, notes }: Remote, name: string): void {
  knowledge.recent.delete(`${repository} ${name}`);
  notes.tags.delete(name);
  if (isDigest(name)) notes.forget(name);
}

/** A count of bytes in a header, undefined where it is missing or none. */
export function lengthOf(response: HttpResponse): number | undefined {
  const value = response.headers.get("content-length");
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

/** The type and subtype of `Content-Type`, without parameters; undefined when there is none. */
export function mediaTypeOf(response: HttpResponse): string | undefined {
  const value = response.headers.get("content-type")?.split(";", 1)[0]?.trim();
  return value === "" ? undefined : value;
}
