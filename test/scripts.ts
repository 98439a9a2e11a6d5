/** What tests take from scripts/, which TypeScript does not look into. */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { packageRoot } from "../src/package-root.ts";

/** Imports one of our scripts. */
export async function importScript<T>(name: string): Promise<T> {
  return (await import(pathToFileURL(join(packageRoot(), "scripts", `${name}.mjs`)).href)) as T;
}

/** See scripts/runtimes.mjs. */
export interface Runtimes {
  whyNoRuntimes(): string | undefined;
  ensureRuntime(name: "deno" | "node22" | "node24"): Promise<string | undefined>;
}
