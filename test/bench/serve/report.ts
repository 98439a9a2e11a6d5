/**
 * What the serve bench prints and writes.
 *
 * @module
 */
import type { Context } from "../context.ts";
import { table } from "../markdown.ts";
import { writePage } from "../net/page.ts";
import { bestOf, verdictOf } from "../net/verdict.ts";
import { type Bar, type Panel, plot } from "../plot.ts";
import { median, ratio, spread, whole } from "../stats.ts";
import type { Loaded } from "./load.ts";
import { CONNECTIONS, type ServerFindings } from "./serve.ts";

/** Everything that was measured. */
export interface ServeFindings {
  readonly machine: string;
  readonly versions: string;
  /** Of each load. */
  readonly seconds: number;
  readonly servers: readonly ServerFindings[];
}

/** A pull is four requests. */
const REQUESTS: Readonly<Record<string, number>> = { "whole pulls": 4 };

/** Prints the tables and writes them with the plot. */
export async function reportServe(context: Context, findings: ServeFindings): Promise<void> {
  const { servers, seconds } = findings;
  const runs = servers.flatMap(({ found }) => found.flatMap((one) => one.runs));
  const rounds = Math.max(
    0,
    ...servers.flatMap(({ found }) => found.map((one) => one.runs.length)),
  );
  const facts = [
    `Measured on: ${findings.machine}.`,
    `With: ${findings.versions}.`,
    `Medians of ${rounds} interleaved rounds of ${seconds} s each after a warm-up; in brackets the quartiles. The program that asks had its processor busy for ${whole(median(runs.map(({ busy }) => busy * 100)))} % of the time.`,
  ];
  await writePage(
    context,
    {
      "serve-facts": facts.join("\n"),
      "serve-tables": CONNECTIONS.map((count) => connectionsTables(servers, count)).join("\n\n"),
      "serve-aims": aimsTable(servers),
    },
    { file: "benchmarks-serve.svg", svg: picture(servers) },
  );
}

const rates = (name: string, runs: readonly Loaded[]) =>
  runs.map(({ perSecond }) => perSecond / (REQUESTS[name] ?? 1));
const efforts = (name: string, runs: readonly Loaded[]) =>
  runs.map(({ cpu }) => cpu * (REQUESTS[name] ?? 1));
const tails = (runs: readonly Loaded[]) => runs.map(({ p99 }) => p99);
const tenths = (value: number) => value.toFixed(1);
const hundredths = (value: number) => value.toFixed(2);

function at({ found }: ServerFindings, connections: number) {
  return found.filter((one) => one.connections === connections && one.runs.length > 0);
}

function connectionsTables(servers: readonly ServerFindings[], connections: number): string {
  const [first] = servers;
  const names = first === undefined ? [] : at(first, connections).map(({ load }) => load);
  const rows = (cell: (name: string, runs: readonly Loaded[]) => string) =>
    servers.map((server) => [
      server.name,
      ...at(server, connections).map(({ load, runs }) => cell(load, runs)),
    ]);
  return [
    `### ${connections} connections: how many per second`,
    table(
      ["registry", ...names],
      rows((name, runs) => {
        const values = rates(name, runs);
        return `${whole(median(values))} (${spread(values, whole)})`;
      }),
    ),
    `### ${connections} connections: 99 of 100 answers within, ms`,
    table(
      ["registry", ...names],
      rows((_, runs) => `${hundredths(median(tails(runs)))} (${spread(tails(runs), tenths)})`),
    ),
    `### ${connections} connections: the registry's processor time, µs each`,
    table(
      ["registry", ...names],
      rows((name, runs) => whole(median(efforts(name, runs)))),
    ),
  ].join("\n\n");
}

function aimsTable(servers: readonly ServerFindings[]): string {
  const mine = servers.find(({ ours }) => ours);
  const others = servers.filter(({ ours }) => !ours);
  if (mine === undefined) return "";
  const rows = mine.found.flatMap(({ load, connections, runs }) => {
    const theirs = (pick: (runs: readonly Loaded[]) => readonly number[]) =>
      others.flatMap(({ name, found }) =>
        found
          .filter((one) => one.load === load && one.connections === connections)
          .map((one) => ({ name, values: pick(one.runs) })),
      );
    const row = (
      what: string,
      pick: (runs: readonly Loaded[]) => readonly number[],
      format: (value: number) => string,
      more: boolean,
    ) => {
      const best = bestOf(theirs(pick), more);
      const values = pick(runs);
      if (best === undefined || values.length === 0) return [];
      const [a, b] = [median(values), median(best.values)];
      return [
        [
          `${load}, ${connections} connections, ${what}`,
          format(a),
          `${format(b)} (${best.name})`,
          more ? ratio(a, b) : ratio(b, a),
          verdictOf(values, best.values, more),
        ],
      ];
    };
    return [
      ...row("per second", (all) => rates(load, all), whole, true),
      ...row("processor time, µs", (all) => efforts(load, all), whole, false),
      ...row("p99, ms", tails, hundredths, false),
    ];
  });
  return table(["what", mine.name, "best of the others", "ratio", "found"], rows);
}

function picture(servers: readonly ServerFindings[]): string {
  const panels = CONNECTIONS.flatMap((connections): Panel[] => {
    const bars = (pick: (runs: readonly Loaded[]) => readonly number[], format = whole) =>
      servers.flatMap((server): Bar[] =>
        at(server, connections)
          .filter(({ load }) => load === "whole pulls")
          .map(({ runs }) => {
            const value = median(pick(runs));
            return { name: server.name, value, label: format(value), ours: server.ours };
          }),
      );
    return [
      {
        title: `Whole pulls per second, ${connections} connections`,
        bars: bars((runs) => rates("whole pulls", runs)),
      },
      {
        title: `99 of 100 answers within, ms, ${connections} connections`,
        bars: bars(tails, hundredths),
      },
    ];
  });
  return plot("Pulls from the embedded registry and from other registries", panels);
}
