/** Tests of the command run what is compiled, so it must be what the sources say. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { packageRoot } from "../src/package-root.ts";
import { importScript } from "./scripts.ts";

/** Called by vitest once, before any test. */
export async function setup(): Promise<void> {
  const root = packageRoot();
  const { isCompiled } = await importScript<{ isCompiled(root: string): boolean }>("is-compiled");
  if (isCompiled(root)) return;
  execFileSync(process.execPath, [join(root, "scripts", "compile.mjs")], { stdio: "inherit" });
}
