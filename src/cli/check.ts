/**
 * `hiatus check` and `hiatus repair`: do the mirrors still hold what was released, and if not, bring it back.
 *
 * @module
 */
import type { Command } from "commander";
import { Option } from "commander";
import { HiatusError } from "../errors.ts";
import type { MirrorCheck } from "../release/check.ts";
import { collectNames } from "./options.ts";
import type { ImageQuery } from "./release-setup.ts";

const CHECK_EXAMPLES = `
Every mirror is compared with the lock (images/pause/digests.json), or with what --from names: every tag, the
index, its manifests, their configs and layers, and what is attached. Manifests are fetched and hashed; blobs
are asked for, and with --deep fetched and hashed too. Nothing is written anywhere.

Exit code 3 when a mirror drifted, 1 when one could not be compared.

Examples:
  $ hiatus check --mirrors mirrors.yaml
  $ hiatus check --deep --json                  for cron: one line a mirror, then a result
`;

const REPAIR_EXAMPLES = `
Mirrors that drifted are brought back the way a release goes: staged, read back, then tagged, with a journal.
Content comes from --from, from dist/pause/oci, or from any mirror that still has it: bytes are known by
their digests, so it does not matter whose they are.

Examples:
  $ hiatus repair --mirrors mirrors.yaml --dry-run
  $ hiatus repair --mirrors mirrors.yaml --only harbor --yes
`;

/** Flags as commander gives them. */
export interface CheckFlags extends ImageQuery {
  readonly deep?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly state?: string;
  readonly report?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Adds both commands to the program. */
export function addCheck(program: Command, signal: AbortSignal): void {
  const checking = program
    .command("check")
    .summary("compare every mirror with the lock")
    .description("Compare every mirror with what it should hold.");
  common(checking)
    .option("--deep", "fetch and hash blobs as well")
    .addHelpText("after", CHECK_EXAMPLES)
    .action((image: string, flags: CheckFlags) => check(image, flags, signal));
  const repairing = program
    .command("repair")
    .summary("bring drifted mirrors back")
    .description("Bring mirrors that drifted back to what they should hold.");
  common(repairing)
    .option("--dry-run", "show what would be done")
    .option("-y, --yes", "move tags that name something else now, without asking")
    .option("--state <folder>", "folder of journals (default: dist/release)")
    .addHelpText("after", REPAIR_EXAMPLES)
    .action((image: string, flags: CheckFlags) => repair(image, flags, signal));
}

function common(command: Command): Command {
  return command
    .argument("[image]", "name under images/, or a folder or file with a definition", "pause")
    .option("--mirrors <file>", "which mirrors (default: mirrors.yaml, if there is one)")
    .option("--only <list>", "some mirrors or groups of the file", collectNames)
    .option("--from <reference>", "what they should hold (default: what the lock says)")
    .option("--version <version>", "of which version (default: the definition's)")
    .option("--report <folder>", "write a report there as well: a page, JSON, Markdown")
    .addOption(new Option("--json", "print events as NDJSON").conflicts("quiet"))
    .option("-q, --quiet", "print failures only");
}

async function check(image: string, flags: CheckFlags, signal: AbortSignal): Promise<void> {
  const [{ presentRelease }, { withExpected }, { checkAndReport }] = await Promise.all([
    import("./present/release.ts"),
    import("./expected.ts"),
    import("./check-and-report.ts"),
  ]);
  const presenter = presentRelease(flags);
  try {
    await withExpected(image, flags, presenter, signal, async (what) => {
      const { checks, more } = await checkAndReport(image, flags, presenter, signal, what);
      presenter.checked(checks, true, more);
      const error = errorOf(checks);
      if (error !== undefined) throw error;
    });
  } finally {
    presenter.close();
  }
}

async function repair(image: string, flags: CheckFlags, signal: AbortSignal): Promise<void> {
  const [{ presentRelease }, { runRepair }] = await Promise.all([
    import("./present/release.ts"),
    import("./repair.ts"),
  ]);
  const presenter = presentRelease({ ...flags, repair: true });
  try {
    await runRepair(image, flags, presenter, signal);
  } finally {
    presenter.close();
  }
}

function errorOf(checks: readonly MirrorCheck[]): HiatusError | undefined {
  const names = (status: MirrorCheck["status"]) =>
    checks.filter((check) => check.status === status).map(({ mirror }) => mirror.name);
  const [drifted, failed] = [names("drifted"), names("failed")];
  const detail = { drifted, failed };
  if (drifted.length > 0) {
    return new HiatusError(
      "DIFFERENCE",
      `${drifted.length} of ${checks.length} mirrors drifted: ${drifted.join(", ")}`,
      { detail, hint: "Bring them back with hiatus repair" },
    );
  }
  if (failed.length === 0) return undefined;
  return new HiatusError(
    "NETWORK",
    `${failed.length} of ${checks.length} mirrors could not be compared: ${failed.join(", ")}`,
    { detail, hint: "Mend what is named above and check again" },
  );
}
