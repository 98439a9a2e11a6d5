/**
 * crane of go-containerregistry.
 *
 * @module
 */
import { join } from "node:path";
import { lines, run } from "../../runtime/command.ts";
import { type ClientKind, referenceOf } from "../client.ts";
import { PEERS, type Provided, programOf } from "../peers.ts";
import { writeAuthFile } from "./auth-file.ts";

/** Built by scripts/peers.mjs. */
export function crane(peer: Provided): ClientKind {
  const program = programOf(peer);
  return {
    peer,
    name: "crane",
    programs: [],
    can: { delete: true, referrers: false },
    version: async () => PEERS.crane.version.slice(1),
    async open(folder, registry) {
      const docker = join(folder, "docker");
      await writeAuthFile(join(docker, "config.json"), registry);
      const env = {
        DOCKER_CONFIG: docker,
        TMPDIR: folder,
        // It has no option for an authority of one's own; Go reads this one.
        ...(registry.tls === undefined ? {} : { SSL_CERT_FILE: registry.tls.ca }),
      };
      const command = (...args: readonly string[]) => run([program, ...args], { env });
      return {
        async push({ layout }, to) {
          await command("push", layout, referenceOf(to));
        },
        async pull(from, { layout }) {
          await command("pull", "--format=oci", referenceOf(from), layout);
        },
        async copy(from, to) {
          await command("copy", referenceOf(from), referenceOf(to));
        },
        resolve: async (from) => (await command("digest", referenceOf(from))).trim(),
        tags: (of, repository) => lines([program, "ls", `${of.host}/${repository}`], { env }),
        async delete(remote) {
          await command("delete", referenceOf(remote));
        },
      };
    },
  };
}
