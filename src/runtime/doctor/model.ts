/**
 * What a doctor says of a node.
 *
 * @module
 */
import type { Place } from "./host.ts";

/** What is on a node. */
export type Component = "containerd" | "cri-o" | "docker" | "k3s" | "rke2" | "kubelet" | "kubeadm";

/** What is looked at, one after the other. */
export type CheckName =
  | "configured"
  | "present"
  | "complete"
  | "platform"
  | "pinned"
  | "digest"
  | "agrees"
  | "flag";

/** One look. What could not be looked at never passes. */
export interface NodeFinding {
  readonly component: Component;
  readonly check: CheckName;
  readonly status: "ok" | "wrong" | "not looked at";
  /** What was seen, as a sentence without its full stop. */
  readonly said: string;
  readonly place?: Place | undefined;
  /** Commands or deeds that mend it, in order. */
  readonly mend?: readonly string[] | undefined;
}

/** The pause image that something on the node takes. */
export interface Configured {
  readonly component: Component;
  /** Undefined when nothing says it and the default of its version is not known. */
  readonly image: string | undefined;
  /** Undefined when it is a default. */
  readonly place: Place | undefined;
}

/** What a pause image is expected to be. */
export interface ExpectedImage {
  /** For people: `the lock of pause 3.10.2`. */
  readonly name: string;
  /** Digests by which it may be known: of its index, its manifests and its configs. */
  readonly digests: ReadonlySet<string>;
}
