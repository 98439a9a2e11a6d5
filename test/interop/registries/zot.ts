/**
 * zot without its extensions, as of 2022: the last that the Go module proxy hands out.
 *
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PEERS, type Provided, programOf } from "../peers.ts";
import { type RegistryKind, startRegistry } from "../registry.ts";
import { writeHtpasswd } from "./htpasswd.ts";

/** Built by scripts/peers.mjs. */
export function zot(peer: Provided): RegistryKind {
  const program = programOf(peer);
  const name = "zot 1.4";
  return {
    name,
    programs: [],
    peer,
    tokens: false,
    locked: true,
    choking: true,
    version: async () => PEERS.zot.version.slice(1),
    start: (folder, settings = {}) =>
      startRegistry(name, folder, settings, async ({ port }) => {
        const { tls, account } = settings;
        const rootDirectory = join(folder, "storage");
        await mkdir(rootDirectory);
        const config = {
          distSpecVersion: "1.0.1-dev",
          // As it comes: what is the same is kept once, and what nobody names is swept away.
          storage: { rootDirectory },
          http: {
            address: "127.0.0.1",
            port: String(port),
            ...(tls === undefined ? {} : { tls: { cert: tls.certificate, key: tls.key } }),
            ...(account === undefined
              ? {}
              : { auth: { htpasswd: { path: await writeHtpasswd(folder, account) } } }),
          },
          log: { level: "info" },
        };
        const file = join(folder, "config.json");
        await writeFile(file, JSON.stringify(config, undefined, 2));
        return { command: [program, "serve", file] };
      }),
  };
}
