/**
 * What conformance tests are given: a folder, Deno, and the suites of the specification where they can be had: as
 * programs that the environment names, built from a clone by whoever has one, or else from the Go module proxy.
 *
 * @module
 */
import { resolve } from "node:path";
import type { TestProject } from "vitest/node";
import { ensurePeer, type Provided } from "../interop/peers.ts";
import { makeFolder, removeFolder } from "../runtime/folder.ts";
import { importScript, type Runtimes } from "../scripts.ts";

declare module "vitest" {
  interface ProvidedContext {
    readonly folder: string;
    readonly deno: Provided;
    readonly suites: Readonly<Record<"conformance" | "conformance-main", Provided>>;
  }
}

/** Called by vitest. Gives back what undoes it. */
export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const { ensureRuntime, whyNoRuntimes } = await importScript<Runtimes>("runtimes");
  const program = await ensureRuntime("deno");
  provide("deno", program === undefined ? { missing: whyNoRuntimes() ?? "no Deno" } : { program });
  provide("suites", {
    conformance: given("HIATUS_SUITE_1_1_1") ?? (await ensurePeer("conformance")),
    "conformance-main": given("HIATUS_SUITE_MAIN") ?? (await ensurePeer("conformance-main")),
  });
  const folder = await makeFolder();
  provide("folder", folder);
  return () => removeFolder(folder);
}

/** A program whose path a variable of the environment has. */
function given(variable: string): Provided | undefined {
  const path = process.env[variable] ?? "";
  return path === "" ? undefined : { program: resolve(path) };
}
