/**
 * Repositories of registries as the command line describes them: who one is, whom to trust, which way to go.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";
import type { RegistryTarget } from "../oci/target.ts";
import type { Authorizer } from "../remote/authorizer.ts";
import { credentialFor, findCredentials } from "../remote/credentials/chain.ts";
import { basicCredential } from "../remote/credentials/secrets.ts";
import { endpointOf } from "../remote/endpoint.ts";
import type { ClientEvent } from "../remote/events.ts";
import { sharedTransport } from "../remote/node-transport.ts";
import { openRepository, type Repository } from "../remote/repository.ts";
import type { TlsOptions } from "../remote/tls.ts";
import { readCertsFolder, readTlsFiles } from "../remote/tls-files.ts";
import { createAuthorizer } from "../remote/token-authorizer.ts";
import type { ConnectionFlags } from "./options.ts";

/** What a repository is opened for. */
export interface RepositoryUse {
  readonly write?: boolean;
  readonly concurrency?: number | undefined;
  /** Told of requests, retries, pauses and warnings. */
  readonly onEvent?: ((event: ClientEvent) => void) | undefined;
}

/** Opens repositories. Nothing is sent before something is asked of one. */
export interface Connect {
  (target: RegistryTarget, use?: RepositoryUse): Promise<Repository>;
  /**
   * Begins to connect to a registry that will be asked, while there is other work to do. What goes wrong is told when it is asked.
   *
   * @param signal ends it, and closes a connection that nobody used.
   */
  ahead(target: RegistryTarget, signal: AbortSignal): Promise<void>;
}

/** Where the user's own credential comes from, and for whom it is. */
export interface LoginOptions {
  readonly flags: ConnectionFlags;
  /** The registries that the credential on the command line may be meant for. */
  readonly registries: readonly string[];
  readonly input?: AsyncIterable<Uint8Array>;
}

/**
 * Prepares connections.
 *
 * @throws HiatusError `USAGE` when options contradict each other or it is not clear whose password it is; `CONFIG` when a
 * certificate or key cannot be read.
 */
export async function prepareConnect(options: LoginOptions): Promise<Connect> {
  const { flags } = options;
  checkPlain(flags);
  const explicit = await loginOf(options);
  const credentials = findCredentials({ explicit });
  const given = await readTlsFiles(flags);
  const { plainHttp, allowPrivate } = flags;
  const tlsFor = async (registry: string): Promise<TlsOptions | undefined> =>
    plainHttp ? undefined : tlsOf(registry, given, flags.insecure === true);
  const ahead: Connect["ahead"] = async ({ registry }, signal) => {
    try {
      const tls = await tlsFor(registry);
      const url = endpointOf(registry, { plainHttp, tls: tls !== undefined });
      await sharedTransport({ tls, allowPrivate }).prepare(url, signal);
      // One turn, in which it leaves.
      await new Promise(setImmediate);
    } catch {
      // Whoever opens it hears of it.
    }
  };
  const connect = async (
    { registry, repository }: RegistryTarget,
    { write = false, concurrency, onEvent }: RepositoryUse = {},
  ): Promise<Repository> => {
    const tls = await tlsFor(registry);
    const transport = sharedTransport({ tls, allowPrivate });
    if (plainHttp && endpointOf(registry).protocol === "https:") {
      const message = "Plain HTTP: whoever is in between can read and change everything";
      onEvent?.({ type: "warning", registry, message });
    }
    const options = { registry, credentials, transport, concurrency, onEvent };
    const authorizer = withLogin(createAuthorizer(options), flags.username);
    return openRepository(
      { registry, repository },
      {
        authorizer,
        plainHttp,
        tls,
        allowPrivate,
        concurrency,
        onEvent,
        actions: write ? "pull,push" : "pull",
        // What is read is wanted as a whole; what is written is only compared.
        resolveBy: write ? "head" : "get",
      },
    );
  };
  return Object.assign(connect, { ahead });
}

