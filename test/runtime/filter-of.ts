/**
 * The seccomp program of a process, as the kernel has it.
 *
 * @module
 */
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileFreestanding } from "../verify/compile-hostile.ts";
import { run } from "./command.ts";
import { hostPlatform } from "./orphan-maker.ts";

/**
 * Compiles what asks for it.
 *
 * @param folder - Where to; it exists.
 * @returns Gives the program that a process got last. Needs CAP_SYS_ADMIN, and no seccomp filter around the tests.
 */
export async function compileFilterOf(
  folder: string,
): Promise<(pid: number) => Promise<Uint8Array>> {
  const source = fileURLToPath(new URL("filter-of.c", import.meta.url));
  const program = join(folder, "filter-of");
  await writeFile(program, await compileFreestanding(folder, source, hostPlatform().name));
  await chmod(program, 0o755);
  return async (pid) => Buffer.from(await run([program, String(pid)]), "hex");
}
