/**
 * regctl of regclient.
 *
 * @module
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { lines, run } from "../../runtime/command.ts";
import { type ClientKind, type Local, referenceOf } from "../client.ts";
import { PEERS, type Provided, programOf } from "../peers.ts";

/** Built by scripts/peers.mjs. */
export function regctl(peer: Provided): ClientKind {
  const program = programOf(peer);
  return {
    peer,
    name: "regctl",
    programs: [],
    can: { delete: true, referrers: true },
    version: async () => PEERS.regctl.version.slice(1),
    async open(folder, registry) {
      const file = join(folder, "regctl.json");
      const { host, account, tls } = registry;
      const settings = {
        ...(tls === undefined
          ? { tls: "disabled" }
          : { tls: "enabled", regcert: await readFile(tls.ca, "utf8") }),
        ...(account === undefined ? {} : { user: account.username, pass: account.password }),
      };
      await writeFile(file, JSON.stringify({ hosts: { [host]: settings } }));
      const env = { REGCTL_CONFIG: file, DOCKER_CONFIG: join(folder, "none"), TMPDIR: folder };
      const command = (...args: readonly string[]) => run([program, ...args], { env });
      const list = (...args: readonly string[]) => lines([program, ...args], { env });
      const here = ({ layout, tag }: Local) => `ocidir://${layout}:${tag}`;
      return {
        async push(from, to) {
          await command("image", "copy", here(from), referenceOf(to));
        },
        async pull(from, to) {
          await command("image", "copy", referenceOf(from), here(to));
        },
        async copy(from, to) {
          await command("image", "copy", referenceOf(from), referenceOf(to));
        },
        resolve: async (from) => (await command("image", "digest", referenceOf(from))).trim(),
        tags: (of, repository) => list("tag", "ls", `${of.host}/${repository}`),
        async delete(remote) {
          await command("manifest", "delete", referenceOf(remote));
        },
        referrers: {
          async attach(subject, attached) {
            const type = "application/vnd.hiatus.interop";
            await command(
              ...["artifact", "put", "--artifact-type", type, "--file", attached],
              ...["--subject", referenceOf(subject)],
            );
          },
          list: (subject) =>
            list(
              ...["artifact", "list", referenceOf(subject)],
              ...["--format", "{{range .Descriptors}}{{println .Digest}}{{end}}"],
            ),
          async copy(from, to) {
            await command("image", "copy", "--referrers", referenceOf(from), referenceOf(to));
          },
        },
      };
    },
  };
}
