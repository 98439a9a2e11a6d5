/**
 * The judge of what a registry holds: requests of the distribution API made by Node alone, none of our client.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Registry } from "./registry.ts";

/** An answer, read whole. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A request besides its path. */
export interface RawRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** Send the body without saying how long it is. @default false */
  readonly chunked?: boolean;
}

/** Manifests of both families, single and many. */
export const MANIFEST_TYPES = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** Sends one request. */
export function sendRaw(url: URL, ca?: string, options: RawRequest = {}): Promise<RawAnswer> {
  const { method = "GET", headers = {}, body, chunked = false } = options;
  const secure = url.protocol === "https:";
  const tls = secure && ca !== undefined ? { ca: readFileSync(ca) } : {};
  return new Promise((resolve, reject) => {
    const send = secure ? httpsRequest : httpRequest;
    // No connection is kept: the test that ends must not wait for it.
    const request = send(url, { method, headers, agent: false, ...tls }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks),
        }),
      );
    });
    request.setTimeout(20_000, () => request.destroy(new Error(`${method} ${url}: no answer`)));
    request.on("error", reject);
    if (chunked) request.write(body);
    request.end(chunked ? undefined : body);
  });
}

/** Does a registry answer at all? That it asks who we are is an answer. */
export async function isUp(origin: URL, ca?: string): Promise<boolean> {
  try {
    const { status } = await sendRaw(new URL("/v2/", origin), ca);
    return status === 200 || status === 401;
  } catch {
    return false;
  }
}

/** Sends one request to a registry, as its account where it has one, with a token where it wants one. */
export async function askRegistry(
  registry: Registry,
  path: string,
  options: RawRequest = {},
): Promise<RawAnswer> {
  const { account, tls, origin } = registry;
  const url = new URL(path, origin);
  const basic = account === undefined ? {} : { authorization: basicOf(account) };
  const first = await sendRaw(url, tls?.ca, {
    ...options,
    headers: { ...(registry.tokens === undefined ? basic : {}), ...options.headers },
  });
  if (first.status !== 401 || registry.tokens === undefined) return first;
  const challenge = first.headers["www-authenticate"] ?? "";
  const parameter = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? "";
  const realm = new URL(parameter("realm"));
  for (const name of ["service", "scope"]) realm.searchParams.set(name, parameter(name));
  const { body } = await sendRaw(realm, tls?.ca, { headers: basic });
  const { token } = JSON.parse(body.toString()) as { token: string };
  return sendRaw(url, tls?.ca, {
    ...options,
    headers: { ...options.headers, authorization: `Bearer ${token}` },
  });
}

/** An account as Basic writes it. */
export function basicOf({ username, password }: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
