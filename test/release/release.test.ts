import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { HiatusError } from "../../src/errors.ts";
import { isUnfinished, type Journal, openJournal, readJournal } from "../../src/release/journal.ts";
import type { OpenMirror } from "../../src/release/mirror-stores.ts";
import type { ReleaseEvent } from "../../src/release/model.ts";
import { type ReleaseOptions, release } from "../../src/release/release.ts";
import { rollback } from "../../src/release/rollback.ts";
import { createMemory } from "../../src/store/memory.ts";
import { pushAll } from "../contract/sample.ts";
import { failureOf } from "../failure.ts";
import { scratch } from "../folder.ts";
import { type MemoryMirror, memoryMirror, sampleRelease } from "./memory-mirror.ts";

const { image, content } = await sampleRelease();
const old = await sampleRelease("old");
const root = image.variants[0]?.root.digest;
const oldRoot = old.content.index.descriptor;

const yes = { confirm: async () => true };

function setup(count = 3, options: Partial<ReleaseOptions> = {}) {
  const mirrors = Array.from({ length: count }, (_, at) => memoryMirror(`m${at}`));
  const journal = join(scratch(), "release", "journal.ndjson");
  return {
    mirrors,
    journal,
    run: (more: Partial<ReleaseOptions> = {}) =>
      release(image, mirrors, { journal, ...options, ...more }),
  };
}

async function withOld(mirror: MemoryMirror, ...tags: readonly string[]): Promise<void> {
  await pushAll(mirror.memory, old.content.all);
  for (const tag of tags) await mirror.memory.tag(oldRoot, tag);
}

const named = async (mirror: MemoryMirror, tag: string) =>
  (await mirror.memory.resolve(tag).catch(() => undefined))?.digest;

