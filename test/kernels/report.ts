/**
 * The table of results, for the terminal and for docs/verification.md.
 *
 * @module
 */
import { readFile, rename, writeFile } from "node:fs/promises";
import { table } from "../bench/markdown.ts";
import { whole } from "../bench/stats.ts";
import type { Machine } from "./machines.ts";
import type { Boot } from "./qemu.ts";
import type { Verdict } from "./verdict.ts";

/** How boots end, in words. */
export const ENDS: Readonly<Record<Boot["end"], string>> = {
  panic: "the kernel panicked",
  exit: "QEMU ended",
  timeout: "time ran out",
};

/** When a guest stops half-way, everything behind that fails too. */
const MOST_SHOWN = 6;

/** How one try ended. A kernel that never started our first program is not booted; what it said is in the log. */
export type Result = Try &
  (
    | {
        readonly state: "passed" | "failed";
        readonly verdict: Verdict;
        readonly end: Boot["end"];
        readonly version: string;
        readonly size: number;
        readonly seconds: number;
      }
    | { readonly state: "not booted" | "not tried"; readonly reason: string }
  );

/** A platform's program on a machine. */
export interface Try {
  readonly machine: Machine;
  readonly platform: string;
}

const HEAD = [
  ...["platform", "kernel (Debian's version)", "machine", "page", "pause", "orphans", "zombies"],
  ...["switches", "exit", "checks", "seconds", "result"],
];

/** One row per try, and below it what did not hold. */
export function formatResults(results: readonly Result[]): string {
  const rows = results.map((result) => {
    const { machine, platform } = result;
    if (!("verdict" in result)) {
      const nothing = Array(HEAD.length - 4).fill("–");
      return [platform, machine.name, machine.board, ...nothing, result.state];
    }
    const { verdict, version, size, seconds, state } = result;
    const passed = verdict.checks.filter((check) => check.passed).length;
    return [
      platform,
      `${verdict.release} (${version})`,
      machine.board,
      Number.isNaN(verdict.pageSize) ? "–" : `${verdict.pageSize / 1024} KiB`,
      `${size} B`,
      whole(verdict.orphans),
      whole(verdict.zombies),
      whole(verdict.switches),
      verdict.exit || "–",
      `${passed} of ${verdict.checks.length}`,
      seconds.toFixed(0),
      state,
    ];
  });
  const notes = results.flatMap(notesOf);
  return [table(HEAD, rows), ...(notes.length === 0 ? [] : ["", ...notes])].join("\n");
}

function notesOf(result: Result): readonly string[] {
  const name = `${result.platform} on ${result.machine.name}`;
  if (!("verdict" in result)) return [`- ${name}: ${result.state}: ${result.reason}`];
  const failed = result.verdict.checks.filter((check) => !check.passed);
  if (failed.length === 0) return [];
  const shown = failed.slice(0, MOST_SHOWN).map(({ name, evidence }) => `${name}: ${evidence}`);
  const more = failed.length - shown.length;
  return [
    `- ${name}: failed; ${ENDS[result.end]}`,
    ...shown.map((line) => `  - ${line}`),
    ...(more === 0 ? [] : [`  - and ${more} more`]),
  ];
}

const [OPEN, CLOSE] = ["<!-- kernels:results -->", "<!-- /kernels:results -->"];

/**
 * Replaces what stands between the markers of the results.
 *
 * @throws Error when the file has no such markers.
 */
export async function writeResults(file: string, body: string): Promise<void> {
  const text = await readFile(file, "utf8");
  const from = text.indexOf(OPEN);
  const to = text.indexOf(CLOSE);
  if (from < 0 || to < from) throw new Error(`"${file}" has no section ${OPEN}`);
  const next = `${text.slice(0, from + OPEN.length)}\n\n${body.trim()}\n\n${text.slice(to)}`;
  const aside = `${file}.${process.pid}.new`;
  await writeFile(aside, next);
  await rename(aside, file);
}
