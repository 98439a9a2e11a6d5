/**
 * Where a machine keeps the kernel's exported headers (UAPI) of other CPUs.
 *
 * @module
 */
import { join } from "node:path";
import type { Host } from "./host.ts";
import type { PlatformRow } from "./platform-row.ts";
import { ZIG_LIBRARY, zigHeaders, zigLibrary } from "./toolchains/zig.ts";

/** How GNU triplets begin for the CPU that Node or Deno runs on. */
const NATIVE: Readonly<Record<string, string>> = {
  arm: "arm-",
  arm64: "aarch64-",
  ia32: "i686-",
  loong64: "loongarch64-",
  mips64el: "mips64el-",
  ppc64: "powerpc64le-",
  riscv64: "riscv64-",
  s390x: "s390x-",
  x64: "x86_64-",
};

/** Is the triplet that of the CPU that this runs on? */
export function isNative(triplet: string): boolean {
  return triplet.startsWith(NATIVE[process.arch] ?? "none");
}

/** Folders to search for headers, and how records name them. */
export interface KernelHeaders {
  readonly includes: readonly string[];
  readonly recorded: readonly string[];
}

/**
 * The folders to search for `asm/…` and `linux/…`, or undefined when the machine has none for that platform.
 * Cross packages put them into `/usr/<triplet>/include`; Debian's own into `/usr/include/<triplet>` and
 * `/usr/include`; other distributions, for the CPU they run on, into `/usr/include`. Last, zig's library has them for
 * every CPU, also for those that a distribution has no package for.
 */
export function kernelHeaders(row: PlatformRow, host: Host): KernelHeaders | undefined {
  const candidates = row.headers.triplets.flatMap((triplet) => [
    [`/usr/${triplet}/include`],
    [`/usr/include/${triplet}`, "/usr/include"],
    ...(isNative(triplet) ? [["/usr/include"]] : []),
  ]);
  const found = candidates.find((folders) => complete(folders, host));
  if (found !== undefined) return { includes: found, recorded: found };
  const library = zigLibrary();
  if (library === undefined) return undefined;
  const includes = zigHeaders(row, library);
  return complete(includes, host)
    ? { includes, recorded: zigHeaders(row, ZIG_LIBRARY) }
    : undefined;
}

function complete(folders: readonly string[], host: Host): boolean {
  return ["asm/unistd.h", "linux/wait.h"].every((header) =>
    folders.some((folder) => host.exists(join(folder, header))),
  );
}
