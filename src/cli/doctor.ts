/**
 * `hiatus doctor`: what is wrong with the pause image of this node, and how to mend it.
 *
 * @module
 */
import type { Command } from "commander";
import { addConnectionOptions, type ConnectionFlags } from "./options.ts";

const EXAMPLES = `
It finds containerd, CRI-O, cri-dockerd, k3s, RKE2, the kubelet and kubeadm by their files and sockets, asks what runs through
ctr, crictl, crio or docker, and changes and starts nothing. What could not be looked at is said, and never passes.

Exit code 0 when all is well, 3 when something is wrong, 1 when something could not be looked at.

Examples:
  $ hiatus doctor
  $ hiatus doctor --kubernetes 1.35 --expect registry.k8s.io/pause:3.10.2
  $ hiatus doctor --expect none --json
`;

/** Flags as commander gives them. */
export interface DoctorFlags extends ConnectionFlags {
  readonly root: string;
  readonly address?: string;
  readonly namespace: string;
  readonly kubernetes?: string;
  readonly platform?: string;
  readonly expect?: string;
  readonly json?: boolean;
}

/** Adds the command to the program. */
export function addDoctor(program: Command, signal: AbortSignal): void {
  const command = program
    .command("doctor")
    .summary("find what is wrong with the pause image of this node")
    .description(
      "Look which pause image this node is configured for, whether it is there, whole, for this machine, pinned and the\n" +
        "expected one, and whether kubelet, kubeadm and runtime agree.",
    )
    .option("--root <folder>", "where the node's root is", "/")
    .option("--address <socket>", "containerd's socket (default: its own)")
    .option("--namespace <name>", "namespace of containerd; the kubelet's is", "k8s.io")
    .option("--kubernetes <version>", "version of Kubernetes (default: what the kubelet says)")
    .option("--platform <platform>", "what the node runs (default: what this machine is)")
    .option(
      "--expect <what>",
      "digest or reference that it must be, or none (default: the lock of this hiatus)",
    )
    .option("--json", "print one JSON document");
  addConnectionOptions(command)
    .addHelpText("after", EXAMPLES)
    .action(async (flags: DoctorFlags) => {
      const { runDoctor } = await import("./run-doctor.ts");
      await runDoctor(flags, signal);
    });
}
