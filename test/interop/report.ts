/**
 * The tables of docs/interop.md, made of what tests came to.
 *
 * @module
 */
import { readFile, rename, writeFile } from "node:fs/promises";
import type { Reporter, TestCase, TestModule } from "vitest/node";
import { table } from "../bench/markdown.ts";
import type { Cell } from "./matrix.ts";

/** What a report is about. */
export interface ReportOptions {
  /** The document, and which tables it gets. Without it nothing is written. */
  readonly file: string | undefined;
  readonly tables: readonly Cell["table"][];
  /** Lines above the tables: on what, and with which versions. */
  readonly facts: () => Promise<string>;
  /** Name of the section with those lines. */
  readonly section: string;
  /** Sections that do not depend on what tests came to. */
  readonly fixed?: Readonly<Record<string, string>>;
}

/** What all tests of a cell came to. */
interface Outcome {
  instead: string | undefined;
  passed: number;
  readonly failed: string[];
  readonly notTried: string[];
}

/** A reporter of Vitest that writes the tables when a run is over, whatever it came to. */
export function createReporter(options: ReportOptions): Reporter {
  const { file, tables, facts, section, fixed = {} } = options;
  let began = "";
  return {
    async onTestRunStart() {
      if (file !== undefined) began = await facts();
    },
    async onTestRunEnd(modules) {
      if (file === undefined) return;
      const broken = modules.flatMap(errorsOf);
      if (broken.length > 0) {
        console.error(`"${file}" is left as it is: tests did not get to run`);
        return;
      }
      const tests = modules.flatMap((module) => [...module.children.allTests()]);
      await replaceSection(file, section, began);
      for (const [name, text] of Object.entries(fixed)) await replaceSection(file, name, text);
      for (const name of tables) await replaceSection(file, name, tableOf(name, tests));
    },
  };
}

/** Errors outside of tests, such as a registry that does not start. */
function errorsOf(module: TestModule): readonly unknown[] {
  const suites = [...module.children.allSuites()];
  return [...module.errors(), ...suites.flatMap((suite) => suite.errors())];
}

function tableOf(name: Cell["table"], tests: readonly TestCase[]): string {
  const cells = new Map<string, Outcome>();
  const [rows, columns] = [new Set<string>(), new Set<string>()];
  for (const test of tests) {
    const { cell } = test.meta();
    if (cell?.table !== name) continue;
    rows.add(cell.row);
    columns.add(cell.column);
    const key = JSON.stringify([cell.row, cell.column]);
    const outcome = cells.get(key) ?? {
      instead: cell.instead,
      passed: 0,
      failed: [],
      notTried: [],
    };
    cells.set(key, outcome);
    const result = test.result();
    if (result.state === "passed") outcome.passed++;
    else if (result.state === "failed") outcome.failed.push(test.name);
    else if (result.state === "skipped") outcome.notTried.push(result.note ?? "skipped");
  }
  const notes = new Set<string>();
  const text = (row: string, column: string) => {
    const outcome = cells.get(JSON.stringify([row, column]));
    if (outcome === undefined) return "–";
    const { passed, failed, notTried, instead } = outcome;
    for (const test of failed) notes.add(`- ${row} and ${column}: failed: ${test}`);
    for (const reason of notTried) notes.add(`- Not tried: ${reason}`);
    if (passed + failed.length === 0) return "not tried";
    if (failed.length === 0 && instead !== undefined) return instead;
    const count = `${passed} of ${passed + failed.length + notTried.length}`;
    return failed.length === 0 ? count : `**${count}**`;
  };
  const body = [...rows].map((row) => [row, ...[...columns].map((column) => text(row, column))]);
  const made = table(["", ...columns], body);
  return [made, ...(notes.size === 0 ? [] : ["", ...notes])].join("\n");
}

/**
 * Replaces what stands between `<!-- interop:NAME -->` and `<!-- /interop:NAME -->`.
 *
 * @throws Error when the file has no such markers.
 */
async function replaceSection(file: string, name: string, body: string): Promise<void> {
  const [open, close] = [`<!-- interop:${name} -->`, `<!-- /interop:${name} -->`];
  const text = await readFile(file, "utf8");
  const from = text.indexOf(open);
  const to = text.indexOf(close);
  if (from < 0 || to < from) throw new Error(`"${file}" has no section ${open}`);
  const next = `${text.slice(0, from + open.length)}\n\n${body.trim()}\n\n${text.slice(to)}`;
  const aside = `${file}.${process.pid}.new`;
  await writeFile(aside, next);
  await rename(aside, file);
}
