/** Compiles programs for tests as the reaper is, with the pinned compiler. */
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { compileArgv } from "../../src/build/argv.ts";
import { openCache } from "../../src/build/cache.ts";
import { lookAtFiles } from "../../src/build/files.ts";
import { openHost } from "../../src/build/host.ts";
import { findPlatform } from "../../src/build/platforms.ts";
import { run } from "../../src/build/run.ts";
import { openToolchain } from "../../src/build/toolchain.ts";
import { packageRoot } from "../../src/package-root.ts";

/** Compiles `test/verify/hostile/<name>.c` for a platform, stamped 1.2.3, below a folder that exists. */
export function compileHostile(
  folder: string,
  name: string,
  platform: string,
): Promise<Uint8Array> {
  const source = join(packageRoot(), "test/verify/hostile", `${name}.c`);
  return compileFreestanding(folder, source, platform);
}

/** Compiles a source that may include the reaper's headers, for a platform, below a folder that exists. */
export async function compileFreestanding(
  folder: string,
  source: string,
  platform: string,
): Promise<Uint8Array> {
  const row = findPlatform(platform);
  const host = openHost(process.env, lookAtFiles(), openCache(null));
  const compilers = row && (await (await openToolchain("zig")).compilers([row], host));
  const compiler = row && compilers?.get(row);
  if (compiler === undefined) throw new Error(`There is no compiler for ${platform}`);
  const program = join(folder, `${basename(source, ".c")}-${row?.cpu}`);
  const argv = compileArgv(compiler, "1.2.3", { program, depfile: `${program}.d` });
  // The same command but for the source, which comes last.
  const { status, stderr } = await run([...argv.slice(0, -1), "-I", ".", source], {
    cwd: join(packageRoot(), "native/reaper"),
    env: compiler.environment(folder),
  });
  if (status !== 0) throw new Error(`${source}: ${stderr}`);
  return readFile(program);
}
