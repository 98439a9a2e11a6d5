/**
 * `hiatus release`: to every mirror or to none.
 *
 * @module
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { HiatusError } from "../errors.ts";
import type { ReleaseResult } from "../release/model.ts";
import { collectNames, countUpTo } from "./options.ts";
import type { ImageQuery } from "./release-setup.ts";

const EXAMPLES = `
What happens, in this order:
  build      or take the image that --from names; every byte is verified
  preflight  every mirror is looked at: can it be reached, may we push, what do its tags name
  stage      the image goes everywhere by its digests, mirrors side by side; no tag moves
  read back  everything is fetched again from every mirror and hashed here
  tags       only when every required mirror has handed out the whole image, tags move
  report     dist/report/index.html, report.json, summary.md

Mirrors stand in a mirrors file: --mirrors, else mirrors.yaml or images/mirrors.yaml. Without one there is
one mirror, a registry of our own on loopback whose storage is dist/registry.

A release that was stopped, also by a crash, leaves a journal under dist/release. The same command
goes on with it, --resume insists on it, and --rollback puts every tag back that is still ours.

Examples:
  $ hiatus release                                       build, publish to dist/registry, pull back
  $ hiatus release --mirrors mirrors.yaml --dry-run      show the plan
  $ hiatus release --mirrors mirrors.yaml --yes          also where a tag names something else now
  $ hiatus release --only cloud --from oci:dist/pause/oci
  $ hiatus release --rollback
`;

/** Flags as commander gives them. */
export interface ReleaseFlags extends ImageQuery {
  readonly dryRun?: boolean;
  readonly stageOnly?: boolean;
  readonly resume?: boolean;
  readonly rollback?: boolean;
  readonly forget?: boolean;
  readonly yes?: boolean;
  readonly verify?: boolean;
  readonly locked?: boolean;
  readonly shard?: { readonly index: number; readonly count: number };
  /** Minutes. */
  readonly waitForShards?: number;
  readonly state?: string;
  readonly report?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Adds the command to the program. */
export function addRelease(program: Command, signal: AbortSignal): void {
  program
    .command("release")
    .summary("publish an image to every mirror, or to none")
    .description(
      "Publish an image to all mirrors as one act: staged and read back everywhere, then tagged.",
    )
    .argument("[image]", "name under images/, or a folder or file with a definition", "pause")
    .option("--mirrors <file>", "where to (default: mirrors.yaml, if there is one)")
    .option("--only <list>", "some mirrors or groups of the file", collectNames)
    .option("--from <reference>", "release a built image: oci:DIR, oci-archive:FILE or a reference")
    .option("--version <version>", "version to build (default: the definition's)")
    .option("--locked", "fail when the image is not the one of the lock")
    .option("--verify", "run its programs before anything is pushed, as verify does")
    .addOption(
      new Option("--dry-run", "look at every mirror and show the plan").conflicts([
        "stageOnly",
        "rollback",
        "resume",
      ]),
    )
    .option("--stage-only", "stage and read back, move no tag")
    .addOption(
      new Option("--resume", "go on with the release that was stopped").conflicts("rollback"),
    )
    .addOption(
      new Option("--rollback", "put back the tags that the last release moved").conflicts([
        "only",
        "stageOnly",
        "forget",
      ]),
    )
    .addOption(
      new Option("--forget", "leave an unfinished release as it is, and begin anew").conflicts([
        "resume",
        "dryRun",
      ]),
    )
    .option("-y, --yes", "move tags that name something else now, without asking")
    .addOption(
      new Option("--shard <i/n>", "stage only every n-th mirror, beginning with the i-th (from 0)")
        .argParser(parseShard)
        .implies({ stageOnly: true }),
    )
    .addOption(
      new Option(
        "--wait-for-shards <minutes>",
        "first wait until others have staged it everywhere, so long at most",
      )
        .argParser(countUpTo(1440))
        .conflicts(["shard", "stageOnly", "dryRun", "rollback"]),
    )
    .option("--state <folder>", "folder of journals (default: dist/release)")
    .option("--report <folder>", "folder of the report (default: dist/report)")
    .addOption(new Option("--json", "print events as NDJSON").conflicts("quiet"))
    .option("-q, --quiet", "print failures only")
    .addHelpText("after", EXAMPLES)
    .action((image: string, flags: ReleaseFlags) => run(image, flags, signal));
}

async function run(image: string, flags: ReleaseFlags, signal: AbortSignal): Promise<void> {
  const [{ presentRelease }, { runRelease, runRollback }, { confirmation }] = await Promise.all([
    import("./present/release.ts"),
    import("./run-release.ts"),
    import("./confirm.ts"),
  ]);
  const presenter = presentRelease(flags);
  try {
    if (flags.rollback) return await runRollback(image, flags, presenter, signal);
    const confirm = confirmation(flags, () => presenter.pause(), signal);
    const result = await runRelease(image, { ...flags, confirm }, presenter, signal);
    if (result.result === "failed") throw releaseFailure(result);
  } finally {
    presenter.close();
  }
}

/** The error for a release that failed, as a whole; `done` is what was not done. */
export function releaseFailure(
  { mirrors, journal, image }: ReleaseResult,
  done: "released" | "seeded" = "released",
): HiatusError {
  const failed = mirrors.filter(({ result }) => result === "failed");
  const names = failed.map(({ mirror }) => mirror.name);
  const touched = mirrors.some(({ tags }) =>
    tags.some(({ result }) => result === "created" || result === "moved"),
  );
  return new HiatusError(
    "REGISTRY",
    `${image.name} ${image.version} was not ${done}: ${failed.length} of ${mirrors.length} mirrors failed (${names.slice(0, 5).join(", ")}${names.length > 5 ? ", …" : ""}); ${touched ? "some tags were moved" : "no tag was moved"}`,
    {
      detail: { failed: names, journal },
      hint:
        journal === undefined
          ? "Mend what is named above and run it again"
          : `Mend what is named above, then run it again with --resume${touched ? ", or take it back with --rollback" : ""}`,
    },
  );
}

function parseShard(text: string): { readonly index: number; readonly count: number } {
  const match = /^(\d{1,4})\/(\d{1,4})$/.exec(text);
  const [index, count] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || count < 1 || index >= count) {
    throw new InvalidArgumentError("Write I/N, with I from 0 to N-1, such as 0/3.");
  }
  return { index, count };
}
