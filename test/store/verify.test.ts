import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describe as describeBytes } from "../../src/oci/descriptor.ts";
import { digestOf } from "../../src/oci/digest.ts";
import { createMemory } from "../../src/store/memory.ts";
import { embedded, fetchContent, readAll, verified, verifyBytes } from "../../src/store/verify.ts";
import { blob, piece, pushAll, sample } from "../contract/sample.ts";
import { bytesOf, failureOf, streamOf } from "../failure.ts";
import { holds } from "../property.ts";

describe("verified", () => {
  test("passes on any content in any chunks, for both algorithms", async () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 6 });
    await holds(
      fc.asyncProperty(
        chunks,
        fc.constantFrom("sha256" as const, "sha512" as const),
        async (parts, algorithm) => {
          const bytes = Buffer.concat(parts);
          const descriptor = {
            mediaType: "a/b",
            digest: digestOf(bytes, algorithm),
            size: bytes.byteLength,
          };
          expect(await bytesOf(verified(descriptor, streamOf(...parts)))).toEqual(bytes);
        },
      ),
    );
  });

  test("refuses any other content, and never gives all of it", async () => {
    const two = fc.tuple(
      fc.uint8Array({ maxLength: 40 }),
      fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 6 }),
    );
    await holds(
      fc.asyncProperty(two, async ([right, parts]) => {
        const wrong = Buffer.concat(parts);
        fc.pre(!wrong.equals(right));
        const seen: Uint8Array[] = [];
        const reading = (async () => {
          for await (const chunk of verified(describeBytes("a/b", right), streamOf(...parts)))
            seen.push(chunk);
        })();
        expect((await failureOf(reading)).code).toBe("CONTENT");
        expect(Buffer.concat(seen).byteLength).toBeLessThanOrEqual(right.byteLength);
        if (wrong.byteLength > 0) expect(Buffer.concat(seen).equals(wrong)).toBe(false);
      }),
    );
  });

  test("stops at the first byte too many", async () => {
    let read = 0;
    async function* endless() {
      for (;;) {
        read++;
        yield new Uint8Array(10);
      }
    }
    const descriptor = describeBytes("a/b", new Uint8Array(35));
    expect((await failureOf(bytesOf(verified(descriptor, endless())))).message).toMatch(
      /more than 35/,
    );
    expect(read).toBe(4);
  });

  test("stops in the middle when the signal is aborted", async () => {
    const controller = new AbortController();
    async function* slow() {
      yield new Uint8Array(1);
      controller.abort("enough");
      yield new Uint8Array(1);
    }
    const descriptor = describeBytes("a/b", new Uint8Array(2));
    await expect(bytesOf(verified(descriptor, slow(), { signal: controller.signal }))).rejects.toBe(
      "enough",
    );
  });
});

describe("a manifest with one byte flipped", () => {
  test("is refused at every byte, as bytes, as a stream, when pushed and when read", async () => {
    const { index, all } = sample();
    const { descriptor } = index;
    const memory = createMemory();
    await pushAll(memory, all);
    for (let at = 0; at < descriptor.size; at++) {
      for (const bit of [1, 0x20, 0x80]) {
        const flipped = Uint8Array.from(index.bytes);
        flipped[at] = (flipped[at] ?? 0) ^ bit;
        expect(() => verifyBytes(descriptor, flipped)).toThrow(/has the digest/);
        const source = { fetch: () => streamOf(flipped) };
        expect((await failureOf(readAll(source, descriptor))).code).toBe("CONTENT");
        const empty = createMemory();
        expect((await failureOf(empty.push(descriptor, flipped))).code).toBe("CONTENT");
      }
    }
  });
});

describe("readAll", () => {
  test("verifies although the source did not", async () => {
    const { descriptor } = blob("right");
    const lying = { fetch: () => streamOf(Buffer.from("wrong")) };
    expect(await failureOf(readAll(lying, descriptor))).toMatchObject({ code: "CONTENT" });
  });

  test("refuses what is larger than its limit before fetching anything", async () => {
    const source = {
      fetch: (): never => {
        throw new Error("fetched");
      },
    };
    const { descriptor } = blob("12345");
    expect(await failureOf(readAll(source, descriptor, { limit: 4 }))).toMatchObject({
      code: "CONTENT",
    });
    const large = { ...descriptor, size: 8 * 1024 * 1024 + 1 };
    expect(await failureOf(readAll(source, large))).toMatchObject({ code: "CONTENT" });
  });
});

describe("fetchContent", () => {
  const { descriptor, bytes } = blob("inside");
  const inside = { ...descriptor, data: Buffer.from(bytes).toString("base64") };
  const never = {
    fetch: (): never => {
      throw new Error("fetched");
    },
  };

  test("takes the data of the descriptor and leaves the source alone", async () => {
    expect(await bytesOf(fetchContent(never, inside))).toEqual(Buffer.from(bytes));
    expect(await readAll(never, inside)).toEqual(Buffer.from(bytes));
  });

  test.each([
    ["another content", { ...inside, data: Buffer.from("INSIDE").toString("base64") }],
    ["another size", { ...inside, size: 5 }],
    ["a longer content", { ...inside, data: Buffer.from("inside and more").toString("base64") }],
    ["base64 without padding", { ...inside, size: 7, data: "aW5zaWRlMQ" }],
    ["base64 for URLs", { ...inside, data: "aW5zaW_l" }],
    ["line ends", { ...inside, data: "aW5z\naWRl" }],
    ["nothing", { ...inside, data: "" }],
  ])("refuses data with %s", async (_, wrong) => {
    expect(() => embedded(wrong)).toThrow(/"data" is not/);
    expect(await failureOf(bytesOf(fetchContent(never, wrong)))).toMatchObject({ code: "CONTENT" });
  });

  test("reads content of no bytes from empty data", () => {
    const empty = piece("a/b", new Uint8Array()).descriptor;
    expect(embedded({ ...empty, data: "" })).toHaveLength(0);
    expect(embedded(empty)).toBeUndefined();
  });
});
