import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type CompiledReaper,
  type CompileOptions,
  compileReaper,
} from "../../src/build/compile.ts";
import type { BuildEvent } from "../../src/build/events.ts";
import { unchangedSince } from "../../src/build/files.ts";
import { findPlatform, PLATFORMS, type PlatformRow } from "../../src/build/platforms.ts";
import type { ToolchainName } from "../../src/build/toolchain.ts";
import { checkBinary } from "../../src/elf/check.ts";
import { machineOf } from "../../src/elf/machine.ts";
import { HiatusError } from "../../src/errors.ts";
import { digestOf } from "../../src/oci/digest.ts";
import { packageRoot } from "../../src/package-root.ts";
import { answering, script } from "./fake-host.ts";
import { scratchFolder } from "./scratch-folder.ts";

const SOURCES = join(packageRoot(), "native", "reaper");
const amd64 = findPlatform("amd64")!;
const arm64 = findPlatform("arm64")!;
const digestsOf = (compiled: readonly CompiledReaper[]) => compiled.map(({ digest }) => digest);
const cachedOf = (compiled: readonly CompiledReaper[]) => compiled.map(({ cached }) => cached);

async function refusal(promise: Promise<unknown>): Promise<HiatusError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof HiatusError) return error;
  throw new Error("it was not refused", { cause: error });
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

/** A copy of the sources that a build which begins now takes for settled. */
async function copyOfSources(into: string): Promise<string> {
  cpSync(SOURCES, into, { recursive: true });
  const newest = readdirSync(into, { recursive: true, encoding: "utf8" }).map((name) =>
    join(into, name),
  );
  await until(() => newest.every((path) => unchangedSince(path, Date.now())));
  return into;
}

