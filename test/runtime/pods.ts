/**
 * Pods by the container runtime interface, in the order of calls in which the kubelet's SyncPod makes them.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.31.0/pkg/kubelet/kuberuntime/kuberuntime_manager.go
 * @module
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Cgroup } from "./cgroup.ts";
import type { Cri } from "./cri/client.ts";
import type {
  ContainerConfig,
  ContainerStatus,
  NamespaceOption,
  PodSandboxConfig,
} from "./cri/messages.ts";
import { until } from "./until.ts";

/** What a pod is to be. */
export interface PodOptions {
  readonly name: string;
  /** Whose namespaces its containers get. */
  readonly namespaces: Required<Pick<NamespaceOption, "network" | "pid" | "ipc">>;
}

/** How a command in a container ended. */
export interface ExecResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A pod that runs. */
export interface Pod {
  readonly id: string;
  /** Id of the process of the sandbox image, as the host knows it. Not a number where the runtime does not tell it. */
  readonly pid: number;
  /** Its address; empty in the host's network. */
  readonly ip: string;
  /** Runs a container to its end. Rejects when it does not succeed. */
  runInit(name: string, image: string, command: readonly string[]): Promise<void>;
  /** Starts a container that goes on. Returns its id. */
  start(name: string, image: string, command: readonly string[]): Promise<string>;
  /** Runs a command in a container. */
  exec(container: string, ...command: readonly string[]): Promise<ExecResult>;
  /** Stops containers and sandbox, then removes both. */
  remove(): Promise<void>;
}

/** Where pods are run. */
export interface PodHost {
  /** It gets their logs. */
  readonly folder: string;
  readonly cgroup: Cgroup;
}

/** Runs the sandbox of a pod. */
export async function runPod(cri: Cri, node: PodHost, options: PodOptions): Promise<Pod> {
  const { runtime } = cri;
  const { name, namespaces } = options;
  const security_context = { namespace_options: namespaces };
  const logs = join(node.folder, "logs", name);
  mkdirSync(logs, { recursive: true });
  const config: PodSandboxConfig = {
    metadata: { name, uid: `uid-of-${name}`, namespace: "default", attempt: 0 },
    // A pod in the host's network keeps the host's name.
    ...(namespaces.network === "NODE" ? {} : { hostname: name }),
    log_directory: logs,
    linux: { cgroup_parent: node.cgroup.path, security_context },
  };
  const { pod_sandbox_id: id } = await runtime.RunPodSandbox({ config });
  const { status, info } = await runtime.PodSandboxStatus({ pod_sandbox_id: id, verbose: true });
  if (status.state !== "SANDBOX_READY") throw new Error(`${name} is ${status.state}`);
  const containers: string[] = [];

  const start = async (container: string, image: string, command: readonly string[]) => {
    const container_config: ContainerConfig = {
      metadata: { name: container, attempt: 0 },
      image: { image },
      command,
      log_path: `${container}.log`,
      linux: { security_context },
    };
    const { container_id } = await runtime.CreateContainer({
      pod_sandbox_id: id,
      config: container_config,
      sandbox_config: config,
    });
    containers.push(container_id);
    await runtime.StartContainer({ container_id });
    return container_id;
  };

  return {
    id,
    pid: Number(JSON.parse(info.info ?? "{}").pid),
    ip: status.network?.ip ?? "",
    start,
    async runInit(container, image, command) {
      const container_id = await start(container, image, command);
      const ended = await until<ContainerStatus>(`${container} to end`, async () => {
        const { status: now } = await runtime.ContainerStatus({ container_id });
        return now.state === "CONTAINER_EXITED" && now;
      });
      if (ended.exit_code !== 0) {
        throw new Error(`${container} ended with ${ended.exit_code}: ${ended.reason}`);
      }
    },
    async exec(container_id, ...cmd) {
      const result = await runtime.ExecSync({ container_id, cmd, timeout: 60 });
      return {
        code: result.exit_code,
        stdout: Buffer.from(result.stdout).toString(),
        stderr: Buffer.from(result.stderr).toString(),
      };
    },
    async remove() {
      for (const container_id of containers) {
        await runtime.StopContainer({ container_id, timeout: 1 });
      }
      await runtime.StopPodSandbox({ pod_sandbox_id: id });
      for (const container_id of containers) await runtime.RemoveContainer({ container_id });
      await runtime.RemovePodSandbox({ pod_sandbox_id: id });
    },
  };
}
