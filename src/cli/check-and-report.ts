/**
 * Comparing mirrors, and a report of it where one is wanted.
 *
 * @module
 */
import { checkMirrors, type MirrorCheck } from "../release/check.ts";
import { recordEvents } from "../release/report/happened.ts";
import type { CheckFlags } from "./check.ts";
import type { Expected } from "./expected.ts";
import type { ReleasePresenter } from "./present/release.ts";
import { commandsOf } from "./report-commands.ts";

/** What was found, and lines for people about where it is told. */
export interface Checked {
  readonly checks: readonly MirrorCheck[];
  readonly more: readonly (readonly [string, string])[];
}

/**
 * Compares every mirror; with `--report` it is written down as well.
 *
 * @throws HiatusError `IO` when the report cannot be written; the reason of the signal.
 */
export async function checkAndReport(
  image: string,
  flags: Pick<CheckFlags, "deep" | "report" | "mirrors" | "only" | "from" | "version">,
  presenter: Pick<ReleasePresenter, "onEvent">,
  signal: AbortSignal,
  { expected, opened }: Pick<Expected, "expected" | "opened">,
): Promise<Checked> {
  const { deep, report } = flags;
  const recorder = recordEvents({ to: { onEvent: presenter.onEvent } });
  const { onEvent } = recorder;
  const checks = await checkMirrors(expected, opened, { deep, onEvent, signal });
  if (report === undefined) return { checks, more: [] };
  const happened = recorder.happened();
  const { writeCheckReport } = await import("../release/report/write.ts");
  const page = await writeCheckReport(report, expected, checks, {
    deep,
    happened,
    commands: commandsOf(image, flags),
    signal,
  });
  return { checks, more: [["report", page]] };
}
