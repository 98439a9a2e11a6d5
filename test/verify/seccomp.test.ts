import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { parsePlatform } from "../../src/oci/platform.ts";
import { packageRoot } from "../../src/package-root.ts";
import { callTables } from "../../src/verify/call-numbers.ts";
import { NotTried } from "../../src/verify/check.ts";
import { findRunner } from "../../src/verify/emulator.ts";
import type { Confinement } from "../../src/verify/probe.ts";
import { runtimeDefault } from "../../src/verify/seccomp.ts";
import { scratch } from "../folder.ts";
import { readFilter } from "./bpf-machine.ts";
import { compileHostile } from "./compile-hostile.ts";
import { describeWithProbe } from "./needs-probe.ts";
import {
  ALLOW,
  ENOSYS,
  EPERM,
  judge,
  KINDS,
  type KindName,
  type Profile,
  tellingNumbers,
  tellingValues,
} from "./seccomp-profile.ts";

/** What containerd 2.4.2 writes into a config.json, see its README. */
function profileOf(goarch: string): Profile {
  const path = join(packageRoot(), `test/golden/seccomp/containerd-2.4.2-${goarch}.json`);
  return JSON.parse(readFileSync(path, "utf8"));
}

const HOSTS = [
  ["x64", profileOf("amd64")],
  ["arm64", profileOf("arm64")],
] as const;

const CASES = HOSTS.flatMap(([cpu, profile]) =>
  profile.architectures.map((name) => ({ cpu, name, profile })),
);

describe("callTables", () => {
  test.each(HOSTS)(
    "%s has all calls that the profile names, by the kernel's numbers",
    (cpu, profile) => {
      const names = new Set(profile.syscalls.flatMap((rule) => rule.names));
      // A second name of one of ARM's own calls.
      names.delete("sync_file_range2");
      const wanted = profile.architectures.map((name) => {
        const known = [...KINDS[name].numbers].filter(([call]) => names.has(call));
        return { arch: KINDS[name].arch, bits: KINDS[name].bits, calls: sorted(known) };
      });
      const found = (callTables(cpu) ?? []).map(({ arch, wide, numbers }) => {
        return { arch, bits: wide ? 64 : 32, calls: sorted([...numbers]) };
      });
      expect(found).toEqual(expect.arrayContaining(wanted));
      expect(found.length).toBe(wanted.length);
    },
  );
});

function sorted(calls: readonly (readonly [string, number])[]): readonly string[] {
  return calls.map(([name, number]) => `${name} ${number}`).toSorted();
}

describe("runtimeDefault", () => {
  test.each(CASES)(
    "on $cpu says what the profile says to each call of $name",
    ({ cpu, name, profile }) => {
      const filter = readFilter(runtimeDefault(cpu));
      const kind = KINDS[name];
      const verdict = judge(profile, kind);
      const values = tellingValues([profile]);
      const wrong: string[] = [];
      for (const number of tellingNumbers(kind)) {
        for (const value of values) {
          for (const args of [[value], [0n, value]]) {
            const found = filter({ arch: kind.arch, number, args });
            const wanted = verdict(number, args);
            if (found !== wanted) wrong.push(`${number}(${args}): ${found} and not ${wanted}`);
          }
        }
      }
      expect(wrong).toEqual([]);
    },
  );

  const NEW_NAMESPACES = [0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000];
  const native = ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"] as const;
  const narrow = ["SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_ARM"] as const;
  test.each([
    ["write", [], ALLOW],
    ["rt_sigtimedwait", [], ALLOW],
    ["ptrace", [], ALLOW],
    ["clone", [0x3d0f00n], ALLOW],
    ...[...NEW_NAMESPACES, 0x40000000].map(
      (flag) => ["clone", [0x3d0f00n | BigInt(flag)], EPERM] as const,
    ),
    ["clone3", [], ENOSYS],
    ["personality", [0xffffffffn], ALLOW],
    ["personality", [0x40000n], EPERM],
    ["socket", [2n], ALLOW],
    ["socket", [38n], EPERM],
    ["socket", [40n], EPERM],
    ["socket", [45n], ALLOW],
    ["socket", [46n], EPERM],
    ["unshare", [], EPERM],
    ["chroot", [], EPERM],
    ["io_uring_setup", [], EPERM],
  ] as const)("lets %s(%s) of every kind of program pass, or not: %i", (call, args, wanted) => {
    for (const name of [...native, ...narrow]) {
      expect(ask(name, call, args), name).toBe(wanted);
    }
  });

  test("looks at all 64 bits of an argument, or at 32 in programs of 32 bits", () => {
    const [high, unknownFamily] = [1n << 32n, (1n << 63n) | 2n];
    for (const name of native) {
      expect(ask(name, "personality", [high]), name).toBe(EPERM);
      expect(ask(name, "socket", [unknownFamily]), name).toBe(EPERM);
      // No flag of clone is up there.
      expect(ask(name, "clone", [high]), name).toBe(ALLOW);
    }
    for (const name of narrow) {
      expect(ask(name, "personality", [high]), name).toBe(ALLOW);
      expect(ask(name, "socket", [unknownFamily]), name).toBe(ALLOW);
    }
  });

  test("says ENOSYS to calls that are younger than the profile, and kills other kinds of programs", () => {
    for (const [cpu, { architectures }] of HOSTS) {
      const filter = readFilter(runtimeDefault(cpu));
      for (const name of architectures) {
        const { arch, base } = KINDS[name];
        // Of ARM, whose own calls come last, and of x32 there are larger numbers in the profile.
        const younger = name === "SCMP_ARCH_ARM" ? 0xf0006 : base + (base === 0 ? 467 : 548);
        expect(filter({ arch, number: younger, args: [] }), name).toBe(ENOSYS);
        expect(filter({ arch, number: younger - 2, args: [] }), name).not.toBe(ENOSYS);
      }
      // AUDIT_ARCH_S390X
      expect(filter({ arch: 0x80000016, number: 1, args: [] })).toBe(0);
    }
  });

  test("is not tried on a CPU without a table", () => {
    expect(() => runtimeDefault("s390x")).toThrow(NotTried);
  });
});

function ask(name: KindName, call: string, args: readonly bigint[]): number {
  const { arch, numbers } = KINDS[name];
  const number = numbers.get(call);
  if (number === undefined) throw new Error(`${name} has no ${call}`);
  const cpu = HOSTS.find(([, { architectures }]) => architectures.includes(name))?.[0];
  return readFilter(runtimeDefault(cpu))({ arch, number, args });
}

await describeWithProbe("a filter of runtimeDefault", (probe) => {
  test.for(["linux/amd64", "linux/386", "linux/arm64/v8", "linux/s390x"])(
    "refuses unshare to a program of %s with EPERM, also under an emulator",
    async (name, context) => {
      const runner = findRunner(parsePlatform(name));
      if (runner.by === "nobody") context.skip(runner.reason);
      const emulated = runner.by === "an emulator" ? { emulator: runner.emulator.path } : {};
      const folder = scratch();
      const path = join(folder, "calling");
      writeFileSync(path, await compileHostile(folder, "calling", name));
      chmodSync(folder, 0o755);
      chmodSync(path, 0o755);
      const exitOf = async (confinement: Confinement) => {
        const process = await probe.start(path, { ...emulated, confinement });
        onTestFinished(() => process.close());
        return (await process.wait(20_000))?.code;
      };
      expect(await exitOf({})).toBe(0);
      expect(await exitOf({ seccomp: runtimeDefault(), noNewPrivs: true })).toBe(1);
    },
  );
});
