/**
 * containerd as Debian packages it, by ctr.
 *
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CONTAINERD_PROGRAMS, startContainerd } from "../../runtime/containerd.ts";
import { referenceOf } from "../client.ts";
import type { EngineKind } from "../engine.ts";
import { versionOf } from "../registry.ts";

/** Found on the PATH. */
export const containerd: EngineKind = {
  name: "containerd",
  programs: CONTAINERD_PROGRAMS,
  keepsBytes: true,
  version: () => versionOf(["containerd", "--version"]),
  async start() {
    const daemon = await startContainerd();
    const linesOf = async (...args: readonly string[]) =>
      (await daemon.ctr(...args)).split("\n").filter(Boolean);
    return {
      async use({ host, origin, tls, account }) {
        // By this file it is told that a host is not what it takes loopback for, which is plain http.
        const hosts = join(daemon.folder, "hosts");
        await mkdir(join(hosts, host), { recursive: true });
        const table = [
          `server = "${origin.origin}"`,
          `[host."${origin.origin}"]`,
          ...(tls === undefined ? [] : [`ca = "${tls.ca}"`]),
        ];
        await writeFile(join(hosts, host, "hosts.toml"), table.join("\n"));
        const flags = [
          ...["--hosts-dir", hosts],
          ...(account === undefined ? [] : ["--user", `${account.username}:${account.password}`]),
        ];
        return {
          async pull(from) {
            await daemon.ctr("images", "pull", ...flags, "--all-platforms", referenceOf(from));
            const rows = await linesOf("images", "ls", `name==${referenceOf(from)}`);
            return { digests: rows.slice(1).map((row) => row.split(/\s+/)[2] ?? "") };
          },
          async push(pulled, to) {
            await daemon.ctr("images", "push", ...flags, referenceOf(to), referenceOf(pulled));
          },
          async forget(pulled) {
            await daemon.ctr("images", "rm", "--sync", referenceOf(pulled));
            const left = await linesOf("content", "ls", "--quiet");
            if (left.length > 0) await daemon.ctr("content", "rm", ...left);
          },
        };
      },
      stop: daemon.stop,
    };
  },
};
