/**
 * Which proxy a request goes through, as Go's programs and curl have it.
 *
 * @see https://pkg.go.dev/golang.org/x/net/http/httpproxy
 * @module
 */
import { HiatusError } from "../errors.ts";
import { isLoopbackName } from "./address.ts";
import { hostMatcher } from "./host-matcher.ts";

/** Proxies by the scheme of what is asked for. */
export interface ProxyOptions {
  /** For `http:` URLs: `http://[user:password@]host:port`; the scheme may be left out or be https. */
  readonly http?: string | undefined;
  /** For `https:` URLs, by CONNECT. */
  readonly https?: string | undefined;
  /** Hosts to reach directly, separated by commas: names, names below a `.suffix`, addresses, networks; each with an optional port; `*` for all. */
  readonly except?: string | undefined;
}

/**
 * What `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` say, in capitals or not. A web server that starts programs by CGI passes the
 * `Proxy:` header of strangers as `HTTP_PROXY`, so there that name does not count.
 *
 * @see https://httpoxy.org
 */
export function proxyFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): ProxyOptions {
  const cgi = (environment.REQUEST_METHOD ?? "") !== "";
  return {
    http: (cgi ? undefined : environment.HTTP_PROXY) || environment.http_proxy || undefined,
    https: environment.HTTPS_PROXY || environment.https_proxy || undefined,
    except: environment.NO_PROXY || environment.no_proxy || undefined,
  };
}

/**
 * Gives the proxy for a URL, undefined for none. This machine is never asked through a proxy.
 *
 * @throws HiatusError `CONFIG` when a proxy is no URL of http or https. Its text is not repeated: it may have a password.
 */
export function proxyChooser(options: ProxyOptions): (url: URL) => URL | undefined {
  const http = proxyUrl(options.http, "http");
  const https = proxyUrl(options.https, "https");
  const isExcepted = hostMatcher((options.except ?? "").split(","));
  return (url) => {
    const proxy = url.protocol === "https:" ? https : http;
    if (proxy === undefined || isLoopbackName(url.hostname) || isExcepted(url)) return undefined;
    return proxy;
  };
}

/** The `Proxy-Authorization` for a proxy's URL, or undefined. */
export function proxyAuthorization(proxy: URL): string | undefined {
  if (proxy.username === "" && proxy.password === "") return undefined;
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}

/** The port of a URL as a number, its scheme's where none is written. */
export function portOf(url: URL): number {
  if (url.port !== "") return Number(url.port);
  return url.protocol === "https:" ? 443 : 80;
}

function proxyUrl(text: string | undefined, scheme: string): URL | undefined {
  const trimmed = text?.trim() ?? "";
  if (trimmed === "") return undefined;
  const full = trimmed.includes("://") ? trimmed : `http://${trimmed}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  const known = url !== undefined && ["http:", "https:"].includes(url.protocol) && url.host !== "";
  if (!known || !decodes(url.username) || !decodes(url.password)) {
    throw new HiatusError("CONFIG", `The proxy for ${scheme} is not a URL of http or https`, {
      hint: `Write it as "http://host:port" in ${scheme.toUpperCase()}_PROXY, or unset that variable; SOCKS is not spoken here`,
    });
  }
  return url;
}

function decodes(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
