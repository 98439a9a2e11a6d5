/**
 * Putting tags back, and the report of it: the same for what was released and what was seeded.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";
import type { OpenMirror } from "../release/mirror-stores.ts";
import type { Mirror } from "../release/model.ts";
import { recordEvents } from "../release/report/happened.ts";
import type { ReportCommands } from "../release/report/next-steps.ts";
import { writeRollbackReport } from "../release/report/write.ts";
import { type RollbackResult, rollback } from "../release/rollback.ts";
import type { ReleasePresenter } from "./present/release.ts";

/** What is put back, and where it is told. */
export interface RollBack {
  readonly mirrors: readonly Mirror[];
  /** The same, open. */
  readonly opened: readonly OpenMirror[];
  readonly journal: string;
  /** Folder of the report. */
  readonly folder: string;
  readonly commands: ReportCommands;
}

/** Puts back what the journal says was moved. @throws HiatusError `REGISTRY` when a tag could not be put back. */
export async function rollBack(
  { mirrors, opened, journal, folder, commands }: RollBack,
  presenter: ReleasePresenter,
  signal: AbortSignal,
): Promise<void> {
  const recorder = recordEvents({ to: { onEvent: presenter.onEvent } });
  const { onEvent } = recorder;
  const result = await rollback(opened, { journal, onEvent, signal });
  const happened = recorder.happened();
  const path = await writeRollbackReport(folder, result, mirrors, journal, { happened, commands });
  presenter.rolledBack(result, [["report", path]]);
  if (result.result === "failed") throw failureOf(result, journal);
}

/** The error for tags of which some could not be put back. */
function failureOf({ mirrors }: RollbackResult, journal: string): HiatusError {
  const failed = mirrors.filter(({ failures }) => failures.length > 0);
  return new HiatusError(
    "REGISTRY",
    `${failed.length} of ${mirrors.length} mirrors could not be rolled back as a whole`,
    {
      detail: { failed: failed.map(({ mirror }) => mirror), journal },
      hint: "Mend what is named above and run --rollback again; what was put back stays",
    },
  );
}