describe("release", () => {
  test("brings image, attachments and tags to every mirror, tags last", async () => {
    const { mirrors, run, journal } = setup();
    const result = await run();
    expect(result.result).toBe("released");
    expect(result.mirrors.map((one) => one.result)).toEqual(["released", "released", "released"]);
    for (const mirror of mirrors) {
      expect(await named(mirror, "1.0")).toBe(root);
      expect(await named(mirror, "1")).toBe(root);
      expect(await mirror.memory.exists(content.signature.descriptor)).toBe(true);
      expect(mirror.log.slice(-2)).toEqual([`tag 1.0 ${root}`, `tag 1 ${root}`]);
    }
    expect(isUnfinished(readJournal(journal) ?? [])).toBe(false);
  });

  test("writes nothing the second time, to no mirror and to no journal", async () => {
    const { mirrors, run, journal } = setup();
    await run();
    const logs = mirrors.map(({ log }) => log.length);
    const text = readFileSync(journal, "utf8");
    const again = await run();
    expect(again.result).toBe("unchanged");
    expect(mirrors.map(({ log }) => log.length)).toEqual(logs);
    expect(readFileSync(journal, "utf8")).toBe(text);
  });

  test("plans without touching anything when that is what is asked for", async () => {
    const { mirrors, run, journal } = setup();
    const result = await run({ dryRun: true });
    expect(result.result).toBe("planned");
    expect(result.mirrors[0]?.tags.map((one) => one.result)).toEqual(["not moved", "not moved"]);
    expect(mirrors.flatMap(({ log }) => log)).toEqual([]);
    expect(existsSync(journal)).toBe(false);
  });

  test("moves no tag anywhere while one required mirror cannot take the image", async () => {
    const { mirrors, run } = setup();
    const [, broken] = mirrors as [MemoryMirror, MemoryMirror];
    broken.before = () => {
      throw new HiatusError("REGISTRY", "disk full", { hint: "Make room" });
    };
    const result = await run();
    expect(result.result).toBe("failed");
    expect(result.journal).toBeDefined();
    expect(result.mirrors[1]?.failures[0]).toMatchObject({ phase: "stage", hint: "Make room" });
    expect(mirrors.flatMap(({ log }) => log).filter((line) => line.startsWith("tag"))).toEqual([]);
    // The others were staged all the same, and the next run goes on from there.
    broken.before = () => undefined;
    const staged = mirrors[0]?.log.length;
    expect((await run({ resume: true })).result).toBe("released");
    expect(mirrors[0]?.log.length).toBe((staged ?? 0) + 2);
  });

  test("moves no tag when what a mirror hands out is not what was pushed", async () => {
    const { mirrors, run } = setup();
    const [, liar] = mirrors as [MemoryMirror, MemoryMirror];
    const fetch = liar.memory.fetch.bind(liar.memory);
    const bad = content.blobs[1]?.descriptor.digest;
    liar.memory.fetch = (descriptor, options) => {
      if (descriptor.digest !== bad) return fetch(descriptor, options);
      throw new HiatusError("NOT_FOUND", "lost");
    };
    const result = await run();
    expect(result.mirrors[1]?.failures).toMatchObject([{ phase: "read-back", code: "NOT_FOUND" }]);
    expect(mirrors.flatMap(({ log }) => log).filter((line) => line.startsWith("tag"))).toEqual([]);
  });

  test("goes on without a mirror that may fail, and names it", async () => {
    const { mirrors, journal } = setup();
    const weak = memoryMirror("weak", { required: false });
    weak.probe = async () => {
      throw new HiatusError("NETWORK", "no route", { hint: "Mend the network" });
    };
    const result = await release(image, [...mirrors, weak], { journal });
    expect(result.result).toBe("released");
    expect(result.mirrors[3]).toMatchObject({
      result: "failed",
      failures: [{ phase: "preflight", hint: "Mend the network" }],
    });
  });

  test("gives a mirror the image that refuses the attachments", async () => {
    const { mirrors, run } = setup(1);
    const [mirror] = mirrors as [MemoryMirror];
    const signature = content.signature.descriptor.digest;
    mirror.before = (write) => {
      if (write === `push ${signature}`) throw new HiatusError("REGISTRY", "MANIFEST_INVALID");
    };
    const warnings: ReleaseEvent[] = [];
    const result = await run({
      onEvent: (event) => void (event.type === "warning" && warnings.push(event)),
    });
    expect(result.result).toBe("released");
    expect(result.mirrors[0]?.failures).toMatchObject([{ attachmentsOnly: true }]);
    expect(warnings).toHaveLength(1);
    expect(await named(mirror, "1")).toBe(root);
  });

  test("fails when the attachments must be there and are refused", async () => {
    const mirror = memoryMirror("strict", { attachments: "required" });
    mirror.before = (write) => {
      if (write.includes(content.signature.descriptor.digest))
        throw new HiatusError("REGISTRY", "MANIFEST_INVALID");
    };
    const journal = join(scratch(), "journal.ndjson");
    expect((await release(image, [mirror], { journal })).result).toBe("failed");
    expect(await named(mirror, "1.0")).toBeUndefined();
  });

  test("does not move a tag to other content unless somebody agrees", async () => {
    const { mirrors, run } = setup(2);
    await withOld(mirrors[0] as MemoryMirror, "1");
    const failure = await failureOf(run());
    expect(failure).toMatchObject({ code: "USAGE", hint: expect.stringContaining("--yes") });
    expect(mirrors.flatMap(({ log }) => log)).toEqual([]);
    expect((await run(yes)).result).toBe("released");
    expect(await named(mirrors[0] as MemoryMirror, "1")).toBe(root);
  });

  test("does not cover up what somebody moved since the plan, and says so", async () => {
    const { mirrors, run } = setup(2);
    const [mirror] = mirrors as [MemoryMirror];
    await withOld(mirror);
    let once = false;
    mirror.before = async (write) => {
      if (once || !write.startsWith("push")) return;
      once = true;
      await mirror.memory.tag(oldRoot, "1.0");
    };
    const result = await run(yes);
    expect(result.result).toBe("failed");
    expect(result.mirrors[0]?.tags[0]).toMatchObject({ result: "raced", after: oldRoot.digest });
    expect(await named(mirror, "1.0")).toBe(oldRoot.digest);
  });

  test("sees what somebody moved right after our move", async () => {
    const { mirrors, run } = setup(1);
    const [mirror] = mirrors as [MemoryMirror];
    await withOld(mirror);
    const tag = mirror.store.tag.bind(mirror.store);
    mirror.store.tag = async (descriptor, name, options) => {
      await tag(descriptor, name, options);
      if (name === "1") await mirror.memory.tag(oldRoot, "1");
    };
    const result = await run();
    expect(result.mirrors[0]?.failures).toMatchObject([{ code: "RACE" }]);
  });

  test("begins no move elsewhere once a required mirror refused one", async () => {
    const { mirrors, run } = setup(2);
    const [first, second] = mirrors as [MemoryMirror, MemoryMirror];
    first.before = (write) => {
      if (write.startsWith("tag 1.0")) throw new HiatusError("REGISTRY", "tag is immutable");
    };
    let waited: Promise<void> | undefined;
    second.before = (write) => {
      if (write.startsWith("tag 1.0")) {
        waited = new Promise((resolve) => setTimeout(resolve, 20));
        return waited;
      }
      return undefined;
    };
    const result = await run();
    expect(result.result).toBe("failed");
    expect(second.log.filter((line) => line.startsWith("tag"))).toEqual([`tag 1.0 ${root}`]);
    first.before = () => undefined;
    expect((await run({ resume: true })).result).toBe("released");
  });

  test("refuses to begin while another release is unfinished", async () => {
    const { mirrors, run, journal } = setup(1);
    (mirrors[0] as MemoryMirror).before = () => {
      throw new HiatusError("NETWORK", "gone");
    };
    await run();
    const other = await sampleRelease("other", "2.0.0");
    expect(await failureOf(release(other.image, mirrors, { journal }))).toMatchObject({
      code: "CONFIG",
    });
    expect(await failureOf(setup(1).run({ resume: true }))).toMatchObject({ code: "CONFIG" });
  });

  test("stages only, and the next run moves the tags", async () => {
    const { mirrors, run } = setup(2);
    expect((await run({ stageOnly: true })).result).toBe("staged");
    expect(mirrors.flatMap(({ log }) => log).some((line) => line.startsWith("tag"))).toBe(false);
    const result = await run();
    expect(result.result).toBe("released");
    expect(mirrors[0]?.log.filter((line) => line.startsWith("push")).length).toBe(10);
  });

  test("stops with the reason of the signal and leaves a journal to go on with", async () => {
    const { mirrors, run, journal } = setup(2);
    const stop = new AbortController();
    const reason = Object.assign(new Error("stop"), { name: "AbortError" });
    (mirrors[0] as MemoryMirror).before = (write) => {
      if (write.startsWith("tag")) stop.abort(reason);
    };
    await expect(run({ signal: stop.signal })).rejects.toBe(reason);
    expect(isUnfinished(readJournal(journal) ?? [])).toBe(true);
    expect((await run({ resume: true })).result).toBe("released");
  });
});

