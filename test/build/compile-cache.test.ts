import { mkdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { openCache } from "../../src/build/cache.ts";
import { type CompileInputs, compileKey, recall, remember } from "../../src/build/compile-cache.ts";
import { lookAtFiles, unchangedSince } from "../../src/build/files.ts";
import { readSources } from "../../src/build/sources.ts";
import type { Compiler } from "../../src/build/toolchain.ts";
import { script } from "./fake-host.ts";
import { scratchFolder } from "./scratch-folder.ts";

let root: string;
let first: string;
let second: string;

/** What a build would know: a compiler with two folders of headers, and one source. */
function inputs(changes: Partial<Compiler> = {}, argv = ["cc", "pause.c"]): CompileInputs {
  const invocation = { command: ["cc"], flags: [], optimise: [], includes: [first, second] };
  const compiler: Compiler = {
    ...invocation,
    toolchain: "gcc",
    version: "cc 1",
    programs: [join(root, "cc")],
    environment: () => ({}),
    recorded: invocation,
    ...changes,
  };
  return { sources: readSources(join(root, "reaper"), lookAtFiles()), compiler, argv };
}

const keyOf = (of: CompileInputs) => compileKey(of, lookAtFiles());
const program = new TextEncoder().encode("a program");
/** Every file of the test is older than a build that would begin then. */
const later = () => Date.now() + 10_000;

async function keep(dependencies: readonly string[], started = later()): Promise<void> {
  const cache = openCache(join(root, "cache"));
  await remember(cache, "key", { program, dependencies }, inputs(), started, lookAtFiles());
}

function recalled(): Uint8Array | undefined {
  const found = recall(openCache(join(root, "cache")), "key", lookAtFiles());
  return found && new Uint8Array(found.program);
}

beforeEach(() => {
  root = scratchFolder();
  [first, second] = [join(root, "first"), join(root, "second")];
  for (const folder of [first, second, join(root, "reaper")]) mkdirSync(folder);
  writeFileSync(join(root, "reaper", "pause.c"), "int main;");
  writeFileSync(join(root, "reaper", "pause.lds"), "SECTIONS {}");
  writeFileSync(join(first, "a.h"), "A");
  writeFileSync(join(second, "b.h"), "B");
  script(root, "cc", "exit 1");
});

describe("compileKey", () => {
  test("is the same for the same inputs", () => {
    expect(keyOf(inputs())).toBe(keyOf(inputs()));
  });

  test("differs when arguments, compiler, its environment or its file differ", () => {
    const before = keyOf(inputs());
    expect(keyOf(inputs({}, ["cc", "-Os", "pause.c"]))).not.toBe(before);
    expect(keyOf(inputs({}, ["cc pause.c"]))).not.toBe(before);
    expect(keyOf(inputs({ version: "cc 2" }))).not.toBe(before);
    expect(keyOf(inputs({ toolchain: "clang" }))).not.toBe(before);
    expect(keyOf(inputs({ environment: () => ({ ZIG_LIB_DIR: "/" }) }))).not.toBe(before);
    script(root, "cc", "exit 2");
    expect(keyOf(inputs())).not.toBe(before);
  });

  test("differs when a source changes, comes, goes or is renamed, and not for other files", () => {
    const before = keyOf(inputs());
    const folder = join(root, "reaper");
    writeFileSync(join(folder, "README.md"), "text");
    expect(keyOf(inputs())).toBe(before);
    writeFileSync(join(folder, "pause.lds"), "SECTIONS { }");
    const changed = keyOf(inputs());
    expect(changed).not.toBe(before);
    mkdirSync(join(folder, "arch"));
    writeFileSync(join(folder, "arch", "x.h"), "");
    const more = keyOf(inputs());
    expect(more).not.toBe(changed);
    rmSync(join(folder, "arch", "x.h"));
    writeFileSync(join(folder, "arch", "y.h"), "");
    expect(keyOf(inputs())).not.toBe(more);
  });

  test("is not there when a program of the compiler is not", () => {
    expect(keyOf(inputs({ programs: [join(root, "gone")] }))).toBeUndefined();
  });
});

describe("recall", () => {
  test("gives back the program while every header is the same", async () => {
    await keep(["pause.c", join(first, "a.h"), join(second, "b.h")]);
    expect(recalled()).toEqual(program);
  });

  test("misses when a header changes, even with its old size and time", async () => {
    const header = join(second, "b.h");
    await keep(["pause.c", header]);
    const { atime, mtime } = statSync(header);
    writeFileSync(header, "C");
    utimesSync(header, atime, mtime);
    expect(recalled()).toBeUndefined();
    writeFileSync(header, "B");
    expect(recalled()).toEqual(program);
  });

  test("misses when a header is gone", async () => {
    await keep(["pause.c", join(first, "a.h")]);
    rmSync(join(first, "a.h"));
    expect(recalled()).toBeUndefined();
  });

  test("misses when a header appears that would hide one that was read", async () => {
    await keep(["pause.c", join(second, "b.h")]);
    writeFileSync(join(second, "a.h"), "hides nothing");
    expect(recalled()).toEqual(program);
    writeFileSync(join(first, "b.h"), "B");
    expect(recalled()).toBeUndefined();
  });
});

describe("remember", () => {
  test.each([
    ["a header", () => join(first, "a.h")],
    ["a source", () => join(root, "reaper", "pause.lds")],
    ["the compiler", () => join(root, "cc")],
  ])("keeps nothing when %s may have changed during the build", async (_, path) => {
    // Whatever was written just now is too young for a build that began just now.
    await keep(["pause.c", join(first, "a.h")], Date.now());
    expect(recalled()).toBeUndefined();
    const started = later();
    const past = new Date(started + 1000);
    utimesSync(path(), past, past);
    await keep(["pause.c", join(first, "a.h")], started);
    expect(recalled()).toBeUndefined();
  });

  test("keeps nothing when the compiler read a file that nobody watches, or does not say what it read", async () => {
    await keep(["pause.c", "../elsewhere.h"]);
    expect(recalled()).toBeUndefined();
    await keep(["pause.c", join(root, "gone.h")]);
    expect(recalled()).toBeUndefined();
    const cache = openCache(join(root, "cache"));
    await remember(cache, "key", { program }, inputs(), later(), lookAtFiles());
    expect(recalled()).toBeUndefined();
  });
});

describe("unchangedSince", () => {
  test("is sure only about files that are older than the clocks of file systems are coarse", () => {
    const path = join(root, "cc");
    const { ctimeMs } = statSync(path);
    expect(unchangedSince(path, ctimeMs + 50)).toBe(false);
    expect(unchangedSince(path, ctimeMs + 2500)).toBe(true);
    expect(unchangedSince(join(root, "gone"), ctimeMs + 2500)).toBe(false);
  });
});
