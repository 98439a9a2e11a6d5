import { gzipSync } from "node:zlib";
import { gzipSync as pureGzip } from "fflate";
import { describe, expect, test } from "vitest";
import { gunzip, isGzip } from "../../src/store/gunzip.ts";
import { bytesOf, failureOf, streamOf } from "../failure.ts";

const bytes = Buffer.from("some text that is compressed ".repeat(100));
const packed = gzipSync(bytes);

describe("gunzip", () => {
  test.each([
    ["zlib", packed],
    ["a pure-JS encoder", pureGzip(bytes)],
  ])("reads what %s wrote, whatever the chunks", async (_, whole) => {
    expect(isGzip(whole)).toBe(true);
    for (const size of [1, 3, whole.byteLength]) {
      const chunks = [];
      for (let at = 0; at < whole.byteLength; at += size)
        chunks.push(whole.subarray(at, at + size));
      expect(await bytesOf(gunzip(streamOf(...chunks), "it"))).toEqual(bytes);
    }
  });

  test("reads two members as one", async () => {
    expect(await bytesOf(gunzip([packed, packed], "it"))).toEqual(Buffer.concat([bytes, bytes]));
  });

  test.each([
    ["nothing", new Uint8Array()],
    ["text", bytes],
    ["a file that was cut short", packed.subarray(0, packed.byteLength - 1)],
    ["a file cut in its header", packed.subarray(0, 5)],
    ["a wrong checksum", Buffer.from(packed).fill(0, packed.byteLength - 8, packed.byteLength - 4)],
    ["a wrong length", Buffer.from(packed).fill(0, packed.byteLength - 4)],
    ["text behind it", Buffer.concat([packed, Buffer.from("and more")])],
    ["zeros behind it", Buffer.concat([packed, Buffer.alloc(512)])],
    ["half a member behind it", Buffer.concat([packed, packed.subarray(0, 20)])],
  ])("refuses %s", async (_, input) => {
    for (const chunks of [[input], [input.subarray(0, 7), input.subarray(7)]]) {
      expect(await failureOf(bytesOf(gunzip(chunks, "it")))).toMatchObject({ code: "CONTENT" });
    }
  });

  test("never gives other bytes when one bit is flipped anywhere", async () => {
    const small = gzipSync("small");
    let refused = 0;
    for (let at = 0; at < 8 * small.byteLength; at++) {
      const flipped = Buffer.from(small);
      flipped[at >> 3] = (flipped[at >> 3] ?? 0) ^ (1 << (at & 7));
      // Some bits say nothing about the content: the time in the header, the padding of the last block.
      const result = await bytesOf(gunzip([flipped], "it")).catch((error: unknown) => error);
      if (result instanceof Uint8Array) expect(new TextDecoder().decode(result)).toBe("small");
      else expect(result).toMatchObject({ code: "CONTENT", name: "HiatusError" });
      if (!(result instanceof Uint8Array)) refused++;
    }
    expect(refused).toBeGreaterThan(100);
  });

  test("stops at a ratio, of a bomb that never ends, having read little of it", async () => {
    let read = 0;
    const member = gzipSync(Buffer.alloc(1 << 20));
    function* bomb() {
      for (;;) {
        read += member.byteLength;
        yield member;
      }
    }
    expect((await failureOf(bytesOf(gunzip(bomb(), "it")))).message).toMatch(/200 times its size/);
    expect(read).toBeLessThan(64 * 1024);
  });

  test("stops at a number of bytes", async () => {
    const input = gzipSync(Buffer.alloc(100_000));
    expect(await bytesOf(gunzip([input], "it", { bytes: 100_000 }))).toHaveLength(100_000);
    const failure = await failureOf(bytesOf(gunzip([input], "it", { bytes: 99_999 })));
    expect(failure.message).toMatch(/more than 99999 bytes/);
  });

  test("passes on what the chunks throw, and the reason of the signal", async () => {
    const reason = new Error("the line is dead");
    async function* broken() {
      yield packed.subarray(0, 20);
      throw reason;
    }
    await expect(bytesOf(gunzip(broken(), "it"))).rejects.toBe(reason);
    const signal = AbortSignal.abort("enough");
    await expect(bytesOf(gunzip([packed], "it", {}, { signal }))).rejects.toBe("enough");
  });

  test("closes its input when its reader stops", async () => {
    let closed = false;
    async function* input() {
      try {
        for (;;) yield packed;
      } finally {
        closed = true;
      }
    }
    for await (const _ of gunzip(input(), "it")) break;
    await new Promise((resolve) => setImmediate(resolve));
    expect(closed).toBe(true);
  });
});
