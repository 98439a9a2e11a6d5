/** What a registry asks of the stores that it serves: forgetting a tag, and the size of content by its digest alone. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { hexOf } from "../../src/oci/digest.ts";
import { openArchive } from "../../src/store/archive.ts";
import { writeArchive } from "../../src/store/archive-writer.ts";
import { createLayout, openLayout } from "../../src/store/layout.ts";
import { layoutIndex } from "../../src/store/layout-index.ts";
import { createMemory } from "../../src/store/memory.ts";
import { canMeasure, canUntag } from "../../src/store/source.ts";
import { blob, pushAll, referrer, sample } from "../contract/sample.ts";
import { failureOf, listOf } from "../failure.ts";
import { scratch } from "../folder.ts";

const content = sample();
const { index } = content;

const makeLayout = () => createLayout(join(scratch(), "layout"));

describe.each([
  ["memory", async () => createMemory()],
  ["a layout", makeLayout],
])("untag of %s", (_, make) => {
  test("forgets a tag, and keeps the others and what it named", async () => {
    const store = await make();
    await pushAll(store, content.all);
    for (const tag of ["1.0", "1.1"]) await store.tag(index.descriptor, tag);
    await store.untag("1.0");
    expect(await listOf(store.tags())).toEqual(["1.1"]);
    expect(await failureOf(store.resolve("1.0"))).toMatchObject({ code: "NOT_FOUND" });
    expect(await store.exists(index.descriptor)).toBe(true);
    expect((await store.resolve(index.descriptor.digest)).digest).toBe(index.descriptor.digest);
  });

  test("says when there is no such tag", async () => {
    const store = await make();
    for (const tag of ["1.0", "", "not a tag", "../x"]) {
      expect(await failureOf(store.untag(tag))).toMatchObject({ code: "NOT_FOUND" });
    }
  });

  test("a referrer is found again after its last tag is gone", async () => {
    const store = await make();
    const { blobs, manifest } = referrer(index, "signed");
    await pushAll(store, [...content.all, ...blobs, manifest]);
    await store.tag(manifest.descriptor, "signature");
    await store.untag("signature");
    const found = await listOf(store.referrers(index.descriptor));
    expect(found.map(({ digest }) => digest)).toEqual([manifest.descriptor.digest]);
  });

  test("stops when the signal is aborted, with its reason", async () => {
    const store = await make();
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    await expect(store.untag("1.0", { signal })).rejects.toBe(reason);
    await expect(store.sizeOf(index.descriptor.digest, { signal })).rejects.toBe(reason);
  });

  test("sizeOf tells bytes, and nothing of what is not there", async () => {
    const store = await make();
    const one = blob("measured");
    await store.push(one.descriptor, one.bytes);
    expect(await store.sizeOf(one.descriptor.digest)).toBe(one.bytes.byteLength);
    expect(await store.sizeOf(index.descriptor.digest)).toBeUndefined();
    expect([canUntag(store), canMeasure(store)]).toEqual([true, true]);
  });
});

describe("untag of a layout", () => {
  test("forgets full names that end with the tag as well", async () => {
    const layout = await makeLayout();
    await pushAll(layout, content.all);
    const entry = (tag: string) => ({ descriptor: index.descriptor, tag });
    const names = ["registry.example/pause:1.0", "1.0", "registry.example/pause:1.1"];
    writeFileSync(join(layout.dir, "index.json"), layoutIndex(names.map(entry)));
    await layout.untag("1.0");
    expect(await listOf(layout.tags())).toEqual(["1.1"]);
  });

  test("sizeOf of what would lead out of the layout is refused", async () => {
    const layout = await makeLayout();
    const digest = `sha256:../../../../../etc/passwd` as `sha256:${string}`;
    expect(await failureOf(layout.sizeOf(digest))).toMatchObject({ code: "INVALID" });
  });
});

describe("sizeOf of an archive", () => {
  test("tells bytes, and nothing of what is not there", async () => {
    const layout = await makeLayout();
    await pushAll(layout, content.all);
    const file = join(scratch(), "image.tar");
    await writeArchive(file, {
      index: await layout.indexBytes(),
      descriptors: content.all.map(({ descriptor }) => descriptor),
      source: layout,
    });
    const archive = await openArchive(file);
    expect(await archive.sizeOf(index.descriptor.digest)).toBe(index.bytes.byteLength);
    expect(await archive.sizeOf(blob("elsewhere").descriptor.digest)).toBeUndefined();
    expect([canUntag(archive), canMeasure(archive)]).toEqual([false, true]);
    archive.close();
  });
});

describe("a layout that another process writes", () => {
  test("is seen as it is now, whether it was read just before or long ago", async () => {
    const layout = await makeLayout();
    const other = await openLayout(layout.dir);
    await pushAll(layout, content.all);
    for (let i = 0; i < 30; i++) {
      await other.tag(index.descriptor, `tag-${i % 3}`);
      expect((await layout.resolve(`tag-${i % 3}`)).digest).toBe(index.descriptor.digest);
      await other.untag(`tag-${i % 3}`);
      expect(await listOf(layout.tags())).toEqual([]);
      // Now and then long enough for the index to be remembered.
      if (i % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 150));
      expect(await listOf(layout.tags())).toEqual([]);
    }
  });

  test("is not found any more when it is gone, though it was remembered", async () => {
    const layout = await makeLayout();
    await pushAll(layout, content.all);
    await layout.tag(index.descriptor, "1.0");
    await new Promise((resolve) => setTimeout(resolve, 150));
    await layout.resolve("1.0");
    writeFileSync(join(layout.dir, "index.json"), "not an index");
    expect(await failureOf(layout.resolve("1.0"))).toMatchObject({ code: "CONTENT" });
  });
});

describe("an index.json that grows too large", () => {
  test("is not written, because nobody could read it any more", async () => {
    const layout = await makeLayout();
    await pushAll(layout, content.all);
    const annotations = { text: "x".repeat(5 * 1024 * 1024) };
    await layout.tag(index.descriptor, "1.0", { annotations });
    const before = readFileSync(join(layout.dir, "index.json"));
    const error = await failureOf(layout.tag(index.descriptor, "2.0", { annotations }));
    expect(error).toMatchObject({ code: "IO" });
    expect(readFileSync(join(layout.dir, "index.json")).equals(before)).toBe(true);
    expect(existsSync(join(layout.dir, "index.json.lock"))).toBe(false);
    const { digest } = index.descriptor;
    expect(existsSync(join(layout.dir, "blobs/sha256", hexOf(digest)))).toBe(true);
  });
});
