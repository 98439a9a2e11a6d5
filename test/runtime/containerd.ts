/**
 * A containerd for one test: own root, state, socket and control group.
 *
 * @module
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Cgroup, nameCgroup } from "./cgroup.ts";
import { attempt, findProgram, PATH, run } from "./command.ts";
import { type Daemon, startDaemon } from "./daemon.ts";
import { makeFolder, removeFolder } from "./folder.ts";
import { processesNaming } from "./processes.ts";
import { until } from "./until.ts";

/** The programs it needs. */
export const CONTAINERD_PROGRAMS = ["containerd", "ctr", "runc", "setpriv"];

/** How pods are run. */
export interface CriSettings {
  /** The image whose process holds the namespaces. */
  readonly sandboxImage: string;
  /** Name of the bridge that pods are on. */
  readonly bridge: string;
  /** Folder of `HOST/hosts.toml`, which say where images of a registry may come from instead. @default none */
  readonly hosts?: string;
}

/** Which containerd is started, and what for. */
export interface ContainerdOptions {
  /** When given it serves pods too, and `ctr` sees the images of pods. @default no pods */
  readonly cri?: CriSettings | undefined;
  /** Folder of `containerd`, `ctr` and the shim. @default those of Debian */
  readonly programs?: string | undefined;
}

/** A running containerd. */
export interface Containerd {
  readonly folder: string;
  readonly socket: string;
  readonly cgroup: Cgroup;
  /** By which others find its `ctr` first. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs `ctr` against it in its namespace and returns what that prints. */
  ctr(...args: readonly string[]): Promise<string>;
  /** Writes down what happens to containers from now on, one line for each event, until it is stopped. */
  watch(): Promise<{ events(): string; stop(): Promise<void> }>;
  /** Ends it with everything that it runs, and removes all it has stored. */
  stop(): Promise<void>;
}

/** What grows in its folder by its nature. */
export const CONTAINERD_GROWING = /\/(?:logs|addresses)\/|\.(?:log|db)$/;

/** Where Debian has the plugins for pod networks. */
export const CNI_PLUGINS = "/usr/lib/cni";

/** Starts containerd, of either generation. */
export async function startContainerd({
  cri,
  programs,
}: ContainerdOptions = {}): Promise<Containerd> {
  const folder = await makeFolder();
  const socket = join(folder, "containerd.sock");
  const cgroup = nameCgroup(folder.slice(folder.lastIndexOf("/") + 1));
  const namespace = cri === undefined ? "test" : "k8s.io";
  const config = join(folder, "config.toml");
  await writeFile(config, configOf(folder, socket, cri));
  if (cri !== undefined) await writeNetwork(folder, cri.bridge);
  const program = (name: string) => (programs === undefined ? name : join(programs, name));
  const client = [program("ctr"), "--address", socket];
  const env = programs === undefined ? {} : { PATH: `${programs}:${PATH}` };
  let daemon: Daemon | undefined;
  const stop = async () => {
    const strays = straysOf(folder, cri?.bridge);
    await cgroup.remove();
    for (const { pid } of processesNaming(socket).filter(isShim)) process.kill(pid, "SIGKILL");
    await until("the shims to end", () => !processesNaming(socket).some(isShim));
    await daemon?.stop();
    if (cri !== undefined) await attempt(["ip", "link", "delete", cri.bridge]);
    for (const path of strays) await rm(path, { force: true });
    await removeFolder(folder);
  };
  try {
    daemon = await startDaemon([program("containerd"), "--config", config], {
      log: join(folder, "containerd.log"),
      ready: async () => (await attempt([...client, "version"], { timeout: 5_000 })).code === 0,
      // It finds its shim there.
      env,
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    folder,
    socket,
    cgroup,
    env,
    ctr: (...args) => run([...client, "--namespace", namespace, ...args]),
    async watch() {
      const file = join(folder, "events.log");
      const watcher = await startDaemon([...client, "--namespace", namespace, "events"], {
        log: file,
        ready: async () => true,
      });
      return { events: () => readFileSync(file, "utf8"), stop: watcher.stop };
    },
    stop,
  };
}

/** Each container has a process of this program, which outlives containerd. */
function isShim({ command }: { readonly command: string }): boolean {
  return command.split(" ", 1)[0]?.includes("containerd-shim") ?? false;
}

/**
 * Files outside of its folder that pods have which were not removed, because a test failed: the shims' sockets, and what
 * the network plugins have noted down.
 */
function straysOf(folder: string, bridge: string | undefined): readonly string[] {
  const tasks = join(folder, "state", "io.containerd.runtime.v2.task");
  const bundles = namesIn(tasks).flatMap((namespace) =>
    namesIn(join(tasks, namespace)).map((id) => ({ id, path: join(tasks, namespace, id) })),
  );
  const noted = "/var/lib/cni/results";
  return bundles.flatMap(({ id, path }) => [
    ...(namesIn(path).includes("address")
      ? [
          readFileSync(join(path, "address"), "utf8")
            .trim()
            .replace(/^unix:\/\//, ""),
        ]
      : []),
    ...(bridge === undefined
      ? []
      : [join(noted, `${bridge}-${id}-eth0`), join(noted, `cni-loopback-${id}-lo`)]),
  ]);
}

function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** Configuration version 2, which 1.x and 2.x read. */
function configOf(folder: string, socket: string, cri: CriSettings | undefined): string {
  const common = `
version = 2
root = "${folder}/root"
state = "${folder}/state"
[grpc]
address = "${socket}"
`;
  if (cri === undefined) return `disabled_plugins = ["io.containerd.grpc.v1.cri"]${common}`;
  // A container must not be asked for a better OOM score than the tests have: they may not be all-powerful.
  return `${common}
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "${cri.sandboxImage}"
restrict_oom_score_adj = true
netns_mounts_under_state_dir = true
stream_server_address = "127.0.0.1"
stream_server_port = "0"
[plugins."io.containerd.grpc.v1.cri".registry]
config_path = "${cri.hosts ?? ""}"
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "${CNI_PLUGINS}"
conf_dir = "${folder}/cni"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
BinaryName = "${findProgram("runc")}"
SystemdCgroup = false
`;
}

/**
 * A bridge without a way out, in the folder's `cni`: pods reach each other, and the host's firewall and routes stay as they
 * are.
 */
export async function writeNetwork(folder: string, bridge: string): Promise<void> {
  await mkdir(join(folder, "cni"));
  const network = {
    cniVersion: "0.4.0",
    name: bridge,
    plugins: [
      {
        type: "bridge",
        bridge,
        ipam: {
          type: "host-local",
          dataDir: join(folder, "addresses"),
          ranges: [[{ subnet: "198.18.42.0/24" }]],
        },
      },
    ],
  };
  await writeFile(join(folder, "cni", "10-test.conflist"), JSON.stringify(network));
}
