/** Releases after releases: begun anew, gone on with after others moved tags, taken back. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { HiatusError } from "../../src/errors.ts";
import { isUnfinished, readJournal } from "../../src/release/journal.ts";
import type { ReleaseEvent } from "../../src/release/model.ts";
import { type ReleaseOptions, release } from "../../src/release/release.ts";
import { rollback } from "../../src/release/rollback.ts";
import type { Store, TaggedPusher, Untagger } from "../../src/store/source.ts";
import { pushAll } from "../contract/sample.ts";
import { failureOf } from "../failure.ts";
import { scratch } from "../folder.ts";
import { type MemoryMirror, memoryMirror, sampleRelease } from "./memory-mirror.ts";

const first = await sampleRelease("first");
const second = await sampleRelease("second");
const third = await sampleRelease("third");
type Sample = typeof first;

const rootOf = ({ content }: Sample) => content.index.descriptor;
const yes = { confirm: async () => true };

function setup(...settings: readonly Parameters<typeof memoryMirror>[1][]) {
  const mirrors = settings.map((one, at) => memoryMirror(`m${at}`, one));
  const journal = join(scratch(), "journal.ndjson");
  return {
    mirrors: mirrors as [MemoryMirror, ...MemoryMirror[]],
    journal,
    run: (what: Sample, more: Partial<ReleaseOptions> = {}) =>
      release(what.image, mirrors, { journal, ...more }),
  };
}

const named = async (mirror: MemoryMirror, tag: string) =>
  (await mirror.memory.resolve(tag).catch(() => undefined))?.digest;

async function moveTo(mirror: MemoryMirror, what: Sample, tag: string): Promise<void> {
  await pushAll(mirror.memory, what.content.all);
  await mirror.memory.tag(rootOf(what), tag);
}

/** A store that moves tags only from what they should name: another one's registry may not. */
function conditional(mirror: MemoryMirror): TaggedPusher & Store & Untagger {
  return Object.assign(mirror.store, {
    async pushTagged(...args: Parameters<TaggedPusher["pushTagged"]>) {
      const [descriptor, bytes, tag, options] = args;
      const now = (await named(mirror, tag)) ?? null;
      if (options?.replacing !== undefined && options.replacing !== now) {
        throw new HiatusError("RACE", "412", { hint: "Look again" });
      }
      await mirror.store.push(descriptor, bytes);
      await mirror.store.tag(descriptor, tag);
    },
  });
}

describe("a release after another one in the same journal", () => {
  test("writes down anew what tags name, so that taking it back does", async () => {
    const { mirrors, run, journal } = setup({});
    await run(first);
    expect((await run(second, yes)).result).toBe("released");
    expect((await rollback(mirrors, { journal })).result).toBe("rolled back");
    for (const tag of ["1.0", "1"]) expect(await named(mirrors[0], tag)).toBe(rootOf(first).digest);
  });

  test("asks again before it moves a tag that an earlier one had moved from there", async () => {
    const { mirrors, run } = setup({});
    await moveTo(mirrors[0], first, "1");
    await run(second, yes);
    await moveTo(mirrors[0], first, "1");
    expect(await failureOf(run(second))).toMatchObject({ code: "USAGE" });
    expect(await named(mirrors[0], "1")).toBe(rootOf(first).digest);
  });
});

