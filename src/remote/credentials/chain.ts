/**
 * All places of credentials, one after the other.
 *
 * @module
 */
import { homedir } from "node:os";
import type { Credential, CredentialSource } from "../credentials.ts";
import { createShare } from "../shared.ts";
import { dockerConfigSource } from "./docker-config.ts";
import { environmentSource } from "./environment.ts";
import { normalRegistry } from "./names.ts";
import type { Places } from "./places.ts";
import { podmanAuthSource } from "./podman-auth.ts";

/** Where credentials are looked for. */
export interface FindCredentialsOptions {
  /** What the user has said on the command line; goes before everything else. */
  readonly explicit?: CredentialSource | undefined;
  /** The name of the mirror that the registry is, for variables of the environment. */
  readonly mirror?: string | undefined;
  /** @default the environment of the process */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** @default the home folder of the user */
  readonly home?: string | undefined;
  /** The number of the user. @default the one of the process */
  readonly uid?: number | undefined;
  /** Milliseconds until a credential helper is killed. @default 60000 */
  readonly helperTimeout?: number | undefined;
}

/**
 * Credentials from where this user keeps them: what was said on the command line, variables (environment.ts), Podman's files
 * with `$REGISTRY_AUTH_FILE` first (podman-auth.ts), Docker's file (docker-config.ts). The first that knows the repository wins.
 *
 * Nothing is read before a credential is asked for; each file is read once, and each registry and repository asked for once.
 *
 * @throws HiatusError `CONFIG` (by the source) when a place that comes before the one that knows is broken.
 */
export function findCredentials(options: FindCredentialsOptions = {}): CredentialSource {
  let source: CredentialSource | undefined;
  return (registry, repository, asked) => {
    source ??= rememberCredentials(firstOf(sourcesOf(options)));
    return source(registry, repository, asked);
  };
}

/** A credential for one registry, for example from the command line. For any other registry there is none. */
export function credentialFor(registry: string, credential: Credential): CredentialSource {
  const host = normalRegistry(registry);
  return async (asked) => (normalRegistry(asked) === host ? credential : undefined);
}

/** The first source that knows. */
export function firstOf(sources: readonly CredentialSource[]): CredentialSource {
  return async (registry, repository, options) => {
    for (const source of sources) {
      options?.signal?.throwIfAborted();
      const credential = await source(registry, repository, options);
      if (credential !== undefined) return credential;
    }
    return undefined;
  };
}

function sourcesOf(options: FindCredentialsOptions): readonly CredentialSource[] {
  const { explicit, mirror, helperTimeout } = options;
  const places: Places = {
    env: options.env ?? process.env,
    home: options.home ?? homedir(),
    uid: options.uid ?? process.getuid?.(),
    helperTimeout,
  };
  return [
    ...(explicit === undefined ? [] : [explicit]),
    environmentSource({ env: places.env, mirror }),
    podmanAuthSource(places),
    dockerConfigSource(places),
  ];
}

function rememberCredentials(source: CredentialSource): CredentialSource {
  const share = createShare<Credential | undefined>({ keep: true });
  return (registry, repository, options) =>
    share(
      `${normalRegistry(registry)}/${repository}`,
      (signal) => source(registry, repository, { signal }),
      options?.signal,
    );
}
