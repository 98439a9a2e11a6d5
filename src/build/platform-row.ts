/**
 * What there is to know about a platform before it can be built for: the shape of a row of the table in platforms.ts.
 *
 * @module
 */
import type { Platform } from "../oci/platform.ts";

/** One platform: what it is called, and how each toolchain is asked for it. */
export interface PlatformRow {
  /** As the index lists it; arm64 carries its variant. */
  readonly platform: Platform;
  /** As people write it: `linux/arm64`, `linux/arm/v7`. */
  readonly name: string;
  /** The header of the CPU: `native/reaper/arch/<cpu>.h`. */
  readonly cpu: string;
  readonly zig: ZigTarget;
  readonly clang: ClangTarget;
  readonly gcc: GccTarget;
  readonly headers: KernelHeaders;
}

/** How `zig cc` is asked. */
export interface ZigTarget {
  readonly target: string;
  readonly flags: readonly string[];
  /** Folder of the kernel's headers in zig's library: `libc/include/<headers>-linux-any`. */
  readonly headers: string;
}

/** How clang is asked. */
export interface ClangTarget {
  readonly target: string;
  readonly flags: readonly string[];
  /** The name under which `clang --print-targets` lists the CPU. */
  readonly backend: string;
  /** The emulation that lld is asked whether it knows it, for CPUs that older ones do not link for. */
  readonly linker?: string;
}

/** How gcc is asked. */
export interface GccTarget {
  /** GNU triplet: the compiler is `<triplet>-gcc`. */
  readonly triplet: string;
  readonly flags: readonly string[];
  /** Debian's package of the cross compiler, and the first release that has it, if that is younger than 12. */
  readonly package: string;
  readonly since?: number;
}

/** Where clang and gcc find the kernel's exported headers; zig brings its own. */
export interface KernelHeaders {
  /** GNU triplets whose headers serve, best first: the kernel has one set per family of CPUs. */
  readonly triplets: readonly string[];
  /** Debian's package of them. */
  readonly package: string;
}
