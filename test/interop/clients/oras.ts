/**
 * oras.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { lines, run } from "../../runtime/command.ts";
import { type ClientKind, type Local, referenceOf } from "../client.ts";
import { PEERS, type Provided, programOf } from "../peers.ts";
import { writeAuthFile } from "./auth-file.ts";

/** Built by scripts/peers.mjs. */
export function oras(peer: Provided): ClientKind {
  const program = programOf(peer);
  return {
    peer,
    name: "oras",
    programs: [],
    can: { delete: true, referrers: true },
    version: async () => PEERS.oras.version.slice(1),
    async open(folder, registry) {
      const file = await writeAuthFile(join(folder, "auth.json"), registry);
      const { tls } = registry;
      const options = { env: { TMPDIR: folder, DOCKER_CONFIG: join(folder, "none") } };
      const command = (...args: readonly string[]) => run([program, ...args], options);
      const list = (...args: readonly string[]) => lines([program, ...args], options);
      const flags = (side: "" | "from-" | "to-") => [
        ...(tls === undefined ? [`--${side}plain-http`] : [`--${side}ca-file`, tls.ca]),
        ...[`--${side}registry-config`, file],
      ];
      const here = ({ layout, tag }: Local) => `${layout}:${tag}`;
      const both = [...flags("from-"), ...flags("to-")];
      return {
        async push(from, to) {
          await command("cp", ...flags("to-"), "--from-oci-layout", here(from), referenceOf(to));
        },
        async pull(from, to) {
          await command("cp", ...flags("from-"), "--to-oci-layout", referenceOf(from), here(to));
        },
        async copy(from, to) {
          await command("cp", ...both, referenceOf(from), referenceOf(to));
        },
        resolve: async (from) => (await command("resolve", ...flags(""), referenceOf(from))).trim(),
        tags: (of, repository) => list("repo", "tags", ...flags(""), `${of.host}/${repository}`),
        async delete(remote) {
          await command("manifest", "delete", "--force", ...flags(""), referenceOf(remote));
        },
        referrers: {
          async attach(subject, attached) {
            const type = ["--artifact-type", "application/vnd.hiatus.interop"];
            await run(
              [program, "attach", ...flags(""), ...type, referenceOf(subject), basename(attached)],
              { ...options, cwd: dirname(attached) },
            );
          },
          async list(subject) {
            const said = await command(
              ...["discover", ...flags(""), "--format", "json", referenceOf(subject)],
            );
            const { manifests } = JSON.parse(said) as { manifests: readonly { digest: string }[] };
            return manifests.map(({ digest }) => digest);
          },
          async copy(from, to) {
            await command("cp", "--recursive", ...both, referenceOf(from), referenceOf(to));
          },
        },
      };
    },
  };
}
