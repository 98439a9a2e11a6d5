/**
 * The columns of the reaper tables: what is shown, how, and when two programs count as equal.
 *
 * @module
 */
import { median, whole } from "../stats.ts";
import type { Amounts, Facts } from "./measure.ts";
import type { Program } from "./programs.ts";

/** One column. Less is better in each, unless said. */
export interface Column {
  readonly title: string;
  /** The median; NaN when it was not measured. */
  readonly value: (program: Program, facts: Facts) => number;
  readonly format: (value: number) => string;
  readonly moreIsBetter?: boolean;
  /** By how much two values may differ and still be equal: 0 for what is counted. */
  readonly noise: number;
  /** Drawn in the plot. */
  readonly plotted?: boolean;
}

/** A table of its own. */
export interface Group {
  readonly title: string;
  readonly columns: readonly Column[];
}

const of =
  (name: string, divisor = 1) =>
  (_: Program, facts: Facts) =>
    median(facts.get(name) ?? []) / divisor;
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
          value: ({ bytes }) => bytes,
          format: whole,
          noise: 0,
          plotted: true,
        },
        { title: "resident, kB", value: of("rss_kb"), format: whole, noise: 0, plotted: true },
        { title: "anonymous, kB", value: of("anonymous_kb"), format: whole, noise: 0 },
        { title: "private dirty, kB", value: of("private_dirty_kb"), format: whole, noise: 0 },
        { title: "page tables, kB", value: of("page_tables_kb"), format: whole, noise: 0 },
        {
          title: `one of ${amounts.instances} instances, kB`,
          value: of("instance_bytes", 1000),
          format: tenth,
          noise: 0.02,
          plotted: true,
        },
      ],
    },
    {
      title: "Start and end",
      columns: [
        { title: "system calls to ready", value: of("calls"), format: whole, noise: 0 },
        { title: "exec, µs", value: of("exec_ns", 1000), format: whole, noise: 0.1 },
        {
          title: "exec to ready, µs",
          value: of("ready_ns", 1000),
          format: tenth,
          noise: 0.1,
          plotted: true,
        },
        { title: "SIGTERM to exit, µs", value: of("term_ns", 1000), format: whole, noise: 0.1 },
        { title: "exit status", value: of("term_status"), format: whole, noise: 0 },
        {
          title: `wake-ups in ${amounts.idleSeconds} idle s`,
          value: of("idle_switches"),
          format: whole,
          noise: 0,
        },
      ],
    },
    {
      title: "Orphans",
      columns: [
        {
          title: `${storm}: orphans per second`,
          value: (_, facts) => (amounts.stormOrphans * 1e9) / median(facts.get("storm_ns") ?? []),
          format: whole,
          moreIsBetter: true,
          noise: 0.1,
        },
        {
          title: "PID 1's processor time, ms",
          value: of("storm_cpu_ns", 1e6),
          format: whole,
          noise: 0.1,
          plotted: true,
        },
        {
          title: "its context switches",
          value: of("storm_switches"),
          format: whole,
          noise: 0.1,
          plotted: true,
        },
        { title: "zombies left", value: of("storm_left"), format: whole, noise: 0 },
        {
          title: `${burst}: all buried, ms`,
          value: of("at_once_burst_ns", 1e6),
          format: whole,
          noise: 0.1,
        },
        {
          title: "PID 1's processor time in it, ms",
          value: of("at_once_storm_cpu_ns", 1e6),
          format: tenth,
          noise: 0.1,
        },
      ],
    },
  ];
}
