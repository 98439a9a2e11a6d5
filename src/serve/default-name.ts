/**
 * What a layout or an archive is called as a repository when nobody says.
 *
 * @module
 */
import { basename, dirname, resolve } from "node:path";
import { isHiatusError } from "../errors.ts";
import { isRepository, parseReference } from "../oci/reference.ts";
import { parseLayoutIndex } from "../store/layout-index.ts";

/** Where tools that import an archive read its full name; `org.opencontainers.image.ref.name` is often a tag only. */
const FULL_NAME = "io.containerd.image.name";
/** Folders that say what they are and not whose. */
const GENERIC = new Set(["oci", "layout", "image", "oci-layout"]);

/**
 * The name that its entries go by, if they agree on one; else what the path says: `dist/pause/oci` and
 * `pause-3.10.2.tar.gz` are `pause`.
 *
 * @returns undefined when neither is the name of a repository.
 */
export function defaultName(index: Uint8Array, path: string): string | undefined {
  const stated = new Set(
    parseLayoutIndex(index).entries.flatMap(({ descriptor }) =>
      repositoryOf(descriptor.annotations?.[FULL_NAME]),
    ),
  );
  const [only] = stated;
  if (only !== undefined && stated.size === 1) return only;
  const name = nameOfPath(resolve(path));
  return isRepository(name) ? name : undefined;
}

function repositoryOf(reference: string | undefined): readonly string[] {
  if (reference === undefined) return [];
  try {
    return [parseReference(reference).repository];
  } catch (error) {
    if (isHiatusError(error, "INVALID")) return [];
    throw error;
  }
}

function nameOfPath(path: string): string {
  const last = basename(path).toLowerCase();
  if (GENERIC.has(last)) return basename(dirname(path)).toLowerCase();
  return last
    .replace(/(?:\.oci)?\.(?:tar|tgz|tzst|tar\.gz|tar\.zst|run)$/, "")
    .replace(/-v?\d[^/]*$/, "");
}
