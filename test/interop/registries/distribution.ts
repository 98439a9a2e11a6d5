/**
 * The registries of the distribution project: 2.8 as Debian packages it, and 3 from the Go module proxy.
 *
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PEERS, type Provided, programOf } from "../peers.ts";
import { type RegistryKind, type RegistrySettings, startRegistry, versionOf } from "../registry.ts";
import { writeHtpasswd } from "./htpasswd.ts";

/** Debian's docker-registry. */
export const distribution2: RegistryKind = {
  name: "distribution 2.8",
  programs: ["docker-registry"],
  tokens: true,
  locked: true,
  version: () => versionOf(["docker-registry", "--version"]),
  start: (folder, settings = {}) =>
    startRegistry(distribution2.name, folder, settings, async ({ host }) => ({
      command: ["docker-registry", "serve", await writeConfig(folder, host, settings)],
    })),
};

/** Built by scripts/peers.mjs. */
export function distribution3(peer: Provided): RegistryKind {
  const program = programOf(peer);
  const name = "distribution 3";
  return {
    ...distribution2,
    name,
    programs: [],
    peer,
    version: async () => PEERS.distribution.version.slice(1),
    start: (folder, settings = {}) =>
      startRegistry(name, folder, settings, async ({ host }) => ({
        command: [program, "serve", await writeConfig(folder, host, settings)],
        env: { OTEL_TRACES_EXPORTER: "none" },
      })),
  };
}

/** Its configuration, which both read. JSON is YAML. */
async function writeConfig(
  folder: string,
  host: string,
  { tls, account, tokens }: RegistrySettings,
): Promise<string> {
  const rootdirectory = join(folder, "storage");
  await mkdir(rootdirectory);
  const config = {
    version: "0.1",
    log: { level: "info", accesslog: { disabled: false } },
    storage: {
      filesystem: { rootdirectory },
      delete: { enabled: true },
      maintenance: { uploadpurging: { enabled: false } },
    },
    http: {
      addr: host,
      // Else it warns that several of them would not know each other.
      secret: "interop",
      ...(tls === undefined ? {} : { tls: { certificate: tls.certificate, key: tls.key } }),
    },
    ...(account === undefined
      ? {}
      : {
          auth:
            tokens === undefined
              ? { htpasswd: { realm: "interop", path: await writeHtpasswd(folder, account) } }
              : {
                  token: {
                    realm: tokens.realm.href,
                    service: tokens.service,
                    issuer: tokens.issuer,
                    rootcertbundle: tokens.certificate,
                  },
                },
        }),
  };
  const file = join(folder, "config.yml");
  await writeFile(file, JSON.stringify(config, undefined, 2));
  return file;
}
