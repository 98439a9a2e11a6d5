/**
 * The orphan maker, compiled as the reaper is, for the CPU that the tests run on.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileArgv } from "../../src/build/argv.ts";
import { openCache } from "../../src/build/cache.ts";
import { lookAtFiles } from "../../src/build/files.ts";
import { openHost } from "../../src/build/host.ts";
import { type PlatformRow, selectPlatforms } from "../../src/build/platforms.ts";
import { openToolchain } from "../../src/build/toolchain.ts";
import { run } from "./command.ts";

/** The platform of this machine. */
export function hostPlatform(): PlatformRow {
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  const [row] = selectPlatforms([`linux/${architecture}`]);
  if (row === undefined) throw new Error(`There is no platform for ${process.arch}`);
  return row;
}

/**
 * Compiles it.
 *
 * @param folder - Where to; it exists.
 * @returns The program: static, about 2 kB.
 */
export async function compileOrphanMaker(folder: string): Promise<Uint8Array> {
  const row = hostPlatform();
  const host = openHost(process.env, lookAtFiles(), openCache(null));
  const compiler = (await (await openToolchain("zig")).compilers([row], host)).get(row);
  if (compiler === undefined) throw new Error(`There is no compiler for ${row.name}`);
  const outputs = { program: join(folder, "orphans"), depfile: join(folder, "orphans.d") };
  // The same command but for the source, which comes last.
  const argv = [...compileArgv(compiler, "0", outputs).slice(0, -1), "orphans.c"];
  await run(argv, {
    cwd: fileURLToPath(new URL("../../native/reaper", import.meta.url)),
    env: compiler.environment(folder),
  });
  return readFile(outputs.program);
}