describe("a release that is gone on with", () => {
  /** Moved the first tag and then died. */
  async function stopped() {
    const made = setup({});
    const [mirror] = made.mirrors;
    mirror.before = (write) => {
      if (write.startsWith("tag 1 ")) throw new HiatusError("NETWORK", "gone", { hint: "Mend it" });
    };
    expect((await made.run(second)).result).toBe("failed");
    mirror.before = () => undefined;
    return made;
  }

  test("does not ask for what was agreed to already", async () => {
    const { mirrors, run } = setup({});
    const [mirror] = mirrors;
    await moveTo(mirror, first, "1");
    mirror.before = (write) => {
      if (write.startsWith("tag")) throw new HiatusError("NETWORK", "gone", { hint: "Mend it" });
    };
    expect((await run(second, yes)).result).toBe("failed");
    mirror.before = () => undefined;
    expect((await run(second)).result).toBe("released");
  });

  test("asks where somebody else moved a tag meanwhile, and puts back what they left", async () => {
    const { mirrors, run, journal } = await stopped();
    await moveTo(mirrors[0], third, "1.0");
    expect(await failureOf(run(second))).toMatchObject({ code: "USAGE" });
    expect((await run(second, yes)).result).toBe("released");
    await rollback(mirrors, { journal });
    expect(await named(mirrors[0], "1.0")).toBe(rootOf(third).digest);
    expect(await named(mirrors[0], "1")).toBeUndefined();
  });

  test("puts back the first it saw where nobody else moved a tag", async () => {
    const { mirrors, run, journal } = await stopped();
    expect((await run(second)).result).toBe("released");
    await rollback(mirrors, { journal });
    for (const tag of ["1.0", "1"]) expect(await named(mirrors[0], tag)).toBeUndefined();
  });

  test("stays unfinished when it is only staged again", async () => {
    const { mirrors, run, journal } = await stopped();
    expect(await run(second, { stageOnly: true })).toMatchObject({ result: "staged", journal });
    expect((await run(second, { resume: true })).result).toBe("released");
    await rollback(mirrors, { journal });
    for (const tag of ["1.0", "1"]) expect(await named(mirrors[0], tag)).toBeUndefined();
  });

  test("stays unfinished while no mirror can be reached", async () => {
    const { mirrors, run, journal } = setup({ required: false });
    const [mirror] = mirrors;
    mirror.before = (write) => {
      if (write.startsWith("tag 1 ")) throw new HiatusError("NETWORK", "gone", { hint: "Mend it" });
    };
    expect((await run(second)).result).toBe("failed");
    mirror.memory.resolve = async () => {
      throw new HiatusError("NETWORK", "gone", { hint: "Mend it" });
    };
    const again = await run(second);
    expect(again).toMatchObject({ result: "failed", journal });
    expect(isUnfinished(readJournal(journal) ?? [])).toBe(true);
  });
});

