/**
 * `hiatus repair`: brings back what drifted.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";
import { forgetRelease } from "../release/forget.ts";
import { release } from "../release/release.ts";
import { recordEvents } from "../release/report/happened.ts";
import type { CheckFlags } from "./check.ts";
import { checkAndReport } from "./check-and-report.ts";
import { confirmation } from "./confirm.ts";
import { withExpected } from "./expected.ts";
import type { ReleasePresenter } from "./present/release.ts";
import { journalPath } from "./release-setup.ts";
import { commandsOf } from "./report-commands.ts";

/**
 * Compares every mirror, byte by byte, and brings back those that drifted.
 *
 * @throws HiatusError when a mirror could not be compared or brought back.
 */
export async function runRepair(
  image: string,
  flags: CheckFlags,
  presenter: ReleasePresenter,
  signal: AbortSignal,
): Promise<void> {
  await withExpected(image, flags, presenter, signal, async (what) => {
    const { named, expected, opened } = what;
    const { report, dryRun } = flags;
    // A report tells of the repair, and of the comparison where nothing had to be repaired.
    const deep = { ...flags, deep: true };
    const { checks, more } = await checkAndReport(image, deep, presenter, signal, what);
    const drifted = opened.filter((_, at) => checks[at]?.status === "drifted");
    presenter.checked(checks, drifted.length === 0, drifted.length === 0 ? more : []);
    presenter.pause();
    const failed = checks.filter(({ status }) => status === "failed").map(({ mirror }) => mirror);
    if (drifted.length > 0) {
      const journal = journalPath(named, flags).replace(/\.ndjson$/, ".repair.ndjson");
      // What is wrong was looked up just now; how far a repair came that was stopped says nothing more.
      if (!dryRun) await forgetRelease(journal);
      const recorder = recordEvents({ to: presenter });
      const { onEvent, onPlan } = recorder;
      const result = await release(expected, drifted, {
        journal,
        repair: true,
        dryRun,
        confirm: confirmation(flags, () => presenter.pause(), signal),
        onPlan,
        onEvent,
        signal,
      });
      const told: [string, string][] = [];
      if (report !== undefined && !dryRun) {
        const happened = recorder.happened();
        const commands = commandsOf(image, flags);
        const { repair: resume } = commands;
        const { writeReleaseReport } = await import("../release/report/write.ts");
        const page = await writeReleaseReport(report, result, expected, {
          happened,
          plan: recorder.plan(),
          // A repair that was stopped is begun again: what is wrong is looked up anew.
          commands: { ...commands, release: resume, resume },
          signal,
        });
        told.push(["report", page]);
      }
      presenter.done(result, told);
      const left = result.mirrors.filter((one) => one.result === "failed");
      failed.push(...left.map(({ mirror }) => mirror));
    }
    if (failed.length === 0) return;
    const names = failed.map(({ name }) => name);
    throw new HiatusError(
      "REGISTRY",
      `${names.length} of ${opened.length} mirrors could not be compared or brought back: ${names.join(", ")}`,
      { detail: { failed: names }, hint: "Mend what is named above and run it again" },
    );
  });
}
