/**
 * The one command that compiles and links the reaper. It runs in `native/reaper/`, so that no path of the host
 * can reach the output.
 *
 * @module
 */
import type { Invocation } from "./toolchain.ts";

/** For every toolchain. The reasons are in native/reaper/README.md. */
const COMMON = [
  "-Wall",
  "-Wextra",
  "-Werror",
  "-ffreestanding",
  "-nostdlib",
  "-nostdinc",
  "-static",
  "-fno-pic",
  "-fomit-frame-pointer",
  "-fno-stack-protector",
  "-fno-asynchronous-unwind-tables",
  "-fno-unwind-tables",
  "-fno-ident",
  "-Wl,--build-id=none",
  "-Wl,-z,noexecstack",
  "-Wl,-z,max-page-size=65536",
  "-Wl,--strip-all",
  "-Wl,--entry=_start",
  "-Wl,-T,pause.lds",
] as const;

/** Where the compiler writes. */
export interface Outputs {
  readonly program: string;
  /** The headers that were read, as a rule of make. */
  readonly depfile: string;
}

/** What records show instead of the paths of one run. */
export const RECORDED_OUTPUTS: Outputs = { program: "pause", depfile: "pause.d" };

/**
 * The arguments, program first. The stamp has passed `stampOf`, so it needs no escaping inside of the C string;
 * no shell ever sees it.
 */
export function compileArgv(
  { command, flags, optimise, includes }: Invocation,
  stamp: string,
  { program, depfile }: Outputs,
): readonly string[] {
  return [
    ...command,
    ...flags,
    "-std=gnu11",
    ...optimise,
    ...COMMON,
    ...includes.flatMap((folder) => ["-isystem", folder]),
    `-DVERSION="${stamp}"`,
    "-MD",
    "-MF",
    depfile,
    "-MT",
    "pause",
    "-o",
    program,
    "pause.c",
  ];
}

/** A command as one line that a POSIX shell reads back as the same arguments. */
export function quoteCommand(argv: readonly string[]): string {
  return argv
    .map((word) =>
      /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`,
    )
    .join(" ");
}
