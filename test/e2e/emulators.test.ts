import { afterAll, beforeAll, expect, it } from "vitest";
import { PLATFORMS } from "../../src/index.ts";
import { attempt } from "../runtime/command.ts";
import { makeFolder, removeFolder } from "../runtime/folder.ts";
import { describeWith } from "../runtime/needs.ts";
import { buildPause, type PauseImage } from "../runtime/pause-image.ts";

/** The emulator of each platform, as the oldest CPU that the platform promises to run on. */
const EMULATORS: Readonly<Record<string, readonly string[]>> = {
  "linux/amd64": ["qemu-x86_64-static", "-cpu", "Opteron_G1"],
  "linux/386": ["qemu-i386-static", "-cpu", "486"],
  "linux/arm64": ["qemu-aarch64-static", "-cpu", "cortex-a53"],
  "linux/arm/v5": ["qemu-arm-static", "-cpu", "arm926"],
  "linux/arm/v6": ["qemu-arm-static", "-cpu", "arm1136-r2"],
  "linux/arm/v7": ["qemu-arm-static", "-cpu", "cortex-a8"],
  "linux/ppc64le": ["qemu-ppc64le-static", "-cpu", "power8"],
  "linux/s390x": ["qemu-s390x-static"],
  "linux/riscv64": ["qemu-riscv64-static"],
  "linux/loong64": ["qemu-loongarch64-static"],
  "linux/mips64le": ["qemu-mips64el-static", "-cpu", "MIPS64R2-generic"],
};

const programs = [...new Set(Object.values(EMULATORS).map(([program = ""]) => program))];

describeWith({ programs }, "qemu-user", () => {
  let folder: string;
  let image: PauseImage;

  beforeAll(async () => {
    folder = await makeFolder();
    image = await buildPause(folder);
  });
  afterAll(() => removeFolder(folder));

  it.each(PLATFORMS)("$name says its version", async ({ name }) => {
    const emulator = EMULATORS[name];
    expect(emulator, "an emulator is named in this file").toBeDefined();
    const { code, stdout, stderr } = await attempt([...(emulator ?? []), image.binary(name), "-v"]);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: `pause.c ${image.record.stamp}\n`,
      stderr: "",
    });
  });
});
