/**
 * What the three toolchains have in common: each finds, for some platforms, the compilers that do the work.
 *
 * @module
 */
import type { Host } from "./host.ts";
import type { PlatformRow } from "./platform-row.ts";

/** The toolchains, the default first. */
export const TOOLCHAIN_NAMES = ["zig", "clang", "gcc"] as const;
export type ToolchainName = (typeof TOOLCHAIN_NAMES)[number];

/** A way to get compilers. */
export interface Toolchain {
  readonly name: ToolchainName;
  /**
   * The compiler of every row.
   *
   * @throws HiatusError `TOOLCHAIN` that lists everything that is missing, and how to install it.
   */
  compilers(rows: readonly PlatformRow[], host: Host): Promise<ReadonlyMap<PlatformRow, Compiler>>;
}

/** A compiler that makes programs for one platform, and all that identifies it. */
export interface Compiler extends Invocation {
  readonly toolchain: ToolchainName;
  /** What it says of itself in one line. */
  readonly version: string;
  /** The programs that decide the output: compiler, assembler, linker. Absolute paths. */
  readonly programs: readonly string[];
  /** Environment that it needs besides the common one, which is scrubbed; `scratch` is a folder of its own. */
  environment(scratch: string): Readonly<Record<string, string>>;
  /** The same command in words that do not depend on the host, for records. */
  readonly recorded: Invocation;
}

/** How a compiler is called. */
export interface Invocation {
  /** The program, and arguments that come before all others. */
  readonly command: readonly string[];
  /** Arguments that choose the platform. */
  readonly flags: readonly string[];
  /** Arguments that ask for the smallest code. */
  readonly optimise: readonly string[];
  /** Folders of the kernel's exported headers, in the order in which they are searched. */
  readonly includes: readonly string[];
}

/** The toolchain of that name. Only its own module is loaded. */
export async function openToolchain(name: ToolchainName): Promise<Toolchain> {
  switch (name) {
    case "zig":
      return (await import("./toolchains/zig.ts")).zig();
    case "clang":
      return (await import("./toolchains/clang.ts")).clang();
    case "gcc":
      return (await import("./toolchains/gcc.ts")).gcc();
  }
}
