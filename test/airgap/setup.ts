/**
 * What every test behind an air gap is given: the same as interop tests, see test/interop/setup.ts, and no network.
 *
 * @module
 */
import type { TestProject } from "vitest/node";
import { provideInterop } from "../interop/setup.ts";
import { airgapPrograms } from "./programs.ts";
import { waysOut } from "./ways-out.ts";

/** Called by vitest. Programs were fetched by scripts/test-airgap.mjs, while there was a network. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const out = waysOut();
  if (out.length > 0) {
    throw new Error(`There are ways out (${out.join(", ")}): run it by "npm run test:airgap"`);
  }
  return provideInterop(project, airgapPrograms());
}
