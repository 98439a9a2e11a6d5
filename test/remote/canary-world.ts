/**
 * Real servers on this machine that note every byte they get, a login with secrets that can be told anywhere, and a look at who
 * got to know which of them.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { inspect } from "node:util";
import { onTestFinished, vi } from "vitest";
import { createAuthMemory } from "../../src/remote/auth-memory.ts";
import { findCredentials } from "../../src/remote/credentials/chain.ts";
import type { ClientEvent } from "../../src/remote/events.ts";
import { noKnowledge } from "../../src/remote/knowledge.ts";
import { createNodeTransport } from "../../src/remote/node-transport.ts";
import { openRepository, type Repository } from "../../src/remote/repository.ts";
import { createAuthorizer } from "../../src/remote/token-authorizer.ts";
import { scratch } from "../folder.ts";
import { ownPace } from "./fake-net.ts";
import type { Pki } from "./pki.ts";

/** What must not get lost. */
export const SECRETS = {
  password: "canary?Pa55 w/rd+\u00fc%",
  identity: "canary-identity-8c1f0",
  direct: "canary-direct-77e2a",
  token: "canary-minted-5d90b",
} as const;
export type Secret = keyof typeof SECRETS;

/** Hosts by what they are. `alias` is the registry under the name localhost. */
export type Place = "registry" | "alias" | "auth" | "tls" | "other" | "far";

/** A request that a server got. */
export interface Got {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  /** Everything that came: line, headers, body. */
  readonly text: string;
}

/** What a server answers. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
}

export type Route = (got: Got, world: World) => Reply | undefined;

/** The servers of one case. */
export interface World {
  /** `http://127.0.0.1:41234`, and `https://localhost:…` for `tls`. */
  readonly at: Readonly<Record<Place, string>>;
  readonly got: Readonly<Record<Place, Got[]>>;
}

/** What a case needs. */
export interface WorldOptions {
  readonly routes: Readonly<Partial<Record<Place, Route>>>;
  readonly pki: Pki;
}

/** Starts the servers. */
export async function openWorld({ routes, pki }: WorldOptions): Promise<World> {
  const got: Record<Place, Got[]> = {
    registry: [],
    alias: [],
    auth: [],
    tls: [],
    other: [],
    far: [],
  };
  const at = {} as Record<Place, string>;
  const world: World = { at, got };
  const serve =
    (place: Place): RequestListener =>
    (request, response) => {
      void read(request).then((text) => {
        const { method = "", url: path = "", headers } = request;
        const isAlias = place === "registry" && headers.host?.startsWith("localhost") === true;
        const noted = { method, path, authorization: headers.authorization, text };
        got[isAlias ? "alias" : place].push(noted);
        const route = routes[isAlias ? "alias" : place] ?? routes[place];
        const reply = route?.(noted, world) ?? { status: 404 };
        const names = Object.entries(reply.headers ?? {});
        for (const [name, value] of names) response.setHeader(name, value as string | string[]);
        // As bytes: Node writes the headers in the encoding of a text.
        response
          .writeHead(reply.status)
          .end(method === "HEAD" ? undefined : Buffer.from(reply.body ?? ""));
      });
    };
  const http = (place: Place, host: string) => listen(createServer(serve(place)), host);
  at.registry = `http://127.0.0.1:${await http("registry", "127.0.0.1")}`;
  at.alias = at.registry.replace("127.0.0.1", "localhost");
  at.auth = `http://127.0.0.1:${await http("auth", "127.0.0.1")}`;
  at.other = `http://127.0.0.1:${await http("other", "127.0.0.1")}`;
  at.far = `http://127.0.0.2:${await http("far", "127.0.0.2")}`;
  const secure = createTlsServer({ ...pki.good }, serve("tls"));
  at.tls = `https://localhost:${await listen(secure, "127.0.0.1")}`;
  return world;
}

/** How one is logged in. */
export type Login = "password" | "identity" | "direct" | "nobody" | "elsewhere" | "alias";

