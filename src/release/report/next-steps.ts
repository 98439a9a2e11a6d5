/**
 * What a person should do next.
 *
 * @module
 */
import type { ReleaseReport, ReportMirror } from "./model.ts";

/** How the program is called. */
export interface ReportCommands {
  readonly release: string;
  readonly resume: string;
  readonly rollback: string;
  readonly check: string;
  readonly repair: string;
}

const COMMANDS: ReportCommands = {
  release: "hiatus release",
  resume: "hiatus release --resume",
  rollback: "hiatus release --rollback",
  check: "hiatus check",
  repair: "hiatus repair",
};

/** What to do next, in this order; nothing when all is well. */
export function nextSteps(
  report: ReleaseReport,
  given: Partial<ReportCommands> = {},
): ReleaseReport["next"] {
  const commands = { ...COMMANDS, ...given };
  const { kind, result, mirrors } = report;
  const mend = { text: "Mend what went wrong; each remedy stands below", command: null };
  const left = mirrors.filter((mirror) => hasFailed(mirror) && !mirror.required);

  if (kind === "check") {
    const drifted = mirrors.some((mirror) => mirror.result === "drifted");
    return [
      ...(mirrors.some(hasFailed) ? [mend] : []),
      ...(drifted
        ? [step("Bring back what drifted, staged and read back as a release is", commands.repair)]
        : []),
      ...(mirrors.some(hasFailed) ? [step("Look once more", commands.check)] : []),
    ];
  }
  if (kind === "rollback") {
    if (result !== "failed") return [];
    return [mend, step("Take back what is left; what is back already stays", commands.rollback)];
  }
  switch (result) {
    case "failed":
      return report.journal === null
        ? [mend, step("Release again; nothing was changed anywhere", commands.release)]
        : [
            mend,
            step("Go on; what is done already is looked at and left alone", commands.resume),
            step(
              "Or take it back: every tag that moved names again what it named before",
              commands.rollback,
            ),
          ];
    case "planned":
      return [step(plannedText(mirrors), `${commands.release}${moves(mirrors) ? " --yes" : ""}`)];
    case "staged":
      return [
        step(
          "Move the tags, when the time has come; nothing has to be sent again",
          `${commands.release}${moves(mirrors) ? " --yes" : ""}`,
        ),
      ];
    default:
      return left.length === 0
        ? []
        : [
            {
              text: `Mend what went wrong at ${left.length === 1 ? "the best-effort mirror" : `${left.length} best-effort mirrors`}; each remedy stands below`,
              command: null,
            },
            step("Then bring what is missing there", commands.repair),
          ];
  }
}

/** Has anything but attachments gone wrong? */
export function hasFailed({ failures }: Pick<ReportMirror, "failures">): boolean {
  return failures.some(({ attachmentsOnly }) => !attachmentsOnly);
}

function moves(mirrors: readonly ReportMirror[]): boolean {
  return mirrors.some(({ tags }) => tags.some(({ planned }) => planned === "move"));
}

function plannedText(mirrors: readonly ReportMirror[]): string {
  return moves(mirrors)
    ? "Release, if it is meant that these tags are moved"
    : "Release; no tag names anything else now";
}

function step(text: string, command: string): ReleaseReport["next"][number] {
  return { text, command };
}
