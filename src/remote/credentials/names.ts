/**
 * The names under which files of credentials know registries.
 *
 * @module
 */

/** What a key of `auths` or `credHelpers` stands for. */
export interface CredentialKey {
  /** In lower case, Docker Hub as `docker.io`. */
  readonly host: string;
  /** The path below it for which alone the credential is: `team/pause`. Empty for the whole registry. */
  readonly namespace: string;
}

/** Docker Hub's key in files, and its name for helpers. */
export const DOCKER_HUB_KEY = "https://index.docker.io/v1/";
const DOCKER_HUB_HOSTS = ["docker.io", "index.docker.io", "registry-1.docker.io"];

/** The registry under one name: in lower case, Docker Hub by the name that references give it. */
export function normalRegistry(host: string): string {
  const lower = host.toLowerCase();
  return DOCKER_HUB_HOSTS.includes(lower) ? "docker.io" : lower;
}

/**
 * Reads a key: `host`, `host:port`, `host/name/space`, and what old logins wrote: `https://host/v1/`, `host/v2/`. The path of
 * a URL means nothing, as in Docker.
 */
export function parseKey(key: string): CredentialKey {
  const bare = key.replace(/^https?:\/\//i, "");
  const slash = bare.indexOf("/");
  const host = normalRegistry(slash < 0 ? bare : bare.slice(0, slash));
  const path = slash < 0 || bare !== key ? "" : bare.slice(slash + 1).replace(/\/+$/, "");
  return { host, namespace: path === "v1" || path === "v2" ? "" : path };
}

/**
 * How well a key fits a repository: the length of the namespace, 0 for the whole registry, undefined when it does not fit.
 *
 * @see https://github.com/containers/image/blob/v5.36.0/docs/containers-auth.json.5.md
 */
export function fitOf(
  { host, namespace }: CredentialKey,
  registry: string,
  repository: string,
): number | undefined {
  if (host !== normalRegistry(registry)) return undefined;
  if (namespace === "") return 0;
  return repository === namespace || repository.startsWith(`${namespace}/`)
    ? namespace.length
    : undefined;
}

/** The name by which helpers know a registry. */
export function helperServer(registry: string): string {
  const host = normalRegistry(registry);
  return host === "docker.io" ? DOCKER_HUB_KEY : registry;
}
