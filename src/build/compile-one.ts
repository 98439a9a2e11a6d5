/**
 * One run of a compiler.
 *
 * @module
 */
import { mkdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HiatusError } from "../errors.ts";
import { platformSlug } from "../oci/platform.ts";
import { compileArgv, quoteCommand } from "./argv.ts";
import type { Environment } from "./cache-dir.ts";
import { parseDepfile } from "./depfile.ts";
import type { PlatformRow } from "./platform-row.ts";
import type { RunResult } from "./run.ts";
import type { Compiler } from "./toolchain.ts";

/** What to compile, and where. */
export interface CompileJob {
  readonly row: PlatformRow;
  readonly compiler: Compiler;
  readonly stamp: string;
  /** Folder of the sources, where the compiler runs. */
  readonly folder: string;
  /** Folder for temporary files, which the caller removes. */
  readonly scratch: string;
  /** Of the caller; only a few variables reach the compiler. */
  readonly env: Environment;
  readonly signal?: AbortSignal | undefined;
}

/** What came out. */
export interface Linked {
  /** As the linker left it. */
  readonly program: Uint8Array;
  /** Files that the compiler says it read, or undefined when it does not say; relative names are those of sources. */
  readonly dependencies?: readonly string[] | undefined;
}

/**
 * Compiles and links the reaper for one platform.
 *
 * @throws HiatusError `TOOLCHAIN` with the command line and what the compiler said, when it fails.
 */
export async function compileOne(job: CompileJob): Promise<Linked> {
  const { row, compiler, stamp, folder, env, signal } = job;
  const scratch = join(job.scratch, platformSlug(row.platform));
  // Not needed when everything comes from the cache, so not loaded before.
  const { run } = await import("./run.ts");
  await mkdir(scratch, { recursive: true });
  const outputs = { program: join(scratch, "pause"), depfile: join(scratch, "pause.d") };
  const argv = compileArgv(compiler, stamp, outputs);
  const environment = { ...scrubbed(env, scratch), ...compiler.environment(scratch) };
  const result = await run(argv, { cwd: folder, env: environment, signal });
  if (result.status !== 0) throw failed(job, argv, result);
  const [program, depfile] = await Promise.all([
    readFile(outputs.program).catch(() => undefined),
    readFile(outputs.depfile, "utf8").catch(() => ""),
  ]);
  if (program === undefined) throw failed(job, argv, result);
  return { program, dependencies: parseDepfile(depfile) };
}

/**
 * Compilers see where programs are and nothing else of the caller: no CPATH, C_INCLUDE_PATH, LIBRARY_PATH,
 * CFLAGS, GCC_EXEC_PREFIX, SOURCE_DATE_EPOCH, locale or home.
 */
function scrubbed(env: Environment, scratch: string): Record<string, string> {
  return {
    PATH: env.PATH ?? "",
    HOME: scratch,
    TMPDIR: scratch,
    LC_ALL: "C",
    // Windows starts no program without it.
    ...(env.SystemRoot === undefined ? {} : { SystemRoot: env.SystemRoot, TEMP: scratch }),
  };
}

function failed(job: CompileJob, argv: readonly string[], result: RunResult): HiatusError {
  const { row, compiler } = job;
  const { status, endedBy, stdout, stderr } = result;
  const how =
    status === 0
      ? "it wrote no program"
      : status === null
        ? `it was ended by ${endedBy}`
        : `it ended with exit code ${status}`;
  const said = (stderr.trim() || stdout.trim()).split("\n").slice(0, 12).join("\n");
  const message = `${compiler.toolchain} could not compile for ${row.name}: ${how}`;
  return new HiatusError("TOOLCHAIN", said === "" ? message : `${message}\n${said}`, {
    detail: { platform: row.name, status, endedBy, argv, stderr: said },
    hint: `Mend what the compiler says; to see it again, run: ${commandLine(job)}`,
  });
}

/** The same command for a shell. Its outputs go elsewhere, because the scratch folder is gone by then. */
function commandLine({ compiler, stamp, folder, env }: CompileJob): string {
  const elsewhere = join(env.TMPDIR || tmpdir(), "hiatus-by-hand");
  const outputs = { program: `${elsewhere}.out`, depfile: `${elsewhere}.d` };
  const variables = Object.entries(compiler.environment(elsewhere)).map(([k, v]) => `${k}=${v}`);
  const command = ["env", ...variables, ...compileArgv(compiler, stamp, outputs)];
  return `cd ${quoteCommand([folder])} && ${quoteCommand(command)}`;
}
