/**
 * Tests that are cells of a matrix: who did what with whom. The reporter makes tables of them.
 *
 * @module
 */
import { beforeEach, describe, it } from "vitest";
import { describeWith, type Needs } from "../runtime/needs.ts";
import type { Provided } from "./peers.ts";

/** Where a test belongs in the tables. */
export interface Cell {
  /**
   * Clients against our registry, our client against registries, our registry against the specification; bundles against those
   * who read them, and against registries.
   */
  readonly table: "clients" | "registries" | "conformance" | "airgap" | "seeds";
  readonly row: string;
  readonly column: string;
  /** What stands in the table when all passed: that a refusal is as it should be, for one. @default how many passed */
  readonly instead?: string;
}

declare module "vitest" {
  interface TaskMeta {
    cell?: Cell;
  }
}

/** Has all tests of a group count in a cell. */
export function countIn(cell: Cell): void {
  beforeEach(({ task }) => {
    task.meta.cell = cell;
  });
}

/** Who takes part in the tests of a cell. */
export interface Participant {
  readonly programs: readonly string[];
  readonly peer?: Provided;
}

/**
 * `describe` for the tests of a cell. A peer that cannot be had is not tried, and one skipped test says why; any other
 * thing that is missing fails in CI, see `describeWith`.
 */
export function describeCell(
  cell: Cell,
  participants: readonly Participant[],
  name: string,
  tests: () => void,
  needs: Needs = {},
): void {
  const missing = participants.flatMap(({ peer }) =>
    peer !== undefined && "missing" in peer ? [peer.missing] : [],
  );
  const programs = participants.flatMap((participant) => participant.programs);
  const body = () => {
    countIn(cell);
    if (missing.length === 0) tests();
    else it("is tried", ({ skip }) => skip(missing.join("; ")));
  };
  if (missing.length === 0) describeWith({ programs, ...needs }, name, body);
  else describe(name, body);
}
