/** What the consoles of real kernels are taken for, and that every fact on them counts. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { judge } from "./verdict.ts";

/** The guest's lines of one boot, as the script keeps them in `.cache/kernels/log`. */
function consoleOf(name: string): string {
  return readFileSync(new URL(`./consoles/${name}.txt`, import.meta.url), "utf8");
}

const STAMP = "3.10.2";
const amd64 = consoleOf("amd64");

function failuresOf(text: string, platform = "linux/amd64"): readonly string[] {
  return judge(text, platform, STAMP)
    .checks.filter(({ passed }) => !passed)
    .map(({ name }) => name);
}

describe("judge", () => {
  test.each([
    ["linux/amd64", "amd64", "6.1.0-50-cloud-amd64", 4096],
    ["linux/mips64le", "mips64el", "6.1.0-50-5kc-malta", 4096],
    ["linux/ppc64le", "ppc64el", "6.1.0-50-powerpc64le", 65536],
  ])("passes %s as a real kernel showed it", (platform, name, release, pageSize) => {
    const verdict = judge(consoleOf(name), platform, STAMP);
    expect(verdict.checks.filter(({ passed }) => !passed)).toEqual([]);
    expect(verdict).toMatchObject({ release, pageSize, orphans: 8800 });
    expect(verdict).toMatchObject({ zombies: 0, switches: 0, exit: "0" });
  });

  test("knows nothing of a kernel that never started /init", () => {
    const verdict = judge("Kernel panic - not syncing: VFS: Unable to mount\n", "linux/386", STAMP);
    expect(verdict).toMatchObject({ release: "", exit: "" });
    expect(verdict.checks.filter(({ passed }) => passed)).toEqual([]);
  });

  test("does not take the signals of one CPU for those of another", () => {
    expect(failuresOf(consoleOf("mips64el"), "linux/amd64")).toContain(
      "PID 1 ignores SIGCHLD and nothing else",
    );
  });

  const lines = amd64.split("\n").filter((line) => /^hiatus (?!kernel|page-size)/.test(line));
  test.each(lines.map((line, index) => [line.split(" ")[1], index, line] as const))(
    "fails without the fact %s (%i)",
    (_, index, line) => {
      // Some are told twice; the one of this position goes.
      let seen = lines.slice(0, index).filter((other) => other === line).length;
      const text = amd64
        .split("\n")
        .filter((other) => other !== line || seen-- !== 0)
        .join("\n");
      expect(failuresOf(text).length).toBeGreaterThan(0);
    },
  );

  test.each([
    ["a zombie", "last-scan 0x0 zombies=0", "last-scan 0x0 zombies=1", "last-scan: no zombie"],
    [
      "no zombie to begin with",
      "before 0x0 zombies=3",
      "before 0x0 zombies=0",
      "there are zombies before pause",
    ],
    [
      "a signal that ended PID 1",
      "exitcode=0x00000000",
      "exitcode=0x0000000f",
      "SIGTERM ends PID 1 of the kernel with exit code 0",
    ],
    [
      "a child that a signal ended",
      "hiatus child 0x0 ",
      "hiatus child 0xf ",
      "a process that is not PID 1 warns, and ends by SIGTERM",
    ],
    [
      "other last words",
      "signal: Interrupt",
      "signal: Terminated",
      "PID 1 of a namespace as user 65535 ends",
    ],
    [
      "an exit code that is not 0",
      "exitcode=0x00000000",
      "exitcode=0x00000700",
      "SIGTERM ends PID 1 of the kernel with exit code 0",
    ],
    ["another version", "pause.c 3.10.2", "pause.c 3.10.1", "-v prints the version"],
    [
      "orphans that were not made",
      "storm 0x0 orphans made=5000 failed=0",
      "storm 0x1 orphans made=4999 failed=1",
      "storm: the orphans were made",
    ],
  ])("fails for %s", (_, from, to, check) => {
    expect(amd64).toContain(from);
    expect(failuresOf(amd64.replace(from, to))).toEqual([check]);
  });

  test("fails when PID 1 ran while orphans died", () => {
    const text = amd64.replace(
      /(hiatus after-orphans .*\|voluntary_ctxt_switches:)(\d+)/,
      (_, before: string, count: string) => `${before}${Number(count) + 1}`,
    );
    expect(failuresOf(text)).toEqual([
      "orphans do not wake PID 1",
      "other signals do not wake PID 1",
    ]);
  });
});
