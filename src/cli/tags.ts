/**
 * `hiatus tags`: the names in a repository, a layout or an archive.
 *
 * @module
 */
import type { Command } from "commander";
import { HiatusError } from "../errors.ts";
import { addConnectionOptions, type ConnectionFlags, REFERENCES } from "./options.ts";

const EXAMPLES = `${REFERENCES}

Examples:
  $ hiatus tags registry.k8s.io/pause
  $ hiatus tags oci:dist/pause/oci --json
`;

/** Flags as commander gives them. */
interface TagsFlags extends ConnectionFlags {
  readonly json?: boolean;
}

/** Adds the command to the program. */
export function addTags(program: Command, signal: AbortSignal): void {
  const command = program
    .command("tags")
    .summary("list tags, one a line")
    .description("List the tags of a repository, a layout or an archive, one a line.")
    .argument("<reference>", "where to look: see below, without a tag")
    .option("--json", "print one JSON document");
  addConnectionOptions(command)
    .addHelpText("after", EXAMPLES)
    .action((reference: string, flags: TagsFlags) => run(reference, flags, signal));
}

async function run(reference: string, flags: TagsFlags, signal: AbortSignal): Promise<void> {
  const [{ openPlace, parseSource }, { formatTarget }, { textNotices }] = await Promise.all([
    import("./open.ts"),
    import("../oci/target.ts"),
    import("./present/notices.ts"),
  ]);
  const target = parseSource(reference);
  const { tag, digest, ...place } = target;
  if (tag !== undefined || digest !== undefined) {
    throw new HiatusError("USAGE", `"${reference}" names one thing, and tags are of all`, {
      hint: `Write: hiatus tags ${formatTarget(place)}, or: hiatus inspect ${reference}`,
    });
  }
  const { tellConnection: onEvent } = textNotices();
  const { source, close } = await openPlace(target, { signal, flags, onEvent });
  try {
    const tags: string[] = [];
    for await (const name of source.tags({ signal })) {
      tags.push(name);
      // A long list begins to show while the rest is on its way.
      if (!flags.json) process.stdout.write(`${name}\n`);
    }
    if (tags.length === 0 && target.kind === "registry") throw noTags(reference);
    if (flags.json) process.stdout.write(`${JSON.stringify({ reference, tags })}\n`);
  } finally {
    await close();
  }
}

/** A registry that knows no such repository and one that has nothing in it cannot be told apart everywhere. */
function noTags(reference: string): HiatusError {
  return new HiatusError("NOT_FOUND", `"${reference}" has no tags, if it is there at all`, {
    detail: { reference },
    hint: "Check the name, and whether you may see it; a repository begins with its first push",
  });
}
