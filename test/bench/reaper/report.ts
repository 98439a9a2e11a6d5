/**
 * What the reaper bench prints and writes: tables, a comparison with the best peer, and a plot.
 *
 * @module
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Context } from "../context.ts";
import { replaceSection, table } from "../markdown.ts";
import { type Bar, type Panel, plot } from "../plot.ts";
import { ratio, whole } from "../stats.ts";
import { type Column, type Group, groupsOf } from "./columns.ts";
import type { Amounts, Facts } from "./measure.ts";
import type { Program } from "./programs.ts";

/** Everything that was measured. */
export interface ReaperFindings {
  readonly machine: string;
  readonly versions: string;
  readonly amounts: Amounts;
  readonly facts: ReadonlyMap<Program, Facts>;
}

/** Prints the tables and writes them with the plot. */
export async function reportReaper(context: Context, findings: ReaperFindings): Promise<void> {
  const { amounts, facts } = findings;
  const groups = groupsOf(amounts);
  const counts = [
    `${amounts.starts} starts`,
    `${amounts.bursts} bursts`,
    `${amounts.storms} storms of ${whole(amounts.stormOrphans)} orphans, ${amounts.stormBatch} dying at once`,
    `${amounts.instanceRounds} times ${amounts.instances} instances`,
  ].join(", ");
  const parts = {
    "reaper-facts": [
      `Measured on: ${findings.machine}.`,
      `With: ${findings.versions}.`,
      `Medians of, per program and in turn: ${counts}.`,
    ].join("\n"),
    "reaper-tables": groups.map((group) => groupTable(group, facts)).join("\n\n"),
    "reaper-aims": aimsTable(groups, facts),
  };
  const document = join(context.root, "docs/benchmarks.md");
  for (const [name, body] of Object.entries(parts)) {
    context.say(`\n${body}\n`);
    await replaceSection(document, name, body);
  }
  await writeFile(join(context.root, "docs/benchmarks-reaper.svg"), picture(groups, facts));
}

function groupTable({ title, columns }: Group, facts: ReaperFindings["facts"]): string {
  const rows = [...facts].map(([program, own]) => [
    program.ours ? `**${program.name}**` : program.name,
    ...columns.map(({ value, format }) => format(value(program, own))),
  ]);
  return `### ${title}\n\n${table(["program", ...columns.map((column) => column.title)], rows)}`;
}

/** Ours against the best of the others, column by column. */
function aimsTable(groups: readonly Group[], facts: ReaperFindings["facts"]): string {
  const ours = [...facts].find(([program]) => program.ours);
  if (ours === undefined) return "";
  const rows = groups.flatMap(({ columns }) =>
    columns.map((column) => {
      const [name, best] = bestPeer(column, facts);
      const mine = column.value(...ours);
      const verdict = !Number.isFinite(mine) ? "not measured" : verdictOf(column, mine, best);
      const times = column.moreIsBetter ? ratio(mine, best) : ratio(best, mine);
      return [
        column.title,
        column.format(mine),
        `${column.format(best)} (${name})`,
        times,
        verdict,
      ];
    }),
  );
  return table(["column", "hiatus", "best of the others", "ratio", "best or equal"], rows);
}

function bestPeer(column: Column, facts: ReaperFindings["facts"]): readonly [string, number] {
  const peers = [...facts]
    .filter(([program]) => !program.ours)
    .map(([program, own]) => [program.name, column.value(program, own)] as const)
    .filter(([, value]) => Number.isFinite(value))
    .sort(([, a], [, b]) => (column.moreIsBetter ? b - a : a - b));
  return peers[0] ?? ["nobody", Number.NaN];
}

function verdictOf({ noise, moreIsBetter }: Column, mine: number, best: number): string {
  const [worse, better] = moreIsBetter ? [best, mine] : [mine, best];
  if (worse < better * (1 - noise) || (worse < better && noise === 0)) return "best";
  return worse <= better * (1 + noise) ? "equal" : "no";
}

function picture(groups: readonly Group[], facts: ReaperFindings["facts"]): string {
  const panels = groups.flatMap(({ columns }): Panel[] =>
    columns
      .filter(({ plotted }) => plotted)
      .map((column) => ({
        title: column.title,
        scale: "log",
        bars: [...facts].map(([program, own]): Bar => {
          const value = column.value(program, own);
          return { name: program.name, value, label: column.format(value), ours: program.ours };
        }),
      })),
  );
  return plot(
    "The reaper of hiatus and other programs as PID 1: size, memory, start, orphans",
    panels,
  );
}
