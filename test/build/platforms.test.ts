import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findPlatform, PLATFORMS, selectPlatforms } from "../../src/build/platforms.ts";
import { HiatusError } from "../../src/errors.ts";
import { formatPlatform } from "../../src/oci/platform.ts";
import { packageRoot } from "../../src/package-root.ts";

const namesOf = (rows: readonly { readonly name: string }[]) => rows.map((row) => row.name);

function refusal(names: readonly string[], available = PLATFORMS): HiatusError {
  try {
    selectPlatforms(names, available);
  } catch (error) {
    if (error instanceof HiatusError) return error;
  }
  throw new Error(`selectPlatforms accepted ${names.join(", ")}`);
}

describe("PLATFORMS", () => {
  test("is the list of platforms that is promised", () => {
    expect(namesOf(PLATFORMS)).toEqual([
      "linux/amd64",
      "linux/386",
      "linux/arm64",
      "linux/arm/v5",
      "linux/arm/v6",
      "linux/arm/v7",
      "linux/ppc64le",
      "linux/s390x",
      "linux/riscv64",
      "linux/loong64",
      "linux/mips64le",
    ]);
  });

  test("names a header that is there in every row", () => {
    const arch = join(packageRoot(), "native", "reaper", "arch");
    for (const { cpu } of PLATFORMS) expect(existsSync(join(arch, `${cpu}.h`))).toBe(true);
  });
});

describe("findPlatform", () => {
  test("finds every row by its name, by its whole platform, and without the operating system", () => {
    for (const row of PLATFORMS) {
      for (const name of [
        row.name,
        formatPlatform(row.platform),
        row.name.slice("linux/".length),
      ]) {
        expect(findPlatform(name)).toBe(row);
      }
    }
  });

  test("takes arm for arm/v7, as containerd does", () => {
    expect(findPlatform("linux/arm")?.name).toBe("linux/arm/v7");
  });

  test.each([
    "",
    "linux",
    "linux/",
    "arm64/v7",
    "linux/amd64/v2",
    "windows/amd64",
    "LINUX/AMD64",
    "amd64/",
    "linux/arm/v7/x",
    "__proto__",
  ])("finds nothing for %j", (name) => {
    expect(findPlatform(name)).toBeUndefined();
  });
});

describe("selectPlatforms", () => {
  const some = PLATFORMS.slice(0, 3).toReversed();

  test("takes all when none is named, or all", () => {
    expect(selectPlatforms([])).toBe(PLATFORMS);
    expect(selectPlatforms([], some)).toBe(some);
    expect(selectPlatforms(["amd64", "all"], some)).toBe(some);
  });

  test("keeps the order of what is available, and takes each once", () => {
    const names = ["amd64", "linux/386", "linux/amd64", "arm64", "linux/arm64/v8"];
    expect(namesOf(selectPlatforms(names, some))).toEqual([
      "linux/arm64",
      "linux/386",
      "linux/amd64",
    ]);
    expect(namesOf(selectPlatforms(["386"], some))).toEqual(["linux/386"]);
  });

  test("lists every unknown name at once, and the known ones", () => {
    const error = refusal(["linux/amd46", "arm64", "sparc"]);
    expect(error.code).toBe("USAGE");
    expect(error.message).toContain('"linux/amd46", "sparc"');
    expect(error.hint).toContain("Did you mean linux/amd64?");
    expect(error.hint).toContain("linux/mips64le");
    expect(error.detail.unknown).toEqual(["linux/amd46", "sparc"]);
  });

  test.each([
    ["x86_64", "linux/amd64"],
    ["linux/aarch64", "linux/arm64"],
    ["ARM64", "linux/arm64"],
    ["armhf", "linux/arm/v7"],
    ["linux/armv7", "linux/arm/v7"],
    ["s390", "linux/s390x"],
    ["riscv", "linux/riscv64"],
  ])("suggests for %s %s", (name, meant) => {
    expect(refusal([name]).hint).toMatch(new RegExp(`^Did you mean ${meant}\\?`));
  });

  test("suggests nothing for what is far from everything, and only what is available", () => {
    expect(refusal(["plan9/mips"]).hint).toMatch(/^Choose among/);
    expect(refusal(["s390x"], some).hint).not.toContain("s390x");
    expect(refusal(["x".repeat(10_000)]).message.length).toBeLessThan(200);
  });
});
