/**
 * The columns of the reaper tables: what is shown, how, and when two programs count as equal.
 *
 * @module
 */
import { whole } from "../stats.ts";
import type { Amounts, Facts } from "./measure.ts";
import type { Program } from "./programs.ts";

/** One column. Less is better in each, unless said. */
export interface Column {
  readonly title: string;
  /** One value per run; none when it was not measured. Their median is shown. */
  readonly values: (program: Program, facts: Facts) => readonly number[];
  readonly format: (value: number) => string;
  readonly moreIsBetter?: boolean;
  /** Two programs whose quartiles overlap are equal. @default false: their medians are */
  readonly noisy?: boolean;
  /** Drawn in the plot, on this scale. */
  readonly plotted?: "linear" | "log";
}

/** A table of its own. */
export interface Group {
  readonly title: string;
  readonly columns: readonly Column[];
}

const of =
  (name: string, divisor = 1) =>
  (_: Program, facts: Facts) =>
    (facts.get(name) ?? []).map((value) => value / divisor);
const tenth = (value: number) => (Number.isFinite(value) ? value.toFixed(1) : "–");

/** All columns, in three tables. */
export function groupsOf(amounts: Amounts): readonly Group[] {
  const storm = `${whole(amounts.stormOrphans)} orphans`;
  const burst = `${whole(amounts.burstOrphans)} at once`;
  return [
    {
      title: "Memory",
      columns: [
        {
          title: "binary, bytes",
          values: ({ bytes }) => [bytes],
          format: whole,
          plotted: "log",
        },
        { title: "resident, kB", values: of("rss_kb"), format: whole, noisy: true, plotted: "log" },
        { title: "anonymous, kB", values: of("anonymous_kb"), format: whole, noisy: true },
        { title: "private dirty, kB", values: of("private_dirty_kb"), format: whole, noisy: true },
        { title: "page tables, kB", values: of("page_tables_kb"), format: whole, noisy: true },
        {
          title: `one of ${amounts.instances} instances, kB`,
          values: of("instance_bytes", 1000),
          format: tenth,
          noisy: true,
          plotted: "linear",
        },
      ],
    },
    {
      title: "Start and end",
      columns: [
        { title: "system calls to ready", values: of("calls"), format: whole },
        { title: "exec, µs", values: of("exec_ns", 1000), format: whole, noisy: true },
        {
          title: "exec to ready, µs",
          values: of("ready_ns", 1000),
          format: tenth,
          noisy: true,
          plotted: "log",
        },
        { title: "SIGTERM to exit, µs", values: of("term_ns", 1000), format: whole, noisy: true },
        { title: "exit status", values: of("term_status"), format: whole },
        {
          title: `wake-ups in ${amounts.idleSeconds} idle s`,
          values: of("idle_switches"),
          format: whole,
        },
      ],
    },
    {
      title: "Orphans",
      columns: [
        {
          title: `${storm}: how many per second`,
          values: (_, facts) =>
            (facts.get("storm_ns") ?? []).map((ns) => (amounts.stormOrphans * 1e9) / ns),
          format: whole,
          moreIsBetter: true,
          noisy: true,
        },
        {
          title: `${storm}: PID 1's processor time, ms`,
          values: of("storm_cpu_ns", 1e6),
          format: whole,
          noisy: true,
          plotted: "linear",
        },
        {
          title: `${storm}: its context switches`,
          values: of("storm_switches"),
          format: whole,
          noisy: true,
          plotted: "linear",
        },
        { title: `${storm}: zombies left`, values: of("storm_left"), format: whole },
        {
          title: `${burst}: all buried, ms`,
          values: of("at_once_burst_ns", 1e6),
          format: whole,
          noisy: true,
        },
        {
          title: `${burst}: PID 1's processor time, ms`,
          values: of("at_once_storm_cpu_ns", 1e6),
          format: tenth,
          noisy: true,
        },
      ],
    },
  ];
}
