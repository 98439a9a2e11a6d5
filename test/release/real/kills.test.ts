/**
 * A releaser, killed with SIGKILL: before, in the middle of and after every write of its journal, and at every request that
 * reaches a registry. `HIATUS_KILLS=all` tries all of them; otherwise some are tried, and `HIATUS_SEED` chooses others.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isUnfinished, readJournal } from "../../../src/release/journal.ts";
import { release } from "../../../src/release/release.ts";
import { rollback } from "../../../src/release/rollback.ts";
import { takeProcessLock } from "../../../src/store/process-lock.ts";
import { bundle } from "../../bundle.ts";
import { scratch } from "../../folder.ts";
import { sampleRelease } from "../memory-mirror.ts";
import { openAll, type RealMirror, realMirror, seed, watch } from "./real-mirror.ts";
import { keepTally } from "./tally.ts";

const ALL = process.env.HIATUS_KILLS === "all";
const SEED = Number(process.env.HIATUS_SEED ?? 310);
const SIDES = ["before", "torn", "after"] as const;

const { image, content } = await sampleRelease("new");
const old = await sampleRelease("old");
const TAGS = ["1.0", "1"];
const NEW = content.index.descriptor.digest;
const OLD = old.content.index.descriptor.digest;

/** Kept for the whole file, so it is not a test's own scratch folder. */
let folder: string;
let script: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hiatus-test-"));
  script = await bundle("test/release/real/killed-releaser.ts", folder);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface World {
  readonly mirrors: readonly RealMirror[];
  readonly journal: string;
  /** Lets a releaser run in a process of its own, to its end or its death. */
  run(at: number | "never", side?: string): Promise<Ended>;
  /** Called for every request of the releaser, with its number. */
  onRequest: (count: number, child: ChildProcess | undefined) => void;
  end(): Promise<readonly string[]>;
}

interface Ended {
  readonly signal: NodeJS.Signals | null;
  readonly code: number | null;
  readonly said: string;
}

/** Three mirrors; one tag is to be made everywhere, and one to be moved at the first two. */
async function world(): Promise<World> {
  const mirrors: RealMirror[] = [];
  let child: ChildProcess | undefined;
  let count = 0;
  const watching = watch(() => mirrors, TAGS, [OLD, NEW]);
  const made: World = {
    mirrors,
    journal: join(scratch(), "journal.ndjson"),
    onRequest: () => undefined,
    run: (at, side = "before") =>
      new Promise((resolve, reject) => {
        const hosts = mirrors.map(({ name, host }) => `${name}=${host}`);
        const args = [script, made.journal, String(at), side, ...hosts];
        child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
        let said = "";
        for (const stream of [child.stdout, child.stderr]) {
          stream?.setEncoding("utf8").on("data", (text: string) => {
            said += text;
          });
        }
        child.on("error", reject);
        child.on("close", (code, signal) => resolve({ code, signal, said }));
      }),
    end: () => watching.end(),
  };
  for (const name of ["m0", "m1", "m2"]) {
    const one = await realMirror(name, {
      onWrite: () => watching.look(),
      before: () => made.onRequest(count++, child),
    });
    if (name !== "m2") await seed(one, old.content.all, old.content.index, "1");
    mirrors.push(one);
  }
  return made;
}

interface Measured {
  readonly records: number;
  readonly requests: number;
}

let known: Measured | undefined;

/** How many records and requests a release takes when nobody kills it. */
async function measured(): Promise<Measured> {
  if (known !== undefined) return known;
  const { run, journal, mirrors, end } = await world();
  expect(await run("never")).toEqual({ code: 0, signal: null, said: "released\n" });
  expect(await end()).toEqual([]);
  const requests = mirrors.reduce((sum, { proxy }) => sum + proxy.requests.length, 0);
  known = { records: readJournal(journal)?.length ?? 0, requests };
  return known;
}

