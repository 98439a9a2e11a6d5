import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type CopyEvent, type CopyFailure, copyGraph } from "../../src/graph/copy.ts";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { openArchive } from "../../src/store/archive.ts";
import { writeArchive } from "../../src/store/archive-writer.ts";
import { createLayout } from "../../src/store/layout.ts";
import { layoutIndex } from "../../src/store/layout-index.ts";
import { createMemory, type Memory } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/source.ts";
import { blob, type Piece, pushAll, sample } from "../contract/sample.ts";
import { bytesOf, failureOf, listOf } from "../failure.ts";
import { scratch } from "../folder.ts";

const content = sample();
const root = content.index.descriptor;

async function filled(): Promise<Memory> {
  const store = createMemory();
  await pushAll(store, content.all);
  return store;
}

/** A store that notes what is done to it and fails where it is told to. */
function watched(
  store: Store,
  failing: (operation: string, digest: string) => unknown = () => undefined,
) {
  const log: string[] = [];
  const wrapped: Store = {
    fetch: store.fetch.bind(store),
    exists: store.exists.bind(store),
    resolve: store.resolve.bind(store),
    tags: store.tags.bind(store),
    async push(descriptor, bytes, options) {
      log.push(`push ${descriptor.digest}`);
      const error = failing("push", descriptor.digest);
      if (error !== undefined) throw error;
      await store.push(descriptor, bytes, options);
    },
    async tag(descriptor, tag, options) {
      log.push(`tag ${tag}`);
      const error = failing("tag", descriptor.digest);
      if (error !== undefined) throw error;
      await store.tag(descriptor, tag, options);
    },
  };
  return { log, store: wrapped };
}

