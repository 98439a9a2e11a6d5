import { describe, expect, test } from "vitest";
import { createMemory } from "../../src/store/memory.ts";
import { remember, withFetch } from "../../src/store/remember.ts";
import type { Source } from "../../src/store/source.ts";
import { readAll } from "../../src/store/verify.ts";
import { blob, type Piece, pushAll, sample } from "../contract/sample.ts";
import { bytesOf, failureOf, streamOf } from "../failure.ts";

/** A source of some pieces that counts how often it is asked. */
function counting(...pieces: readonly Piece[]) {
  const asked: string[] = [];
  const fetch: Source["fetch"] = (descriptor) => {
    asked.push(descriptor.digest);
    const found = pieces.find((one) => one.descriptor.digest === descriptor.digest);
    return streamOf(...(found === undefined ? [] : [found.bytes]));
  };
  return { asked, source: { fetch } };
}

describe("remember", () => {
  test("asks once for what many want, at the same time and later", async () => {
    const one = blob("one");
    const { asked, source } = counting(one);
    const kept = remember(source);
    const both = [kept.fetch(one.descriptor), kept.fetch(one.descriptor)];
    for (const bytes of await Promise.all(both.map(bytesOf)))
      expect(bytes).toEqual(Buffer.from(one.bytes));
    expect(await readAll(kept, one.descriptor)).toEqual(one.bytes);
    expect(asked).toEqual([one.descriptor.digest]);
  });

  test("does not keep a failure, nor what is not what was promised", async () => {
    const one = blob("one");
    const wrong = { ...one, bytes: blob("two").bytes };
    const pieces: Piece[] = [wrong];
    const { asked, source } = counting(...pieces);
    const kept = remember({ fetch: (descriptor) => source.fetch(descriptor) });
    expect((await failureOf(readAll(kept, one.descriptor))).code).toBe("CONTENT");
    expect((await failureOf(readAll(kept, one.descriptor))).code).toBe("CONTENT");
    expect(asked).toHaveLength(2);
  });

  test("reads what is large each time", async () => {
    const bytes = new Uint8Array(1024 * 1024 + 1);
    const { descriptor } = blob(Buffer.from(bytes).toString("latin1"));
    const { asked, source } = counting({ descriptor, bytes });
    const kept = remember(source);
    await bytesOf(kept.fetch(descriptor));
    await bytesOf(kept.fetch(descriptor));
    expect(asked).toHaveLength(2);
  });

  test("does not answer for another size of the same digest", async () => {
    const one = blob("one");
    const { source } = counting(one);
    const kept = remember(source);
    await readAll(kept, one.descriptor);
    const lie = { ...one.descriptor, size: one.descriptor.size + 1 };
    expect((await failureOf(readAll(kept, lie))).code).toBe("CONTENT");
  });

  test("stops for a signal, also when it knows", async () => {
    const one = blob("one");
    const kept = remember(counting(one).source);
    await readAll(kept, one.descriptor);
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(bytesOf(kept.fetch(one.descriptor, { signal }))).rejects.toThrow("enough");
  });
});

describe("withFetch", () => {
  test("changes how a source fetches and nothing else", async () => {
    const { index, all } = sample();
    const store = createMemory();
    await pushAll(store, all);
    await store.tag(index.descriptor, "latest");
    const other = withFetch(store, { fetch: () => streamOf(new Uint8Array([1])) });
    expect(await bytesOf(other.fetch(index.descriptor))).toEqual(Buffer.from([1]));
    expect(await other.resolve("latest")).toEqual(await store.resolve("latest"));
    expect(await other.exists(index.descriptor)).toBe(true);
  });
});
