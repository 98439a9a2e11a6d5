/**
 * `hiatus inspect`: what is in a layout, an archive or a repository of a registry.
 *
 * @module
 */
import type { Command } from "commander";
import { MediaType } from "../oci/media-type.ts";
import { bringNear } from "./near.ts";
import { addConnectionOptions, type ConnectionFlags, REFERENCES } from "./options.ts";

const EXAMPLES = `${REFERENCES}

Examples:
  $ hiatus inspect oci:dist/pause/oci
  $ hiatus inspect oci-archive:dist/pause/pause-3.10.2.tar:3.10.2 --json
  $ hiatus inspect registry.k8s.io/pause:3.10
`;

/** Flags as commander gives them. */
interface InspectFlags extends ConnectionFlags {
  readonly json?: boolean;
}

/** Layers are not shown, so they need not come. */
const CONFIGS: readonly string[] = [MediaType.ociConfig, MediaType.dockerConfig];

/** Adds the command to the program. */
export function addInspect(program: Command, signal: AbortSignal): void {
  const command = program
    .command("inspect")
    .summary("show an image as a tree")
    .description(
      "Show an index, its manifests, configs and layers as a tree, with sizes and annotations.\n" +
        "Every manifest and config is verified against its digest on the way.",
    )
    .argument("<reference>", "what to show: see below")
    .option("--json", "print the tree as one JSON document");
  addConnectionOptions(command)
    .addHelpText("after", EXAMPLES)
    .action((reference: string, flags: InspectFlags) => run(reference, flags, signal));
}

async function run(reference: string, flags: InspectFlags, signal: AbortSignal): Promise<void> {
  const [{ openSource }, { readTree }, { formatTree }, { textNotices }] = await Promise.all([
    import("./open.ts"),
    import("../graph/tree.ts"),
    import("./present/tree.ts"),
    import("./present/notices.ts"),
  ]);
  const { tellConnection: onEvent } = textNotices();
  const opened = await openSource(reference, { signal, flags, onEvent });
  const { root, tag, close } = opened;
  try {
    const source = await bringNear(opened.source, root, signal, ({ mediaType }) =>
      CONFIGS.includes(mediaType),
    );
    const tree = await readTree(source, root, { signal });
    if (flags.json) process.stdout.write(`${JSON.stringify({ reference, tag, ...tree })}\n`);
    else process.stdout.write(`${formatTree(reference, tree).join("\n")}\n`);
  } finally {
    await close();
  }
}