/** Goes on with the release, and once more: that changes nothing. */
async function expectConverges({ mirrors, journal }: World, where: string): Promise<void> {
  const run = async () =>
    (await release(image, await openAll(mirrors), { journal, confirm: async () => true })).result;
  expect(["released", "unchanged"], where).toContain(await run());
  for (const mirror of mirrors) {
    for (const tag of TAGS) expect(await mirror.named(tag), where).toBe(NEW);
    expect(await mirror.isWhole(NEW), where).toBe(true);
    expect(await mirror.isWhole(content.signature.descriptor.digest), where).toBe(true);
  }
  const writes = mirrors.map((one) => one.writes().length);
  const text = readFileSync(journal, "utf8");
  expect(await run(), where).toBe("unchanged");
  expect(mirrors.map((one) => one.writes().length)).toEqual(writes);
  expect(readFileSync(journal, "utf8")).toBe(text);
}

/** Takes the release back: every tag names what it named before. */
async function expectTakenBack({ mirrors, journal }: World, where: string): Promise<void> {
  const begun = (readJournal(journal) ?? []).some(({ type }) => type === "begin");
  if (begun) {
    const { result } = await rollback(await openAll(mirrors), { journal });
    expect(result, where).toBe("rolled back");
  }
  for (const mirror of mirrors) {
    expect(await mirror.named("1.0"), where).toBeUndefined();
    expect(await mirror.named("1"), where).toBe(mirror.name === "m2" ? undefined : OLD);
  }
  expect(isUnfinished(readJournal(journal) ?? []), where).toBe(false);
}

const tally = keepTally("kills");

/** Some of the numbers below a limit, or all. */
function some(limit: number, count: number, salt: number): readonly number[] {
  if (ALL) return Array.from({ length: limit }, (_, at) => at);
  const shift = ((SEED + salt * 7919) % 1000) / 1000;
  return Array.from({ length: count }, (_, at) => Math.floor(((at + shift) * limit) / count));
}

describe("a releaser that is killed", () => {
  test.each(SIDES)(
    "%s any write of its journal is gone on with, or taken back",
    async (side) => {
      const { records } = await measured();
      expect(records).toBeGreaterThan(20);
      const tried = some(records, 2, SIDES.indexOf(side));
      for (const [nth, at] of tried.entries()) {
        const ways = [expectConverges, expectTakenBack];
        for (const then of ALL ? ways : ways.slice(nth % 2, (nth % 2) + 1)) {
          const where = `killed ${side} record ${at}, ${then.name}`;
          const made = await world();
          expect((await made.run(at, side)).signal, where).toBe("SIGKILL");
          await then(made, where);
          expect(await made.end(), where).toEqual([]);
          const what = then === expectConverges ? "gone on with" : "taken back";
          tally.count(`${side} a write of the journal`, what);
          tally.most(`${side} a write of the journal`, "writes", records);
        }
      }
    },
    1_200_000,
  );

  test("at any request is gone on with", async () => {
    const { requests } = await measured();
    expect(requests).toBeGreaterThan(60);
    for (const at of some(requests, 3, 5)) {
      const where = `killed at request ${at}`;
      const made = await world();
      made.onRequest = (count, child) => void (count === at && child?.kill("SIGKILL"));
      const { signal, said } = await made.run("never");
      made.onRequest = () => undefined;
      // The last requests are answered to somebody who may have gone already.
      expect(signal ?? said, where).toMatch(/SIGKILL|released/);
      await expectConverges(made, where);
      expect(await made.end(), where).toEqual([]);
      tally.count("at a request that reached a registry", "gone on with");
    }
  }, 1_200_000);

  test("keeps nobody out, and a living one does", async () => {
    const made = await world();
    await made.run(3, "after");
    const lock = takeProcessLock(`${made.journal}.lock`, "the journal");
    const { code, said } = await made.run("never");
    expect(code).toBe(1);
    expect(said).toContain(`Process ${process.pid} on`);
    lock.release();
    expect((await made.run("never")).said).toBe("released\n");
    expect(await made.end()).toEqual([]);
  });
});
