/**
 * Releases to the registries of others: faults, kills, races, roll-backs, drift. Some of each; `HIATUS_FAULTS=all` tries every
 * fault at every request, `HIATUS_KILLS=all` a kill at every write of the journal, `HIATUS_RACES` so many races.
 */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { copyGraph } from "../../../src/graph/copy.ts";
import { checkMirrors } from "../../../src/release/check.ts";
import { readJournal } from "../../../src/release/journal.ts";
import { type ReleaseOptions, release } from "../../../src/release/release.ts";
import { rollback } from "../../../src/release/rollback.ts";
import { bundle } from "../../bundle.ts";
import { scratch } from "../../folder.ts";
import { craneRegistry } from "../../interop/registries/crane-registry.ts";
import { distribution2, distribution3 } from "../../interop/registries/distribution.ts";
import { hiatus } from "../../interop/registries/hiatus.ts";
import { zot } from "../../interop/registries/zot.ts";
import type { Registry, RegistryKind } from "../../interop/registry.ts";
import { scratchFolder } from "../../interop/stages.ts";
import { missingOf } from "../../runtime/needs.ts";
import { FAULTS } from "../fault-proxy.ts";
import { sampleRelease } from "../memory-mirror.ts";
import { openAll, watch } from "./real-mirror.ts";
import { keepTally } from "./tally.ts";
import { type TheirMirror, theirMirror } from "./their-mirror.ts";

const { crane, deno, distribution, zot: zotPeer } = inject("programs");
const KINDS: readonly RegistryKind[] = [
  ...[distribution2, distribution3(distribution), zot(zotPeer), craneRegistry(crane)],
  ...[hiatus(), hiatus(deno)],
];
const tally = keepTally("registries");
const ALL_FAULTS = process.env.HIATUS_FAULTS === "all";
const ALL_KILLS = process.env.HIATUS_KILLS === "all";
const RACES = Number(process.env.HIATUS_RACES ?? 4);

const { image, content } = await sampleRelease("new");
const old = await sampleRelease("old");
const other = await sampleRelease("other");
const TAGS = ["1.0", "1"];
const [NEW, OLD, OTHER] = [content, old.content, other.content].map(
  ({ index }) => index.descriptor.digest,
) as [string, string, string];
const confirm = async () => true;

/** Why a registry cannot be tried; undefined when it can. */
function whyNot({ peer, programs }: RegistryKind): string | undefined {
  if (peer !== undefined && "missing" in peer) return peer.missing;
  const missing = missingOf({ programs });
  return missing.length === 0 ? undefined : `needs ${missing.join(", ")}`;
}

function useRegistry(kind: RegistryKind): () => Registry & { readonly folder: string } {
  let running: (Registry & { readonly folder: string }) | undefined;
  beforeAll(async () => {
    const folder = await scratchFolder(`release-${kind.name}`);
    running = { ...(await kind.start(folder)), folder };
  });
  afterAll(() => running?.stop());
  return () => {
    if (running === undefined) throw new Error(`${kind.name} does not run`);
    return running;
  };
}

const fail = (): never => {
  throw new Error("There is none");
};

let repositories = 0;

/** A repository of its own at a registry, with the old image under one tag. */
async function mirrorOf(registry: Registry, name = "theirs"): Promise<TheirMirror> {
  const repository = `release/r${repositories++}`;
  const made = await theirMirror(name, registry, {
    settings: { repository, attachments: "best-effort" },
  });
  const seeding = { ...made, mirror: { ...made.mirror, tags: ["1"] } };
  const journal = join(scratch(), "seed.ndjson");
  const { result } = await release(old.image, await openAll([seeding]), { journal });
  if (result !== "released") throw new Error(`${registry.name} was not seeded: ${result}`);
  return made;
}

