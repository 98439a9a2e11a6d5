/**
 * From the sources of the reaper to one sealed and checked program per platform.
 *
 * @module
 */
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { checkBinary } from "../elf/check.ts";
import { sealElf } from "../elf/seal.ts";
import { fromSystemError } from "../errors.ts";
import { type Digest, digestOf } from "../oci/digest.ts";
import type { Platform } from "../oci/platform.ts";
import { packageRoot } from "../package-root.ts";
import { compileArgv, RECORDED_OUTPUTS } from "./argv.ts";
import { openCache } from "./cache.ts";
import { cacheDirOf, type Environment } from "./cache-dir.ts";
import { compileKey, recall, remember } from "./compile-cache.ts";
import { compileOne } from "./compile-one.ts";
import type { OnEvent } from "./events.ts";
import { lookAtFiles } from "./files.ts";
import { openHost } from "./host.ts";
import type { PlatformRow } from "./platform-row.ts";
import { scratchFolder } from "./scratch.ts";
import { settleAll } from "./settle-all.ts";
import { readSources } from "./sources.ts";
import { type Compiler, openToolchain, type ToolchainName } from "./toolchain.ts";

/** How to compile. */
export interface CompileOptions {
  /** @default "zig" */
  readonly toolchain?: ToolchainName | undefined;
  /** Compilers at a time. @default twice the number of processors, because each waits as well as works */
  readonly jobs?: number | undefined;
  /** Folder of the compile cache, null for none. @default see `cacheDirOf` */
  readonly cacheDir?: string | null | undefined;
  /** Where PATH, HOME and the like come from. @default process.env */
  readonly env?: Environment | undefined;
  /** Folder of the sources. @default `native/reaper` of this package */
  readonly sources?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: OnEvent | undefined;
}

/** The program of one platform. */
export interface CompiledReaper {
  readonly row: PlatformRow;
  readonly platform: Platform;
  /** Sealed and checked. */
  readonly bytes: Uint8Array;
  readonly digest: Digest;
  /** Bytes, and how many the linker had made of it. */
  readonly size: number;
  readonly linkedSize: number;
  readonly compiler: { readonly toolchain: ToolchainName; readonly version: string };
  /** The command in words that do not depend on the host's folders. */
  readonly argv: readonly string[];
  /** Did it come from the cache? */
  readonly cached: boolean;
  /** Milliseconds that it took. */
  readonly ms: number;
}

/**
 * Compiles the reaper for some platforms. The bytes depend on the sources, the stamp and the compiler, and on nothing else of the
 * host: not on folders, the cache, umask, locale or time.
 *
 * @param stamp - From `stampOf`.
 * @returns One program per row, in the order of the rows.
 * @throws HiatusError `TOOLCHAIN` when compilers are missing or fail, `CONTENT` when a program is not what its platform
 * says. When several platforms fail, one error tells of all, with `detail.failures`.
 */
export async function compileReaper(
  rows: readonly PlatformRow[],
  stamp: string,
  options: CompileOptions = {},
): Promise<readonly CompiledReaper[]> {
  const started = Date.now();
  const { env = process.env, signal, onEvent, jobs = 2 * availableParallelism() } = options;
  signal?.throwIfAborted();
  const { cacheDir = cacheDirOf(env) } = options;
  const files = lookAtFiles();
  const cache = openCache(cacheDir, onEvent);
  const sources = readSources(options.sources ?? join(packageRoot(), "native", "reaper"), files);
  const toolchain = await openToolchain(options.toolchain ?? "zig");
  const compilers = await toolchain.compilers(rows, openHost(env, files, cache, signal));
  const scratch = scratchFolder(env.TMPDIR || tmpdir());

  const compile = async (row: PlatformRow): Promise<CompiledReaper> => {
    const begun = performance.now();
    const { platform } = row;
    const compiler = compilers.get(row) as Compiler;
    const inputs = { sources, compiler, argv: compileArgv(compiler, stamp, RECORDED_OUTPUTS) };
    const report = (state: "start" | "done" | "failed", cached = false, bytes = 0) =>
      onEvent?.({ type: "compile", platform, state, cached, bytes });
    report("start");
    try {
      const key = compileKey(inputs, files);
      const known = key === undefined ? undefined : recall(cache, key, files);
      const job = { row, compiler, stamp, folder: sources.folder, env, signal };
      const linked = known ?? (await compileOne({ ...job, scratch: await scratch() }));
      const bytes = sealElf(linked.program);
      checkBinary(bytes, platform, stamp);
      // Only what has passed is kept.
      if (known === undefined && key !== undefined) {
        await remember(cache, key, linked, inputs, started, files);
      }
      const cached = known !== undefined;
      report("done", cached, bytes.length);
      return {
        row,
        platform,
        bytes,
        digest: digestOf(bytes),
        size: bytes.length,
        linkedSize: linked.program.length,
        compiler: { toolchain: compiler.toolchain, version: compiler.version },
        argv: compileArgv(compiler.recorded, stamp, RECORDED_OUTPUTS),
        cached,
        ms: performance.now() - begun,
      };
    } catch (error) {
      report("failed");
      throw error;
    }
  };

  try {
    const compiled = await settleAll(rows, jobs, compile, signal);
    await cache.prune();
    return compiled;
  } catch (error) {
    throw fromSystemError(error, "Cannot compile");
  } finally {
    await scratch.remove();
  }
}
