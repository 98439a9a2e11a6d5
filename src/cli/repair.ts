/**
 * `hiatus repair`: brings back what drifted.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";
import { checkMirrors } from "../release/check.ts";
import { forgetRelease } from "../release/forget.ts";
import { release } from "../release/release.ts";
import type { CheckFlags } from "./check.ts";
import { confirmation } from "./confirm.ts";
import { withExpected } from "./expected.ts";
import type { ReleasePresenter } from "./present/release.ts";
import { journalPath } from "./release-setup.ts";

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
  await withExpected(image, flags, presenter, signal, async ({ named, expected, opened }) => {
    const { onEvent, onPlan } = presenter;
    const checks = await checkMirrors(expected, opened, { deep: true, onEvent, signal });
    const drifted = opened.filter((_, at) => checks[at]?.status === "drifted");
    presenter.checked(checks, drifted.length === 0);
    presenter.pause();
    const failed = checks.filter(({ status }) => status === "failed").map(({ mirror }) => mirror);
    if (drifted.length > 0) {
      const journal = journalPath(named, flags).replace(/\.ndjson$/, ".repair.ndjson");
      // What is wrong was looked up just now; how far a repair came that was stopped says nothing more.
      if (!flags.dryRun) await forgetRelease(journal);
      const result = await release(expected, drifted, {
        journal,
        repair: true,
        dryRun: flags.dryRun,
        confirm: confirmation(flags, () => presenter.pause(), signal),
        onPlan,
        onEvent,
        signal,
      });
      const more: [string, string][] = [];
      if (flags.report !== undefined && !flags.dryRun) {
        const { writeReleaseReport } = await import("../release/report/write.ts");
        const page = await writeReleaseReport(flags.report, result, expected, { signal });
        more.push(["report", page]);
      }
      presenter.done(result, more);
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
