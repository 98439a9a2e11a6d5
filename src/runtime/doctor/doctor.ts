/**
 * Looks at a node and says what is wrong with its pause image and how to mend it. Reads files and asks the runtimes that run;
 * writes nothing and starts nothing.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { HiatusError } from "../../errors.ts";
import type { Platform } from "../../oci/platform.ts";
import { parseReference } from "../../oci/reference.ts";
import { type Ctr, ctrOf } from "../containerd-content.ts";
import { containerdPause, refusesPauseFlag } from "../known.ts";
import type { Run } from "../runner.ts";
import { parseVersion, type Version } from "../version.ts";
import { agreements } from "./agreements.ts";
import {
  criOPause,
  criORuns,
  dockerPause,
  kubeadmConfigured,
  kubeletFlag,
  rancherPause,
} from "./configured.ts";
import { readContainerdFiles } from "./containerd-file.ts";
import type { NodeHost } from "./host.ts";
import { lookIntoContainerd, notLooked } from "./look-containerd.ts";
import { lookIntoCriO, lookIntoDocker } from "./look-others.ts";
import type { Component, Configured, ExpectedImage, NodeFinding } from "./model.ts";

/** How a node is looked at. */
export interface DoctorOptions {
  readonly host: NodeHost;
  readonly run: Run;
  /** Those that the node runs, best first. */
  readonly platforms: readonly Platform[];
  /** containerd's socket. @default its own, below the root */
  readonly address?: string | undefined;
  /** @default `k8s.io` */
  readonly namespace?: string | undefined;
  /** Version of Kubernetes. @default what the kubelet says, where the root is `/` */
  readonly kubernetes?: Version | undefined;
  readonly expected?: ExpectedImage | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What was found. */
export interface Diagnosis {
  readonly components: readonly Component[];
  readonly configured: readonly Configured[];
  readonly findings: readonly NodeFinding[];
}

const CONTAINERD_SOCKET = "/run/containerd/containerd.sock";
const K3S_SOCKET = "/run/k3s/containerd/containerd.sock";

/** Looks at everything that is there. What cannot be looked at is a finding; only an abort is thrown. */
export async function examineNode(options: DoctorOptions): Promise<Diagnosis> {
  const { host, signal } = options;
  const kubernetes = options.kubernetes ?? (await kubeletVersion(options));
  const findings: NodeFinding[] = [];
  const configured: Configured[] = [];
  const tell = (more: readonly NodeFinding[]): void => {
    findings.push(...more);
  };
  const guarded = async (
    component: Component,
    check: NodeFinding["check"],
    look: () => Promise<readonly NodeFinding[]> | readonly NodeFinding[],
  ): Promise<void> => {
    try {
      tell(await look());
    } catch (error) {
      signal?.throwIfAborted();
      tell([notLooked(component, check, error instanceof Error ? error.message : String(error))]);
    }
  };
  const examine = async (
    component: Component,
    read: () => Configured | undefined | Promise<Configured | undefined>,
    look?: (image: string) => Promise<readonly NodeFinding[]>,
  ): Promise<void> => {
    let one: Configured | undefined;
    await guarded(component, "configured", async () => {
      one = await read();
      if (one === undefined) return [];
      configured.push(one);
      return look === undefined ? [] : [configuredFinding(one)];
    });
    const image = one?.image;
    if (image !== undefined && look !== undefined) {
      await guarded(component, "present", () => look(image));
    }
  };

  const containerd = containerdOf(options);
  if (containerd !== undefined) {
    await examine(
      "containerd",
      () => containerdConfigured(options, containerd, tell),
      (image) => lookIntoContainerd({ ...lookOf(options, image, "containerd"), ctr: containerd }),
    );
  }
  const crio = `${slash(host)}run/crio/crio.sock`;
  await examine(
    "cri-o",
    () => criOConfigured(options, crio, tell),
    (image) => lookIntoCriO({ ...lookOf(options, image, "cri-o"), socket: crio }),
  );
  const dockerd = { command: dockerOf(host), socket: `${slash(host)}run/cri-dockerd.sock` };
  await examine(
    "docker",
    () => dockerPause(host),
    (image) => lookIntoDocker({ ...lookOf(options, image, "docker"), ...dockerd }),
  );
  for (const name of ["k3s", "rke2"] as const) {
    await examine(
      name,
      () => rancherPause(host, name),
      (image) =>
        lookIntoContainerd({ ...lookOf(options, image, name), ctr: ctrAt(options, K3S_SOCKET) }),
    );
  }
  await examine("kubelet", () => kubeletFlag(host));
  await examine("kubeadm", () => kubeadmConfigured(host, kubernetes));
  tell(agreements(configured, kubernetes, refusesPauseFlag));
  return { components: configured.map(({ component }) => component), configured, findings };
}

function configuredFinding({ component, image, place }: Configured): NodeFinding {
  if (image === undefined) {
    const said = "No file sets the pause image, and the default of this version is not known";
    return notLooked(component, "configured", said);
  }
  const said = place === undefined ? `${image}, by default: no file sets it` : image;
  return { component, check: "configured", status: "ok", said, place };
}

/** How containerd is asked, when there is any. */
function containerdOf(options: DoctorOptions): Ctr | undefined {
  const { host, address } = options;
  const isThere = host.exists("/etc/containerd") || host.exists(CONTAINERD_SOCKET);
  return isThere || address !== undefined ? ctrAt(options, CONTAINERD_SOCKET) : undefined;
}

/** Through a socket of the node, or the one that was named. Where none is, `ctr` would wait for it in vain. */
function ctrAt({ host, run, address, namespace = "k8s.io" }: DoctorOptions, socket: string): Ctr {
  const path = address?.replace(/^unix:\/\//, "") ?? `${slash(host)}${socket.slice(1)}`;
  const isDefault = path === CONTAINERD_SOCKET;
  const asked = ctrOf(run, ["ctr"], { address: isDefault ? undefined : path, namespace });
  return existsSync(path) ? asked : { ...asked, run: async () => Promise.reject(nobody(path)) };
}

function nobody(socket: string): HiatusError {
  return new HiatusError("RUNTIME", `There is no socket "${socket}", so nothing runs there`, {
    hint: "Start the runtime, or name its socket with --address",
  });
}

function dockerOf(host: NodeHost): readonly string[] {
  return host.root === "/"
    ? ["docker"]
    : ["docker", "--host", `unix://${slash(host)}run/docker.sock`];
}

/** The root with a slash at its end. */
function slash({ root }: NodeHost): string {
  return root.endsWith("/") ? root : `${root}/`;
}

async function containerdConfigured(
  { host, signal }: DoctorOptions,
  { run, command }: Ctr,
  tell: (findings: readonly NodeFinding[]) => void,
): Promise<Configured> {
  let version: Version | undefined;
  try {
    const { stdout } = await run([...command, "version"], { signal });
    const server = /Server:\s+Version:\s+(\S+)/.exec(stdout)?.[1];
    version = server === undefined ? undefined : parseVersion(server, "containerd");
  } catch {
    // It does not run here, or says no version: the look into it tells so.
    signal?.throwIfAborted();
  }
  const { image, place, lost } = readContainerdFiles(host, version);
  if (lost !== undefined) {
    tell([
      {
        component: "containerd",
        check: "configured",
        status: "wrong",
        said: "A later drop-in replaces the section that sets the sandbox image, and does not set it",
        place: lost,
        mend: [
          "put sandbox_image into the last file that has the section, then systemctl restart containerd",
        ],
      },
    ]);
  }
  const byDefault = version && containerdPause(version);
  return { component: "containerd", image: image ?? byDefault, place };
}

/** By its files, and by what it runs with: it reads them when it starts, or is told to. */
async function criOConfigured(
  { host, run, signal }: DoctorOptions,
  socket: string,
  tell: (findings: readonly NodeFinding[]) => void,
): Promise<Configured | undefined> {
  const written = criOPause(host);
  if (written === undefined) return undefined;
  const running = await criORuns(run, socket, signal);
  if (running === undefined) return written;
  const { image, place } = written;
  if (image === undefined) return { ...written, image: running };
  if (running !== image) {
    tell([
      {
        component: "cri-o",
        check: "configured",
        status: "wrong",
        said: `It runs with ${running} until it is started again, and is configured for ${image}`,
        place,
        mend: ["systemctl restart crio"],
      },
    ]);
  }
  return written;
}

async function kubeletVersion({ host, run, signal }: DoctorOptions): Promise<Version | undefined> {
  if (host.root !== "/") return undefined;
  try {
    const { stdout } = await run(["kubelet", "--version"], { signal });
    const text = /Kubernetes\s+(v\S+)/.exec(stdout)?.[1];
    return text === undefined ? undefined : parseVersion(text, "Kubernetes");
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}

/** Whose images those are, where a runtime has none of its own. */
const STORES: Readonly<Partial<Record<Component, string>>> = { "cri-o": "podman", rke2: "k3s" };

function lookOf(
  { run, platforms, expected, address, signal }: DoctorOptions,
  image: string,
  component: Component,
) {
  const into = STORES[component] ?? component;
  const { registry, repository, tag } = parseReference(image);
  const socket = address === undefined || component !== "containerd" ? "" : ` --address ${address}`;
  const name = `--name ${registry}/${repository}${tag === undefined ? "" : ` --tag ${tag}`}`;
  const load = `hiatus load BUNDLE --into ${into}${socket} ${name}`;
  return { run, component, image, platforms, expected, load, signal };
}
