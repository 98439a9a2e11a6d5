/**
 * The platform of the machine that this runs on, as runtimes choose it.
 *
 * @see https://github.com/containerd/platforms/blob/v1.0.0-rc.2/compare.go (an arm takes older ones too)
 * @module
 */
import { machine } from "node:os";
import { HiatusError } from "../errors.ts";
import type { Platform } from "../oci/platform.ts";

/** What the kernel calls a CPU, and what the OCI does. The first fits best. */
const MACHINES: readonly (readonly [RegExp, readonly Platform[]])[] = [
  [/^x86_64$|^amd64$/, [{ os: "linux", architecture: "amd64" }]],
  [/^i[3-6]86$/, [{ os: "linux", architecture: "386" }]],
  [/^aarch64$|^arm64$/, [{ os: "linux", architecture: "arm64" }]],
  [/^armv[78]/, arm("v7", "v6", "v5")],
  [/^armv6/, arm("v6", "v5")],
  [/^armv5/, arm("v5")],
  [/^ppc64le$/, [{ os: "linux", architecture: "ppc64le" }]],
  [/^s390x$/, [{ os: "linux", architecture: "s390x" }]],
  [/^riscv64$/, [{ os: "linux", architecture: "riscv64" }]],
  [/^loongarch64$/, [{ os: "linux", architecture: "loong64" }]],
  [/^mips64/, [{ os: "linux", architecture: "mips64le" }]],
];

function arm(...variants: readonly string[]): readonly Platform[] {
  return variants.map((variant) => ({ os: "linux", architecture: "arm", variant }));
}

/**
 * The platforms whose images a machine runs, best first.
 *
 * @param name as `uname -m` prints it. @default this machine's
 * @throws HiatusError `USAGE` when it is none of those that images are built for.
 */
export function nodePlatforms(name: string = machine()): readonly Platform[] {
  const found = MACHINES.find(([pattern]) => pattern.test(name))?.[1];
  if (found !== undefined) return found;
  throw new HiatusError("USAGE", `Nothing is known of a "${name}"`, {
    hint: "Say what the node runs, for example --platform linux/arm/v7",
  });
}
