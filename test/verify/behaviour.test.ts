import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compileReaper } from "../../src/build/compile.ts";
import { PLATFORMS } from "../../src/build/platforms.ts";
import { SCENARIOS, verifyBehaviour } from "../../src/verify/behaviour.ts";
import { findRunner } from "../../src/verify/emulator.ts";
import { scratch } from "../folder.ts";
import { compileHostile } from "./compile-hostile.ts";
import { describeWithProbe } from "./needs-probe.ts";

const STAMP = "1.2.3";
const HERE = `linux/${process.arch === "x64" ? "amd64" : process.arch}`;
const platformOf = (name: string) => PLATFORMS.find((row) => row.name === name)!.platform;

/** `check: evidence` of what has this status. */
function linesOf(
  results: Awaited<ReturnType<typeof verifyBehaviour>>,
  status: "failed" | "not tried",
): readonly string[] {
  return results
    .filter((result) => result.status === status)
    .map(({ check, evidence }) => `${check}: ${evidence}`);
}

/** Children of this process that are pause programs, or zombies. */
function childrenLeft(): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && existsSync(`/proc/${name}/stat`))
    .map((name) => {
      try {
        return readFileSync(`/proc/${name}/stat`, "latin1");
      } catch {
        return "";
      }
    })
    .filter((stat) => {
      const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return parent === `${process.pid}` && (state === "Z" || /\((pause|\.emulator)\)/.test(stat));
    });
}

const foldersLeft = () => readdirSync(tmpdir()).filter((name) => name.startsWith("hiatus-verify-"));

describe("verifyBehaviour", () => {
  const nothing = new Uint8Array();

  test("says not tried and never passed where there is no probe", async () => {
    const probe = { loaded: false, reason: "the probe is not built" } as const;
    const results = await verifyBehaviour(nothing, platformOf("linux/amd64"), { probe });
    expect(results.map(({ check }) => check)).toEqual(SCENARIOS.map(({ check }) => check));
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(["not tried"]));
    expect(new Set(results.map(({ evidence }) => evidence))).toEqual(new Set([probe.reason]));
  });

  test("has one name for each row", () => {
    expect(new Set(SCENARIOS.map(({ check }) => check)).size).toBe(SCENARIOS.length);
    expect(SCENARIOS.length).toBeGreaterThan(30);
  });
});

