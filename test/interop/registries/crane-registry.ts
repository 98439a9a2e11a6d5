/**
 * go-containerregistry's small registry, which crane has in it: in memory, plain http.
 *
 * @module
 */
import { PEERS, type Provided, programOf } from "../peers.ts";
import { type RegistryKind, startRegistry } from "../registry.ts";

/** Part of crane. */
export function craneRegistry(peer: Provided): RegistryKind {
  const name = "crane registry serve";
  return {
    name,
    programs: [],
    peer,
    tokens: false,
    locked: false,
    version: async () => PEERS.crane.version.slice(1),
    start: (folder, settings = {}) =>
      startRegistry(name, folder, settings, async ({ host }) => ({
        command: [programOf(peer), "registry", "serve", "--address", host],
      })),
  };
}
