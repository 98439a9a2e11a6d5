import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { PLATFORMS } from "../../src/build/platforms.ts";
import { parsePlatform } from "../../src/oci/platform.ts";
import { findRunner } from "../../src/verify/emulator.ts";
import { soundElf, textSegment } from "../elf/make-elf.ts";
import { scratch } from "../folder.ts";

const arm64 = parsePlatform("linux/arm64");
const INTERP = { type: 3, flags: 4 };

/** A folder with programs. */
function folderWith(programs: Readonly<Record<string, Uint8Array>>): string {
  const folder = join(scratch(), "bin");
  mkdirSync(folder);
  for (const [name, bytes] of Object.entries(programs)) {
    writeFileSync(join(folder, name), bytes);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

describe("findRunner", () => {
  test.each([
    ["x64", "linux/amd64", "this CPU"],
    ["x64", "linux/386", "this CPU, perhaps"],
    ["arm64", "linux/arm64", "this CPU"],
    ["arm64", "linux/arm64/v8", "this CPU"],
    ["arm64", "linux/arm/v5", "this CPU, perhaps"],
    ["arm", "linux/arm/v7", "this CPU"],
    ["riscv64", "linux/riscv64", "this CPU"],
    ["s390x", "linux/s390x", "this CPU"],
    ["ppc64", "linux/ppc64le", "this CPU"],
    ["loong64", "linux/loong64", "this CPU"],
  ])("on %s runs %s by %s", (cpu, name, by) => {
    expect(findRunner(parsePlatform(name), { cpu }).by).toBe(by);
  });

  test("knows an emulator or itself for every platform that is built", () => {
    const path = folderWith({});
    for (const { platform } of PLATFORMS) {
      const runner = findRunner(platform, { cpu: "none", path, emulate: "auto" });
      if (runner.by === "nobody") expect(runner.reason).toContain("install qemu-user-static");
      else expect(runner.by).toBe("an emulator");
    }
  });

  test("takes a static emulator from the path, with the oldest CPU of the platform", () => {
    const path = folderWith({ "qemu-aarch64-static": soundElf() });
    expect(findRunner(arm64, { cpu: "x64", path })).toEqual({
      by: "an emulator",
      emulator: { path: join(path, "qemu-aarch64-static"), cpu: "cortex-a53" },
    });
    expect(findRunner(parsePlatform("linux/arm64/v8"), { cpu: "x64", path }).by).toBe(
      "an emulator",
    );
  });

  test("takes one without -static only when it is static", () => {
    const dynamic = soundElf({ segments: [textSegment(400), INTERP] });
    const paths = [{ "qemu-mipsn-static": dynamic }, { "qemu-aarch64": dynamic }].map(folderWith);
    const found = folderWith({ "qemu-aarch64": soundElf() });
    const runner = findRunner(arm64, { cpu: "x64", path: [...paths, found].join(":") });
    // Debian's own comes first where it is installed.
    expect(runner).toMatchObject({
      by: "an emulator",
      emulator: { path: expect.stringMatching(/^\/usr\/bin\/qemu-aarch64-static$|qemu-aarch64$/) },
    });
    if (runner.by === "an emulator") expect(runner.emulator.path).not.toContain(paths[1]);
  });

  test("gives the reason why nobody runs it", () => {
    expect(findRunner(arm64, { cpu: "x64", emulate: "never" })).toEqual({
      by: "nobody",
      reason: "it is for another CPU, and no emulator was to be used",
    });
    expect(findRunner(parsePlatform("windows/amd64"), { cpu: "x64" })).toEqual({
      by: "nobody",
      reason: "no emulator is known for this CPU",
    });
  });

  test("falls back to an emulator for what the kernel may not run", () => {
    const path = folderWith({ "qemu-i386-static": soundElf() });
    expect(findRunner(parsePlatform("linux/386"), { cpu: "x64", path })).toMatchObject({
      by: "this CPU, perhaps",
      otherwise: { by: "an emulator", emulator: { cpu: "486" } },
    });
  });
});
