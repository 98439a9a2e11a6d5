/**
 * Where Podman, Buildah, Skopeo and CRI-O keep credentials.
 *
 * @see https://github.com/containers/image/blob/v5.36.0/docs/containers-auth.json.5.md
 * @module
 */
import { join } from "node:path";
import { HiatusError } from "../../errors.ts";
import type { CredentialSource } from "../credentials.ts";
import { fileSource } from "./file-source.ts";
import type { Places } from "./places.ts";

/**
 * The files in the order in which they are read: `$REGISTRY_AUTH_FILE`, or else `$XDG_RUNTIME_DIR/containers/auth.json`, or else
 * `/run/containers/<uid>/auth.json`; then `$XDG_CONFIG_HOME/containers/auth.json` (`~/.config` unless set).
 */
export function podmanAuthPaths({ env, home, uid }: Places): readonly string[] {
  const config = join(env.XDG_CONFIG_HOME || join(home, ".config"), "containers", "auth.json");
  if (env.REGISTRY_AUTH_FILE) return [env.REGISTRY_AUTH_FILE, config];
  if (env.XDG_RUNTIME_DIR) return [join(env.XDG_RUNTIME_DIR, "containers", "auth.json"), config];
  return uid === undefined ? [config] : [`/run/containers/${uid}/auth.json`, config];
}

/** What `podman login` has stored: the first file that knows the repository. */
export function podmanAuthSource(places: Places): CredentialSource {
  const { REGISTRY_AUTH_FILE: named } = places.env;
  const sources = podmanAuthPaths(places).map((path) =>
    fileSource(path, {
      ...places,
      onMissing: path === named ? () => missing(path) : undefined,
    }),
  );
  return async (registry, repository, options) => {
    for (const source of sources) {
      const credential = await source(registry, repository, options);
      if (credential !== undefined) return credential;
    }
    return undefined;
  };
}

function missing(path: string): never {
  throw new HiatusError("CONFIG", `REGISTRY_AUTH_FILE names "${path}", which is not there`, {
    detail: { path },
    hint: "Log in with podman login, or unset REGISTRY_AUTH_FILE",
  });
}
