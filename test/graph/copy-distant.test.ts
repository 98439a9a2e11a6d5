/** Copies to stores far away: what is asked, what is mounted, and what is given once more. */
import { describe, expect, test } from "vitest";
import { HiatusError } from "../../src/errors.ts";
import { type CopyEvent, copyGraph } from "../../src/graph/copy.ts";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { createMemory, type Memory } from "../../src/store/memory.ts";
import type { Distant, Mounter, Store, TaggedPusher } from "../../src/store/source.ts";
import { indexOf, type Piece, pushAll, sample } from "../contract/sample.ts";
import { failureOf } from "../failure.ts";

const content = sample();
const root = content.index.descriptor;
const tags = [
  { descriptor: root, tag: "1.0" },
  { descriptor: root, tag: "1" },
];

async function filled(pieces: readonly Piece[] = content.all): Promise<Memory> {
  const store = createMemory();
  await pushAll(store, pieces);
  return store;
}

/** A store that takes manifests by their tags, is far away, and notes what is asked of it. */
function distant(store: Store, worth: (descriptor: Descriptor) => boolean = () => false) {
  const log: string[] = [];
  const wrapped: Store & Distant & TaggedPusher = {
    fetch: store.fetch.bind(store),
    resolve: store.resolve.bind(store),
    tags: store.tags.bind(store),
    exists(descriptor, options) {
      log.push(`exists ${descriptor.digest}`);
      return store.exists(descriptor, options);
    },
    push(descriptor, bytes, options) {
      log.push(`push ${descriptor.digest}`);
      return store.push(descriptor, bytes, options);
    },
    tag(descriptor, tag, options) {
      log.push(`tag ${tag}`);
      return store.tag(descriptor, tag, options);
    },
    async pushTagged(descriptor, bytes, tag, options) {
      log.push(`push ${descriptor.digest} as ${tag}`);
      await store.push(descriptor, bytes, options);
      await store.tag(descriptor, tag, options);
    },
    worthAsking: worth,
  };
  return { log, store: wrapped };
}

const pushes = (pieces: readonly Piece[]) =>
  pieces.map(({ descriptor }) => `push ${descriptor.digest}`).sort();