await describeWithProbe("verifyBehaviour", (probe) => {
  let programs: ReadonlyMap<string, Uint8Array>;
  beforeAll(async () => {
    // Others leave their folders elsewhere.
    process.env.TMPDIR = mkdtempSync("/tmp/hiatus-test-");
    const reapers = await compileReaper(PLATFORMS, STAMP, {});
    programs = new Map(reapers.map(({ row, bytes }) => [row.name, bytes]));
  }, 120_000);
  afterAll(() => rmSync(tmpdir(), { recursive: true, force: true }));

  const own = PLATFORMS.filter(({ platform }) => findRunner(platform).by.startsWith("this CPU"));
  test.each(own)(
    "passes the reaper of $name on this CPU",
    async ({ name, platform }) => {
      const seen: string[] = [];
      const results = await verifyBehaviour(programs.get(name)!, platform, {
        stamp: STAMP,
        onResult: ({ check }) => seen.push(check),
      });
      expect(linesOf(results, "failed")).toEqual([]);
      const refusals = await probe.supported();
      if (refusals.length === 0) expect(linesOf(results, "not tried")).toEqual([]);
      expect(seen).toEqual(SCENARIOS.map(({ check }) => check));
      expect([...childrenLeft(), ...foldersLeft()]).toEqual([]);
    },
    60_000,
  );

  // Others differ in signal numbers, byte order and width; `hiatus verify` tries all.
  test.each(["linux/arm/v5", "linux/s390x", "linux/mips64le"])(
    "passes the reaper of %s under an emulator",
    async (name) => {
      const runner = findRunner(platformOf(name));
      const results = await verifyBehaviour(programs.get(name)!, platformOf(name), {
        stamp: STAMP,
      });
      expect(linesOf(results, "failed")).toEqual([]);
      const untried = SCENARIOS.filter((row) => runner.by !== "an emulator" || row.notEmulated);
      if (runner.by.startsWith("this CPU")) return;
      expect(results.filter(({ status }) => status === "not tried").map((r) => r.check)).toEqual(
        untried.map(({ check }) => check),
      );
    },
    180_000,
  );

  test("does not emulate when it shall not", async () => {
    const other = HERE === "linux/s390x" ? "linux/arm64" : "linux/s390x";
    const results = await verifyBehaviour(programs.get(other)!, platformOf(other), {
      emulate: "never",
    });
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(["not tried"]));
  });

  test("takes any version where none is promised, and a numeric user", async () => {
    const results = await verifyBehaviour(programs.get(HERE)!, platformOf(HERE), { user: "7" });
    expect(linesOf(results, "failed")).toEqual([]);
  }, 60_000);

  test("ends with the reason of the signal and leaves nothing", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const running = verifyBehaviour(programs.get(HERE)!, platformOf(HERE), {
      signal: controller.signal,
      onResult: ({ check }) => check === "other arguments" && controller.abort(reason),
    });
    await expect(running).rejects.toBe(reason);
    expect(childrenLeft()).toEqual([]);
  });

  test("an abort ends a wait that would be long", async () => {
    const deaf = await compileHostile(scratch(), "deaf", HERE);
    const controller = new AbortController();
    const begin = performance.now();
    const running = verifyBehaviour(deaf, platformOf(HERE), {
      limit: 60_000,
      signal: controller.signal,
      // The next check waits for an end that does not come.
      onResult: ({ check }) =>
        check === "-v, not PID 1" && setTimeout(() => controller.abort(), 50),
    });
    await expect(running).rejects.toMatchObject({ name: "AbortError" });
    expect(performance.now() - begin).toBeLessThan(30_000);
    expect(childrenLeft()).toEqual([]);
  });

  /** These go through the whole table, which must end with them too. */
  const WHOLE = ["deaf", "leaky"];
  const WORDS = '"Shutting down, got signal: ';
  test.each<[string, string, Readonly<Record<string, RegExp>>]>([
    ["ignores SIGTERM", "deaf", { "SIGTERM from outside": /after SIGTERM it does not end within/ }],
    [
      "never gets its signals",
      "shielded",
      { "SIGINT from inside": /after SIGINT it does not end within/, restricted: /does not end/ },
    ],
    [
      "leaks zombies",
      "leaky",
      {
        "zombies from before": /^100 of 100 zombies are left/,
        "orphans: plain": /^2000 of 2000 orphans stay zombies/,
        "orphans: traced-abandoned": /^200 of 200 orphans stay zombies/,
        "as root": /orphans stay zombies/,
      },
    ],
    ["leaves zombies from before", "undrained", { "zombies from before": /zombies are left/ }],
    ["is woken by each orphan", "awake", { "orphans: plain": /orphans wake it \d+ times/ }],
    [
      "forks",
      "forking",
      { "one thread, no child": /^1 processes are below it/, "orphans: plain": /1 processes/ },
    ],
    ["hangs when asked for its version", "hanging", { "-v as PID 1": /^after -v it does not end/ }],
    [
      "floods its output",
      "flooding",
      {
        start: /does not come to wait for signals/,
        "-v as PID 1": /having written standard output "\\u001b\[2J.*bytes/,
      },
    ],
    ["ends at once", "quitting", { start: /^exit code 0 before it waits for signals/ }],
    ["crashes", "crashing", { start: /^SIGSEGV before it waits for signals/ }],
    ["keeps a descriptor", "holding", { descriptors: /^it holds 3 open/ }],
    ["says another version", "stranger", { "-v as PID 1": /is "pause.c 0.0.0\\n" and not "pau/ }],
  ])(
    "names a program that %s, and cleans up after it",
    async (_, name, expected) => {
      const bytes = await compileHostile(scratch(), name, HERE);
      const checks = WHOLE.includes(name) ? undefined : Object.keys(expected);
      const asked = { stamp: STAMP, limit: 300, checks };
      const results = await verifyBehaviour(bytes, platformOf(HERE), asked);
      for (const [check, evidence] of Object.entries(expected)) {
        const result = results.find((one) => one.check === check);
        expect({ check, ...result }).toMatchObject({
          status: "failed",
          evidence: expect.stringMatching(evidence),
        });
      }
      for (const { evidence } of results) expect(evidence).not.toMatch(/\p{Cc}/u);
      expect(childrenLeft()).toEqual([]);
      expect(foldersLeft()).toEqual([]);
    },
    120_000,
  );

  test("fails only the checks of what is wrong", async () => {
    const bytes = await compileHostile(scratch(), "holding", HERE);
    const results = await verifyBehaviour(bytes, platformOf(HERE), { stamp: STAMP });
    expect(linesOf(results, "failed").map((line) => line.split(":")[0])).toEqual(["descriptors"]);
    expect(results.find(({ check }) => check === "SIGTERM from inside")?.evidence).toContain(WORDS);
  }, 60_000);

  test("says so of what cannot be executed", async () => {
    const results = await verifyBehaviour(Buffer.from("no program"), platformOf(HERE));
    const found = new Set(results.map(({ status, evidence }) => `${status}: ${evidence}`));
    expect([...found]).toEqual([expect.stringMatching(/^failed: it cannot be executed: /)]);
    expect(await probe.supported()).not.toContainEqual(
      expect.objectContaining({ ability: "start" }),
    );
  });
});
