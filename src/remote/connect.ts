/**
 * Connections: names resolved, addresses checked, proxies passed, TLS spoken.
 *
 * @module
 */
import type { LookupAddress, LookupOptions } from "node:dns";
import type { LookupFunction, Socket } from "node:net";
import type { SecureContext } from "node:tls";
import { HiatusError } from "../errors.ts";
import { bareHost, isLoopbackName, isPublicAddress } from "./address.ts";
import { hostMatcher } from "./host-matcher.ts";
import { isUnknownRoot } from "./network-error.ts";
import { portOf } from "./proxy.ts";
import { until } from "./socket-event.ts";
import type { TlsContexts } from "./tls.ts";
import { openTunnel } from "./tunnel.ts";

/** The way to one origin. */
export interface Route {
  /** Only scheme, host and port count. */
  readonly url: URL;
  readonly proxy: URL | undefined;
  /** Was the host chosen by an answer, so that it must not be a private one? */
  readonly guarded: boolean;
  /** Hosts that may be private all the same, as `hostMatcher` reads them. */
  readonly allowPrivate: readonly string[];
  readonly contexts: TlsContexts;
  /** Are certificates not verified? */
  readonly insecure: boolean;
  readonly lookup: Lookup | undefined;
  /** May HTTP/2 be agreed upon? */
  readonly h2?: boolean;
}

/** Gives all addresses of a name, as `lookup` of `node:dns` does with `all`. */
export type Lookup = (
  hostname: string,
  options: LookupOptions & { readonly all: true },
  done: (error: Error | null, addresses: LookupAddress[]) => void,
) => void;

/** Longest wait for one of several addresses before the next is tried as well, in milliseconds. */
const NEXT_ADDRESS = 500;

/**
 * Gives a function that connects along a route. It remembers when only all the roots of the system were enough.
 *
 * Without a proxy the address that is checked is the one that is connected to. Through a proxy only literal addresses and names of
 * this machine can be checked: the proxy resolves all others, and what is private is private as seen from there.
 *
 * The function throws `REGISTRY` when the host may not be asked, `NETWORK` when the proxy refuses, errors of `node:net` and
 * `node:tls`, and the reason of the signal.
 */
export function connector(route: Route): (signal: AbortSignal) => Promise<Socket> {
  const { url, contexts } = route;
  const guarded = route.guarded && !hostMatcher(route.allowPrivate)(url);
  let wide = false;
  return async (signal) => {
    if (guarded && isForbiddenName(url)) throw forbidden(url, bareHost(url.hostname));
    const speaksTls = url.protocol === "https:" || route.proxy?.protocol === "https:";
    if (!speaksTls) return await connectOnce(route, guarded, undefined, signal);
    try {
      return await connectOnce(route, guarded, wide ? contexts.wide : contexts.narrow, signal);
    } catch (error) {
      if (wide || !isUnknownRoot(error)) throw error;
      const socket = await connectOnce(route, guarded, contexts.wide, signal);
      wide = true;
      return socket;
    }
  };
}

async function connectOnce(
  { url, proxy, insecure, lookup, h2 = false }: Route,
  guarded: boolean,
  contextFor: (() => Promise<SecureContext>) | undefined,
  signal: AbortSignal,
): Promise<Socket> {
  const opening = openSocket(proxy ?? url, guarded && proxy === undefined, lookup, signal);
  // Certificates are read while the connection is on its way.
  const reading = contextFor && new Promise(setImmediate).then(contextFor);
  reading?.catch(() => undefined);
  const raw = await opening.catch(async (error: unknown) => {
    // What is wrong here is told before what is wrong there.
    await reading;
    throw error;
  });
  try {
    const context = await reading;
    const isLast = proxy === undefined;
    const near = await secured(raw, proxy ?? url, { context, insecure, h2: h2 && isLast }, signal);
    if (proxy === undefined || url.protocol !== "https:") return near;
    await openTunnel(near, url, proxy, signal);
    return await secured(near, url, { context, insecure, h2 }, signal);
  } catch (error) {
    raw.destroy();
    throw error;
  }
}

async function openSocket(
  url: URL,
  guarded: boolean,
  lookup: Lookup | undefined,
  signal: AbortSignal,
): Promise<Socket> {
  const { connect } = await import("node:net");
  signal.throwIfAborted();
  const resolve: LookupFunction = async (hostname, options, done) => {
    // Loaded for names only: it reads the resolver's configuration.
    const find = lookup ?? (await import("node:dns")).lookup;
    find(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return done(error, "", 0);
      const allowed = guarded
        ? addresses.filter(({ address }) => isPublicAddress(address))
        : addresses;
      const [first] = allowed;
      if (first === undefined) return done(forbidden(url, addresses[0]?.address ?? ""), "", 0);
      if (options.all === true) return done(null, allowed);
      done(null, first.address, first.family);
    });
  };
  const socket = connect({
    host: bareHost(url.hostname),
    port: portOf(url),
    noDelay: true,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: NEXT_ADDRESS,
    lookup: resolve,
  });
  await until(socket, "connect", signal);
  const { remoteAddress = "" } = socket;
  // Should a runtime one day resolve by itself, this still holds: nothing has been sent.
  if (guarded && !isPublicAddress(remoteAddress)) {
    socket.destroy();
    throw forbidden(url, remoteAddress);
  }
  return socket;
}

interface Security {
  readonly context: SecureContext | undefined;
  readonly insecure: boolean;
  readonly h2: boolean;
}

async function secured(
  socket: Socket,
  url: URL,
  { context, insecure, h2 }: Security,
  signal: AbortSignal,
): Promise<Socket> {
  if (url.protocol !== "https:" || context === undefined) return socket;
  const [tls, { isIP }] = await Promise.all([import("node:tls"), import("node:net")]);
  signal.throwIfAborted();
  const host = bareHost(url.hostname);
  const secure = tls.connect({
    socket,
    host,
    // RFC 6066 has names only; an address is compared with the certificate all the same.
    ...(isIP(host) === 0 ? { servername: host } : {}),
    secureContext: context,
    rejectUnauthorized: !insecure,
    ALPNProtocols: [...(h2 ? ["h2"] : []), "http/1.1"],
  });
  await until(secure, "secureConnect", signal);
  return secure;
}

function isForbiddenName(url: URL): boolean {
  const host = bareHost(url.hostname);
  // Names are looked at once they are resolved; four numbers or a colon make an address.
  const isAddress = /^[\d.]+$/.test(host) || host.includes(":");
  return isLoopbackName(host) || (isAddress && !isPublicAddress(host));
}

function forbidden(url: URL, address: string): HiatusError {
  return new HiatusError(
    "REGISTRY",
    `The registry's answer leads to "${url.host}", which is not a public address (${address})`,
    {
      detail: { host: url.host, address },
      hint: "If that host is trusted, allow it (--allow-private HOST, allowPrivate in a mirrors file); otherwise do not use this registry",
    },
  );
}
