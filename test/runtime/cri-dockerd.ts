/**
 * A node of Docker for one test: dockerd, and cri-dockerd between it and the kubelet. The folder lies like the root of a node.
 *
 * @module
 */
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { attempt } from "./command.ts";
import { CNI_PLUGINS, writeNetwork } from "./containerd.ts";
import { connectCri } from "./cri/client.ts";
import { type Daemon, startDaemon } from "./daemon.ts";
import { DOCKER_PROGRAMS, type Dockerd, startDockerd } from "./dockerd.ts";

/** The programs it needs besides its own. */
export const CRI_DOCKERD_PROGRAMS = [...DOCKER_PROGRAMS, "ip"];

/** Docker, which runs, and cri-dockerd, which does when it was told to. */
export interface DockerNode extends Dockerd {
  /** Of cri-dockerd. */
  readonly socket: string;
  /** The unit by which systemd would start cri-dockerd, without a pause image. */
  readonly unit: string;
  /** Starts cri-dockerd, or starts it anew. @param command - As an `ExecStart=` has it. */
  restart(command: string): Promise<void>;
}

/**
 * Starts Docker.
 *
 * @param program - `cri-dockerd`.
 * @param bridge - Name of the bridge that pods are on.
 */
export async function startDockerNode(program: string, bridge: string): Promise<DockerNode> {
  const docker = await startDockerd({ pods: true });
  const { folder } = docker;
  const at = (path: string) => join(folder, path);
  const socket = at("run/cri-dockerd.sock");
  const start = [
    ...[program, "--container-runtime-endpoint", `unix://${socket}`],
    ...["--docker-endpoint", `unix://${at("docker.sock")}`],
    ...["--cri-dockerd-root-directory", at("cri-dockerd")],
    ...["--streaming-bind-addr", "127.0.0.1:0"],
    ...["--network-plugin", "cni", "--cni-conf-dir", at("cni"), "--cni-bin-dir", CNI_PLUGINS],
    ...["--cni-cache-dir", at("cni-cache")],
  ];
  let daemon: Daemon | undefined;
  const stop = async () => {
    await daemon?.stop();
    await docker.stop();
    await attempt(["ip", "link", "delete", bridge]);
  };
  try {
    await mkdir(at("run"));
    await symlink(at("docker.sock"), at("run/docker.sock"));
    await writeNetwork(folder, bridge);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...docker,
    socket,
    unit: `[Service]\nExecStart=${start.join(" ")}\n`,
    async restart(command) {
      await daemon?.stop();
      daemon = await startDaemon(command.split(" "), {
        log: at("cri-dockerd.log"),
        async ready() {
          const cri = connectCri(socket);
          try {
            await cri.runtime.Version({});
            return true;
          } catch {
            return false;
          } finally {
            cri.close();
          }
        },
      });
    },
    stop,
  };
}
