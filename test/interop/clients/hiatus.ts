/**
 * Our command, on Node and on Deno.
 *
 * @module
 */
import { join } from "node:path";
import { lines, run } from "../../runtime/command.ts";
import { type ClientKind, type Local, referenceOf } from "../client.ts";
import type { Provided } from "../peers.ts";
import { hiatusCommand, hiatus as registry } from "../registries/hiatus.ts";
import { writeAuthFile } from "./auth-file.ts";

/** The command. @param deno - Deno, where it is to run on that. @default on Node */
export function hiatus(deno?: Provided): ClientKind {
  const { name, version, programs, peer } = registry(deno);
  const program = hiatusCommand(deno);
  return {
    ...{ name, version, programs, ...(peer === undefined ? {} : { peer }) },
    // What is attached goes along by itself; there is a test of its own.
    can: { delete: false, referrers: false },
    async open(folder, of) {
      const docker = join(folder, "docker");
      await writeAuthFile(join(docker, "config.json"), of);
      const { tls } = of;
      const env = { DOCKER_CONFIG: docker, XDG_RUNTIME_DIR: folder, HOME: folder };
      const flags = tls === undefined ? [] : ["--ca", tls.ca];
      const command = (...args: readonly string[]) => run([...program, ...args, ...flags], { env });
      const here = ({ layout, tag }: Local) => `oci:${layout}:${tag}`;
      return {
        async push(from, to) {
          await command("push", here(from), referenceOf(to));
        },
        async pull(from, to) {
          await command("pull", referenceOf(from), here(to));
        },
        async copy(from, to) {
          await command("push", referenceOf(from), referenceOf(to));
        },
        async resolve(from) {
          const said = await command("inspect", "--json", referenceOf(from));
          return (JSON.parse(said) as { descriptor: { digest: string } }).descriptor.digest;
        },
        tags: ({ host }, repository) =>
          lines([...program, "tags", ...flags, `${host}/${repository}`], { env }),
      };
    },
  };
}