describe("compileReaper with zig", () => {
  let all: readonly CompiledReaper[];

  beforeAll(async () => {
    all = await compileReaper(PLATFORMS, "3.10.2", { cacheDir: null });
  });

  test("makes a sealed program of at most 1536 bytes for every platform, in the order that was asked for", () => {
    expect(all.map(({ row }) => row)).toEqual(PLATFORMS);
    for (const { row, platform, bytes, digest, size, linkedSize, compiler, cached } of all) {
      expect(checkBinary(bytes, platform, "3.10.2").sections).toBe(0);
      expect([row.name, size <= 1536, size < linkedSize]).toEqual([row.name, true, true]);
      expect([digest, size]).toEqual([digestOf(bytes), bytes.length]);
      expect([compiler, cached]).toEqual([{ toolchain: "zig", version: "0.16.0" }, false]);
    }
  });

  test("makes programs that no other kind of machine is taken for", () => {
    for (const { bytes, row } of all) {
      for (const other of PLATFORMS) {
        const alike =
          JSON.stringify(machineOf(other.platform)) === JSON.stringify(machineOf(row.platform));
        const check = () => checkBinary(bytes, other.platform, "3.10.2");
        if (alike) check();
        else expect(check).toThrow(/is not sound/);
      }
      expect(() => checkBinary(bytes, row.platform, "3.10.1")).toThrow(/should be there once/);
    }
  });

  test("records commands without a path of the host", () => {
    for (const { argv } of all) {
      expect(argv.slice(0, 2)).toEqual(["zig", "cc"]);
      expect(argv.filter((word) => word.includes(packageRoot()) || word.startsWith("/"))).toEqual(
        [],
      );
      expect(argv).toContain("$ZIG_LIB_DIR/libc/include/any-linux-any");
    }
  });

  test("gives the same bytes from another folder, umask, locale, time zone and environment", async () => {
    const root = scratchFolder();
    const strange = join(root, "a b$c#d'é");
    const sources = await copyOfSources(join(strange, "reaper"));
    const before = process.umask(0o077);
    try {
      const env = {
        ...process.env,
        TMPDIR: strange,
        LC_ALL: "tr_TR.UTF-8",
        TZ: "Pacific/Kiritimati",
        SOURCE_DATE_EPOCH: "1",
        CPATH: root,
        C_INCLUDE_PATH: root,
        CFLAGS: "-O0 -g",
        ZIG_LIB_DIR: root,
        ZIG_LOCAL_CACHE_DIR: root,
      };
      const cacheDir = join(strange, "cache");
      const cold = await compileReaper(PLATFORMS, "3.10.2", { sources, env, cacheDir, jobs: 3 });
      const warm = await compileReaper(PLATFORMS, "3.10.2", { sources, env, cacheDir, jobs: 1 });
      expect(digestsOf(cold)).toEqual(digestsOf(all));
      expect(digestsOf(warm)).toEqual(digestsOf(all));
      expect(new Set(cachedOf(warm))).toEqual(new Set([true]));
      expect(readdirSync(strange).sort()).toEqual(["cache", "reaper"]);
    } finally {
      process.umask(before);
    }
  });

  test("puts the longest stamp into the program as it is", async () => {
    const stamp = `${"9".repeat(64)}+${"z".repeat(64)}`;
    const compiled = await compileReaper(PLATFORMS, stamp, { cacheDir: null });
    for (const { bytes } of compiled)
      expect(Buffer.from(bytes).includes(`pause.c ${stamp}\n`)).toBe(true);
  });

  test("compiles again for another stamp, a changed source, and what is damaged in the cache", async () => {
    const root = scratchFolder();
    const sources = await copyOfSources(join(root, "reaper"));
    const cacheDir = join(root, "cache");
    const build = (stamp = "3.10.2") => compileReaper([amd64, arm64], stamp, { sources, cacheDir });
    const first = await build();
    expect(cachedOf(await build())).toEqual([true, true]);
    expect(cachedOf(await build("3.10.3"))).toEqual([false, false]);

    for (const name of readdirSync(join(cacheDir, "compile-1")))
      truncateSync(join(cacheDir, "compile-1", name), 900);
    const mended = await build();
    expect([cachedOf(mended), digestsOf(mended)]).toEqual([[false, false], digestsOf(first)]);
    expect(cachedOf(await build())).toEqual([true, true]);

    const path = join(sources, "pause.c");
    writeFileSync(path, readFileSync(path, "utf8").replace("Terminated", "terminated"));
    const changed = await build();
    expect(cachedOf(changed)).toEqual([false, false]);
    expect(changed[0]?.digest).not.toBe(first[0]?.digest);
    // Too young to be kept.
    expect(cachedOf(await build())).toEqual([false, false]);
  });

  test("lets two builds share a cache at the same time", async () => {
    const root = scratchFolder();
    const options = {
      sources: await copyOfSources(join(root, "reaper")),
      cacheDir: join(root, "cache"),
    };
    const build = () => compileReaper(PLATFORMS, "3.10.2", options);
    const both = await Promise.all([build(), build()]);
    for (const compiled of both) expect(digestsOf(compiled)).toEqual(digestsOf(all));
    const third = await build();
    expect([new Set(cachedOf(third)), digestsOf(third)]).toEqual([new Set([true]), digestsOf(all)]);
  });

  test("reports start and end of every platform", async () => {
    const root = scratchFolder();
    const events: BuildEvent[] = [];
    const options: CompileOptions = {
      cacheDir: join(root, "cache"),
      jobs: 1,
      onEvent: (event) => events.push(event),
    };
    const [compiled] = await compileReaper([amd64], "3.10.2", options);
    const { platform, size } = compiled!;
    expect(events).toEqual([
      { type: "compile", platform, state: "start", cached: false, bytes: 0 },
      { type: "compile", platform, state: "done", cached: false, bytes: size },
    ]);
  });

  test("builds without a cache that cannot be written, with one warning", async () => {
    const root = scratchFolder();
    const sources = await copyOfSources(join(root, "reaper"));
    const cacheDir = join(root, "file");
    writeFileSync(cacheDir, "");
    const warnings: BuildEvent[] = [];
    const onEvent = (event: BuildEvent) => {
      if (event.type === "warning") warnings.push(event);
    };
    const compiled = await compileReaper([amd64, arm64], "3.10.2", { sources, cacheDir, onEvent });
    expect(digestsOf(compiled)).toEqual([all[0]?.digest, all[2]?.digest]);
    expect(warnings).toHaveLength(1);
  });

  test("refuses a folder without sources", async () => {
    const error = await refusal(
      compileReaper([amd64], "1", { sources: scratchFolder(), cacheDir: null }),
    );
    expect(error.message).toContain('There is no "pause.c"');
    expect(
      await refusal(compileReaper([amd64], "1", { sources: "/nonexistent", cacheDir: null })),
    ).toMatchObject({
      code: "IO",
    });
  });
});