describe("copyGraph to a store far away", () => {
  test("asks for the root, pushes the rest unasked, and the root under its first tag", async () => {
    const { log, store } = distant(createMemory());
    await copyGraph(await filled(), store, [root], { tags });
    expect(log[0]).toBe(`exists ${root.digest}`);
    expect(log.slice(1, 5).sort()).toEqual(pushes(content.blobs));
    expect(log.slice(5, 7).sort()).toEqual(pushes(content.manifests));
    expect(log.slice(7)).toEqual([`push ${root.digest} as 1.0`, "tag 1"]);
  });

  test("does not ask for roots that are known not to be there", async () => {
    const { log, store } = distant(createMemory());
    await copyGraph(await filled(), store, [root], { tags, rootsAbsent: true });
    expect(log.filter((line) => line.startsWith("exists"))).toEqual([]);
    expect(log).toHaveLength(4 + 2 + 2);
  });

  test("asks for what is worth it, and pushes only what is not there", async () => {
    const [first, second] = content.blobs as [Piece, Piece];
    const target = await filled([first, second]);
    const { log, store } = distant(target, ({ digest }) => digest === first.descriptor.digest);
    await copyGraph(await filled(), store, [root]);
    expect(log).toContain(`exists ${first.descriptor.digest}`);
    expect(log).not.toContain(`push ${first.descriptor.digest}`);
    expect(log).toContain(`push ${second.descriptor.digest}`);
  });

  test("copies what a referrer refers to, then the referrer, and then sets the tag", async () => {
    const from = await filled([...content.all, ...content.signatureBlobs, content.signature]);
    const { log, store } = distant(createMemory());
    await copyGraph(from, store, [root, content.signature.descriptor], { tags });
    expect(log.slice(-4)).toEqual([
      `push ${root.digest}`,
      `push ${content.signature.descriptor.digest}`,
      ...["tag 1.0", "tag 1"],
    ]);
  });

  test("pushes a tagged manifest that is a child by its digest, before its parent", async () => {
    const [child] = content.manifests as [Piece];
    const { log, store } = distant(createMemory());
    await copyGraph(await filled(), store, [root, child.descriptor], {
      tags: [{ descriptor: child.descriptor, tag: "child" }, ...tags],
    });
    expect(log).toContain(`push ${child.descriptor.digest}`);
    expect(log.slice(-3)).toEqual(["tag child", `push ${root.digest} as 1.0`, "tag 1"]);
  });

  test("does not push the subject of a referrer again when it is known to be there", async () => {
    const from = await filled([...content.all, ...content.signatureBlobs, content.signature]);
    const { log, store } = distant(await filled());
    await copyGraph(from, store, [content.signature.descriptor], { present: [root] });
    expect(log[0]).toBe(`exists ${content.signature.descriptor.digest}`);
    expect(log.slice(1, 3).sort()).toEqual(pushes(content.signatureBlobs));
    expect(log.slice(3)).toEqual(pushes([content.signature]));
  });

  test("mounts what the registry has elsewhere and pushes the rest", async () => {
    const [first] = content.blobs as [Piece];
    const target = createMemory();
    const store = Object.assign(distant(target).store, {
      async mount(descriptor: Descriptor, from: string) {
        expect(from).toBe("other/pause");
        if (descriptor.digest !== first.descriptor.digest) return false;
        await target.push(descriptor, first.bytes);
        return true;
      },
    } satisfies Mounter);
    const events: CopyEvent[] = [];
    const onProgress = (event: CopyEvent) => void events.push(event);
    await copyGraph(await filled(), store, [root], { mountFrom: "other/pause", onProgress });
    expect(events.filter(({ type }) => type === "mounted")).toHaveLength(1);
    expect(events.filter(({ type }) => type === "copied")).toHaveLength(6);
    expect(await target.exists(root)).toBe(true);
  });

  test.each(["names what it misses", "does not say what"])(
    "gives content again when the registry misses what it said it had, and %s",
    async (how) => {
      const target = createMemory();
      const { log, store } = distant(target, () => true);
      // It says of everything but the root that it is there.
      store.exists = async ({ digest }) => digest !== root.digest;
      const push = store.push;
      store.push = (descriptor, bytes, options) =>
        push(descriptor, bytes, options).catch((error: HiatusError) => {
          if (how === "names what it misses") throw error;
          throw new HiatusError("INCOMPLETE", "MANIFEST_BLOB_UNKNOWN");
        });
      await copyGraph(await filled(), store, [root], { tags });
      expect(await target.exists(root)).toBe(true);
      expect(await target.resolve("1.0")).toMatchObject({ digest: root.digest });
      expect(log.filter((line) => line === `push ${root.digest} as 1.0`)).toHaveLength(2);
    },
  );

  test("gives it once more and not for ever", async () => {
    const { log, store } = distant(createMemory());
    store.pushTagged = async (descriptor) => {
      log.push(`push ${descriptor.digest}`);
      throw new HiatusError("INCOMPLETE", "it never has enough", {
        detail: { missing: [content.manifests[0]?.descriptor.digest] },
      });
    };
    const failure = await failureOf(copyGraph(await filled(), store, [root], { tags }));
    expect(failure).toMatchObject({ code: "INCOMPLETE" });
    expect(log.filter((line) => line === `push ${root.digest}`)).toHaveLength(2);
  });

  test.each([
    [true, 2],
    [false, 1],
  ])(
    "fetches a blob anew when the stream broke and the store says that this helps (%s)",
    async (again, times) => {
      const [{ descriptor }] = content.blobs as [Piece];
      const { log, store } = distant(createMemory());
      const push = store.push;
      let broken = false;
      store.push = async (what, bytes, options) => {
        if (what.digest !== descriptor.digest || broken) return push(what, bytes, options);
        broken = true;
        log.push(`push ${what.digest}`);
        throw new HiatusError("NETWORK", "reset", { detail: { again } });
      };
      const copied = copyGraph(await filled(), store, [root]);
      if (again) await copied;
      else expect(await failureOf(copied)).toMatchObject({ code: "NETWORK" });
      expect(log.filter((line) => line === `push ${descriptor.digest}`)).toHaveLength(times);
    },
  );

  test("goes down a nested index that misses everything", async () => {
    const outer = indexOf(content.index);
    const from = await filled([...content.all, outer]);
    const target = createMemory();
    const { store } = distant(target, () => true);
    store.exists = async ({ digest }) => digest !== outer.descriptor.digest;
    await copyGraph(from, store, [outer.descriptor], {
      tags: [{ descriptor: outer.descriptor, tag: "nested" }],
    });
    expect(await target.exists(outer.descriptor)).toBe(true);
  });
});
