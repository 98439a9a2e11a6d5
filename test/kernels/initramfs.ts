/**
 * What the kernel under test finds in memory: the image's program as /pause, what looks at it, and nothing else.
 *
 * @module
 */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { compileArgv } from "../../src/build/argv.ts";
import { openCache } from "../../src/build/cache.ts";
import { lookAtFiles } from "../../src/build/files.ts";
import { openHost } from "../../src/build/host.ts";
import { type PlatformRow, selectPlatforms } from "../../src/build/platforms.ts";
import { openToolchain } from "../../src/build/toolchain.ts";
import { platformSlug } from "../../src/oci/platform.ts";
import { run } from "../runtime/command.ts";
import { writeCpio } from "./cpio.ts";

/** Sources of the guest, as seen from native/reaper, where compilers run. */
const SOURCES = { init: "../../test/kernels/guest/init.c", orphans: "orphans.c" } as const;

/**
 * Compiles the guest's programs as the reaper is compiled.
 *
 * @param pause - The program under test, byte for byte as it is in the image.
 * @param folder - For temporary files.
 * @returns The archive.
 */
export async function buildInitramfs(
  root: string,
  platform: string,
  pause: Uint8Array,
  folder: string,
): Promise<Uint8Array> {
  const [row] = selectPlatforms([platform]);
  if (row === undefined) throw new Error(`There is no platform "${platform}"`);
  const [init, orphans] = await Promise.all([
    compileFreestanding(root, row, "init", folder),
    compileFreestanding(root, row, "orphans", folder),
  ]);
  return writeCpio([
    { path: "dev", kind: "folder" },
    // Standard input, output and error of PID 1 (console_on_rootfs, init/main.c).
    { path: "dev/console", kind: "characterDevice", major: 5, minor: 1 },
    { path: "proc", kind: "folder" },
    { path: "init", kind: "program", content: init },
    { path: "orphans", kind: "program", content: orphans },
    { path: "pause", kind: "program", content: pause },
  ]);
}

async function compileFreestanding(
  root: string,
  row: PlatformRow,
  name: keyof typeof SOURCES,
  folder: string,
): Promise<Uint8Array> {
  const scratch = join(folder, platformSlug(row.platform), name);
  await mkdir(scratch, { recursive: true });
  const host = openHost(process.env, lookAtFiles(), openCache(null));
  const compiler = (await (await openToolchain("zig")).compilers([row], host)).get(row);
  if (compiler === undefined) throw new Error(`There is no compiler for "${row.name}"`);
  const outputs = { program: join(scratch, name), depfile: join(scratch, `${name}.d`) };
  // The reaper's command but for the source, which comes last, and where its headers lie.
  const argv = [...compileArgv(compiler, "0", outputs).slice(0, -1), "-iquote", ".", SOURCES[name]];
  await run(argv, { cwd: join(root, "native/reaper"), env: compiler.environment(scratch) });
  return readFile(outputs.program);
}
