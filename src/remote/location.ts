/**
 * Where an answer says to go on: `Location` in every form that registries write, and in none that leads astray.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-blobs
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.2
 * @module
 */
import { HiatusError } from "../errors.ts";
import type { Digest } from "../oci/digest.ts";
import { withoutSecrets } from "./credentials/secrets.ts";

/** Longest value of a header that is looked at, in characters. */
export const HEADER_LIMIT = 8192;

/** Printable ASCII but the backslash, which readers of URLs take for a slash or for itself. */
const PLAIN = /^[!-[\]-~]+$/;
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:/;

/**
 * Resolves a `Location` against the request that it answers: absolute, relative, from the root, or without a scheme. A
 * fragment is dropped; path and query stay as they are, because they carry state that only the registry understands.
 *
 * @throws HiatusError `REGISTRY` when there is none, when it is none, when it names a user, or when it leaves https.
 */
export function resolveLocation(location: string | undefined, request: URL): URL {
  const text = location?.trim() ?? "";
  if (text === "") throw astray(request, "no Location", "");
  if (text.length > HEADER_LIMIT) throw astray(request, "a Location that is too long", text);
  if (!PLAIN.test(text)) throw astray(request, "a Location with characters of no URL", text);
  const scheme = SCHEME.exec(text)?.[0];
  // "https:evil" is relative to some readers and a host to others.
  if (scheme !== undefined && !text.startsWith("//", scheme.length)) {
    throw astray(request, "a Location of another kind", text);
  }
  if (!URL.canParse(text, request.href)) throw astray(request, "a Location that is no URL", text);
  const url = new URL(text, request);
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw astray(request, "a Location of another kind", text);
  }
  if (url.username !== "" || url.password !== "") {
    throw astray(request, "a Location with a user in it", "");
  }
  if (request.protocol === "https:" && url.protocol === "http:") {
    throw new HiatusError(
      "REGISTRY",
      `${request.host} leads from https to plain http: ${shown(url)}`,
      {
        detail: { host: request.host, location: shown(url) },
        hint: "If the registry is behind a proxy, let the proxy set X-Forwarded-Proto to https",
      },
    );
  }
  url.hash = "";
  return url;
}

/**
 * The URL that commits an upload: the location with the digest behind what is there, nothing of which is written anew.
 *
 * @throws HiatusError `REGISTRY` when the location names another digest.
 */
export function withDigest(location: URL, digest: Digest): URL {
  const named = location.searchParams.getAll("digest");
  if (named.some((other) => other !== digest)) {
    throw astray(location, "a Location for other content", shown(location));
  }
  if (named.length > 0) return location;
  const url = new URL(location);
  const query = url.search.slice(1);
  const joint = query === "" || query.endsWith("&") ? "" : "&";
  url.search = `${query}${joint}digest=${encodeURIComponent(digest)}`;
  return url;
}

/** A URL for people: no user, no query, which may carry a signature. */
function shown(url: URL): string {
  return `${url.origin}${withoutSecrets(url.pathname)}`.slice(0, 200);
}

function astray(request: URL, what: string, text: string): HiatusError {
  // What stands behind a question mark may be a secret of the storage behind the registry.
  const bare =
    withoutSecrets(text)
      .split(/[?#]/, 1)[0]
      ?.replace(/\/\/[^/]*@/, "//") ?? "";
  const printable = bare.replace(/[^ -~]/g, "\u{fffd}").slice(0, 200);
  const quoted = printable === "" ? "" : `: "${printable}"`;
  return new HiatusError("REGISTRY", `${request.host} answers with ${what}${quoted}`, {
    detail: { host: request.host },
    hint: "Ask whoever runs the registry, or the proxy in front of it, to mend its Location headers",
  });
}
