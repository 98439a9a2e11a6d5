/**
 * Tests that need something of the host: skipped with the reason where it is missing, failed for it in CI.
 *
 * @module
 */
import { describe, it } from "vitest";
import { findProgram } from "./command.ts";

/** What tests need. */
export interface Needs {
  /** Programs on PATH. */
  readonly programs?: readonly string[];
  /** Is root needed? @default false */
  readonly root?: boolean;
}

/** What is missing of it, in words. */
export function missingOf({ programs = [], root = false }: Needs): readonly string[] {
  return [
    ...programs.filter((name) => findProgram(name) === undefined),
    ...(root && process.getuid?.() !== 0 ? ["root"] : []),
    ...(process.platform === "linux" ? [] : ["Linux"]),
  ];
}

/**
 * `describe` for tests that need something. Where it is missing, one skipped test carries the reason; in CI, where
 * everything has to be installed, one failed test does.
 */
export function describeWith(needs: Needs, name: string, tests: () => void): void {
  const missing = missingOf(needs);
  if (missing.length === 0) {
    describe(name, tests);
    return;
  }
  const reason = `needs ${missing.join(", ")}`;
  describe(name, () => {
    if (inCI()) {
      it("has what it needs", () => {
        throw new Error(`${name} ${reason}, and in CI nothing may be left out`);
      });
    } else {
      it.skip(reason, () => undefined);
    }
  });
}

function inCI(): boolean {
  return !["", "0", "false"].includes(process.env.CI ?? "");
}
