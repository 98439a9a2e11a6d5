import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { packageRoot } from "../../src/package-root.ts";
import type { ExpandLimits } from "../../src/store/expand.ts";
import { compressZstd } from "../../src/store/zstd/compress.ts";
import { expandZstd, isZstd } from "../../src/store/zstd/expand.ts";
import { xxh64Low } from "../../src/store/zstd/xxh64.ts";
import { failureOf } from "../failure.ts";
import { scratch } from "../folder.ts";
import { describeWith } from "../runtime/needs.ts";
import { inputOf } from "./zstd-input.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const expand = (bytes: Uint8Array, limits?: ExpandLimits) =>
  Buffer.concat([...expandZstd(inputOf(bytes), limits).chunks()]);

const lines = Array.from({ length: 12_000 }, (_, i) => `${(i * 7919) % 1009} of ${i}\n`);
const SAMPLES: Readonly<Record<string, Uint8Array>> = {
  nothing: new Uint8Array(),
  "one byte": bytesOf("a"),
  "few bytes": bytesOf("hiatus"),
  "one byte very often": Buffer.alloc(3_000_000, 7),
  noise: randomBytes(300_000),
  "text of several blocks": bytesOf(lines.join("")),
  "two symbols": Uint8Array.from({ length: 5000 }, (_, i) =>
    Math.imul(i, 0x9e3779b1) >>> 28 > 3 ? 1 : 0,
  ),
  "all bytes": Uint8Array.from({ length: 70_000 }, (_, i) => (i * i * i) >> 7),
  "a lock file": readFileSync(join(packageRoot(), "package-lock.json")),
  "text and noise": Buffer.concat([
    bytesOf(lines.slice(0, 900).join("")),
    randomBytes(9000),
    bytesOf("end".repeat(99)),
  ]),
};

describe.each(Object.entries(SAMPLES))("of %s", (_, sample) => {
  test("compressZstd writes what expandZstd reads, with nothing lost", () => {
    const frame = compressZstd(sample);
    expect(isZstd(frame)).toBe(true);
    expect(expand(frame, { ratio: 1e9 }).equals(sample)).toBe(true);
    expect(frame.byteLength).toBeLessThanOrEqual(sample.byteLength + 13 + 3 * 3);
    expect(compressZstd(sample)).toEqual(frame);
  });
});

describeWith({ programs: ["zstd"] }, "beside zstd", () => {
  const samples = Object.entries(SAMPLES);
  test.each(samples)("compressZstd writes what it reads, checksum and all: %s", (_, sample) => {
    const path = join(scratch(), "frame.zst");
    writeFileSync(path, compressZstd(sample));
    execFileSync("zstd", ["-q", "-t", path]);
    expect(execFileSync("zstd", ["-q", "-d", "-c", path], { maxBuffer: 1e8 }).equals(sample)).toBe(
      true,
    );
  });

  test.each(samples)("expandZstd reads what it writes at every level: %s", (_, sample) => {
    const path = join(scratch(), "sample");
    writeFileSync(path, sample);
    for (const level of [["--fast=5"], ["-1"], ["-3"], ["-12"], ["-19"], ["--ultra", "-22"]]) {
      for (const check of ["--check", "--no-check"]) {
        const args = ["-q", "-f", ...level, check, path, "-o", `${path}.zst`];
        execFileSync("zstd", args);
        expect(expand(readFileSync(`${path}.zst`), { ratio: 1e9 }).equals(sample)).toBe(true);
      }
    }
  });
});

describe("compressZstd", () => {
  test("is no worse than gzip -9", () => {
    for (const name of ["a lock file", "text and noise"]) {
      const sample = SAMPLES[name]!;
      const gzip = gzipSync(sample, { level: 9 });
      expect(compressZstd(sample).byteLength).toBeLessThan(gzip.byteLength);
    }
  });
});

describe("xxh64Low", () => {
  // As they stand at the end of what `zstd --check` writes.
  test.each([
    ["", 0x51d8e999],
    ["a", 0xa98c6e5b],
    ["abc", 0xad770999],
    ["0123456789abcdef0123456789abcdef0123456789abcdef", undefined],
  ])("of %j is the same whole or in pieces", (text, known) => {
    const bytes = bytesOf(text);
    const whole = xxh64Low([bytes]);
    if (known !== undefined) expect(whole).toBe(known);
    for (let cut = 0; cut <= bytes.byteLength; cut++) {
      expect(xxh64Low([bytes.subarray(0, cut), bytes.subarray(cut)])).toBe(whole);
    }
  });
});

describe("expandZstd refuses", () => {
  const frame = compressZstd(bytesOf("the same again and again, the same again and again"));
  const changed = (at: number, to: number) => Uint8Array.from(frame).fill(to, at, at + 1);

  test.each([
    ["what is no zstd", bytesOf("no frame at all"), "it is not zstd"],
    ["another version", changed(4, frame[4]! | 8), "it is of a newer format"],
    ["a wrong checksum", changed(frame.length - 1, frame.at(-1)! ^ 1), "its checksum is wrong"],
    ["a wrong size", changed(5, frame[5]! + 1), "another size than promised"],
    ["what follows", Buffer.concat([frame, Buffer.from([0])]), "something follows the zstd data"],
    ["a second frame", Buffer.concat([frame, frame]), "something follows the zstd data"],
    [
      "a dictionary",
      Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x21, 1, 1, 1, 0, 0]),
      "it wants a dictionary",
    ],
    [
      "a kind of block that there is not",
      Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 1, 7, 0, 0]),
      "a kind that there is not",
    ],
    ["nothing", new Uint8Array(), "it is cut short"],
  ])("%s", async (_, bytes, why) => {
    const error = await failureOf(() => void expand(bytes));
    expect(error).toMatchObject({ code: "CONTENT", message: expect.stringContaining(why) });
  });

  test("what is cut short, wherever", async () => {
    for (let size = 0; size < frame.byteLength; size++) {
      expect(await failureOf(() => void expand(frame.subarray(0, size)))).toMatchObject({
        code: "CONTENT",
      });
    }
  });

  test("any bit that is wrong", async () => {
    const text = bytesOf(lines.slice(0, 300).join(""));
    const whole = compressZstd(text);
    for (let at = 0; at < whole.byteLength; at++) {
      const damaged = Uint8Array.from(whole);
      damaged[at] = damaged[at]! ^ (1 << (at % 8));
      try {
        // A bit that says nothing may be anything, and then nothing else comes out.
        expect(expand(damaged).equals(text)).toBe(true);
      } catch (error) {
        expect(error).toMatchObject({ code: "CONTENT" });
      }
    }
  });

  test("bombs, early", async () => {
    const zeros = compressZstd(Buffer.alloc(8_000_000));
    expect(zeros.byteLength).toBeLessThan(1000);
    const ratio = await failureOf(() => void expand(zeros));
    expect(ratio.message).toContain("more than 200 times its size");
    const size = await failureOf(() => void expand(zeros, { ratio: 1e9, bytes: 1_000_000 }));
    expect(size.message).toContain("more than 1000000 bytes");
  });
});