describe("rollback", () => {
  test("puts back what was there, takes away what was not, in reverse order", async () => {
    const { mirrors, run, journal } = setup(2);
    await withOld(mirrors[0] as MemoryMirror, "1");
    await run(yes);
    const back = await rollback(mirrors, { journal });
    const tags = back.mirrors[0]?.tags.map(({ tag, result }) => [tag, result]);
    expect(tags).toEqual([
      ["1", "restored"],
      ["1.0", "restored"],
    ]);
    expect(back.result).toBe("rolled back");
    expect(await named(mirrors[0] as MemoryMirror, "1")).toBe(oldRoot.digest);
    expect(await named(mirrors[0] as MemoryMirror, "1.0")).toBeUndefined();
    // There is nothing left of it to take back.
    expect(await rollback(mirrors, { journal })).toMatchObject({ result: "rolled back" });
  });

  test("names a tag that this registry cannot take away", async () => {
    const { mirrors, run, journal } = setup(1);
    await run();
    (mirrors[0]?.store as { untag?: unknown }).untag = undefined;
    const back = await rollback(mirrors, { journal });
    expect(back.result).toBe("failed");
    expect(back.mirrors[0]?.failures[0]?.message).toMatch("cannot take a tag away");
  });

  test("leaves alone what somebody else moved, and reports the race", async () => {
    const { mirrors, run, journal } = setup(1);
    const [mirror] = mirrors as [MemoryMirror];
    const third = await sampleRelease("third");
    await withOld(mirror, "1", "1.0");
    await run(yes);
    await pushAll(mirror.memory, third.content.all);
    await mirror.memory.tag(third.content.index.descriptor, "1");
    const back = await rollback(mirrors, { journal });
    expect(back.result).toBe("failed");
    expect(back.mirrors[0]?.tags.map(({ result }) => result)).toEqual(["raced", "restored"]);
    expect(await named(mirror, "1")).toBe(third.content.index.descriptor.digest);
    expect(await named(mirror, "1.0")).toBe(oldRoot.digest);
  });

  test("leaves a tag with the new image where the old one is whole nowhere any more", async () => {
    const { mirrors, run, journal } = setup(2);
    const [mirror, other] = mirrors as [MemoryMirror, MemoryMirror];
    await withOld(mirror, "1");
    await run(yes);
    // As a registry that forgets what no tag leads to.
    const lost = old.content.manifests[0]?.descriptor.digest;
    const { memory } = mirror;
    const forgetful: OpenMirror["fresh"] = {
      ...mirror.store,
      exists: async (one, options) => one.digest !== lost && (await memory.exists(one, options)),
      fetch: (one, options) => createMemory().fetch(one, options),
    };
    const open = [{ ...mirror, fresh: forgetful }, other];
    const back = await rollback(open, { journal });
    expect(back.result).toBe("failed");
    expect(back.mirrors[0]?.failures).toMatchObject([{ phase: "rollback", code: "INCOMPLETE" }]);
    expect(await named(mirror, "1")).not.toBe(oldRoot.digest);
    // Another mirror has it.
    await withOld(other, "2");
    expect((await rollback(open, { journal })).result).toBe("rolled back");
    expect(await named(mirror, "1")).toBe(oldRoot.digest);
  });

  test("says that there is nothing to take back", async () => {
    const { mirrors, journal } = setup(1);
    expect(await failureOf(rollback(mirrors, { journal }))).toMatchObject({ code: "CONFIG" });
  });
});

