/**
 * `hiatus inspect`: what is in a layout or an archive.
 *
 * @module
 */
import type { Command } from "commander";

const EXAMPLES = `
References:
  oci:FOLDER[:TAG|@DIGEST]          an OCI image layout
  oci-archive:FILE[:TAG|@DIGEST]    an archive (.tar, .tar.gz) that holds one
  Without a tag the only one is taken.

Examples:
  $ hiatus inspect oci:dist/pause/oci
  $ hiatus inspect oci-archive:dist/pause/pause-3.10.2.tar:3.10.2 --json
`;

/** Adds the command to the program. */
export function addInspect(program: Command, signal: AbortSignal): void {
  program
    .command("inspect")
    .summary("show an image as a tree")
    .description(
      "Show an index, its manifests, configs and layers as a tree, with sizes and annotations.\n" +
        "Every manifest and config is verified against its digest on the way.",
    )
    .argument("<reference>", "oci:FOLDER[:TAG] or oci-archive:FILE[:TAG]")
    .option("--json", "print the tree as one JSON document")
    .addHelpText("after", EXAMPLES)
    .action((reference: string, flags: { readonly json?: boolean }) =>
      run(reference, flags, signal),
    );
}

async function run(
  reference: string,
  flags: { readonly json?: boolean },
  signal: AbortSignal,
): Promise<void> {
  const [{ openSource }, { readTree }, { formatTree }] = await Promise.all([
    import("./open.ts"),
    import("../graph/tree.ts"),
    import("./present/tree.ts"),
  ]);
  const { source, root, tag, close } = await openSource(reference, signal);
  try {
    const tree = await readTree(source, root, { signal });
    if (flags.json) process.stdout.write(`${JSON.stringify({ reference, tag, ...tree })}\n`);
    else process.stdout.write(`${formatTree(reference, tree).join("\n")}\n`);
  } finally {
    await close();
  }
}
