/**
 * THE table: every platform that hiatus builds for. Adding one is a row here, a line in src/elf/machine.ts and a header in
 * native/reaper/arch/. What the flags are for is written in native/reaper/README.md.
 *
 * @module
 */
import type { PlatformRow } from "./platform-row.ts";

/** The table, in the order in which listings show it. */
export const PLATFORMS: readonly PlatformRow[] = [
  {
    platform: { architecture: "amd64", os: "linux" },
    name: "linux/amd64",
    cpu: "amd64",
    zig: { target: "x86_64-linux-musl", flags: ["-mcpu=x86_64", "-mno-red-zone"], headers: "x86" },
    clang: {
      target: "x86_64-linux-gnu",
      flags: ["-march=x86-64", "-mno-red-zone", "-mgeneral-regs-only"],
      backend: "x86-64",
    },
    gcc: {
      triplet: "x86_64-linux-gnu",
      flags: ["-march=x86-64", "-mno-red-zone"],
      package: "gcc-x86-64-linux-gnu",
    },
    headers: { triplets: ["x86_64-linux-gnu"], package: "linux-libc-dev-amd64-cross" },
  },
  {
    platform: { architecture: "386", os: "linux" },
    name: "linux/386",
    cpu: "386",
    zig: { target: "x86-linux-musl", flags: ["-mcpu=i386"], headers: "x86" },
    clang: { target: "i386-linux-gnu", flags: ["-march=i386"], backend: "x86" },
    gcc: { triplet: "i686-linux-gnu", flags: ["-march=i386"], package: "gcc-i686-linux-gnu" },
    headers: {
      triplets: ["i686-linux-gnu", "x86_64-linux-gnu"],
      package: "linux-libc-dev-i386-cross",
    },
  },
  {
    platform: { architecture: "arm64", os: "linux", variant: "v8" },
    name: "linux/arm64",
    cpu: "arm64",
    zig: {
      target: "aarch64-linux-musl",
      flags: ["-mcpu=generic-neon", "-mcmodel=tiny"],
      headers: "aarch64",
    },
    clang: {
      target: "aarch64-linux-gnu",
      flags: ["-mcmodel=tiny", "-mgeneral-regs-only"],
      backend: "aarch64",
    },
    gcc: {
      triplet: "aarch64-linux-gnu",
      flags: ["-mcmodel=tiny"],
      package: "gcc-aarch64-linux-gnu",
    },
    headers: { triplets: ["aarch64-linux-gnu"], package: "linux-libc-dev-arm64-cross" },
  },
  {
    platform: { architecture: "arm", os: "linux", variant: "v5" },
    name: "linux/arm/v5",
    cpu: "arm",
    zig: { target: "arm-linux-musleabi", flags: ["-mcpu=arm926ej_s"], headers: "arm" },
    clang: { target: "arm-linux-gnueabi", flags: ["-march=armv5te"], backend: "arm" },
    gcc: {
      triplet: "arm-linux-gnueabi",
      flags: ["-march=armv5te", "-marm"],
      package: "gcc-arm-linux-gnueabi",
    },
    headers: {
      triplets: ["arm-linux-gnueabi", "arm-linux-gnueabihf"],
      package: "linux-libc-dev-armel-cross",
    },
  },
  {
    platform: { architecture: "arm", os: "linux", variant: "v6" },
    name: "linux/arm/v6",
    cpu: "arm",
    zig: { target: "arm-linux-musleabihf", flags: ["-mcpu=arm1176jzf_s"], headers: "arm" },
    clang: { target: "arm-linux-gnueabihf", flags: ["-march=armv6", "-mfpu=vfp"], backend: "arm" },
    gcc: {
      triplet: "arm-linux-gnueabihf",
      flags: ["-march=armv6+fp", "-marm"],
      package: "gcc-arm-linux-gnueabihf",
    },
    headers: {
      triplets: ["arm-linux-gnueabihf", "arm-linux-gnueabi"],
      package: "linux-libc-dev-armhf-cross",
    },
  },
  {
    platform: { architecture: "arm", os: "linux", variant: "v7" },
    name: "linux/arm/v7",
    cpu: "arm",
    zig: { target: "thumb-linux-musleabihf", flags: ["-mcpu=generic+v7a"], headers: "arm" },
    clang: { target: "arm-linux-gnueabihf", flags: ["-march=armv7-a", "-mthumb"], backend: "arm" },
    gcc: {
      triplet: "arm-linux-gnueabihf",
      flags: ["-march=armv7-a+fp", "-mthumb"],
      package: "gcc-arm-linux-gnueabihf",
    },
    headers: {
      triplets: ["arm-linux-gnueabihf", "arm-linux-gnueabi"],
      package: "linux-libc-dev-armhf-cross",
    },
  },
  {
    platform: { architecture: "ppc64le", os: "linux" },
    name: "linux/ppc64le",
    cpu: "ppc64le",
    zig: {
      target: "powerpc64le-linux-musl",
      flags: ["-mcpu=ppc64le-altivec-vsx-power8_vector-direct_move-power8_altivec-crypto"],
      headers: "powerpc",
    },
    clang: {
      target: "powerpc64le-linux-gnu",
      flags: ["-mcpu=ppc64le", "-mno-altivec", "-mno-vsx"],
      backend: "ppc64le",
    },
    gcc: {
      triplet: "powerpc64le-linux-gnu",
      flags: ["-mcpu=power8"],
      package: "gcc-powerpc64le-linux-gnu",
    },
    headers: { triplets: ["powerpc64le-linux-gnu"], package: "linux-libc-dev-ppc64el-cross" },
  },
  {
    platform: { architecture: "s390x", os: "linux" },
    name: "linux/s390x",
    cpu: "s390x",
    zig: { target: "s390x-linux-musl", flags: ["-mcpu=arch8"], headers: "s390x" },
    clang: {
      target: "s390x-linux-gnu",
      flags: ["-march=z10"],
      backend: "systemz",
      linker: "elf64_s390",
    },
    gcc: { triplet: "s390x-linux-gnu", flags: ["-march=z10"], package: "gcc-s390x-linux-gnu" },
    headers: { triplets: ["s390x-linux-gnu"], package: "linux-libc-dev-s390x-cross" },
  },
  {
    platform: { architecture: "riscv64", os: "linux" },
    name: "linux/riscv64",
    cpu: "riscv64",
    zig: { target: "riscv64-linux-musl", flags: ["-mcpu=baseline_rv64"], headers: "riscv" },
    clang: { target: "riscv64-linux-gnu", flags: ["-march=rv64gc"], backend: "riscv64" },
    gcc: {
      triplet: "riscv64-linux-gnu",
      flags: ["-march=rv64gc"],
      package: "gcc-riscv64-linux-gnu",
    },
    headers: { triplets: ["riscv64-linux-gnu"], package: "linux-libc-dev-riscv64-cross" },
  },
  {
    platform: { architecture: "loong64", os: "linux" },
    name: "linux/loong64",
    cpu: "loong64",
    zig: { target: "loongarch64-linux-musl", flags: ["-mcpu=la64v1_0-lsx"], headers: "loongarch" },
    clang: {
      target: "loongarch64-linux-gnu",
      flags: ["-mno-lsx"],
      backend: "loongarch64",
      linker: "elf64loongarch",
    },
    gcc: {
      triplet: "loongarch64-linux-gnu",
      flags: [],
      package: "gcc-loongarch64-linux-gnu",
      since: 13,
    },
    headers: { triplets: ["loongarch64-linux-gnu"], package: "linux-libc-dev-loong64-cross" },
  },
  {
    platform: { architecture: "mips64le", os: "linux" },
    name: "linux/mips64le",
    cpu: "mips64le",
    zig: {
      target: "mips64el-linux-muslabi64",
      flags: ["-mcpu=mips64r2+sym32+noabicalls", "-mno-abicalls", "-G0"],
      headers: "mips",
    },
    clang: {
      target: "mips64el-linux-gnuabi64",
      flags: [
        "-march=mips64r2",
        "-mno-abicalls",
        "-Xclang",
        "-target-feature",
        "-Xclang",
        "+sym32",
        "-G0",
      ],
      backend: "mips64el",
    },
    gcc: {
      triplet: "mips64el-linux-gnuabi64",
      flags: ["-march=mips64r2", "-mno-abicalls", "-msym32", "-G0"],
      package: "gcc-mips64el-linux-gnuabi64",
    },
    headers: { triplets: ["mips64el-linux-gnuabi64"], package: "linux-libc-dev-mips64el-cross" },
  },
];
