/**
 * Who runs a program: this CPU, or qemu-user-static in its stead.
 *
 * @module
 */
import { accessSync, constants, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { readElf, SegmentType } from "../elf/read.ts";
import { formatPlatform, type Platform } from "../oci/platform.ts";

/** How a platform's programs can be run here. */
export type Runner =
  | { readonly by: "this CPU" }
  /** The kernel may run them as well: only trying tells. */
  | { readonly by: "this CPU, perhaps"; readonly otherwise: Runner }
  | { readonly by: "an emulator"; readonly emulator: Emulator }
  | { readonly by: "nobody"; readonly reason: string };

/** An emulator of one CPU. */
export interface Emulator {
  /** Absolute path of a static program. */
  readonly path: string;
  /** As qemu's `-cpu` takes it, the oldest that the platform promises to run on. @default qemu's own */
  readonly cpu?: string;
}

/** How to look for a runner. */
export interface RunnerOptions {
  /** @default "auto" */
  readonly emulate?: "auto" | "never" | undefined;
  /** Node's name of this CPU. @default process.arch */
  readonly cpu?: string;
  /** Folders to search, as in the environment. @default PATH */
  readonly path?: string | undefined;
}

/** Platforms whose programs a CPU runs by itself; for the second group its kernel may be built without, or the CPU may not. */
const OWN: Readonly<Record<string, { readonly all: RegExp; readonly some?: RegExp }>> = {
  x64: { all: /^linux\/amd64$/, some: /^linux\/386$/ },
  ia32: { all: /^linux\/386$/ },
  arm64: { all: /^linux\/arm64(?:\/v8)?$/, some: /^linux\/arm\/v[567]$/ },
  // Node itself needs an ARMv7.
  arm: { all: /^linux\/arm\/v[567]$/ },
  ppc64: { all: /^linux\/ppc64le$/ },
  s390x: { all: /^linux\/s390x$/ },
  riscv64: { all: /^linux\/riscv64$/ },
  loong64: { all: /^linux\/loong64$/ },
};

/** What comes after `qemu-`, and a CPU for QEMU_CPU. */
const EMULATORS: Readonly<Record<string, readonly [name: string, cpu?: string]>> = {
  "linux/amd64": ["x86_64", "Opteron_G1"],
  "linux/386": ["i386", "486"],
  "linux/arm64": ["aarch64", "cortex-a53"],
  "linux/arm64/v8": ["aarch64", "cortex-a53"],
  "linux/arm/v5": ["arm", "arm926"],
  "linux/arm/v6": ["arm", "arm1136-r2"],
  "linux/arm/v7": ["arm", "cortex-a8"],
  "linux/ppc64le": ["ppc64le", "power8"],
  "linux/s390x": ["s390x"],
  "linux/riscv64": ["riscv64"],
  "linux/loong64": ["loongarch64"],
  "linux/mips64le": ["mips64el", "MIPS64R2-generic"],
};

/** Finds out who can run a platform's programs on this host. Nothing is run. */
export function findRunner(platform: Platform, options: RunnerOptions = {}): Runner {
  const name = formatPlatform(platform);
  const own = OWN[options.cpu ?? process.arch];
  if (own?.all.test(name)) return { by: "this CPU" };
  const otherwise = findEmulator(name, options);
  return own?.some?.test(name) ? { by: "this CPU, perhaps", otherwise } : otherwise;
}

function findEmulator(name: string, options: RunnerOptions): Runner {
  if (options.emulate === "never") {
    return { by: "nobody", reason: "it is for another CPU, and no emulator was to be used" };
  }
  const [suffix, cpu] = EMULATORS[name] ?? [];
  if (suffix === undefined) return { by: "nobody", reason: "no emulator is known for this CPU" };
  const folders = (options.path ?? process.env.PATH ?? "").split(delimiter).filter(Boolean);
  for (const program of [`qemu-${suffix}-static`, `qemu-${suffix}`]) {
    // Not on everybody's PATH, and where Debian puts it.
    for (const folder of new Set([...folders, "/usr/bin"])) {
      const path = join(folder, program);
      if (!isStaticProgram(path)) continue;
      const emulator = { path, ...(cpu === undefined ? {} : { cpu }) };
      return { by: "an emulator", emulator };
    }
  }
  const reason = `it is for another CPU, and qemu-${suffix}-static is not here: install qemu-user-static`;
  return { by: "nobody", reason };
}

/** Without a loader: there is none in the root that pause gets. */
function isStaticProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return readElf(readFileSync(path)).segments.every(({ type }) => type !== SegmentType.interp);
  } catch {
    return false;
  }
}
