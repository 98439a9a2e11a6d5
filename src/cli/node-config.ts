/**
 * `hiatus node-config`: what to write on a node so that its runtime takes this pause image.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { fromSystemError, HiatusError } from "../errors.ts";
import { NODE_RUNTIMES, type NodeConfig, type NodeRuntime } from "../runtime/node-config.ts";

const EXAMPLES = `
Versions are written as the node says them: 1.31, v1.35.4+k3s1, 1.6.20~ds1. That of docker is cri-dockerd's; kubelet
and kubeadm have none besides --kubernetes, and k3s says it with its own.

Examples:
  $ hiatus node-config --runtime containerd --kubernetes 1.35 --runtime-version 2.1.4 --image registry.k8s.io/pause:3.10.2
  $ hiatus node-config --runtime containerd --kubernetes 1.31 --runtime-version 1.7.28 --existing /etc/containerd/config.toml \\
      --image registry.k8s.io/pause:3.10.2 --mirror http://10.0.0.5:5000 --out node
  $ hiatus node-config --runtime k3s --runtime-version v1.35.4+k3s1 --image registry.k8s.io/pause:3.10.2 --json
`;

/** Flags as commander gives them. */
interface NodeConfigFlags {
  readonly runtime: NodeRuntime;
  readonly kubernetes?: string;
  readonly runtimeVersion?: string;
  readonly image: string;
  readonly mirror?: string;
  readonly authFile?: string;
  readonly existing?: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** Adds the command to the program. */
export function addNodeConfig(program: Command): void {
  program
    .command("node-config")
    .summary("write what a node needs to take this pause image")
    .description(
      "Write the setting by which a runtime in a version takes a pause image, as a drop-in where it has them, with where it\n" +
        "belongs, what to restart and how to look whether it took. Nothing that the version refuses is written.",
    )
    .addOption(
      new Option("--runtime <name>", "what is configured")
        .choices(NODE_RUNTIMES)
        .makeOptionMandatory(),
    )
    .option("--kubernetes <version>", "version of Kubernetes")
    .option("--runtime-version <version>", "version of the runtime")
    .requiredOption("--image <reference>", "the pause image, as the node is to call it")
    .option("--mirror <url>", "registry to pull from instead: http://10.0.0.5:5000")
    .option("--auth-file <path>", "where CRI-O finds credentials for the image, on the node")
    .option(
      "--existing <file>",
      "what the node has: containerd's config.toml, the unit of cri-dockerd",
    )
    .option("--out <folder>", "write the files below it, as they lie below / on the node")
    .option("--json", "print one JSON document")
    .addHelpText("after", EXAMPLES)
    .action((flags: NodeConfigFlags) => run(flags));
}

async function run(flags: NodeConfigFlags): Promise<void> {
  const { existing, out, json, ...request } = flags;
  if (existing !== undefined && !["containerd", "docker"].includes(flags.runtime)) {
    throw new HiatusError("USAGE", `--existing means nothing to ${flags.runtime}`, {
      hint: "Leave it out: what is written for it stands beside what there is",
    });
  }
  const [{ nodeConfig }, { formatNodeConfig }] = await Promise.all([
    import("../runtime/node-config.ts"),
    import("./present/node-config.ts"),
  ]);
  const config = nodeConfig({
    ...request,
    existing: existing === undefined ? undefined : await readText(existing),
  });
  const written = out === undefined ? [] : await writeBelow(out, config);
  if (json) process.stdout.write(`${JSON.stringify({ ...request, ...config, written })}\n`);
  else process.stdout.write(`${formatNodeConfig(config, written).join("\n")}\n`);
}

async function readText(path: string): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw fromSystemError(error, "Cannot read what the node has");
  }
}

/** Each aside and then renamed. Returns the paths that were written. */
async function writeBelow(folder: string, { files }: NodeConfig): Promise<readonly string[]> {
  const [{ mkdir }, { dirname, join }, { writeFileAside }] = await Promise.all([
    import("node:fs/promises"),
    import("node:path"),
    import("../store/write-file.ts"),
  ]);
  const written: string[] = [];
  for (const { path, content } of files) {
    const file = join(folder, path);
    try {
      await mkdir(dirname(file), { recursive: true });
    } catch (error) {
      throw fromSystemError(error, "Cannot write the configuration");
    }
    await writeFileAside(dirname(file), file, Buffer.from(content));
    written.push(file);
  }
  return written;
}
