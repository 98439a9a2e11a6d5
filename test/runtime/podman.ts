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

/** What it needs besides for a network. */
export const PODMAN_NETWORK_PROGRAMS = ["ip", "iptables", "nsenter", "unshare"];

/** What grows in its folder by its nature. */
export const PODMAN_GROWING = /\/(?:events|tmp)\/|\.(?:log|db|lock)$/;

/** Where Podman keeps the network namespaces of all its users. */
export const PODMAN_NAMESPACES = "/run/netns";

/** A podman with a place of its own. */
export interface Podman {
  readonly folder: string;
  readonly cgroup: Cgroup;
  /** By which any podman finds the place. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs `podman` and returns what it prints. */
  podman(...args: readonly string[]): Promise<string>;
  /** The same, whatever the exit code is. */
  attempt(...args: readonly string[]): Promise<CommandResult>;
  /** Ends everything that it runs and removes all it has stored. */
  stop(): Promise<void>;
}

/** How a place is prepared. */
export interface PodmanOptions {
  /** Name of a network for pods, on a bridge of a network namespace that is the place's own. @default none */
  readonly network?: string;
}

/** Prepares the place. Containers get the control group by `--cgroup-parent`, see `cgroup.path`. */
export async function preparePodman({ network }: PodmanOptions = {}): Promise<Podman> {
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
  };
  // Podman cannot make networks without firewall rules, so it gets a firewall that nobody else has.
  if (network !== undefined) await makeNetwork(file("net"), file("networks"), network);
  const inside = network === undefined ? [] : ["nsenter", `--net=${file("net")}`];
  const client = [...inside, "podman", "--root", file("root"), "--runroot", file("run")];
  const attemptPodman = (...args: readonly string[]) => attempt([...client, ...args], { env });
  return {
    folder,
    cgroup,
    env,
    podman: (...args) => run([...client, ...args], { env }),
    attempt: attemptPodman,
    async stop() {
      await attemptPodman("pod", "rm", "--all", "--force", "--time", "1");
      await attemptPodman("rm", "--all", "--force", "--time", "1");
      await cgroup.remove();
      for (const { pid } of processesNaming(folder)) process.kill(pid, "SIGKILL");
      await until("conmon to end", () => processesNaming(folder).length === 0);
      await removeFolder(folder);
    },
  };
}

/** A network namespace that a file holds, and the description of a bridge in it. */
async function makeNetwork(held: string, networks: string, name: string): Promise<void> {
  await writeFile(held, "");
  await run(["unshare", `--net=${held}`, "ip", "link", "set", "lo", "up"]);
  const description = {
    name,
    id: "a".repeat(64),
    driver: "bridge",
    network_interface: "pods0",
    created: "2020-01-01T00:00:00Z",
    subnets: [{ subnet: "198.18.44.0/22", gateway: "198.18.44.1" }],
    ipv6_enabled: false,
    internal: false,
    dns_enabled: false,
    ipam_options: { driver: "host-local" },
  };
  await writeFile(join(networks, `${name}.json`), JSON.stringify(description));
}
