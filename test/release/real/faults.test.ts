/**
 * Every kind of fault at every request of a release. `HIATUS_FAULTS=all` tries all of them, also such as last; otherwise some of
 * each kind are tried, spread over the whole release. `HIATUS_SEED` chooses others.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ReleaseResult } from "../../../src/release/model.ts";
import { release } from "../../../src/release/release.ts";
import { scratch } from "../../folder.ts";
import { FAULTS, type FaultName } from "../fault-proxy.ts";
import { sampleRelease } from "../memory-mirror.ts";
import { openAll, type RealMirror, realMirror, seed, watch } from "./real-mirror.ts";
import { keepTally } from "./tally.ts";

const ALL = process.env.HIATUS_FAULTS === "all";
const SEED = Number(process.env.HIATUS_SEED ?? 310);
/** Of each kind, when not all are tried. */
const SOME = 3;

const { image, content } = await sampleRelease("new");
const old = await sampleRelease("old");
const TAGS = ["1.0", "1"];
const NEW = content.index.descriptor.digest;
const OLD = old.content.index.descriptor.digest;

/** Most requests that one fault may add, and faults without end. */
const BOUND = { once: 30, lasting: 300 };

interface World {
  readonly mirrors: readonly [RealMirror, RealMirror];
  readonly journal: string;
  run(options?: { readonly stallTimeout?: number }): Promise<ReleaseResult>;
  /** What a watcher of all tags saw that must not be. */
  end(): Promise<readonly string[]>;
}

/** Two mirrors, the first of which will fail. One tag is to be made and one to be moved. */
async function world(): Promise<World> {
  const list: RealMirror[] = [];
  const watching = watch(() => list, TAGS, [OLD, NEW]);
  for (const name of ["faulty", "healthy"]) {
    const one = await realMirror(name, { onWrite: () => watching.look() });
    await seed(one, old.content.all, old.content.index, "1");
    list.push(one);
  }
  const journal = join(scratch(), "journal.ndjson");
  return {
    mirrors: list as unknown as World["mirrors"],
    journal,
    run: async (options = {}) => {
      // A busy machine keeps the healthy one waiting as well: that is no stall.
      const opened = [
        ...(await openAll(list.slice(0, 1), options)),
        ...(await openAll(list.slice(1))),
      ];
      return await release(image, opened, { journal, confirm: async () => true });
    },
    end: () => watching.end(),
  };
}

async function requestsOfARelease(): Promise<number> {
  const { mirrors, run, end } = await world();
  expect((await run()).result).toBe("released");
  expect(await end()).toEqual([]);
  return mirrors[0].proxy.requests.length;
}

async function expectWhole({ mirrors }: World): Promise<void> {
  for (const mirror of mirrors) {
    for (const tag of TAGS) expect(await mirror.named(tag)).toBe(NEW);
    expect(await mirror.isWhole(NEW)).toBe(true);
    expect(await mirror.isWhole(content.signature.descriptor.digest)).toBe(true);
  }
}

const tally = keepTally("faults");

async function strike(fault: FaultName, at: number, lasting: boolean, usual: number) {
  const made = await world();
  const [{ proxy }] = made.mirrors;
  const where = `${fault} at request ${at}${lasting ? " and all that follow" : ""}`;
  proxy.arm(fault, at, lasting);
  const result = await made.run({ stallTimeout: fault === "stall" ? 150 : 10_000 });
  expect(proxy.struck, where).toBe(true);
  const cost = proxy.requests.length - usual;
  expect(cost, where).toBeLessThanOrEqual(lasting ? BOUND.lasting : BOUND.once);
  if (result.result === "released") await expectWhole(made);
  else {
    expect(result.result, where).toBe("failed");
    const failures = result.mirrors.flatMap((one) => one.failures);
    expect(failures, where).not.toEqual([]);
    for (const { hint, message } of failures) expect(hint, `${where}: ${message}`).toBeTruthy();
    expect(result.mirrors[1]?.failures, where).toEqual([]);
  }
  note(`${fault}${lasting ? ", lasting" : ""}`, result, cost);

  // Once the registry is well again, so is the release.
  await proxy.heal();
  const second = await made.run();
  expect(["released", "unchanged"], where).toContain(second.result);
  await expectWhole(made);

  // And there is nothing left to do.
  const writes = made.mirrors.map((one) => one.writes().length);
  const text = existsSync(made.journal) ? readFileSync(made.journal, "utf8") : "";
  expect((await made.run()).result, where).toBe("unchanged");
  expect(made.mirrors.map((one) => one.writes().length)).toEqual(writes);
  expect(readFileSync(made.journal, "utf8")).toBe(text);
  expect(await made.end(), where).toEqual([]);
}

function note(key: string, { result }: ReleaseResult, cost: number): void {
  tally.count(key, "tried");
  tally.count(key, result === "released" ? "released all the same" : "failed cleanly");
  tally.most(key, "requests more, at most", cost);
}

/** Some numbers below a limit, spread over all of it; others for another fault and another seed. */
function some(limit: number, salt: number): readonly number[] {
  if (ALL) return Array.from({ length: limit }, (_, at) => at);
  const step = limit / SOME;
  const shift = ((SEED + salt * 7919) % 1000) / 1000;
  return Array.from({ length: SOME }, (_, at) => Math.floor((at + shift) * step));
}

describe.each(FAULTS.map((fault, at) => ({ fault, at })))("$fault", ({ fault, at: salt }) => {
  test("at any request of a release: it converges or fails cleanly, and no tag is ever of a part", async () => {
    const usual = await requestsOfARelease();
    for (const at of some(usual, salt)) await strike(fault, at, false, usual);
  }, 600_000);

  test("from any request on: it fails cleanly, and goes on once that is over", async () => {
    const usual = await requestsOfARelease();
    const all = some(usual, salt + 3);
    for (const at of ALL ? all : all.slice(0, 1)) await strike(fault, at, true, usual);
  }, 1_200_000);
});
