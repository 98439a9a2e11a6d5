/**
 * Tables of mirrors: what became of each in a release, and what a check found.
 *
 * @module
 */
import pc from "picocolors";
import type { Finding, MirrorCheck } from "../../release/check.ts";
import type { MirrorOutcome } from "../../release/model.ts";
import { printable } from "./printable.ts";
import { failureText, tagCounts, tagSummary } from "./release-lines.ts";
import { formatBytes, formatDigest, formatTable } from "./table.ts";

interface CellColumn<T> {
  readonly title: string;
  readonly align?: "left" | "right";
  readonly cell: (row: T) => string;
  readonly paint?: (cell: string) => string;
}

const place = ({ mirror: { registry, repository } }: Pick<MirrorOutcome, "mirror">): string =>
  `${registry}/${repository}`;
const red = (right: (cell: string) => boolean) => (cell: string) =>
  right(cell) ? pc.green(cell) : pc.red(cell);

const OUTCOME = {
  mirror: { title: "mirror", cell: ({ mirror }) => mirror.name, paint: pc.bold },
  where: { title: "where", cell: place },
  result: {
    title: "result",
    cell: ({ mirror, result }) =>
      mirror.required || result !== "failed" ? result : "failed (best effort)",
    paint: red((cell) => !cell.startsWith("failed")),
  },
  tags: { title: "tags", cell: ({ tags }) => tagSummary(tags) },
  counts: { title: "tags", cell: ({ tags }) => tagCounts(tags) },
  requests: {
    title: "requests",
    align: "right",
    cell: ({ requests }) => formatBytes(requests),
  },
  bytes: { title: "bytes", align: "right", cell: ({ bytes }) => formatBytes(bytes) },
} as const satisfies Readonly<Record<string, CellColumn<MirrorOutcome>>>;

/** What became of each mirror. On a narrow terminal, what can be looked up elsewhere is left out. */
export function outcomeLines(outcomes: readonly MirrorOutcome[]): readonly string[] {
  const { mirror, where, result, tags, counts, requests, bytes } = OUTCOME;
  return fitting(outcomes, [
    [mirror, where, result, tags, requests, bytes],
    [mirror, where, result, counts, requests, bytes],
    [mirror, where, result, counts],
    [mirror, result, counts],
  ]);
}

const CHECK = {
  mirror: { title: "mirror", cell: ({ mirror }) => mirror.name, paint: pc.bold },
  where: { title: "where", cell: place },
  status: {
    title: "status",
    cell: ({ status }) => status,
    paint: red((cell) => cell === "same"),
  },
  compared: { title: "compared", align: "right", cell: ({ compared }) => String(compared) },
} as const satisfies Readonly<Record<string, CellColumn<MirrorCheck>>>;

/** What was found at each mirror, and what is not as it should be. */
export function checkLines(checks: readonly MirrorCheck[]): readonly string[] {
  const { mirror, where, status, compared } = CHECK;
  const table = fitting(checks, [
    [mirror, where, status, compared],
    [mirror, status, compared],
  ]);
  const details = findingLines(checks);
  return details.length === 0 ? table : [...table, "", ...details];
}

/** What is not as it should be. */
export function findingLines(checks: readonly MirrorCheck[]): readonly string[] {
  return checks.flatMap((check) => [
    ...together(check.findings).map((finding) => findingLine(check.mirror.name, finding)),
    ...(check.failure === undefined
      ? []
      : failureText(check.mirror.name, check.failure, "comparing")),
  ]);
}

interface FindingGroup extends Finding {
  readonly many: boolean;
}

/** Tags that should be one thing and are another, the same for all of them, are one line. */
function together(findings: readonly Finding[]): readonly FindingGroup[] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const isTag = finding.what.startsWith("tag ");
    const key = isTag ? `tag ${finding.expected} ${finding.found}` : finding.what;
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return [...groups.values()].flatMap((list) => {
    const [first] = list;
    if (first === undefined) return [];
    const names = list.map(({ what }) => what.replace(/^tag /, ""));
    const many = list.length > 1;
    return [{ ...first, what: many ? `tags ${names.join(", ")}` : first.what, many }];
  });
}

function findingLine(mirror: string, { what, expected, found, many }: FindingGroup): string {
  const right = `should be ${formatDigest(expected, false)}`;
  const is = many ? "are" : "is";
  return `  ${pc.red("✗")} ${pc.bold(mirror)}: ${what} ${right}, ${is} ${printable(found)}`;
}

/** The first of some layouts that is no wider than the terminal, or else the last. */
function fitting<T>(
  rows: readonly T[],
  layouts: readonly (readonly CellColumn<T>[])[],
): readonly string[] {
  const columns = process.stdout.isTTY ? process.stdout.columns || 80 : Number.POSITIVE_INFINITY;
  const draw = (layout: readonly CellColumn<T>[], painted: boolean) =>
    formatTable(
      layout,
      rows.map((row) => layout.map(({ cell }) => cell(row))),
      (cell, column, row) => {
        if (!painted) return cell;
        return row < 0 ? pc.dim(cell) : (layout[column]?.paint?.(cell) ?? cell);
      },
    ).map((line) => `  ${line}`);
  const fits = (layout: readonly CellColumn<T>[]) =>
    draw(layout, false).every((line) => [...line].length <= columns);
  const chosen = layouts.find(fits) ?? layouts.at(-1) ?? [];
  return draw(chosen, true);
}
