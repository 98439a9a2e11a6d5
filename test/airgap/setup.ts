/**
 * What every test behind an air gap is given: the same as interop tests, see test/interop/setup.ts, bundles, and no network.
 *
 * @module
 */
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { provideInterop } from "../interop/setup.ts";
import { type Bundle, makeBundles } from "./bundles.ts";
import { airgapPrograms } from "./programs.ts";
import { waysOut } from "./ways-out.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Each form, of all platforms and of some. */
    readonly bundles: readonly Bundle[];
  }
}

/** Called by vitest. Programs were fetched by scripts/test-airgap.mjs, while there was a network. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const out = waysOut();
  if (out.length > 0) {
    throw new Error(`There are ways out (${out.join(", ")}): run it by "npm run test:airgap"`);
  }
  const { scratch, fixtures, remove } = await provideInterop(project, airgapPrograms());
  try {
    const folder = await mkdtemp(join(scratch, "bundles-"));
    project.provide("bundles", await makeBundles(folder, fixtures.none));
  } catch (error) {
    await remove();
    throw error;
  }
  return remove;
}