/**
 * A journal that dies with its record of this number: before it is written, in the middle of the line, or right after. Nothing is
 * written any more after that, and whoever waits for it hears no more either: the mirrors may still finish what is under way.
 */
function mortal(at: number, death: "before" | "torn" | "after") {
  return (path: string): Journal => {
    const journal = openJournal(path);
    let left = at;
    return {
      path,
      records: journal.records,
      append(record) {
        if (left > 0 || (left === 0 && death === "after")) journal.append(record);
        if (left === 0 && death === "torn" && existsSync(path)) {
          appendFileSync(path, JSON.stringify(record).slice(0, 20));
        }
        if (left-- <= 0) throw new Error("killed");
      },
      flush: journal.flush,
      close: journal.close,
    };
  };
}

describe("a release that dies at any write of its journal", () => {
  /** How many records a whole release over three mirrors writes. */
  const records = async () => {
    const { mirrors, run, journal } = setup(3);
    await withOld(mirrors[0] as MemoryMirror, "1");
    await run(yes);
    return readFileSync(journal, "utf8").split("\n").length - 1;
  };

  test("is finished by resume, and a third run writes nothing", async () => {
    const count = await records();
    expect(count).toBeGreaterThan(20);
    for (let at = 0; at < count; at++) {
      for (const death of ["before", "torn", "after"] as const) {
        const { mirrors, run } = setup(3);
        await withOld(mirrors[0] as MemoryMirror, "1");
        await run({ ...yes, open: mortal(at, death) }).catch(() => undefined);
        for (const mirror of mirrors) {
          for (const tag of ["1.0", "1"]) {
            expect([undefined, oldRoot.digest, root]).toContain(await named(mirror, tag));
          }
        }
        const resumed = await run(yes);
        expect(["released", "unchanged"]).toContain(resumed.result);
        for (const mirror of mirrors) {
          for (const tag of ["1.0", "1"]) expect(await named(mirror, tag)).toBe(root);
        }
        const logs = mirrors.map(({ log }) => log.length);
        expect((await run()).result).toBe("unchanged");
        expect(mirrors.map(({ log }) => log.length)).toEqual(logs);
      }
    }
  }, 120_000);
});

describe("release of what a mirror has lost", () => {
  test("takes a root that is another content than its digest for absent, and pushes it", async () => {
    const { mirrors, run } = setup(1);
    const [mirror] = mirrors as [MemoryMirror];
    const exists = mirror.memory.exists.bind(mirror.memory);
    let damaged = true;
    Object.assign(mirror, {
      fresh: Object.assign(Object.create(mirror.memory), {
        fetch: mirror.memory.fetch.bind(mirror.memory),
        resolve: mirror.memory.resolve.bind(mirror.memory),
        async exists(...args: Parameters<typeof exists>) {
          if (damaged && args[0].digest === root) {
            damaged = false;
            throw new HiatusError("CONTENT", "other bytes");
          }
          return await exists(...args);
        },
      }),
    });
    expect(await run()).toMatchObject({ result: "released" });
    expect(damaged).toBe(false);
    expect(mirror.log).toContain(`push ${root}`);
  });

  test("pushes everything again when the mirror does not hand out what it says it has", async () => {
    const { mirrors, run } = setup(2);
    await run();
    const [mirror] = mirrors as [MemoryMirror];
    const lost = content.blobs[1]?.descriptor;
    if (lost === undefined) throw new Error("the sample has blobs");
    await mirror.memory.delete(lost);
    // It goes on saying that it has everything.
    const exists = mirror.memory.exists.bind(mirror.memory);
    mirror.memory.exists = async (descriptor, options) =>
      descriptor.digest === root || (await exists(descriptor, options));
    mirror.store.exists = mirror.memory.exists;
    expect((await run()).result).toBe("unchanged");
    const result = await run({ repair: true });
    expect(result.result).toBe("released");
    expect(result.mirrors.map((one) => one.result)).toEqual(["released", "unchanged"]);
    expect(await exists(lost)).toBe(true);
    expect(mirror.log.filter((line) => line === `push ${lost.digest}`)).toHaveLength(2);
  });
});
