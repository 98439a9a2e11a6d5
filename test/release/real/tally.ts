/** What was tried and what came of it, kept for the tables of docs/verification.md: `HIATUS_TALLY` names a folder. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll } from "vitest";

/** Counts by row and column. */
export interface Tally {
  count(row: string, column: string): void;
  /** Keeps the largest. */
  most(row: string, column: string, value: number): void;
}

/** As it is written: rows and their columns in the order in which they were first counted. */
export type Counts = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Keeps a tally of the file that calls this, and writes it when its tests are over. */
export function keepTally(name: string): Tally {
  const rows = new Map<string, Map<string, number>>();
  const row = (key: string): Map<string, number> => {
    const found = rows.get(key) ?? new Map<string, number>();
    rows.set(key, found);
    return found;
  };
  afterAll(() => {
    const folder = process.env.HIATUS_TALLY;
    if (folder === undefined) return;
    const counts: Counts = Object.fromEntries(
      [...rows].map(([key, columns]) => [key, Object.fromEntries(columns)]),
    );
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(counts));
  });
  return {
    count(key, column) {
      const columns = row(key);
      columns.set(column, (columns.get(column) ?? 0) + 1);
    },
    most(key, column, value) {
      const columns = row(key);
      columns.set(column, Math.max(columns.get(column) ?? 0, value));
    },
  };
}
