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
import { median, quantile, ratio, whole } from "../stats.ts";
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
    ...columns.map(({ values, format }) => format(median(values(program, own)))),
  ]);
  return `### ${title}\n\n${table(["program", ...columns.map((column) => column.title)], rows)}`;
}

/** Ours against the best of the others, column by column. */
function aimsTable(groups: readonly Group[], facts: ReaperFindings["facts"]): string {
  const all = [...facts];
  const ours = all.find(([program]) => program.ours);
  if (ours === undefined) return "";
  const rows = groups.flatMap(({ columns }) =>
    columns.map((column) => {
      const { title, format, moreIsBetter } = column;
      const mine = column.values(...ours);
      const [best] = all
        .filter(([program]) => !program.ours)
        .map(([program, own]) => ({ name: program.name, values: column.values(program, own) }))
        .filter(({ values }) => values.length > 0)
        .sort((a, b) => (median(a.values) - median(b.values)) * (moreIsBetter ? -1 : 1));
      if (best === undefined || mine.length === 0) return [title, "–", "–", "–", "not measured"];
      const [a, b] = [median(mine), median(best.values)];
      return [
        title,
        format(a),
        `${format(b)} (${best.name})`,
        moreIsBetter ? ratio(a, b) : ratio(b, a),
        verdictOf(column, mine, best.values),
      ];
    }),
  );
  return table(["column", "hiatus", "best of the others", "ratio", "best or equal"], rows);
}

/** Noisy ones are equal when the quartiles overlap. */
function verdictOf(
  { noisy, moreIsBetter }: Column,
  mine: readonly number[],
  theirs: readonly number[],
): string {
  const [low, high] = noisy ? [0.25, 0.75] : [0.5, 0.5];
  const less = quantile(mine, high) < quantile(theirs, low);
  const more = quantile(mine, low) > quantile(theirs, high);
  if (less) return moreIsBetter ? "no" : "best";
  if (more) return moreIsBetter ? "best" : "no";
  return "equal";
}

function picture(groups: readonly Group[], facts: ReaperFindings["facts"]): string {
  const panels = groups.flatMap(({ columns }): Panel[] =>
    columns.flatMap((column) => {
      if (column.plotted === undefined) return [];
      return {
        title: column.title,
        scale: column.plotted,
        bars: [...facts].map(([program, own]): Bar => {
          const value = median(column.values(program, own));
          return { name: program.name, value, label: column.format(value), ours: program.ours };
        }),
      };
    }),
  );
  return plot(
    "The reaper of hiatus and other programs as PID 1: size, memory, start, orphans",
    panels,
  );
}
