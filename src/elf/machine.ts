/**
 * What the ELF header of a program says, platform by platform.
 *
 * @module
 */
import { formatPlatform, type Platform } from "../oci/platform.ts";

/** What the ELF header of a program for a platform says. */
export interface Machine {
  readonly class: 32 | 64;
  readonly byteOrder: "little" | "big";
  /** `e_machine`: include/uapi/linux/elf-em.h. */
  readonly machine: number;
  /** The bits of `e_flags` under the mask have this value: the ABI. */
  readonly flags: { readonly mask: number; readonly value: number; readonly means: string };
}

/** On these CPUs `e_flags` says nothing and is 0. */
const NO_FLAGS = { mask: 0xffffffff, value: 0, means: "no flags" } as const;

/** EF_ARM_EABIMASK and EF_ARM_ABI_FLOAT_SOFT, EF_ARM_ABI_FLOAT_HARD: arch/arm/include/asm/elf.h. */
const ARM_SOFT = { mask: 0xff000600, value: 0x05000200, means: "EABI5 with soft float" } as const;
const ARM_HARD = { mask: 0xff000600, value: 0x05000400, means: "EABI5 with hard float" } as const;

/** EF_PPC64_ABI: OpenPOWER ELF V2 ABI, 4.1. */
const PPC_V2 = { mask: 0x3, value: 0x2, means: "ABI version 2" } as const;

/** EF_RISCV_FLOAT_ABI, EF_RISCV_RVE, EF_RISCV_TSO: RISC-V ELF psABI, 8.1. */
const RISCV = { mask: 0x1e, value: 0x4, means: "double float" } as const;

/** Base ABI modifier and object file version: LoongArch ELF psABI, "e_flags". */
const LOONG = { mask: 0xc7, value: 0x43, means: "LP64D, object version 1" } as const;

/** EF_MIPS_ARCH, EF_MIPS_ABI (0 is n64), EF_MIPS_NAN2008 and EF_MIPS_ABI2: arch/mips/include/asm/elf.h. */
const MIPS = { mask: 0xf000f420, value: 0x80000000, means: "MIPS64r2, n64" } as const;

const MACHINES: Readonly<Record<string, Machine>> = {
  "linux/amd64": { class: 64, byteOrder: "little", machine: 62, flags: NO_FLAGS },
  "linux/386": { class: 32, byteOrder: "little", machine: 3, flags: NO_FLAGS },
  "linux/arm64": { class: 64, byteOrder: "little", machine: 183, flags: NO_FLAGS },
  "linux/arm64/v8": { class: 64, byteOrder: "little", machine: 183, flags: NO_FLAGS },
  "linux/arm/v5": { class: 32, byteOrder: "little", machine: 40, flags: ARM_SOFT },
  "linux/arm/v6": { class: 32, byteOrder: "little", machine: 40, flags: ARM_HARD },
  "linux/arm/v7": { class: 32, byteOrder: "little", machine: 40, flags: ARM_HARD },
  "linux/ppc64le": { class: 64, byteOrder: "little", machine: 21, flags: PPC_V2 },
  "linux/s390x": { class: 64, byteOrder: "big", machine: 22, flags: NO_FLAGS },
  "linux/riscv64": { class: 64, byteOrder: "little", machine: 243, flags: RISCV },
  "linux/loong64": { class: 64, byteOrder: "little", machine: 258, flags: LOONG },
  "linux/mips64le": { class: 64, byteOrder: "little", machine: 8, flags: MIPS },
};

/** What programs for a platform say of themselves, or undefined when nothing is known about the platform. */
export function machineOf(platform: Platform): Machine | undefined {
  const name = formatPlatform(platform);
  return Object.hasOwn(MACHINES, name) ? MACHINES[name] : undefined;
}
