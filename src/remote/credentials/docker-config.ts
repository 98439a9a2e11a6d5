/**
 * Where Docker keeps credentials.
 *
 * @see https://docs.docker.com/reference/cli/docker/#configuration-files
 * @module
 */
import { join } from "node:path";
import type { CredentialSource } from "../credentials.ts";
import { fileSource } from "./file-source.ts";
import type { Places } from "./places.ts";

/** `$DOCKER_CONFIG/config.json`, or `~/.docker/config.json`. */
export function dockerConfigPath({ env, home }: Places): string {
  const folder = env.DOCKER_CONFIG;
  return join(
    folder === undefined || folder === "" ? join(home, ".docker") : folder,
    "config.json",
  );
}

/** What `docker login` has stored. */
export function dockerConfigSource(places: Places): CredentialSource {
  return fileSource(dockerConfigPath(places), places);
}
