/**
 * Where requests go, and where they may not.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";
import { printable, redactUrl } from "./text.ts";
import type { HttpMethod } from "./transport.ts";

/** Where a request goes. */
export type ClientTarget =
  /** A path of this registry with an optional query: `/v2/team/pause/tags/list?n=100`. */
  | { readonly path: string; readonly url?: undefined }
  /** A URL that an answer gave, on whatever host. */
  | { readonly url: URL; readonly path?: undefined };

/** Whose request it is, for checks and messages. */
export interface Where {
  readonly registry: string;
  readonly origin: URL;
  readonly method: HttpMethod;
}

/**
 * Where a request begins.
 *
 * @throws HiatusError `INVALID` for a path that is none, `REGISTRY` for a URL that may not be asked.
 */
export function startOf(target: ClientTarget, at: Where): URL {
  const { path } = target;
  const url = urlOf(target, at.origin);
  // "//host/" would be another host.
  if (path !== undefined && (!path.startsWith("/") || url.origin !== at.origin.origin)) {
    throw new HiatusError("INVALID", `"${printable(path)}" is not a path of a registry`, {
      hint: 'Begin it with "/v2/"',
    });
  }
  // Of this origin, which has neither user nor password.
  return path === undefined ? checked(url, at) : url;
}

/**
 * Where a redirect leads.
 *
 * @throws HiatusError `REGISTRY` when it may not be followed.
 */
export function redirectTarget(location: string, from: URL, at: Where): URL {
  if (!URL.canParse(location, from.href)) throw misled(at, from, "redirects to what is no URL");
  return checked(new URL(location, from), at);
}

/** The URL of a target, unchecked. */
export function urlOf({ path, url }: ClientTarget, origin: URL): URL {
  return path === undefined ? url : new URL(path, origin);
}

/** The error for an answer that leads astray. */
export function misled({ registry, method }: Where, url: URL, what: string): HiatusError {
  const shown = redactUrl(url);
  return new HiatusError("REGISTRY", `"${registry}" ${what} (${method} ${shown})`, {
    detail: { registry, method, url: shown },
    hint: "That is not followed; ask the registry's operators, or mend its external URL when it stands behind a proxy",
  });
}

/** A URL that may be asked, without the user and password in it: they are not ours. */
function checked(told: URL, at: Where): URL {
  const url = new URL(told.href);
  url.username = "";
  url.password = "";
  url.hash = "";
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw misled(at, url, `points to the scheme "${printable(url.protocol, 20)}"`);
  }
  if (url.protocol === "http:" && at.origin.protocol === "https:") {
    throw misled(at, url, "points from https to http");
  }
  return url;
}
