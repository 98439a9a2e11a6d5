/**
 * skopeo as Debian packages it.
 *
 * @module
 */
import { join } from "node:path";
import { run } from "../../runtime/command.ts";
import { type ClientKind, type Remote, referenceOf } from "../client.ts";
import { versionOf } from "../registry.ts";
import { sha256 } from "../sha256.ts";
import { writeAuthFile } from "./auth-file.ts";

/** Found on the PATH. */
export const skopeo: ClientKind = {
  name: "skopeo",
  programs: ["skopeo"],
  can: { delete: true, referrers: false },
  version: () => versionOf(["skopeo", "--version"]),
  async open(folder, registry) {
    const file = await writeAuthFile(join(folder, "auth.json"), registry);
    const { tls } = registry;
    const command = (...args: readonly string[]) =>
      run(["skopeo", "--insecure-policy", ...args], { env: { TMPDIR: folder } });
    const flags = (side: "" | "src-" | "dest-") => [
      tls === undefined ? `--${side}tls-verify=false` : `--${side}cert-dir=${tls.caFolder}`,
      `--${side}authfile=${file}`,
    ];
    const there = (remote: Remote) => `docker://${referenceOf(remote)}`;
    const copy = (...args: readonly string[]) => command("copy", "--quiet", "--all", ...args);
    return {
      async push({ layout, tag }, to) {
        await copy(...flags("dest-"), `oci:${layout}:${tag}`, there(to));
      },
      async pull(from, { layout, tag }) {
        await copy(...flags("src-"), there(from), `oci:${layout}:${tag}`);
      },
      async copy(from, to) {
        await copy(...flags("src-"), ...flags("dest-"), there(from), there(to));
      },
      resolve: async (from) => sha256(await command("inspect", ...flags(""), "--raw", there(from))),
      async tags({ host }, repository) {
        const said = await command("list-tags", ...flags(""), `docker://${host}/${repository}`);
        return (JSON.parse(said) as { Tags: readonly string[] }).Tags;
      },
      async delete(remote) {
        await command("delete", ...flags(""), there(remote));
      },
    };
  },
};
