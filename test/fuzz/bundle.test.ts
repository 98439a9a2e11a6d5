import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deltaAnnotations, readDelta } from "../../src/bundle/delta.ts";
import { runScript } from "../../src/bundle/run/run-script.ts";
import { describe as describing } from "../../src/oci/descriptor.ts";
import { digestOf, isDigest } from "../../src/oci/digest.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import { layoutIndex } from "../../src/store/layout-index.ts";
import { createPieces } from "../../src/store/pieces.ts";
import { readRunFile } from "../../src/store/run-file.ts";
import { compressZstd } from "../../src/store/zstd/compress.ts";
import { expandZstd } from "../../src/store/zstd/expand.ts";
import { distributionOf, readDistribution, writeDistribution } from "../../src/store/zstd/fse.ts";
import { inputOf } from "../store/zstd-input.ts";
import { acceptedBy, fuzz, near, TIMEOUT } from "./fuzz.ts";

const words = (text: string) => new TextEncoder().encode(text);
const lines = Array.from({ length: 400 }, (_, i) => `${(i * 7919) % 101} of ${i}\n`).join("");
const whole = [
  words(""),
  words("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
  words(lines),
  Buffer.concat([
    words(lines.slice(0, 900)),
    randomBytes(2000),
    words("the end, the end, the end"),
  ]),
];
const expand = (bytes: Uint8Array) =>
  Buffer.concat([...expandZstd(inputOf(bytes), { bytes: 200_000 }).chunks()]);

/** Text with repetitions, as archives have it, and noise. */
const contents = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 6 }), fc.nat(200))
        .map(([piece, times]) =>
          Uint8Array.from(Array.from({ length: times }, () => [...piece]).flat()),
        ),
      fc.constantFrom(...whole),
    ),
    { maxLength: 12 },
  )
  .map((parts) => Buffer.concat(parts));

describe("zstd", () => {
  test(
    "gives back whatever was compressed",
    () =>
      fuzz(
        fc.property(contents, (bytes) => {
          expect(expand(compressZstd(bytes)).equals(bytes)).toBe(true);
        }),
        200,
      ),
    TIMEOUT,
  );

  test(
    "of damaged frames ends in bytes within the limit or a refusal",
    () =>
      fuzz(
        fc.asyncProperty(near(whole.map(compressZstd)), async (bytes) => {
          const expanded = await acceptedBy(() => expand(bytes));
          if (expanded !== undefined) expect(expanded.byteLength).toBeLessThanOrEqual(200_000);
        }),
        1500,
      ),
    TIMEOUT,
  );

  test(
    "of damaged frames whose checksum is not looked at ends so as well",
    () =>
      fuzz(
        fc.asyncProperty(
          near(whole.map((bytes) => unchecked(compressZstd(bytes)))),
          async (bytes) => {
            const expanded = await acceptedBy(() => expand(bytes));
            if (expanded !== undefined) expect(expanded.byteLength).toBeLessThanOrEqual(200_000);
          },
        ),
        1500,
      ),
    TIMEOUT,
  );

  test(
    "reads every distribution that it writes, and no bits behind it",
    () =>
      fuzz(
        fc.property(
          fc.array(fc.nat(5000), { minLength: 2, maxLength: 36 }),
          fc.integer({ min: 6, max: 9 }),
          fc.uint8Array({ maxLength: 4 }),
          (counts, log, behind) => {
            fc.pre(counts.filter((count) => count > 0).length > 1);
            const distribution = distributionOf(counts, log);
            expect(distribution.counts.reduce((a, b) => a + b, 0)).toBe(2 ** log);
            const written = writeDistribution(distribution);
            const refuse = (why: string): never => {
              throw new Error(why);
            };
            const limits = { maxLog: 9, maxSymbol: 35 };
            const read = readDistribution(Buffer.concat([written, behind]), limits, refuse);
            expect(read.used).toBe(written.byteLength);
            const last = counts.findLastIndex((count) => count > 0);
            expect(read.distribution.counts).toEqual(distribution.counts.slice(0, last + 1));
          },
        ),
        500,
      ),
    TIMEOUT,
  );
});

/** Without its checksum: what is damaged then gets as far as it can. */
function unchecked(frame: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(frame.subarray(0, -4));
  bytes[4] = bytes[4]! & ~4;
  return bytes;
}

test(
  "pieces are what was added to them, however it was added",
  () =>
    fuzz(
      fc.property(
        fc.array(fc.tuple(fc.uint8Array({ maxLength: 30 }), fc.nat(40), fc.nat(3000)), {
          maxLength: 30,
        }),
        (steps) => {
          const pieces = createPieces();
          const plain: number[] = [];
          for (const [bytes, back, count] of steps) {
            pieces.add(bytes);
            plain.push(...bytes);
            if (back === 0 || back > plain.length) continue;
            pieces.repeat(back, count);
            for (let i = 0; i < count; i++) plain.push(plain[plain.length - back]!);
          }
          expect(pieces.size()).toBe(plain.length);
          const all = Buffer.from(plain);
          expect(Buffer.concat([...pieces.chunks()]).equals(all)).toBe(true);
          expect(Buffer.from(pieces.read(7, 100)).equals(all.subarray(7, 107))).toBe(true);
        },
      ),
      200,
    ),
  TIMEOUT,
);

describe("a script", () => {
  const root = describing(MediaType.ociIndex, words("{}"));
  const script = runScript({
    name: "pause",
    version: "1",
    tags: ["1"],
    root,
    platforms: [],
    contents: [{ kind: "manifest", descriptor: root }],
    archive: words("the archive"),
  });

  test(
    "that is damaged is refused, whatever it is",
    () =>
      fuzz(
        fc.asyncProperty(near([script]), async (bytes) => {
          const carried = await acceptedBy(() => readRunFile(inputOf(bytes)));
          if (carried !== undefined) expect(Buffer.from(bytes).equals(script)).toBe(true);
        }),
        500,
      ),
    TIMEOUT,
  );
});

describe("what a bundle leaves out", () => {
  const omitted = ["one", "two"].map((text) => digestOf(words(text))).sort();
  const index = layoutIndex([], deltaAnnotations({ since: "a/b:1", omitted }));

  test("is read as it was written", () => {
    expect(readDelta(index)).toEqual({ since: "a/b:1", omitted });
    expect(readDelta(layoutIndex([]))).toBeUndefined();
  });

  test(
    "is a list of digests, nothing, or a refusal",
    () =>
      fuzz(
        fc.asyncProperty(near([index], [words("sha256:"), words('" "')]), async (bytes) => {
          const delta = await acceptedBy(() => readDelta(bytes));
          if (delta === undefined) return;
          expect(delta.omitted.length).toBeGreaterThan(0);
          expect(delta.omitted.every(isDigest)).toBe(true);
        }),
        1000,
      ),
    TIMEOUT,
  );
});