describe("copyGraph", () => {
  test("copies everything, bit for bit: memory to layout, layout to archive, archive to memory", async () => {
    const folder = scratch();
    const layout = await createLayout(join(folder, "layout"));
    await copyGraph(await filled(), layout, [root], { tags: [{ descriptor: root, tag: "1.0" }] });
    const path = join(folder, "archive.tar");
    await writeArchive(path, {
      index: layoutIndex([{ descriptor: root, tag: "1.0" }]),
      descriptors: content.all.map(({ descriptor }) => descriptor),
      source: layout,
    });
    const archive = await openArchive(path);
    const last = createMemory();
    await copyGraph(archive, last, [await archive.resolve("1.0")]);
    archive.close();
    expect(await last.exists(root)).toBe(true);
    for (const { descriptor, bytes } of content.all) {
      expect(await bytesOf(last.fetch(descriptor))).toEqual(Buffer.from(bytes));
    }
  });

  test("pushes blobs, then manifests, then the index, then tags in their order", async () => {
    const { log, store } = watched(createMemory());
    const tags = ["b", "a"].map((tag) => ({ descriptor: root, tag }));
    await copyGraph(await filled(), store, [root], { tags });
    const pushes = (pieces: readonly Piece[]) =>
      pieces.map(({ descriptor }) => `push ${descriptor.digest}`);
    expect(log.slice(0, 4).sort()).toEqual(pushes(content.blobs).sort());
    expect(log.slice(4, 6).sort()).toEqual(pushes(content.manifests).sort());
    expect(log.slice(6)).toEqual([...pushes([content.index]), "tag b", "tag a"]);
  });

  test("copies nothing the second time, and sets the tags again", async () => {
    const target = createMemory();
    const from = await filled();
    await copyGraph(from, target, [root]);
    const { log, store } = watched(target);
    const plan = await copyGraph(from, store, [root], { tags: [{ descriptor: root, tag: "1.0" }] });
    expect(plan.total).toEqual({ blobs: 0, manifests: 0, bytes: 0, present: 1 });
    expect(log).toEqual(["tag 1.0"]);
  });

  test("goes on where an earlier copy was broken off", async () => {
    const target = createMemory();
    const [first, second] = content.blobs as [Piece, Piece];
    await pushAll(target, [first, second]);
    const { log, store } = watched(target);
    await copyGraph(await filled(), store, [root]);
    expect(log).not.toContain(`push ${first.descriptor.digest}`);
    expect(await target.exists(root)).toBe(true);
  });

  test("tells the plan, then bytes that only grow up to the total, then tags", async () => {
    const events: CopyEvent[] = [];
    const plan = await copyGraph(await filled(), createMemory(), [root], {
      onProgress: (event) => events.push(event),
      tags: [{ descriptor: root, tag: "1.0" }],
    });
    expect(events[0]).toEqual({ type: "plan", plan });
    const bytes = events.flatMap((event) => (event.type === "copied" ? [event.bytes] : []));
    expect(bytes).toHaveLength(7);
    expect(bytes).toEqual([...bytes].sort((a, b) => a - b));
    expect(bytes.at(-1)).toBe(plan.total.bytes);
    expect(events.at(-1)).toEqual({ type: "tagged", descriptor: root, tag: "1.0" });
  });

  test("leaves tags alone when a blob fails, and reports every failure with its side", async () => {
    const target = createMemory();
    const [first, second, third] = content.blobs.map(({ descriptor }) => descriptor) as [
      Descriptor,
      Descriptor,
      Descriptor,
    ];
    const source = await filled();
    const from = {
      fetch: (descriptor: Descriptor, options?: { signal?: AbortSignal | undefined }) =>
        source.fetch(
          descriptor.digest === second.digest ? blob("absent").descriptor : descriptor,
          options,
        ),
    };
    const { log, store } = watched(target, (_, digest) =>
      digest === first.digest || digest === third.digest ? new Error("disk on fire") : undefined,
    );
    const failure = await failureOf(
      copyGraph(from, store, [root], { tags: [{ descriptor: root, tag: "1.0" }] }),
    );
    const failures = failure.detail.failures as readonly CopyFailure[];
    expect(failures.map(({ digest, operation, code }) => ({ digest, operation, code }))).toEqual([
      { digest: first.digest, operation: "push", code: undefined },
      { digest: second.digest, operation: "fetch", code: "NOT_FOUND" },
      { digest: third.digest, operation: "push", code: undefined },
    ]);
    expect(failure.message).toContain("Cannot copy 3 of 4");
    expect((failure.cause as AggregateError).errors).toHaveLength(3);
    expect(log.filter((line) => line.startsWith("tag"))).toEqual([]);
    expect(log).toHaveLength(4);
    expect(await listOf(target.tags())).toEqual([]);
    expect(await target.exists(root)).toBe(false);
  });

  test("says once, with a number, what failed for many in the same words", async () => {
    const { store } = watched(createMemory(), (_, digest) =>
      digest === root.digest ? undefined : new Error(`nothing listens there (${digest})`),
    );
    const failure = await failureOf(copyGraph(await filled(), store, [root]));
    const { length } = failure.detail.failures as readonly CopyFailure[];
    expect(length).toBeGreaterThan(2);
    expect(failure.message).toContain(` and ${length - 1} more alike: nothing listens there (`);
    expect(failure.message.split("nothing listens there")).toHaveLength(2);
  });

  test("keeps code, hint and cause of a single failure", async () => {
    const [damaged] = content.blobs as [Piece];
    const source = await filled();
    const from = {
      fetch: (descriptor: Descriptor) =>
        descriptor.digest === damaged.descriptor.digest
          ? (async function* () {
              yield Buffer.alloc(descriptor.size);
            })()
          : source.fetch(descriptor),
    };
    const failure = await failureOf(copyGraph(from, createMemory(), [root]));
    expect(failure).toMatchObject({ code: "CONTENT", cause: { code: "CONTENT" } });
    expect(failure.hint).toBe((failure.cause as { hint: string }).hint);
  });

  test("leaves later levels and tags alone when a manifest fails", async () => {
    const [first] = content.manifests as [Piece];
    const { log, store } = watched(createMemory(), (_, digest) =>
      digest === first.descriptor.digest ? new Error("no") : undefined,
    );
    await failureOf(
      copyGraph(await filled(), store, [root], { tags: [{ descriptor: root, tag: "1.0" }] }),
    );
    expect(log).toHaveLength(6);
    expect(log).not.toContain(`push ${root.digest}`);
  });

  test("reports a tag that fails", async () => {
    const { store } = watched(createMemory(), (operation) =>
      operation === "tag" ? new Error("no") : undefined,
    );
    const failure = await failureOf(
      copyGraph(await filled(), store, [root], { tags: [{ descriptor: root, tag: "1.0" }] }),
    );
    expect(failure.detail.failures).toMatchObject([
      { operation: "tag", digest: root.digest, message: "no" },
    ]);
  });

  test("stops when the signal is aborted in the middle, with its reason, and sets no tag", async () => {
    const controller = new AbortController();
    const reason = new DOMException("enough", "AbortError");
    const { log, store } = watched(createMemory());
    const copying = copyGraph(await filled(), store, [root], {
      signal: controller.signal,
      concurrency: 1,
      tags: [{ descriptor: root, tag: "1.0" }],
      onProgress: ({ type }) => {
        if (type === "copied") controller.abort(reason);
      },
    });
    await expect(copying).rejects.toBe(reason);
    expect(log).toHaveLength(1);
  });

  test("passes on what the progress callback throws", async () => {
    const reason = new Error("the terminal is gone");
    const onProgress = ({ type }: CopyEvent) => {
      if (type === "copied") throw reason;
    };
    await expect(copyGraph(await filled(), createMemory(), [root], { onProgress })).rejects.toBe(
      reason,
    );
  });

  test("takes blobs from the data of their descriptors and leaves the source alone", async () => {
    const layer = blob("inside");
    const data = Buffer.from(layer.bytes).toString("base64");
    const target = createMemory();
    const never = {
      fetch: (): never => {
        throw new Error("fetched");
      },
    };
    await copyGraph(never, target, [{ ...layer.descriptor, data }]);
    expect(await target.exists(layer.descriptor)).toBe(true);
  });

  test("runs as many at a time as it is told", async () => {
    let now = 0;
    let most = 0;
    const source = await filled();
    const from = {
      async *fetch(descriptor: Descriptor) {
        most = Math.max(most, ++now);
        await new Promise((resolve) => setImmediate(resolve));
        yield* source.fetch(descriptor);
        now--;
      },
    };
    await copyGraph(from, createMemory(), [root], { concurrency: 2 });
    expect(most).toBe(2);
  });
});
