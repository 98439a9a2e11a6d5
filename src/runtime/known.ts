/**
 * What is known of releases: which are, and which pause image each asks for when nobody configured another. A release that is
 * not here is refused, because a setting that it does not know may keep a node from starting.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";
import { atLeast, releaseOf, type Version } from "./version.ts";

/** A first and a last release, both included, and what holds for them. */
interface Span {
  readonly from: string;
  readonly to: string;
}

/** Kubernetes without dockershim, up to the newest that was looked at. */
export const KUBERNETES: Span = { from: "1.24", to: "1.37" };
/** Those of which sources were read: 1.6.38, 1.7.28, 2.0.0, 2.1.4, 2.2.0, 2.2.5, 2.3.0 and 2.4.2. */
export const CONTAINERD: readonly Span[] = [
  { from: "1.6", to: "1.7" },
  { from: "2.0", to: "2.4" },
];
/** cri-dockerd, which stands between Docker and the kubelet. */
export const CRI_DOCKERD: Span = { from: "0.2", to: "0.4" };

/** Is the release in one of the spans? */
export function isWithin(version: Version, spans: readonly Span[]): boolean {
  return spans.some(
    ({ from, to }) =>
      atLeast(version, from) && (releaseOf(version) === to || !atLeast(version, to)),
  );
}

/**
 * Refuses releases that nothing is known of.
 *
 * @throws HiatusError `USAGE`, naming what is allowed.
 */
export function mustBeKnown(version: Version, spans: readonly Span[], what: string): void {
  if (isWithin(version, spans)) return;
  const allowed = spans.map(({ from, to }) => `${from} to ${to}`).join(" and ");
  throw new HiatusError("USAGE", `Nothing is known of ${what} ${version.text}`, {
    detail: { version: version.text, allowed },
    hint: `Known are ${what} ${allowed}; write one of these, or configure it by its own manual`,
  });
}

/** The tag that a release asks for, from that release on. */
type Defaults = readonly (readonly [from: string, tag: string])[];

/**
 * Tags of kubeadm's pause.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.35.4/cmd/kubeadm/app/constants/constants.go (PauseVersion, each release)
 */
const KUBEADM: Defaults = [
  ["1.24", "3.7"],
  ["1.25", "3.8"],
  ["1.26", "3.9"],
  ["1.31", "3.10"],
  ["1.34", "3.10.1"],
  ["1.36", "3.10.2"],
];

/**
 * Tags of containerd's sandbox.
 *
 * @see https://github.com/containerd/containerd/blob/v1.7.28/pkg/cri/config/config_unix.go
 * @see https://github.com/containerd/containerd/blob/v2.4.2/internal/cri/config/config.go (DefaultSandboxImage)
 */
const CONTAINERD_SANDBOX: Defaults = [
  ["1.6", "3.6"],
  ["1.7", "3.8"],
  ["2.0", "3.10"],
  ["2.2", "3.10.1"],
  ["2.3", "3.10.2"],
];

function tagOf(defaults: Defaults, version: Version): string | undefined {
  return defaults.findLast(([from]) => atLeast(version, from))?.[1];
}

/** The pause image that kubeadm of this Kubernetes pulls: `registry.k8s.io/pause:3.10`. */
export function kubeadmPause(kubernetes: Version): string | undefined {
  const tag = tagOf(KUBEADM, kubernetes);
  return tag && `registry.k8s.io/pause:${tag}`;
}

/** The pause image that containerd takes when none is configured. */
export function containerdPause(version: Version): string | undefined {
  const tag = tagOf(CONTAINERD_SANDBOX, version);
  return tag && `registry.k8s.io/pause:${tag}`;
}

/**
 * The pause image that k3s and RKE2 take when none is configured.
 *
 * @see https://github.com/k3s-io/k3s/blob/master/pkg/cli/cmds/agent.go (pause-image)
 */
export const K3S_PAUSE = "docker.io/rancher/mirrored-pause:3.6";

/**
 * Does the kubelet refuse to start with `--pod-infra-container-image`?
 *
 * @see https://github.com/kubernetes/kubernetes/pull/133779 (removed in 1.35)
 */
export function refusesPauseFlag(kubernetes: Version): boolean {
  return atLeast(kubernetes, "1.35");
}
