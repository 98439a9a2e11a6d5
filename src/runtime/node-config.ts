/**
 * The setting by which a node's runtime takes this pause image and no other, in the form that its version reads. What a version
 * refuses or ignores is never written.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";
import { parseReference, type Reference } from "../oci/reference.ts";
import { containerdConfig } from "./config/containerd.ts";
import { criOConfig } from "./config/cri-o.ts";
import { dockerConfig } from "./config/docker.ts";
import { k3sConfig } from "./config/k3s.ts";
import { kubeadmConfig } from "./config/kubeadm.ts";
import { kubeletConfig } from "./config/kubelet.ts";
import { KUBERNETES, mustBeKnown } from "./known.ts";
import { type NodeMirror, parseNodeMirror } from "./mirror.ts";
import { parseVersion, releaseOf, type Version } from "./version.ts";

/** What can be configured. */
export const NODE_RUNTIMES = [
  "containerd",
  "cri-o",
  "docker",
  "k3s",
  "kubelet",
  "kubeadm",
] as const;

/** One of {@link NODE_RUNTIMES}. */
export type NodeRuntime = (typeof NODE_RUNTIMES)[number];

/** What is asked for. */
export interface NodeConfigRequest {
  readonly runtime: NodeRuntime;
  /** The pause image, with its tag or digest: `registry.k8s.io/pause:3.10.2`. */
  readonly image: string;
  /** Version of Kubernetes. k3s says it with its own. */
  readonly kubernetes?: string | undefined;
  /** Version of containerd, CRI-O, cri-dockerd or k3s. */
  readonly runtimeVersion?: string | undefined;
  /** Registry to pull from instead of the image's own: `http://10.0.0.5:5000`. @default none */
  readonly mirror?: string | undefined;
  /** Path on the node of CRI-O's file with credentials for the image. @default none */
  readonly authFile?: string | undefined;
  /** What the node has now (containerd's config.toml, the unit of cri-dockerd), so that nothing of it is lost. @default unknown */
  readonly existing?: string | undefined;
}

/** A request that was looked at, as the files in config/ get it. */
export interface CheckedRequest {
  readonly image: string;
  readonly reference: Reference;
  readonly kubernetes: Version;
  /** Of the runtime; that of Kubernetes where there is no other. */
  readonly version: Version;
  readonly mirror: NodeMirror | undefined;
  readonly authFile: string | undefined;
  readonly existing: string | undefined;
}

/** A text and where it belongs on the node. */
export interface NodeFile {
  /** Absolute path on the node. */
  readonly path: string;
  readonly content: string;
  /** What it does, in a sentence. */
  readonly about: string;
}

/** What is to be done on a node. */
export interface NodeConfig {
  /** Files of their own, to be written as they are. */
  readonly files: readonly NodeFile[];
  /** What has to stand in files that others own. */
  readonly edits: readonly NodeFile[];
  /** Commands that make it count. */
  readonly restart: readonly string[];
  /** Commands that show whether it took, each with what is to be seen. */
  readonly look: readonly { readonly command: string; readonly shows: string }[];
  /** What else changes, or may be in the way. */
  readonly warnings: readonly string[];
}

const WRITERS: Readonly<Record<NodeRuntime, (request: CheckedRequest) => NodeConfig>> = {
  containerd: containerdConfig,
  "cri-o": criOConfig,
  docker: dockerConfig,
  k3s: k3sConfig,
  kubelet: kubeletConfig,
  kubeadm: kubeadmConfig,
};

/**
 * Writes the configuration for a runtime in a version.
 *
 * @throws HiatusError `INVALID` when a version or the image does not follow its grammar, `USAGE` when something is missing,
 * when nothing is known of the versions or when they do not fit each other.
 */
export function nodeConfig(request: NodeConfigRequest): NodeConfig {
  const { runtime, image, mirror, authFile, existing } = request;
  const reference = parseReference(image);
  if (reference.tag === undefined && reference.digest === undefined) {
    throw new HiatusError("USAGE", `"${image}" has neither tag nor digest`, {
      hint: `Write the one that the node has, for example "${image}:3.10.2"`,
    });
  }
  const hasOwn = runtime !== "kubelet" && runtime !== "kubeadm";
  const kubernetesText =
    request.kubernetes ?? (runtime === "k3s" ? request.runtimeVersion : undefined);
  if (kubernetesText === undefined) throw missing("--kubernetes", runtime, "1.35.4");
  const kubernetes = parseVersion(kubernetesText, "Kubernetes");
  mustBeKnown(kubernetes, [KUBERNETES], "Kubernetes");
  if (hasOwn && request.runtimeVersion === undefined) {
    throw missing("--runtime-version", runtime, EXAMPLES[runtime] ?? "2.1.4");
  }
  const version = hasOwn ? parseVersion(request.runtimeVersion as string, runtime) : kubernetes;
  const isKubernetes = runtime === "k3s" || runtime === "cri-o";
  if (isKubernetes && releaseOf(version) !== releaseOf(kubernetes)) {
    throw new HiatusError(
      "USAGE",
      `${runtime} ${version.text} is not for Kubernetes ${kubernetes.text}`,
      {
        detail: { runtimeVersion: version.text, kubernetes: kubernetes.text },
        hint: `Its versions are those of Kubernetes: write --kubernetes ${releaseOf(version)}, or a ${runtime} ${releaseOf(kubernetes)}`,
      },
    );
  }
  if (authFile !== undefined && (runtime !== "cri-o" || !/^\/[\w./-]+$/.test(authFile))) {
    throw new HiatusError("USAGE", `--auth-file "${authFile}" cannot be written for ${runtime}`, {
      hint: "Give an absolute path without blanks, and only to cri-o: no other runtime has such a setting",
    });
  }
  const short = formatImage(reference);
  return WRITERS[runtime]({
    image: short,
    reference,
    kubernetes,
    version,
    mirror: mirror === undefined ? undefined : parseNodeMirror(mirror),
    authFile,
    existing,
  });
}

const EXAMPLES: Readonly<Record<string, string>> = {
  "cri-o": "1.35.0",
  docker: "0.3.21, that of cri-dockerd",
  k3s: "v1.35.4+k3s1",
};

function missing(option: string, runtime: string, example: string): HiatusError {
  return new HiatusError("USAGE", `${runtime} is configured by version, and ${option} is missing`, {
    hint: `Add it, for example ${option} ${example}`,
  });
}

function formatImage({ registry, repository, tag, digest }: Reference): string {
  return `${registry}/${repository}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}
