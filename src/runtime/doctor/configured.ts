/**
 * Which pause image each part of a node takes, by its files.
 *
 * @see https://github.com/cri-o/cri-o/blob/main/docs/crio.conf.d.5.md (order of the files)
 * @see https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/kubelet-integration/ (where flags come from)
 * @module
 */
import { parse as parseToml } from "smol-toml";
import { parseAllDocuments, parse as parseYaml } from "yaml";
import { K3S_PAUSE, kubeadmPause } from "../known.ts";
import type { Run } from "../runner.ts";
import type { Version } from "../version.ts";
import { type NodeHost, placeOf } from "./host.ts";
import type { Configured } from "./model.ts";

const FLAG = /--pod-infra-container-image(?:=|\s+)["']?([^\s"'\\]+)/;

/** CRI-O, when it has files; its default is not known without asking it, see {@link criORuns}. */
export function criOPause(host: NodeHost): Configured | undefined {
  const files = ["/etc/crio/crio.conf", ...host.list("/etc/crio/crio.conf.d", "")];
  if (!files.some((file) => host.exists(file)) && !host.exists("/var/run/crio/crio.sock")) {
    return undefined;
  }
  let found: Configured = { component: "cri-o", image: undefined, place: undefined };
  for (const file of files) {
    const text = host.read(file);
    if (text === undefined) continue;
    const value = valueAt(parseToml(text), "crio", "image", "pause_image");
    if (typeof value !== "string" || value === "") continue;
    found = { component: "cri-o", image: value, place: placeOf(file, text, /^\s*pause_image\s*=/) };
  }
  return found;
}

/** What a CRI-O that runs takes; undefined when it cannot be asked. Only an abort is thrown. */
export async function criORuns(
  run: Run,
  socket: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  try {
    const { code, stdout } = await run(["crio", "status", "--socket", socket, "config"], {
      signal,
    });
    const value = code === 0 && valueAt(parseToml(stdout), "crio", "image", "pause_image");
    return typeof value === "string" && value !== "" ? value : undefined;
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}

/** cri-dockerd, when it has a unit. */
export function dockerPause(host: NodeHost): Configured | undefined {
  return flagIn(host, "docker", [
    ...units(host, "cri-docker.service"),
    ...units(host, "cri-dockerd.service"),
  ]);
}

/** The kubelet, when it has files: an image only when a flag names one. */
export function kubeletFlag(host: NodeHost): Configured | undefined {
  return flagIn(host, "kubelet", [
    ...units(host, "kubelet.service"),
    "/var/lib/kubelet/kubeadm-flags.env",
    "/etc/default/kubelet",
    "/etc/sysconfig/kubelet",
  ]);
}

/** k3s or RKE2, when it has files. */
export function rancherPause(host: NodeHost, component: "k3s" | "rke2"): Configured | undefined {
  const folder = `/etc/rancher/${component}`;
  const main = `${folder}/config.yaml`;
  if (!host.exists(folder) && !host.exists(`/var/lib/rancher/${component}`)) return undefined;
  let found: Configured = { component, image: K3S_PAUSE, place: undefined };
  for (const file of [main, ...host.list(`${main}.d`, ".yaml")]) {
    const text = host.read(file);
    if (text === undefined) continue;
    const value = valueAt(parseYaml(text), "pause-image");
    if (typeof value !== "string") continue;
    found = { component, image: value, place: placeOf(file, text, /^["']?pause-image["']?\s*:/) };
  }
  return found;
}

/** What kubeadm would pull, when a ClusterConfiguration lies on the node. */
export function kubeadmConfigured(
  host: NodeHost,
  kubernetes: Version | undefined,
): Configured | undefined {
  for (const file of host.list("/etc/kubernetes", ".yaml")) {
    const text = host.read(file) ?? "";
    if (!/^kind:\s*["']?ClusterConfiguration/m.test(text)) continue;
    for (const document of parseAllDocuments(text)) {
      const value = document.toJS() as unknown;
      if (valueAt(value, "kind") !== "ClusterConfiguration") continue;
      const repository = valueAt(value, "imageRepository") ?? "registry.k8s.io";
      const tag = kubernetes && kubeadmPause(kubernetes)?.split(":")[1];
      return {
        component: "kubeadm",
        image: tag === undefined ? undefined : `${String(repository)}/pause:${tag}`,
        place: placeOf(file, text, /^\s*imageRepository\s*:/),
      };
    }
  }
  return undefined;
}

/** A unit and its drop-ins, in the order in which systemd reads them. */
function units(host: NodeHost, name: string): readonly string[] {
  const folders = ["/lib/systemd/system", "/usr/lib/systemd/system", "/etc/systemd/system"];
  return [
    ...folders.map((folder) => `${folder}/${name}`),
    ...folders.flatMap((folder) => host.list(`${folder}/${name}.d`, ".conf")),
  ].filter((path) => host.exists(path));
}

/** The last file that sets the flag counts. */
function flagIn(
  host: NodeHost,
  component: "docker" | "kubelet",
  files: readonly string[],
): Configured | undefined {
  let found: Configured | undefined;
  for (const file of files) {
    const text = host.read(file);
    if (text === undefined) continue;
    found ??= { component, image: undefined, place: undefined };
    const code = text
      .split("\n")
      .map((line) => (/^\s*[#;]/.test(line) ? "" : line))
      .join("\n");
    const image = code.split("\n").findLast((line) => FLAG.test(line));
    const named = image === undefined ? undefined : FLAG.exec(image)?.[1];
    if (named !== undefined) {
      found = { component, image: named, place: placeOf(file, code, FLAG) };
    }
  }
  return found;
}

function valueAt(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (within, key) =>
      typeof within === "object" && within !== null && Object.hasOwn(within, key)
        ? (within as Record<string, unknown>)[key]
        : undefined,
    value,
  );
}
