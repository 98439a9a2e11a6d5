/**
 * A token server as registries send clients to: GET by Basic, and OAuth2's POST with passwords and refresh tokens.
 * See https://distribution.github.io/distribution/spec/auth/token/ and .../auth/oauth/.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer as createHttp, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createHttps } from "node:https";
import type { AddressInfo } from "node:net";
import type { Authority } from "./authority.ts";
import type { Account } from "./registry.ts";
import { type Access, makeTokenSigner, type TokenAlgorithm } from "./token-signer.ts";

/** Somebody that the server knows. */
export interface TokenUser extends Account {
  /** Actions that the user may be given in a repository. */
  readonly allows: (repository: string) => readonly string[];
}

/** How a token server is made. */
export interface TokenServerOptions {
  readonly algorithm: TokenAlgorithm;
  readonly users: readonly TokenUser[];
  /** Actions for those who do not say who they are. @default none */
  readonly anonymous?: (repository: string) => readonly string[];
  /** Serve TLS with this certificate. @default plain http */
  readonly tls?: Authority;
  /** Seconds that a token is good for. @default 300 */
  readonly lifetime?: number;
  /** Which of the two names the token goes by. @default both */
  readonly field?: "token" | "access_token";
}

/** A request that it got. What is secret is left out. */
export interface TokenRequest {
  readonly method: string;
  /** How the client said who it is. */
  readonly grant: "anonymous" | "basic" | "password" | "refresh_token";
  readonly user: string | undefined;
  readonly service: string;
  readonly scopes: readonly string[];
  readonly status: number;
}

/** A running token server. */
export interface TokenServer {
  /** Where a registry sends clients to. */
  readonly realm: URL;
  readonly service: string;
  readonly issuer: string;
  /** Path of the certificate by which the registry knows its tokens. */
  readonly certificate: string;
  /** All requests so far, oldest first. */
  readonly requests: readonly TokenRequest[];
  stop(): Promise<void>;
}

/** What a client asks, whatever way it asks. */
interface Asked {
  readonly grant: TokenRequest["grant"];
  readonly user: TokenUser | undefined;
  readonly service: string;
  readonly scopes: readonly string[];
  readonly offline: boolean;
}

/** Starts one on a port of loopback. @param folder - For its key; it is made. */
export async function startTokenServer(
  folder: string,
  options: TokenServerOptions,
): Promise<TokenServer> {
  const { algorithm, users, anonymous = () => [], tls, lifetime = 300, field } = options;
  const service = "hiatus interop registry";
  const signer = await makeTokenSigner(folder, algorithm);
  const requests: TokenRequest[] = [];
  const refreshTokens = new Map<string, TokenUser>();

  const answer = (asked: Asked): Record<string, unknown> => {
    const { user, scopes } = asked;
    const allows = user === undefined ? anonymous : user.allows;
    const token = signer.sign({
      subject: user?.username ?? "",
      audience: asked.service,
      access: scopes.flatMap((scope) => accessOf(scope, allows)),
      lifetime,
    });
    const refresh = randomUUID();
    if (asked.offline && user !== undefined) refreshTokens.set(refresh, user);
    return {
      ...(field === "access_token" ? {} : { token }),
      ...(field === "token" ? {} : { access_token: token }),
      expires_in: lifetime,
      issued_at: new Date().toISOString(),
      ...(asked.offline && user !== undefined ? { refresh_token: refresh } : {}),
      scope: scopes.join(" "),
    };
  };

  const listener: RequestListener = async (request, response) => {
    const asked = await read(request, users, refreshTokens);
    const known = asked.grant === "anonymous" || asked.user !== undefined;
    const status = known ? 200 : 401;
    const { grant, service: wanted, scopes, user } = asked;
    requests.push({
      ...{ method: request.method ?? "", grant, user: user?.username },
      ...{ service: wanted, scopes, status },
    });
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(known ? answer(asked) : { details: "wrong credentials" }));
  };
  const server =
    tls === undefined
      ? createHttp(listener)
      : createHttps(
          { cert: await readFile(tls.certificate), key: await readFile(tls.key) },
          listener,
        );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    // By name, because crane refuses realms whose host is an address of a private network.
    realm: new URL(`${tls === undefined ? "http" : "https"}://localhost:${port}/token`),
    service,
    issuer: signer.issuer,
    certificate: signer.certificate,
    requests,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Reads what is asked, by GET or by POST. */
async function read(
  request: IncomingMessage,
  users: readonly TokenUser[],
  refreshTokens: ReadonlyMap<string, TokenUser>,
): Promise<Asked> {
  const isPost = request.method === "POST";
  const url = new URL(request.url ?? "/", "http://localhost");
  const fields = isPost ? new URLSearchParams(await bodyOf(request)) : url.searchParams;
  const login = (username: string | null, password: string | null) =>
    users.find((user) => user.username === username && user.password === password);
  const common = {
    service: fields.get("service") ?? "",
    // GET repeats the parameter, POST joins by blanks; clients mix both.
    scopes: fields.getAll("scope").flatMap((scope) => scope.split(" ").filter(Boolean)),
    offline: fields.get("offline_token") === "true" || fields.get("access_type") === "offline",
  };
  if (isPost && fields.get("grant_type") === "refresh_token") {
    const user = refreshTokens.get(fields.get("refresh_token") ?? "");
    return { ...common, grant: "refresh_token", user };
  }
  if (isPost) {
    const user = login(fields.get("username"), fields.get("password"));
    return { ...common, grant: "password", user };
  }
  const [, encoded] = /^Basic\s+(\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
  if (encoded === undefined) return { ...common, grant: "anonymous", user: undefined };
  const decoded = Buffer.from(encoded, "base64").toString();
  const colon = decoded.indexOf(":");
  const user = login(decoded.slice(0, colon), decoded.slice(colon + 1));
  return { ...common, grant: "basic", user };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** What is given of a scope such as `repository:a/b:pull,push`. A repository's name may hold no colon. */
function accessOf(
  scope: string,
  allows: (repository: string) => readonly string[],
): readonly Access[] {
  const [type = "", name = "", wanted = ""] = scope.split(":");
  if (type !== "repository") return [];
  const actions = wanted.split(",").filter((action) => allows(name).includes(action));
  return actions.length === 0 ? [] : [{ type, name, actions }];
}
