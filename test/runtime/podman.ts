/**
 * A podman for one test: own storage, configuration, locks and control group. It has no daemon.
 *
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Cgroup, nameCgroup } from "./cgroup.ts";
import { attempt, type CommandResult, run } from "./command.ts";
import { makeFolder, removeFolder } from "./folder.ts";
import { processesNaming } from "./processes.ts";
import { until } from "./until.ts";

/** The programs it needs. */
export const PODMAN_PROGRAMS = ["podman", "conmon", "runc"];

/** A podman with a place of its own. */
export interface Podman {
  readonly folder: string;
  readonly cgroup: Cgroup;
  /** Runs `podman` and returns what it prints. */
  podman(...args: readonly string[]): Promise<string>;
  /** The same, whatever the exit code is. */
  attempt(...args: readonly string[]): Promise<CommandResult>;
  /** Ends everything that it runs and removes all it has stored. */
  stop(): Promise<void>;
}

/** Prepares the place. Containers get the control group by `--cgroup-parent`, see `cgroup.path`. */
export async function preparePodman(): Promise<Podman> {
  const folder = await makeFolder();
  const cgroup = nameCgroup(folder.slice(folder.lastIndexOf("/") + 1));
  const file = (name: string) => join(folder, name);
  await mkdir(file("networks"));
  await writeFile(
    file("storage.conf"),
    `[storage]
driver = "overlay"
graphroot = "${file("root")}"
runroot = "${file("run")}"
`,
  );
  // Limits are left as they are, because raising them takes a right that the tests may lack.
  await writeFile(
    file("containers.conf"),
    `[containers]
default_ulimits = []
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
runtime = "runc"
tmp_dir = "${file("tmp")}"
volume_path = "${file("volumes")}"
[network]
network_config_dir = "${file("networks")}"
`,
  );
  const env = {
    CONTAINERS_CONF: file("containers.conf"),
    CONTAINERS_STORAGE_CONF: file("storage.conf"),
    // The host's firewall stays as it is.
    NETAVARK_FW: "none",
  };
  const client = ["podman", "--root", file("root"), "--runroot", file("run")];
  const attemptPodman = (...args: readonly string[]) => attempt([...client, ...args], { env });
  return {
    folder,
    cgroup,
    podman: (...args) => run([...client, ...args], { env }),
    attempt: attemptPodman,
    async stop() {
      await attemptPodman("pod", "rm", "--all", "--force", "--time", "1");
      await attemptPodman("rm", "--all", "--force", "--time", "1");
      await attemptPodman("network", "prune", "--force");
      await cgroup.remove();
      for (const { pid } of processesNaming(folder)) process.kill(pid, "SIGKILL");
      await until("conmon to end", () => processesNaming(folder).length === 0);
      await removeFolder(folder);
    },
  };
}
