/**
 * A CRI-O for one test: own storage, configuration, socket and control group. Its root folder lies like that of a node.
 *
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Cgroup, nameCgroup } from "./cgroup.ts";
import { attempt, type CommandResult, findProgram, PATH } from "./command.ts";
import { CNI_PLUGINS, writeNetwork } from "./containerd.ts";
import { type Daemon, startDaemon } from "./daemon.ts";
import { makeFolder, removeFolder } from "./folder.ts";
import { writeModestRuntime } from "./modest-runtime.ts";
import { processesNaming } from "./processes.ts";
import { until } from "./until.ts";

/** The programs it needs besides its own. */
export const CRIO_PROGRAMS = ["conmon", "runc", "setpriv", "ip"];

/** A CRI-O with a place of its own. It runs when it was told to. */
export interface Crio {
  readonly folder: string;
  readonly socket: string;
  readonly cgroup: Cgroup;
  /** By which `podman` and `skopeo` find its storage, and `hiatus` its programs. */
  readonly env: Readonly<Record<"PATH" | "CONTAINERS_STORAGE_CONF", string>>;
  /** Runs `crio` as it is started, with other arguments. */
  crio(...args: readonly string[]): Promise<CommandResult>;
  /** Starts it, or starts it anew. @throws Error with the end of its log when it does not get ready. */
  restart(): Promise<void>;
  /** Ends it with everything that it runs, and removes all it has stored. */
  stop(): Promise<void>;
}

/**
 * Prepares the place.
 *
 * @param programs - Folder of `crio` and `pinns`.
 * @param bridge - Name of the bridge that pods are on.
 */
export async function prepareCrio(programs: string, bridge: string): Promise<Crio> {
  const folder = await makeFolder();
  const socket = join(folder, "run", "crio", "crio.sock");
  const cgroup = nameCgroup(folder.slice(folder.lastIndexOf("/") + 1));
  const at = (path: string) => join(folder, path);
  const write = async (path: string, content: string) => {
    await mkdir(dirname(at(path)), { recursive: true });
    await writeFile(at(path), content);
  };
  await writeNetwork(folder, bridge);
  await write("/etc/crio/crio.conf", configOf(folder, programs, await writeModestRuntime(folder)));
  await mkdir(at("/etc/crio/crio.conf.d"));
  await write("/etc/containers/policy.json", '{"default":[{"type":"insecureAcceptAnything"}]}');
  await write("/etc/containers/registries.conf", "");
  await mkdir(at("/etc/containers/registries.conf.d"));
  await write(
    "/etc/containers/storage.conf",
    `[storage]\ndriver = "overlay"\ngraphroot = "${at("storage")}"\nrunroot = "${at("run/storage")}"\n`,
  );
  const env = {
    PATH: `${programs}:${PATH}`,
    CONTAINERS_STORAGE_CONF: at("/etc/containers/storage.conf"),
  };
  const command = [
    join(programs, "crio"),
    ...["--config", at("/etc/crio/crio.conf"), "--config-dir", at("/etc/crio/crio.conf.d")],
    ...["--registries-conf", at("/etc/containers/registries.conf")],
    ...["--registries-conf-dir", at("/etc/containers/registries.conf.d")],
  ];
  let daemon: Daemon | undefined;
  return {
    folder,
    socket,
    cgroup,
    env,
    crio: (...args) => attempt([...command, ...args], { env }),
    async restart() {
      await daemon?.stop();
      const status = [join(programs, "crio"), "status", "--socket", socket, "info"];
      daemon = await startDaemon(command, {
        log: at("crio.log"),
        ready: async () => (await attempt(status, { timeout: 5_000, env })).code === 0,
        env,
      });
    },
    async stop() {
      await cgroup.remove();
      await daemon?.stop();
      for (const { pid } of processesNaming(folder)) process.kill(pid, "SIGKILL");
      await until("conmon to end", () => processesNaming(folder).length === 0);
      await attempt(["ip", "link", "delete", bridge]);
      await removeFolder(folder);
    },
  };
}

function configOf(folder: string, programs: string, runtime: string): string {
  return `[crio]
root = "${folder}/storage"
runroot = "${folder}/run/storage"
storage_driver = "overlay"
log_dir = "${folder}/logs"
version_file = "${folder}/run/crio/version"
clean_shutdown_file = "${folder}/clean.shutdown"
[crio.api]
listen = "${folder}/run/crio/crio.sock"
[crio.runtime]
cgroup_manager = "cgroupfs"
conmon_cgroup = "pod"
container_exits_dir = "${folder}/run/exits"
container_attach_socket_dir = "${folder}/run/attach"
namespaces_dir = "${folder}/run/ns"
pinns_path = "${join(programs, "pinns")}"
hooks_dir = []
cdi_spec_dirs = []
irqbalance_config_restore_file = "disable"
default_runtime = "runc"
[crio.runtime.runtimes.runc]
runtime_path = "${runtime}"
runtime_root = "${folder}/run/runc"
monitor_path = "${findProgram("conmon")}"
# It is a default besides, and would be asked what it can.
[crio.runtime.runtimes.crun]
runtime_path = "${runtime}"
runtime_root = "${folder}/run/runc"
monitor_path = "${findProgram("conmon")}"
[crio.image]
signature_policy = "${folder}/etc/containers/policy.json"
signature_policy_dir = "${folder}/etc/crio/policies"
[crio.network]
network_dir = "${folder}/cni"
plugin_dirs = ["${CNI_PLUGINS}"]
[crio.nri]
enable_nri = false
`;
}