function releaser(mirrors: readonly TheirMirror[], journal = join(scratch(), "journal.ndjson")) {
  return {
    journal,
    run: async (what = image, more: Partial<ReleaseOptions> = {}) =>
      await release(what, await openAll(mirrors), { journal, confirm, ...more }),
  };
}

async function expectConverged(mirrors: readonly TheirMirror[], where?: string): Promise<void> {
  for (const mirror of mirrors) {
    for (const tag of TAGS) expect(await mirror.named(tag), where).toBe(NEW);
    expect(await mirror.isWhole(NEW), where).toBe(true);
    expect(await mirror.isWhole(content.signature.descriptor.digest), where).toBe(true);
  }
}

/** One more release finds nothing to do. */
async function expectUnchanged(
  mirrors: readonly TheirMirror[],
  { run, journal }: ReturnType<typeof releaser>,
  where?: string,
): Promise<void> {
  const writes = mirrors.map((one) => one.writes().length);
  const text = readFileSync(journal, "utf8");
  expect((await run()).result, where).toBe("unchanged");
  expect(mirrors.map((one) => one.writes().length)).toEqual(writes);
  expect(readFileSync(journal, "utf8")).toBe(text);
}

describe.each(KINDS.map((kind) => ({ name: kind.name, kind })))(
  "a release to $name",
  ({ kind }) => {
    const why = whyNot(kind);
    if (why !== undefined) {
      test("is tried", ({ skip }) => skip(why));
      return;
    }
    const registry = useRegistry(kind);

    test("converges, checks out, and writes nothing the second time", async () => {
      const mirrors = [await mirrorOf(registry())];
      const one = releaser(mirrors);
      const result = await one.run();
      expect(result.mirrors[0]?.failures).toEqual([]);
      expect(result.result).toBe("released");
      await expectConverged(mirrors);
      const [check] = await checkMirrors(image, await openAll(mirrors), { deep: true });
      expect(check).toMatchObject({ status: "same", findings: [] });
      await expectUnchanged(mirrors, one);
      tally.count(kind.name, "released, checked, unchanged");
    });

    test("is taken back: old tags as they were, new ones away or named as left behind", async () => {
      const mirrors = [await mirrorOf(registry())];
      const [mirror] = mirrors as [TheirMirror];
      const { run, journal } = releaser(mirrors);
      await run();
      const back = await rollback(await openAll(mirrors), { journal });
      expect(await mirror.named("1")).toBe(OLD);
      expect(await mirror.isWhole(OLD)).toBe(true);
      if (back.result === "rolled back") expect(await mirror.named("1.0")).toBeUndefined();
      else {
        expect(await mirror.named("1.0")).toBe(NEW);
        expect(back.mirrors[0]?.failures).toMatchObject([{ phase: "rollback" }]);
        expect(back.mirrors[0]?.failures[0]?.hint).toBeTruthy();
      }
    });

    test("is taken back to what had been pushed by its tag alone, and is whole then", async () => {
      const repository = `release/r${repositories++}`;
      const mirrors = [await theirMirror("theirs", registry(), { settings: { repository } })];
      const [mirror] = mirrors as [TheirMirror];
      const [{ store } = fail()] = await openAll(mirrors);
      const [{ source, root } = fail()] = old.image.variants;
      await copyGraph(source, store, [root], { tags: [{ descriptor: root, tag: "1" }] });
      const { run, journal } = releaser(mirrors);
      expect((await run()).result).toBe("released");
      const back = await rollback(await openAll(mirrors), { journal });
      expect(back.mirrors[0]?.tags.map(({ result }) => result)).toContain("restored");
      expect(await mirror.named("1")).toBe(OLD);
      expect(await mirror.isWhole(OLD)).toBe(true);
    });

    test("shows what somebody else moved, and puts it back when told to", async () => {
      const mirrors = [await mirrorOf(registry())];
      const { run } = releaser(mirrors);
      await run();
      await releaser(mirrors).run(other.image);
      const [check] = await checkMirrors(image, await openAll(mirrors));
      expect(check?.findings).toEqual(
        TAGS.map((tag) => ({ what: `tag ${tag}`, expected: NEW, found: OTHER })),
      );
      const refused = await run(image, { confirm: undefined }).catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: "USAGE" });
      expect((await run(image, { repair: true })).result).toBe("released");
      await expectConverged(mirrors);
    });

    test("gets over faults or fails cleanly, and no tag is ever of a part", async () => {
      const usual = await (async () => {
        const mirrors = [await mirrorOf(registry())];
        const before = mirrors[0]?.proxy.requests.length ?? 0;
        await releaser(mirrors).run();
        return (mirrors[0]?.proxy.requests.length ?? 0) - before;
      })();
      for (const [salt, fault] of FAULTS.entries()) {
        const some = ALL_FAULTS
          ? Array.from({ length: usual }, (_, at) => at)
          : [(salt * 7) % usual, (salt * 7 + (usual >> 1)) % usual];
        for (const at of some) {
          const where = `${fault} at request ${at} of ${usual}`;
          const mirrors = [await mirrorOf(registry())];
          const [{ proxy }] = mirrors as [TheirMirror];
          const watching = watch(() => mirrors, TAGS, [OLD, NEW]);
          const one = releaser(mirrors);
          proxy.arm(fault, at);
          const opened = await openAll(mirrors, { stallTimeout: fault === "stall" ? 400 : 10_000 });
          const first = await release(image, opened, { journal: one.journal, confirm });
          expect(["released", "failed"], where).toContain(first.result);
          for (const { hint } of first.mirrors[0]?.failures ?? []) expect(hint, where).toBeTruthy();
          await proxy.heal();
          const second = await one.run();
          const why = JSON.stringify(second.mirrors.map(({ failures }) => failures));
          // Nobody checks what is put by a tag: a wire that changes it, without TLS, changes what the tag names until that is read back.
          const [hit] = proxy.requests.filter((request) => request.fault !== undefined);
          const isByTag = hit?.method === "PUT" && /\/manifests\/[^:]+$/.test(hit.target);
          const isChanged = isByTag && ["short body", "wrong bytes"].includes(fault);
          if (isChanged && kind.choking === true && second.result === "failed") {
            expect(second.mirrors[0]?.failures[0]?.message, where).toContain("answered with 500");
            tally.count(kind.name, "faults");
            tally.count(kind.name, "choked on, told of each time");
            await watching.end();
            continue;
          }
          expect(["released", "unchanged"], `${where}: ${why}`).toContain(second.result);
          // What is attached is tried, and no reason to go back: who wants it says that it is required.
          for (const tag of TAGS) expect(await mirrors[0]?.named(tag), where).toBe(NEW);
          await expectUnchanged(mirrors, one, where);
          const seen = await watching.end();
          const isTag = TAGS.some((tag) => hit?.target.endsWith(`/manifests/${tag}`));
          const isTaken = fault === "wrong bytes" || kind.choking === true;
          if (!isChanged || !isTag || !isTaken) expect(seen, where).toEqual([]);
          tally.count(kind.name, "faults");
          tally.count(
            kind.name,
            first.result === "released" ? "released all the same" : "failed cleanly",
          );
        }
      }
    }, 3_600_000);

    test("of two at once leaves whole images, and tells of races", async () => {
      for (let round = 0; round < RACES; round++) {
        const mirrors = [await mirrorOf(registry(), "m0"), await mirrorOf(registry(), "m1")];
        const both = [releaser(mirrors), releaser(mirrors)];
        const results = await Promise.all([both[0]?.run(image), both[1]?.run(other.image)]);
        for (const mirror of mirrors) {
          for (const tag of TAGS) {
            const digest = await mirror.named(tag);
            expect([undefined, OLD, NEW, OTHER]).toContain(digest);
            if (digest !== undefined) expect(await mirror.isWhole(digest)).toBe(true);
          }
        }
        for (const result of results) {
          if (result?.result === "released") continue;
          const codes = result?.mirrors.flatMap(({ failures }) => failures.map(({ code }) => code));
          expect(codes).toContain("RACE");
          tally.count(kind.name, "told of");
        }
        tally.count(kind.name, "races");
      }
    }, 600_000);
  },
);

