/**
 * Our registry as people start it: `hiatus serve --writable`, on Node and on Deno.
 *
 * @module
 */
import { join } from "node:path";
import { packageRoot } from "../../../src/package-root.ts";
import { run } from "../../runtime/command.ts";
import { type Provided, programOf } from "../peers.ts";
import { type RegistryKind, startRegistry } from "../registry.ts";
import { writeHtpasswd } from "./htpasswd.ts";

/** How the command is started: what is compiled by the Node that runs the tests, or the sources by Deno. */
export function hiatusCommand(deno?: Provided): readonly string[] {
  const root = packageRoot();
  return deno === undefined
    ? [process.execPath, join(root, "lib", "cli", "main.js")]
    : [programOf(deno), "run", "--allow-all", join(root, "src", "cli", "main.ts")];
}

/** The registry. @param deno - Deno, where it is to run on that. @default on Node */
export function hiatus(deno?: Provided): RegistryKind {
  const command = hiatusCommand(deno);
  const name = deno === undefined ? "hiatus on Node" : "hiatus on Deno";
  return {
    name,
    programs: [],
    ...(deno === undefined ? {} : { peer: deno }),
    tokens: false,
    locked: true,
    version: async () => {
      const [first = ""] = (await run([...command, "--version"])).split("\n");
      return first.trim();
    },
    start: (folder, settings = {}) =>
      startRegistry(name, folder, settings, async ({ host }) => {
        const { tls, account } = settings;
        return {
          command: [
            ...[...command, "serve", "--writable", join(folder, "storage"), "--listen", host],
            ...(tls === undefined ? [] : ["--tls-cert", tls.certificate, "--tls-key", tls.key]),
            ...(account === undefined ? [] : ["--htpasswd", await writeHtpasswd(folder, account)]),
          ],
        };
      }),
  };
}