/** Says so when it is the password of the command line that a registry refuses. */
function withLogin(authorizer: Authorizer, username: string | undefined): Authorizer {
  if (username === undefined) return authorizer;
  const said = (value: string | undefined): boolean => {
    const shown = /^Basic (.*)$/.exec(value ?? "")?.[1] ?? "";
    return Buffer.from(shown, "base64").toString("utf8").startsWith(`${username}:`);
  };
  return {
    authorize: (purpose, options) => authorizer.authorize(purpose, options),
    async refused(purpose, challenges, used, options) {
      const again = await authorizer.refused(purpose, challenges, used, options);
      if (again || !said(used)) return again;
      const { registry, repository } = purpose;
      throw new HiatusError("AUTH", `"${registry}" refuses the password of "${username}" (401)`, {
        detail: { registry, repository, username },
        hint: "Check name and password; some registries want a token in its place",
      });
    },
  };
}

/** @throws HiatusError `USAGE` when --plain-http stands beside what is about certificates. */
export function checkPlain({ plainHttp, ca, cert, key, insecure }: ConnectionFlags): void {
  if (plainHttp !== true) return;
  const about = Object.entries({ ca, cert, key, insecure }).find(([, value]) => value)?.[0];
  if (about === undefined) return;
  throw new HiatusError("USAGE", `--plain-http and --${about} cannot be used together`, {
    hint: `Without TLS there is no certificate; leave one of them out`,
  });
}

async function tlsOf(
  registry: string,
  given: TlsOptions,
  insecure: boolean,
): Promise<TlsOptions | undefined> {
  const kept = await readCertsFolder(registry);
  const ca = [...(given.ca ?? []), ...(kept?.ca ?? [])];
  const certificates = [...(given.certificates ?? []), ...(kept?.certificates ?? [])];
  if (ca.length + certificates.length === 0 && !insecure) return undefined;
  return { ca, certificates, insecure };
}

async function loginOf(options: LoginOptions) {
  const login = await readLogin(options);
  if (login === undefined) return undefined;
  const { registry, username, password } = login;
  return credentialFor(registry, basicCredential(username, password, "the command line"));
}

/** A name and a password for one registry, as --username and --password-stdin give them. */
export interface Login {
  readonly registry: string;
  readonly username: string;
  readonly password: string;
}

/**
 * Reads the login of the command line; undefined where there is none.
 *
 * @throws HiatusError `USAGE` when half of it is missing, or it is not clear for which registry it is.
 */
export async function readLogin({
  flags,
  registries,
  input,
}: LoginOptions): Promise<Login | undefined> {
  const { username, passwordStdin } = flags;
  if (username === undefined && !passwordStdin) return undefined;
  if (username === undefined || !passwordStdin) {
    throw new HiatusError("USAGE", "--username and --password-stdin go together", {
      hint: "Give both, or none: then the logins of docker and podman are used",
    });
  }
  const [registry, ...others] = new Set(registries);
  if (registry === undefined || others.length > 0) {
    throw new HiatusError(
      "USAGE",
      registry === undefined
        ? "--username is for a registry, and none was named"
        : `--username cannot be for "${registry}" and "${others.join('", "')}" at once`,
      {
        hint: "Use `docker login` for each registry, or variables: HIATUS_<HOST>_USERNAME and _PASSWORD",
      },
    );
  }
  return { registry, username, password: await readPassword(input ?? process.stdin) };
}

/** Longest password, in bytes: tokens of cloud providers have two thousand. */
const PASSWORD_LIMIT = 64 * 1024;

/** All of standard input, without the line end that `echo` writes. */
async function readPassword(input: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of input) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size > PASSWORD_LIMIT) break;
  }
  const password = Buffer.concat(chunks)
    .toString("utf8")
    .replace(/\r?\n$/, "");
  if (password !== "" && size <= PASSWORD_LIMIT) return password;
  throw new HiatusError("USAGE", "No password came on standard input", {
    hint: "Write: hiatus … --username NAME --password-stdin < FILE",
  });
}
