/**
 * containerd: `ctr images import` in the ways that people call it, and k3s.
 *
 * @module
 */
import { mkdir, rm, symlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { CONTAINERD_PROGRAMS, type Containerd, startContainerd } from "../../runtime/containerd.ts";
import { until } from "../../runtime/until.ts";
import { runScript } from "../bundles.ts";
import { importAsK3s, K3S_PROGRAMS } from "../k3s.ts";
import type { Findings, ReaderKind } from "../reader.ts";

/** `ctr images import`. @param flags - What is said besides. */
export function ctr(...flags: readonly string[]): ReaderKind {
  return {
    name: ["ctr import", ...flags].join(" "),
    programs: CONTAINERD_PROGRAMS,
    takes: ({ form }) => form !== ".run" || flags.length === 0,
    refuses: ({ form }) =>
      form === ".tar" || form === ".run"
        ? undefined
        : { why: "unpack it first", says: /invalid tar header/ },
    async start() {
      const daemon = await startContainerd();
      return {
        stop: daemon.stop,
        async read(bundle) {
          const { form, file, name } = bundle;
          const place = ["--address", daemon.socket, "--namespace", "test"];
          if (form === ".run") await runScript(bundle, ["--load", "containerd", ...place]);
          else await daemon.ctr("images", "import", ...flags, file);
          return lookAt(daemon, name);
        },
      };
    },
  };
}

/** What k3s does with a file in `agent/images`. */
export const k3s: ReaderKind = {
  name: "k3s agent/images",
  programs: [...CONTAINERD_PROGRAMS, ...K3S_PROGRAMS],
  refuses: () => undefined,
  async start(scratch) {
    const daemon = await startContainerd();
    const images = join(scratch, "agent", "images");
    return {
      stop: daemon.stop,
      async read(bundle) {
        const { form, file, name, root } = bundle;
        await mkdir(images, { recursive: true });
        if (form === ".run") await runScript(bundle, ["--load", "k3s", "--data-dir", scratch]);
        else await symlink(file, join(images, basename(file)));
        await importAsK3s(daemon, images);
        await rm(images, { recursive: true });
        return lookAt(daemon, `${name.replace(/:[^:]+$/, "")}@${root}`);
      },
    };
  },
};

/** What an image is and says, and then all is forgotten. */
async function lookAt(daemon: Containerd, name: string): Promise<Findings> {
  const lines = async (...args: readonly string[]) =>
    (await daemon.ctr(...args)).split("\n").filter(Boolean);
  const [, row = ""] = await lines("images", "ls", `name==${name}`);
  const cgroup = `${daemon.cgroup.path}/version`;
  const run = ["run", "--rm", "--cgroup", cgroup, name, "look", "/pause", "-v"];
  // Of a process that ends at once, ctr may miss what it said.
  const version = await until(
    "pause to say its version",
    async () => (await daemon.ctr(...run)) || undefined,
  );
  const names = await lines("images", "ls", "--quiet");
  await daemon.ctr("images", "rm", "--sync", ...names);
  const left = await lines("content", "ls", "--quiet");
  if (left.length > 0) await daemon.ctr("content", "rm", ...left);
  return { root: row.split(/\s+/)[2] ?? "", names, version };
}
