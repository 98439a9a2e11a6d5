/**
 * From a path to what it names. The grammar comes first: nothing that breaks it goes any further, least of all to a
 * file system.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#endpoints
 * @module
 */
import { isRepository } from "../oci/reference.ts";
import type { RouteName } from "./record.ts";

/** The part of a path that is the registry's own. */
export interface Route {
  readonly name: RouteName;
  /** The name of a repository as it was sent; see {@link Route.wellNamed}. */
  readonly repository: string;
  /** Does the name follow the grammar? */
  readonly wellNamed: boolean;
  /** Tag, digest or upload as it was sent: whoever uses it checks it. */
  readonly reference: string;
}

/** Longer than any path that means something: name, digest and the words between them. */
const PATH_LIMIT = 1024;

/** The routes below `/v2/NAME/`, told by the end of the path, for a name may have any number of parts. */
const ENDS: readonly (readonly [RouteName, RegExp])[] = [
  ["manifest", /^(.+)\/manifests\/([^/]+)$/],
  ["uploads", /^(.+)\/blobs\/uploads\/?()$/],
  ["upload", /^(.+)\/blobs\/uploads\/([^/]+)$/],
  ["blob", /^(.+)\/blobs\/([^/]+)$/],
  ["tags", /^(.+)\/tags\/list()$/],
  ["referrers", /^(.+)\/referrers\/([^/]+)$/],
];

/** What a target (path and query) names. */
export function parseRoute(target: string): Route {
  const mark = target.indexOf("?");
  const path = decode(mark < 0 ? target : target.slice(0, mark));
  if (path === undefined || path.length > PATH_LIMIT) return route("unknown");
  if (path === "/metrics") return route("metrics");
  if (path === "/v2/" || path === "/v2") return route("base");
  if (!path.startsWith("/v2/")) return route("page");
  const rest = path.slice("/v2/".length);
  if (rest === "_catalog") return route("catalog");
  for (const [name, pattern] of ENDS) {
    const match = pattern.exec(rest);
    if (match !== null) return route(name, match[1], match[2]);
  }
  return route("unknown");
}

function route(name: RouteName, repository = "", reference = ""): Route {
  return { name, repository, wellNamed: isRepository(repository), reference };
}

/** Some clients escape the colon of a digest. Escapes are resolved once, before anything is looked at. */
function decode(path: string): string | undefined {
  if (!path.includes("%")) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
