/**
 * THE table: Debian's kernels that pause is tried on, and the machines on which QEMU boots them. Adding one is a row here.
 *
 * @module
 */

/** A kernel of Debian and a machine that it boots on. */
export interface Machine {
  /** Debian's name of the architecture. */
  readonly name: string;
  /** The CPU and board, for people. */
  readonly board: string;
  readonly kernel: KernelPackage;
  /** Program of QEMU, and what chooses board, CPU and memory. */
  readonly emulator: readonly [program: string, ...args: string[]];
  /** The first version of QEMU that boots it, where the installed one may be older. */
  readonly since?: number;
  /** What time is: instructions, or for boards that QEMU cannot run so, the time of day. @default "instructions" */
  readonly clock?: "instructions" | "host";
  /** Arguments of the kernel: its serial console, and drivers that QEMU's board cannot bear. */
  readonly append: string;
  /** Whose programs this kernel runs, its own CPU's first; the others by its 32-bit or backward compatibility. */
  readonly platforms: readonly [string, ...string[]];
}

/** Where a kernel comes from. */
export interface KernelPackage {
  /** Debian's release. Not every release has every CPU. */
  readonly release: string;
  /** The package that depends on the newest kernel of its kind. */
  readonly package: string;
  /** Paths in the package as patterns of tar: the kernel, and a device tree where QEMU has none. */
  readonly image: string;
  readonly deviceTree?: string;
}

const DEBIAN_12 = "bookworm";
const IMAGE = "./boot/vmlinu[xz]-*";

/** The machines, the fastest to boot last: two at a time end together that way. */
export const MACHINES: readonly Machine[] = [
  {
    name: "s390x",
    board: "z14, s390-ccw-virtio",
    kernel: { release: DEBIAN_12, package: "linux-image-s390x", image: IMAGE },
    emulator: ["qemu-system-s390x", "-M", "s390-ccw-virtio", "-m", "512"],
    append: "",
    platforms: ["linux/s390x"],
  },
  {
    name: "ppc64el",
    board: "POWER8, pseries",
    kernel: { release: DEBIAN_12, package: "linux-image-powerpc64le", image: IMAGE },
    emulator: ["qemu-system-ppc64", "-M", "pseries", "-cpu", "power8", "-m", "1024"],
    append: "console=hvc0",
    platforms: ["linux/ppc64le"],
  },
  {
    name: "arm64",
    board: "Cortex-A57, virt",
    kernel: { release: DEBIAN_12, package: "linux-image-cloud-arm64", image: IMAGE },
    emulator: ["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a57", "-m", "512"],
    append: "console=ttyAMA0",
    platforms: ["linux/arm64", "linux/arm/v7", "linux/arm/v6", "linux/arm/v5"],
  },
  {
    name: "amd64",
    board: "QEMU's max, q35",
    kernel: { release: DEBIAN_12, package: "linux-image-cloud-amd64", image: IMAGE },
    emulator: ["qemu-system-x86_64", "-M", "q35", "-cpu", "max", "-m", "512"],
    append: "console=ttyS0",
    platforms: ["linux/amd64", "linux/386"],
  },
  {
    name: "i386",
    board: "Pentium III, pc",
    kernel: { release: DEBIAN_12, package: "linux-image-686", image: IMAGE },
    emulator: ["qemu-system-i386", "-M", "pc", "-cpu", "pentium3", "-m", "512"],
    append: "console=ttyS0",
    platforms: ["linux/386"],
  },
  {
    name: "armhf",
    board: "Cortex-A15, virt",
    kernel: { release: DEBIAN_12, package: "linux-image-armmp", image: IMAGE },
    emulator: ["qemu-system-arm", "-M", "virt", "-cpu", "cortex-a15", "-m", "512"],
    append: "console=ttyAMA0",
    platforms: ["linux/arm/v7", "linux/arm/v6", "linux/arm/v5"],
  },
  {
    name: "armel",
    board: "ARM1176, Raspberry Pi Zero",
    kernel: {
      release: DEBIAN_12,
      package: "linux-image-rpi",
      image: IMAGE,
      deviceTree: "./usr/lib/linux-image-*/bcm2835-rpi-zero.dtb",
    },
    emulator: ["qemu-system-arm", "-M", "raspi0"],
    // QEMU's board has no power controller, and the driver reads its registers all the same.
    append: "console=ttyAMA0 initcall_blacklist=bcm2835_power_driver_init",
    platforms: ["linux/arm/v6", "linux/arm/v5"],
  },
  {
    name: "riscv64",
    board: "rv64, virt",
    kernel: { release: "trixie", package: "linux-image-riscv64", image: IMAGE },
    emulator: ["qemu-system-riscv64", "-M", "virt", "-m", "512"],
    append: "console=ttyS0",
    platforms: ["linux/riscv64"],
  },
  {
    name: "loong64",
    board: "LA464, virt",
    kernel: {
      release: "forky",
      package: "linux-image-loong64",
      image: "./usr/lib/modules/*/vmlinuz",
    },
    emulator: ["qemu-system-loongarch64", "-M", "virt", "-cpu", "la464", "-m", "1024"],
    since: 10,
    clock: "host",
    // QEMU's board has no keyboard controller, and the driver probes for it all the same.
    append: "console=ttyS0 initcall_blacklist=i8042_init",
    platforms: ["linux/loong64"],
  },
  {
    name: "mips64el",
    board: "5KEc, malta",
    kernel: { release: DEBIAN_12, package: "linux-image-5kc-malta", image: IMAGE },
    emulator: ["qemu-system-mips64el", "-M", "malta", "-cpu", "5KEc", "-m", "512"],
    clock: "host",
    append: "console=ttyS0",
    platforms: ["linux/mips64le"],
  },
];
