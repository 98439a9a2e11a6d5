/**
 * `hiatus seed`: a bundle into the registries behind an air gap.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { addConnectionOptions, type ConnectionFlags, collectNames } from "./options.ts";

const EXAMPLES = `
BUNDLE is a file that hiatus bundle wrote (.tar, .tar.gz, .tar.zst, .run), any archive of an OCI layout,
or oci:FOLDER; :TAG or @DIGEST behind it choose where it holds several images. TO is HOST/PATH[:TAG].

What happens is what a release does: every byte of the bundle is verified, every registry is looked at, the
image and what refers to it is staged everywhere by digest and read back, and only then tags move, all
tags of the bundle or those of --tag. Registries that have it already are left alone. Nothing outside the
named registries is asked.

A bundle made with --since holds only what its base lacks. Where the base is missing that is said, before
anything was sent anywhere.

Examples:
  $ hiatus seed pause-3.10.2.run registry.dc1.example:5000/pause
  $ hiatus seed pause.tar.zst harbor-1.example/k8s/pause harbor-2.example/k8s/pause --tag '{version},{node-defaults}'
  $ hiatus seed pause.tar.gz --mirrors mirrors.yaml --only dc1 --dry-run
  $ hiatus seed pause.tar.gz --mirrors mirrors.yaml --only dc1 --rollback
`;

/** Flags as commander gives them. */
export interface SeedFlags extends ConnectionFlags {
  readonly mirrors?: string;
  readonly only?: readonly string[];
  readonly tag?: readonly string[];
  readonly referrers: boolean;
  readonly dryRun?: boolean;
  readonly resume?: boolean;
  readonly rollback?: boolean;
  readonly forget?: boolean;
  readonly yes?: boolean;
  readonly state?: string;
  readonly report?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Adds the command to the program. */
export function addSeed(program: Command, signal: AbortSignal): void {
  const command = program
    .command("seed")
    .summary("bring a bundle into registries, as a release does")
    .description("Bring a bundle into registries as one act: staged and read back, then tagged.")
    .argument("<bundle>", "what to bring: see below")
    .argument("[to...]", "where to: HOST/PATH[:TAG]")
    .option("--mirrors <file>", "the mirrors of this file")
    .option("--only <list>", "some mirrors or groups of the file", collectNames)
    .option("--tag <list>", "tags to move (default: those of the bundle)", collectNames)
    .option("--no-referrers", "leave signatures and other attachments behind")
    .addOption(
      new Option("--dry-run", "look at every registry and show the plan").conflicts([
        "rollback",
        "resume",
      ]),
    )
    .addOption(
      new Option("--resume", "go on with the seeding that was stopped").conflicts("rollback"),
    )
    .addOption(
      new Option("--rollback", "put back the tags that the last one moved").conflicts("forget"),
    )
    .addOption(
      new Option("--forget", "leave an unfinished one as it is, and begin anew").conflicts([
        "resume",
        "dryRun",
      ]),
    )
    .option("-y, --yes", "move tags that name something else now, without asking")
    .option("--state <folder>", "folder of journals (default: dist/release)")
    .option("--report <folder>", "folder of the report (default: dist/report)")
    .addOption(new Option("--json", "print events as NDJSON").conflicts("quiet"))
    .option("-q, --quiet", "print failures only");
  addConnectionOptions(command)
    .addHelpText("after", EXAMPLES)
    .action((bundle: string, to: readonly string[], flags: SeedFlags) =>
      run(bundle, to, flags, signal),
    );
}

async function run(
  bundle: string,
  to: readonly string[],
  flags: SeedFlags,
  signal: AbortSignal,
): Promise<void> {
  const [{ presentRelease }, { runSeed }, { releaseFailure }] = await Promise.all([
    import("./present/release.ts"),
    import("./run-seed.ts"),
    import("./release.ts"),
  ]);
  const presenter = presentRelease(flags);
  try {
    const result = await runSeed(bundle, to, flags, presenter, signal);
    if (result?.result === "failed") throw releaseFailure(result, "seeded");
  } finally {
    presenter.close();
  }
}