/** A repository of the registry, with a login that was read from a file as everybody's is. */
export function openCanary(world: World, login: Login, pki: Pki) {
  const home = scratch();
  const { host } = new URL(world.at.registry);
  const key = { elsewhere: new URL(world.at.other).host, alias: new URL(world.at.alias).host }[
    login as string
  ];
  mkdirSync(join(home, ".docker"));
  writeFileSync(
    join(home, ".docker", "config.json"),
    JSON.stringify({ auths: login === "nobody" ? {} : { [key ?? host]: ENTRIES[login] } }),
  );
  const events: ClientEvent[] = [];
  const transport = createNodeTransport({
    tls: { ca: [pki.ca] },
    proxy: false,
    stallTimeout: 5_000,
  });
  onTestFinished(() => transport.close());
  const common = {
    registry: host,
    transport,
    attempts: 1,
    onEvent: (event: ClientEvent) => void events.push(event),
    ...ownPace(),
  };
  const credentials = findCredentials({ env: { XDG_RUNTIME_DIR: home }, home });
  const authorizer = createAuthorizer({ ...common, credentials, memory: createAuthMemory() });
  const repository: Repository = openRepository(
    { registry: host, repository: "team/app" },
    { ...common, authorizer, plainHttp: true, knowledge: noKnowledge() },
  );
  return { repository, events, authorizer };
}

const basic = { auth: Buffer.from(`hanna:${SECRETS.password}`).toString("base64") };
const ENTRIES: Readonly<Record<Exclude<Login, "nobody">, object>> = {
  password: basic,
  elsewhere: basic,
  alias: basic,
  identity: { identitytoken: SECRETS.identity },
  direct: { registrytoken: SECRETS.direct },
};

/** Everything that the work shows: what it throws, tells, prints and warns of. */
export async function everythingShown(
  work: () => Promise<unknown>,
  also: readonly unknown[],
): Promise<{ readonly error: unknown; readonly text: string }> {
  const printed: unknown[] = [];
  const streams = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, "write").mockImplementation((chunk) => {
      printed.push(chunk);
      return true;
    }),
  );
  const onWarning = (warning: Error) => printed.push(warning);
  process.on("warning", onWarning);
  let error: unknown;
  try {
    await work();
  } catch (thrown) {
    error = thrown;
  } finally {
    process.off("warning", onWarning);
    for (const stream of streams) stream.mockRestore();
  }
  const values = [error, ...also, printed];
  const shown = values.map((value) =>
    inspect(value, { depth: 12, maxStringLength: null, showHidden: true }),
  );
  return { error, text: [...shown, JSON.stringify(also), plain(error), printed.join()].join("\n") };
}

function plain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return [error.stack, JSON.stringify(error), plain(error.cause ?? "")].join("\n");
}

/** The secrets that stand in a text: as they are, in a URL or a form, in base64, or in base64 in a URL. */
export function secretsIn(text: string): readonly Secret[] {
  const readings = new Set<string>([text]);
  for (let depth = 0; depth < 2; depth++) {
    for (const reading of [...readings]) {
      readings.add(unescapeUrl(reading));
      readings.add(unescapeUrl(reading.replaceAll("+", " ")));
      readings.add(Buffer.from(reading, "latin1").toString("utf8"));
      readings.add(fromBase64(reading));
    }
  }
  const all = [...readings].join("\n");
  const found = (Object.keys(SECRETS) as Secret[]).filter((name) => all.includes(SECRETS[name]));
  return found.sort();
}

/** Who got to know what. Places that know nothing are left out. */
export function knowers({ got }: World): Partial<Record<Place, readonly Secret[]>> {
  const entries = Object.entries(got).map(
    ([place, requests]) => [place, secretsIn(requests.map(({ text }) => text).join("\n"))] as const,
  );
  return Object.fromEntries(entries.filter(([, secrets]) => secrets.length > 0));
}

function unescapeUrl(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) =>
    Buffer.from(escapes.replaceAll("%", ""), "hex").toString("utf8"),
  );
}

/** Whatever could be base64, read from each of the places where a group may begin. */
function fromBase64(text: string): string {
  const runs = text.match(/[A-Za-z0-9+/_-]{8,}/g) ?? [];
  return runs
    .flatMap((run) =>
      [0, 1, 2, 3].map((skip) => Buffer.from(run.slice(skip), "base64").toString("utf8")),
    )
    .join("\n");
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  // Bodies are blobs of the test or forms; a blob of a megabyte tells nothing.
  const body = Buffer.concat(chunks).subarray(0, 65_536).toString("latin1");
  return [
    `${request.method} ${request.url}`,
    ...request.rawHeaders,
    ...Object.values(request.trailers),
    body,
  ].join("\n");
}

async function listen(
  server: Pick<Server, "listen" | "address" | "close">,
  host: string,
): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  onTestFinished(() => {
    (server as Partial<Server>).closeAllConnections?.();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
