/**
 * A node without a network: containerd as the kubelet uses it, and pods that are nothing but a sandbox.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { CONTAINERD_PROGRAMS, type Containerd, startContainerd } from "../runtime/containerd.ts";
import { type Cri, connectCri } from "../runtime/cri/client.ts";
import { runPod } from "../runtime/pods.ts";
import { firstProgram } from "./pod-life.ts";

/** A node that runs. */
export interface Node {
  readonly containerd: Containerd;
  readonly cri: Cri;
  /** What the CRI has under a name: undefined when it has nothing. */
  imageOf(
    name: string,
  ): Promise<{ readonly digests: readonly string[]; readonly pinned: boolean } | undefined>;
  /** Runs a pod and gives back what its first process is called. @throws Error when it does not start. */
  runPod(name: string): Promise<string>;
  /** Forgets every image. */
  forget(): Promise<void>;
  stop(): Promise<void>;
}

/** The programs it needs. */
export const NODE_PROGRAMS = [...CONTAINERD_PROGRAMS, "ip"];

/** How one is started. */
export interface NodeOptions {
  readonly sandboxImage: string;
  /** Folder of its `hosts.toml` files. @default none */
  readonly hosts?: string;
  /** As containerd's. */
  readonly programs?: string | undefined;
}

/** Starts one. */
export async function startNode({ sandboxImage, hosts, programs }: NodeOptions): Promise<Node> {
  const bridge = `hia${randomBytes(4).toString("hex")}`;
  const settings = { sandboxImage, bridge, ...(hosts === undefined ? {} : { hosts }) };
  const containerd = await startContainerd({ cri: settings, programs });
  const cri = connectCri(containerd.socket);
  return {
    containerd,
    cri,
    async imageOf(name) {
      const { image } = await cri.images.ImageStatus({ image: { image: name } });
      return image === null ? undefined : { digests: image.repo_digests, pinned: image.pinned };
    },
    async runPod(name) {
      const namespaces = { network: "POD", pid: "POD", ipc: "POD" } as const;
      const pod = await runPod(cri, containerd, { name, namespaces });
      const command = await firstProgram(pod.pid);
      await pod.remove();
      return command;
    },
    async forget() {
      for (const { id } of (await cri.images.ListImages({})).images) {
        await cri.images.RemoveImage({ image: { image: id } });
      }
      const names = (await containerd.ctr("images", "ls", "--quiet")).split("\n").filter(Boolean);
      if (names.length > 0) await containerd.ctr("images", "rm", "--sync", ...names);
      const left = (await containerd.ctr("content", "ls", "--quiet")).split("\n").filter(Boolean);
      if (left.length > 0) await containerd.ctr("content", "rm", ...left);
    },
    async stop() {
      cri.close();
      await containerd.stop();
    },
  };
}
