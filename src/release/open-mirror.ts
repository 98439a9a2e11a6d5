/**
 * Opening a mirror: whom it knows us as, whom we trust, which way leads there.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";
import { createClient } from "../remote/client.ts";
import { findCredentials } from "../remote/credentials/chain.ts";
import { fileSource } from "../remote/credentials/file-source.ts";
import { askHelper } from "../remote/credentials/helper.ts";
import { helperServer } from "../remote/credentials/names.ts";
import { basicCredential, registryToken } from "../remote/credentials/secrets.ts";
import type { CredentialSource } from "../remote/credentials.ts";
import type { ClientEvent } from "../remote/events.ts";
import { sharedTransport } from "../remote/node-transport.ts";
import type { ProxyOptions } from "../remote/proxy.ts";
import { openRepository, type Repository, type RepositoryOptions } from "../remote/repository.ts";
import { readCertsFolder, readTlsFiles } from "../remote/tls-files.ts";
import { createAuthorizer } from "../remote/token-authorizer.ts";
import type { StoreOptions } from "../store/source.ts";
import type { OpenMirror } from "./mirror-stores.ts";
import type { Mirror } from "./model.ts";

/** How mirrors are opened. */
export interface OpenMirrorOptions {
  /** @default the environment of the process */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Told of requests, retries, pauses and warnings, with the name of the mirror. */
  readonly onEvent?: ((mirror: string, event: ClientEvent) => void) | undefined;
  /** @default what each kind of work needs */
  readonly actions?: RepositoryOptions["actions"];
  /** How the client waits, limits and sends, where that is not to be as usual. */
  readonly client?:
    | Pick<
        RepositoryOptions,
        "transport" | "clock" | "limiter" | "attempts" | "patience" | "knowledge"
      >
    | undefined;
}

/**
 * Opens a mirror. Nothing is sent before something is asked of it.
 *
 * @throws HiatusError `CONFIG` when a certificate or key cannot be read.
 */
export async function openMirror(
  mirror: Mirror,
  options: OpenMirrorOptions = {},
): Promise<OpenMirror> {
  const { registry, repository, connection } = mirror;
  const { concurrency, rate, insecure, allowPrivate } = connection;
  const env = options.env ?? process.env;
  const plainHttp = connection.plainHttp ? true : undefined;
  const tls = plainHttp ? undefined : await tlsOf(mirror);
  const proxy = proxyOf(mirror);
  const cost = { requests: 0, bytes: 0 };
  const onEvent = (event: ClientEvent): void => {
    if (event.type === "request") {
      cost.requests++;
      cost.bytes += event.sent;
    }
    options.onEvent?.(mirror.name, event);
  };
  const authorizer = createAuthorizer({
    ...options.client,
    registry,
    credentials: credentialsOf(mirror, env),
    transport: options.client?.transport ?? sharedTransport({ tls, proxy, allowPrivate }),
    concurrency,
    onEvent,
  });
  const client = createClient({
    ...options.client,
    registry,
    authorizer,
    plainHttp,
    tls: tls ?? (insecure ? { insecure } : undefined),
    proxy,
    allowPrivate,
    concurrency,
    rate,
    onEvent,
  });
  const open = (resolveBy: RepositoryOptions["resolveBy"] = "head"): Repository =>
    openRepository(
      { registry, repository },
      {
        ...options.client,
        client,
        profile: mirror.profile,
        actions: options.actions ?? "pull,push",
        resolveBy,
        onEvent,
      },
    );
  const store = open();
  return {
    mirror,
    store,
    // A new one each time: what a repository object has read or pushed it does not ask for again.
    get fresh() {
      return open();
    },
    get outside() {
      return open("get");
    },
    profile: () => store.profile.name,
    probe: (how) => store.probe({ ...how, keep: true }),
    abandonUploads: () => store.abandonUploads(),
    cost: () => ({ ...cost }),
  };
}

/** Requests in flight at once to all registries together, and to one, where the mirrors file does not say. */
const TOGETHER = 256;
const EACH = { most: 24, least: 4 } as const;

/**
 * Opens all mirrors. Where the mirrors file does not say how many requests may be in flight to one, they share what one process
 * can use: connections cost memory, and with TLS time, before they are of any use.
 *
 * @throws HiatusError as {@link openMirror}
 */
export function openMirrors(
  mirrors: readonly Mirror[],
  options: OpenMirrorOptions = {},
): Promise<readonly OpenMirror[]> {
  const registries = new Set(mirrors.map(({ registry }) => registry)).size;
  const share = Math.max(EACH.least, Math.min(EACH.most, Math.floor(TOGETHER / registries)));
  return Promise.all(
    mirrors.map(async (mirror) => {
      const { connection } = mirror;
      const concurrency = connection.concurrency ?? share;
      return openMirror({ ...mirror, connection: { ...connection, concurrency } }, options);
    }),
  );
}

async function tlsOf({ registry, connection }: Mirror) {
  const { ca, cert, key, insecure } = connection;
  const given = await readTlsFiles({ ca, cert, key });
  const kept = await readCertsFolder(registry);
  const authorities = [...(given.ca ?? []), ...(kept?.ca ?? [])];
  const certificates = [...(given.certificates ?? []), ...(kept?.certificates ?? [])];
  if (authorities.length + certificates.length === 0 && !insecure) return undefined;
  return { ca: authorities, certificates, insecure };
}

/** Undefined: as the environment has it. */
function proxyOf({ connection: { proxy } }: Mirror): ProxyOptions | false | undefined {
  if (proxy === undefined) return undefined;
  return proxy === "none" ? false : { http: proxy, https: proxy };
}

function credentialsOf(
  mirror: Mirror,
  env: Readonly<Record<string, string | undefined>>,
): CredentialSource {
  const reference = mirror.connection.credentials;
  const variable = (name: string): string => {
    const value = env[name];
    if (value !== undefined && value !== "") return value;
    throw new HiatusError(
      "CONFIG",
      `Mirror "${mirror.name}" takes its credentials from ${name}, which is not set`,
      {
        detail: { mirror: mirror.name, variable: name },
        hint: `Set ${name}, or change the credentials of that mirror`,
      },
    );
  };
  switch (reference?.kind) {
    case undefined:
      return findCredentials({ mirror: mirror.name, env });
    case "anonymous":
      return async () => undefined;
    case "environment": {
      const { username, password } = reference;
      return async () => basicCredential(variable(username), variable(password), password);
    }
    case "token-environment":
      return async () => registryToken(variable(reference.token), reference.token);
    case "file": {
      const { path } = reference;
      const onMissing = (): never => {
        throw new HiatusError(
          "CONFIG",
          `Mirror "${mirror.name}" takes its credentials from "${path}", which is not there`,
          {
            detail: { mirror: mirror.name, path },
            hint: "Write that file, or change the credentials of that mirror",
          },
        );
      };
      return fileSource(path, { env, onMissing });
    }
    case "helper": {
      const { name } = reference;
      return async (registry, _, { signal }: StoreOptions = {}) =>
        askHelper(name, helperServer(registry), { env, signal });
    }
  }
}
