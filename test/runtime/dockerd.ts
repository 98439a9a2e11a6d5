/**
 * A dockerd for one test, on a containerd of its own.
 *
 * @module
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Cgroup } from "./cgroup.ts";
import { attempt, type CommandResult, run } from "./command.ts";
import { CONTAINERD_PROGRAMS, startContainerd } from "./containerd.ts";
import { type Daemon, startDaemon } from "./daemon.ts";
import { writeModestRuntime } from "./modest-runtime.ts";

/** The programs it needs. */
export const DOCKER_PROGRAMS = [...CONTAINERD_PROGRAMS, "dockerd", "docker"];

/**
 * What grows in its folder by its nature: the names of network namespaces, which go once a minute and whose mounts are
 * counted besides, and marks that a layer of an image gets when it is first used.
 */
export const DOCKER_GROWING = /\/exec\/netns\/|\/committed$|\.(?:log|db)$/;

/** A running dockerd. */
export interface Dockerd {
  readonly folder: string;
  readonly cgroup: Cgroup;
  /** Runs `docker` against it and returns what that prints. */
  docker(...args: readonly string[]): Promise<string>;
  /** The same, whatever the exit code is. */
  attempt(...args: readonly string[]): Promise<CommandResult>;
  /** Ends it with everything that it runs, and removes all it has stored. */
  stop(): Promise<void>;
}

/** What it is started for. */
export interface DockerdOptions {
  /** For pods, whose first process is asked for with an OOM score that the tests may not give. @default false */
  readonly pods?: boolean;
}

/**
 * Starts dockerd. It leaves the host's firewall and routes alone: there is no default bridge, and ports are published by
 * its proxy.
 */
export async function startDockerd({ pods = false }: DockerdOptions = {}): Promise<Dockerd> {
  const containerd = await startContainerd();
  const { folder, cgroup } = containerd;
  const file = (name: string) => join(folder, name);
  const client = ["docker", "--config", file("client"), "--host", `unix://${file("docker.sock")}`];
  let daemon: Daemon | undefined;
  const stop = async () => {
    // Networks are interfaces of the host, which stay when dockerd ends, and go only when no container uses them.
    if (daemon !== undefined) {
      const { stdout } = await attempt([...client, "ps", "--all", "--quiet"]);
      const containers = stdout.split("\n").filter(Boolean);
      if (containers.length > 0) await attempt([...client, "rm", "--force", ...containers]);
      await attempt([...client, "network", "prune", "--force"]);
    }
    await cgroup.remove();
    await daemon?.stop();
    await containerd.stop();
  };
  const runtime = pods
    ? {
        runtimes: { modest: { path: await writeModestRuntime(folder) } },
        "default-runtime": "modest",
      }
    : {};
  await writeFile(file("daemon.json"), JSON.stringify(runtime));
  try {
    daemon = await startDaemon(
      [
        "dockerd",
        ...["--config-file", file("daemon.json")],
        ...["--containerd", containerd.socket],
        ...["--data-root", file("docker")],
        ...["--exec-root", file("exec")],
        ...["--pidfile", file("docker.pid")],
        ...["--host", `unix://${file("docker.sock")}`],
        ...["--cgroup-parent", cgroup.path],
        ...["--exec-opt", "native.cgroupdriver=cgroupfs"],
        ...["--bridge", "none", "--iptables=false", "--ip6tables=false", "--ip-forward=false"],
        // As it is: to lower it takes a right that the tests may lack.
        "--oom-score-adjust",
        (await readFile("/proc/self/oom_score_adj", "utf8")).trim(),
      ],
      {
        log: file("dockerd.log"),
        ready: async () => (await attempt([...client, "version"], { timeout: 5_000 })).code === 0,
      },
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    folder,
    cgroup,
    docker: (...args) => run([...client, ...args]),
    attempt: (...args) => attempt([...client, ...args]),
    stop,
  };
}