describe("compileReaper with a compiler that is a script", () => {
  /** Where amd64 and arm64 are compiled by a script that finds $out, $dep and its folder $here set. */
  async function fake(body: string): Promise<CompileOptions & { readonly folder: string }> {
    const folder = scratchFolder();
    const parse =
      'while [ $# -gt 0 ]; do case "$1" in -o) out=$2 ;; -MF) dep=$2 ;; esac; shift; done';
    for (const { gcc } of [amd64, arm64]) {
      const path = script(
        folder,
        `${gcc.triplet}-gcc`,
        `here=${folder}\necho "$*" >> $here/calls\n${answering(`${parse}\n${body}`)}`,
      );
      await until(() => unchangedSince(path, Date.now()));
    }
    return {
      folder,
      toolchain: "gcc",
      cacheDir: join(folder, "cache"),
      env: { PATH: folder, TMPDIR: folder },
    };
  }
  const left = (folder: string) => readdirSync(folder).filter((name) => name.startsWith("hiatus-"));

  test("tells of every platform that failed, what the compiler said, and how to see it again", async () => {
    const options = await fake('echo "pause.c:1: error: no" >&2; exit 3');
    const error = await refusal(compileReaper([amd64, arm64], "3.10.2", options));
    expect(error.code).toBe("TOOLCHAIN");
    expect(error.message.split("\n")).toEqual([
      "2 platforms failed",
      "gcc could not compile for linux/amd64: it ended with exit code 3",
      "gcc could not compile for linux/arm64: it ended with exit code 3",
      "pause.c:1: error: no",
    ]);
    expect(error.hint).toContain(`cd ${SOURCES} && env `);
    expect(error.hint).toContain(`'-DVERSION="3.10.2"'`);
    expect(left(options.folder)).toEqual([]);
  });

  test("reports failed platforms as events", async () => {
    const states: string[] = [];
    const options = await fake("exit 1");
    const onEvent = (event: BuildEvent) => {
      if (event.type === "compile") states.push(event.state);
    };
    await refusal(compileReaper([amd64], "1", { ...options, onEvent }));
    expect(states).toEqual(["start", "failed"]);
  });

  test.each([
    ["writes nothing", "exit 0", "TOOLCHAIN", /it wrote no program/],
    ["is killed", "kill -9 $$", "TOOLCHAIN", /it was ended by SIGKILL/],
    ["writes something else", 'echo "#!/bin/sh" > "$out"', "CONTENT", /not a sound ELF file/],
    ["writes an empty program", ': > "$out"', "CONTENT", /not a sound ELF file/],
  ])("refuses a compiler that %s, every time", async (_, body, code, message) => {
    const options = await fake(body);
    for (let i = 0; i < 2; i++) {
      const error = await refusal(compileReaper([amd64], "3.10.2", options));
      expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
    }
  });

  test("refuses the program of another platform", async () => {
    const [program] = await compileReaper([arm64], "3.10.2", { cacheDir: null });
    const options = await fake('/bin/cp "$here/program" "$out"');
    writeFileSync(join(options.folder, "program"), program!.bytes);
    const error = await refusal(compileReaper([amd64], "3.10.2", options));
    expect(error.message).toContain(
      "The program for linux/amd64 is not sound: the machine should be 62, but is 183",
    );
  });

  test("starts no process at all the second time, until a header changes", async () => {
    const [program] = await compileReaper([amd64], "3.10.2", { cacheDir: null });
    const options = await fake(
      '/bin/cp "$here/program" "$out"; echo "pause: pause.c $here/asm.h" > "$dep"',
    );
    writeFileSync(join(options.folder, "program"), program!.bytes);
    const header = join(options.folder, "asm.h");
    writeFileSync(header, "1");
    await until(() => unchangedSince(header, Date.now()));
    const calls = () => readFileSync(join(options.folder, "calls"), "utf8").split("\n").length;
    const build = () => compileReaper([amd64], "3.10.2", options);

    expect(cachedOf(await build())).toEqual([false]);
    const before = calls();
    expect(cachedOf(await build())).toEqual([true]);
    expect(calls()).toBe(before);
    writeFileSync(header, "2");
    expect(cachedOf(await build())).toEqual([false]);
    expect(calls()).toBe(before + 1);
  });

  test("stops at once when aborted, and leaves neither processes nor files", async () => {
    const options = await fake('echo $$ > "$here/pid"; /bin/sleep 600');
    const controller = new AbortController();
    const reason = new DOMException("stop", "AbortError");
    const building = compileReaper([amd64, arm64], "1", {
      ...options,
      jobs: 2,
      signal: controller.signal,
    });
    const pid = join(options.folder, "pid");
    await until(() => existsSync(pid) && readFileSync(pid, "utf8").endsWith("\n"));
    controller.abort(reason);
    await expect(building).rejects.toBe(reason);
    const process = Number(readFileSync(pid, "utf8"));
    await until(() => !existsSync(`/proc/${process}/exe`));
    expect(left(options.folder)).toEqual([]);
  });

  test("begins nothing when already aborted", async () => {
    const options = await fake("exit 1");
    await expect(
      compileReaper([amd64], "1", { ...options, signal: AbortSignal.abort("no") }),
    ).rejects.toBe("no");
    expect(existsSync(join(options.folder, "calls"))).toBe(false);
  });

  test("does not hand the caller's environment to the compiler", async () => {
    const options = await fake('/usr/bin/env > "$here/environment"; exit 1');
    const env = {
      ...options.env,
      CPATH: "/x",
      GCC_EXEC_PREFIX: "/x",
      LANG: "tr_TR",
      SOURCE_DATE_EPOCH: "1",
    };
    await refusal(compileReaper([amd64], "1", { ...options, env }));
    const names = readFileSync(join(options.folder, "environment"), "utf8")
      .trim()
      .split("\n")
      .map((line) => line.split("=", 1)[0])
      .filter((name) => !["PWD", "OLDPWD", "SHLVL", "_"].includes(name ?? ""));
    expect(names.sort()).toEqual(["HOME", "LC_ALL", "PATH", "TMPDIR"]);
  });
});

describe.each<ToolchainName>(["clang", "gcc"])("compileReaper with the host's %s", (toolchain) => {
  test.for(PLATFORMS)("makes a sound program for $name", async (row: PlatformRow, { skip }) => {
    const compiling = compileReaper([row], "3.10.2", { toolchain, cacheDir: null });
    const missing = await compiling.then(
      () => undefined,
      (error: unknown) => error instanceof HiatusError && "problems" in error.detail && error,
    );
    if (missing) skip(missing.message);
    const [compiled] = await compiling;
    expect(compiled?.row).toBe(row);
    expect(compiled?.compiler.toolchain).toBe(toolchain);
    expect(checkBinary(compiled!.bytes, row.platform, "3.10.2").sections).toBe(0);
  });
});