describe("a mirror on distribution that lost a blob", () => {
  const why = whyNot(distribution2);
  if (why !== undefined) {
    test("is tried", ({ skip }) => skip(why));
    return;
  }
  const registry = useRegistry(distribution2);

  test.each(["layer", "manifest"])("is found, and given its %s again", async (what) => {
    const mirrors = [await mirrorOf(registry())];
    const { run } = releaser(mirrors);
    await run();
    const pieces = what === "layer" ? content.blobs : content.manifests;
    const lost = pieces[1]?.descriptor.digest ?? "";
    const [algorithm = "", hex = ""] = lost.split(":");
    const blobs = join(registry().folder, "storage", "docker", "registry", "v2", "blobs");
    rmSync(join(blobs, algorithm, hex.slice(0, 2), hex), { recursive: true });
    const [check] = await checkMirrors(image, await openAll(mirrors));
    expect(check?.findings.map(({ expected }) => expected)).toEqual([lost]);
    expect((await run()).result).toBe("unchanged");
    expect((await run(image, { repair: true })).result).toBe("released");
    await expectConverged(mirrors);
    expect(readdirSync(blobs)).not.toEqual([]);
  });
});

describe("a releaser to three kinds of registries that is killed", () => {
  const kinds = [distribution2, distribution3(distribution), hiatus()];
  const why = kinds.map(whyNot).find((reason) => reason !== undefined);
  if (why !== undefined) {
    test("is tried", ({ skip }) => skip(why));
    return;
  }
  const registries = kinds.map(useRegistry);
  let script: string;
  beforeAll(async () => {
    script = await bundle("test/release/real/killed-releaser.ts", await scratchFolder("killed"));
  });

  test("is gone on with, whichever record of its journal was the last", async () => {
    const world = async () => {
      const names = ["m0", "m1", "m2"];
      const repository = `release/r${repositories++}`;
      const mirrors = await Promise.all(
        registries.map((registry, at) =>
          theirMirror(names[at] ?? "", registry(), { settings: { repository } }),
        ),
      );
      const journal = join(scratch(), "journal.ndjson");
      const kill = (at: number | "never", side: string): Promise<NodeJS.Signals | null> =>
        new Promise((resolve) => {
          const hosts = mirrors.map(({ name, host }) => `${name}=${host}`);
          const args = [script, journal, String(at), side, ...hosts];
          const child = spawn(process.execPath, args, {
            stdio: "ignore",
            env: { ...process.env, KILLED_REPOSITORY: repository },
          });
          child.on("close", (_, signal) => resolve(signal));
        });
      return { mirrors, journal, kill };
    };
    const whole = await world();
    expect(await whole.kill("never", "after")).toBeNull();
    const records = readJournal(whole.journal)?.length ?? 0;
    const step = ALL_KILLS ? 1 : 5;
    for (let at = 0; at < records; at += step) {
      for (const side of ALL_KILLS ? ["before", "torn", "after"] : ["after"]) {
        const where = `killed ${side} record ${at} of ${records}`;
        const { mirrors, journal, kill } = await world();
        const watching = watch(() => mirrors, TAGS, [NEW]);
        expect(await kill(at, side), where).toBe("SIGKILL");
        const one = releaser(mirrors, journal);
        expect(["released", "unchanged"], where).toContain((await one.run()).result);
        await expectConverged(mirrors, where);
        await expectUnchanged(mirrors, one, where);
        expect(await watching.end(), where).toEqual([]);
        tally.count("one of each of three kinds", "releasers killed, gone on with");
      }
    }
  }, 3_600_000);
});