describe("release", () => {
  test("is not a success when every mirror failed, required or not", async () => {
    const { mirrors, run } = setup({ required: false }, { required: false });
    for (const mirror of mirrors) {
      mirror.before = () => {
        throw new HiatusError("REGISTRY", "disk full", { hint: "Make room" });
      };
    }
    expect((await run(first)).result).toBe("failed");
    mirrors[0].before = () => undefined;
    expect((await run(first)).result).toBe("released");
  });

  test("reads back every required mirror before a tag moves anywhere, converged ones too", async () => {
    const { mirrors, run } = setup({}, {});
    const [whole, behind] = mirrors as [MemoryMirror, MemoryMirror];
    await run(first);
    await behind.memory.untag("1");
    const lost = first.content.blobs[1]?.descriptor;
    if (lost === undefined) throw new Error("the sample has blobs");
    const fetch = whole.memory.fetch.bind(whole.memory);
    whole.memory.fetch = (descriptor, options) => {
      if (descriptor.digest !== lost.digest) return fetch(descriptor, options);
      throw new HiatusError("NETWORK", "gone", { hint: "Mend it" });
    };
    const result = await run(first);
    expect(result.result).toBe("failed");
    expect(result.mirrors[0]?.failures).toMatchObject([{ phase: "read-back" }]);
    expect(await named(behind, "1")).toBeUndefined();
    whole.memory.fetch = fetch;
    const again = await run(first);
    expect(again.mirrors.map((one) => one.result)).toEqual(["unchanged", "released"]);
  });

  test("is over for every mirror when it throws: nobody moves a tag behind a closed journal", async () => {
    const { mirrors, run, journal } = setup({}, {});
    const [broken, slow] = mirrors as [MemoryMirror, MemoryMirror];
    broken.before = (write) => {
      if (write.startsWith("tag")) throw new TypeError("a mistake of ours");
    };
    slow.before = async (write) => {
      if (write.startsWith("tag")) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    await expect(run(first)).rejects.toThrow("a mistake of ours");
    const [log, records] = [slow.log.length, readJournal(journal)?.length];
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(slow.log.length).toBe(log);
    expect(readJournal(journal)?.length).toBe(records);
    expect(slow.log.filter((line) => line.startsWith("tag"))).toHaveLength(1);
  });

  test("reports every tag that somebody else moved after us, not only the first", async () => {
    const { mirrors, run } = setup({});
    const [mirror] = mirrors;
    await pushAll(mirror.memory, third.content.all);
    const events: ReleaseEvent[] = [];
    const result = await run(first, {
      onEvent(event) {
        events.push(event);
        // The last tag has been moved: now both go elsewhere.
        if (event.type !== "tag" || event.tag !== "1" || event.result !== "created") return;
        for (const tag of ["1.0", "1"]) void mirror.memory.tag(rootOf(third), tag);
      },
    });
    expect(result.result).toBe("failed");
    expect(result.mirrors[0]?.tags).toMatchObject([
      { tag: "1.0", result: "raced", after: rootOf(third).digest },
      { tag: "1", result: "raced", after: rootOf(third).digest },
    ]);
    const raced = events.filter((event) => event.type === "tag" && event.result === "raced");
    expect(raced).toHaveLength(2);
  });

  test("looks for races elsewhere too when a required mirror failed", async () => {
    const { mirrors, run } = setup({}, {});
    const [broken, raced] = mirrors as [MemoryMirror, MemoryMirror];
    await pushAll(raced.memory, third.content.all);
    broken.before = async (write) => {
      if (!write.startsWith("tag")) return;
      while ((await named(raced, "1")) === undefined) await new Promise((go) => setImmediate(go));
      await raced.memory.tag(rootOf(third), "1");
      throw new HiatusError("REGISTRY", "tag is immutable", { hint: "Use another tag" });
    };
    const result = await run(first);
    expect(result.mirrors[1]?.failures).toMatchObject([{ code: "RACE" }]);
    expect(result.mirrors[1]?.tags.map((one) => one.result)).toEqual(["created", "raced"]);
  });

  test("takes a refused condition for no race where the tag is ours after all", async () => {
    const { mirrors, run } = setup({});
    const [mirror] = mirrors;
    const store = conditional(mirror);
    const { pushTagged } = store;
    // The registry does it, the answer gets lost, and what is sent again is refused.
    store.pushTagged = async (...args) => {
      await pushTagged(...args);
      await pushTagged(...args);
    };
    const result = await run(first);
    expect(result.result).toBe("released");
    expect(result.mirrors[0]?.tags.map((one) => one.result)).toEqual(["created", "created"]);
  });

  test("reads a tag back from outside, where the registry says one thing and hands out another", async () => {
    const { mirrors, run } = setup({});
    const [mirror] = mirrors;
    const outside = Object.create(mirror.memory, {
      resolve: {
        value: async () => {
          throw new HiatusError("CONTENT", "other bytes", { hint: "Look at the registry" });
        },
      },
    });
    Object.assign(mirror, { outside });
    const result = await run(first);
    expect(result.mirrors[0]?.failures).toMatchObject([{ phase: "tags", code: "CONTENT" }]);
    expect(result.journal).toBeDefined();
  });
});

describe("rollback", () => {
  test("leaves alone what somebody moves between its look and its move, where the registry says so", async () => {
    const { mirrors, run, journal } = setup({});
    const [mirror] = mirrors;
    await moveTo(mirror, first, "1");
    const store = conditional(mirror);
    await run(second, yes);
    await pushAll(mirror.memory, third.content.all);
    const { pushTagged } = store;
    store.pushTagged = async (...args) => {
      await mirror.memory.tag(rootOf(third), "1");
      await pushTagged(...args);
    };
    const back = await rollback(mirrors, { journal });
    expect(back.result).toBe("failed");
    expect(back.mirrors[0]?.tags).toMatchObject([{ tag: "1", result: "raced" }, { tag: "1.0" }]);
    expect(await named(mirror, "1")).toBe(rootOf(third).digest);
    expect(readJournal(journal)).toContainEqual(
      expect.objectContaining({ type: "raced", tag: "1", found: rootOf(third).digest }),
    );
  });

  test("takes a tag that is gone already for taken away", async () => {
    const { mirrors, run, journal } = setup({});
    const [mirror] = mirrors;
    await run(first);
    const untag = mirror.store.untag.bind(mirror.store);
    mirror.store.untag = async (tag, options) => {
      await mirror.memory.untag(tag);
      await untag(tag, options);
    };
    expect((await rollback(mirrors, { journal })).result).toBe("rolled back");
  });

  test.each([{ registry: "elsewhere.example" }, { repository: "other" }])(
    "does not touch a mirror of the same name with %j",
    async (change) => {
      const { mirrors, run, journal } = setup({});
      await run(first);
      const other = memoryMirror("m0", change);
      await release(first.image, [other], { journal: join(scratch(), "other.ndjson") });
      const writes = other.log.length;
      expect(await failureOf(rollback([other], { journal }))).toMatchObject({ code: "CONFIG" });
      expect(other.log.length).toBe(writes);
      expect(await rollback(mirrors, { journal })).toMatchObject({ result: "rolled back" });
    },
  );
});
