/**
 * `hiatus load`: an image into a container runtime of this node.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { addConnectionOptions, type ConnectionFlags, collectNames, REFERENCES } from "./options.ts";

/** What can be loaded into. */
export const LOAD_RUNTIMES = ["containerd", "docker", "podman", "k3s"] as const;

const EXAMPLES = `${REFERENCES}

containerd and k3s get the whole image, so that its digest is the one that everybody knows, under each of its names and under
NAME@DIGEST, pinned against the kubelet's garbage collection; --platform leaves the rest behind. docker and podman get the
platform of the node. Where k3s does not run, the archive goes into its folder, and it imports that when it starts.
What is there afterwards is looked at, and loading again changes nothing.

Examples:
  $ hiatus load pause-3.10.2.run --into containerd
  $ hiatus load pause-3.10.2.tar.gz --into containerd --tag '{version},{node-defaults}'
  $ hiatus load oci:dist/pause/oci --into docker --name registry.k8s.io/pause
  $ hiatus load pause-3.10.2.tar --into k3s --dry-run
`;

/** Flags as commander gives them. */
export interface LoadFlags extends ConnectionFlags {
  readonly into: (typeof LOAD_RUNTIMES)[number];
  readonly address?: string;
  readonly namespace: string;
  readonly dataDir: string;
  readonly name?: string;
  readonly tag?: readonly string[];
  readonly platform?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Adds the command to the program. */
export function addLoad(program: Command, signal: AbortSignal): void {
  const command = program
    .command("load")
    .summary("load an image into a container runtime of this node")
    .description(
      "Load an image into a container runtime of this node, and look whether it is really there.",
    )
    .argument("<bundle>", "what to load: a bundle, or as below")
    .addOption(
      new Option("--into <runtime>", "where to").choices(LOAD_RUNTIMES).makeOptionMandatory(),
    )
    .option("--address <socket>", "the runtime's socket, or URL (default: its own)")
    .option("--namespace <name>", "namespace of containerd; the kubelet's is", "k8s.io")
    .option("--data-dir <folder>", "data of k3s", "/var/lib/rancher/k3s")
    .option(
      "--name <repository>",
      "what to call it: registry.k8s.io/pause (default: as it is called)",
    )
    .option(
      "--tag <list>",
      "its tags, with commas or repeated (default: those it has)",
      collectNames,
    )
    .option("--platform <platform>", "this platform alone (default: that of the node)")
    .option("--dry-run", "look, and say what would be run")
    .option("--json", "print one JSON document");
  addConnectionOptions(command)
    .addHelpText("after", EXAMPLES)
    .action(async (bundle: string, flags: LoadFlags) => {
      const { runLoad } = await import("./run-load.ts");
      await runLoad(bundle, flags, signal);
    });
}
