import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gunzip } from "../../src/store/gunzip.ts";
import { readTar } from "../../src/store/tar-reader.ts";
import { readLayer } from "../../src/verify/read-layer.ts";
import { archive, entry, pax } from "../store/hostile-tar.ts";
import { acceptedBy, fuzz, near, shownShort, TIMEOUT } from "./fuzz.ts";

const text = (...words: readonly string[]) => words.map((word) => new TextEncoder().encode(word));
const bases = [
  archive(entry({ name: "pause", mode: "000755 \0" }, "program")),
  archive(entry({ name: "a/", type: "5" }), entry({ name: "a/b" }, "x".repeat(600))),
  archive(pax({ mtime: "1" }), entry({ name: "c" }, "y"), entry({ name: "d" })),
];
const words = text(
  "../../etc/passwd",
  "/etc/passwd",
  "a\0b",
  "..",
  "./",
  "\\",
  "ustar  \0",
  "\0\0\0\0\0\0\0\0",
  "77777777777 ",
  "00000000010 ",
  "-1",
  "1",
  "2",
  "5",
  "x",
  "g",
  "L",
  "S",
  "13 path=../x\n",
  "20 size=99999999999\n",
);
/** Damaged, and then each header's checksum made right again, or the damage would go no further than that. */
const tars = fc
  .tuple(near(bases, words), fc.boolean())
  .map(([bytes, mend]) => (mend ? mended(bytes) : bytes));
const limits = { entries: 20, bytes: 100_000, keep: () => 2_000 };

describe("the tar reader", () => {
  test(
    "gives plain files and folders below the root, or refuses",
    () =>
      fuzz(
        fc.asyncProperty(tars, async (bytes) => {
          const items = await acceptedBy(() => readTar([bytes], "it", limits));
          if (items === undefined) return;
          const seen = items.map(({ name, type, size, offset }) => ({ name, type, size, offset }));
          expect(seen).toEqual(ustar(bytes));
          for (const { name, type } of seen) {
            if (name === "." && type === "directory") continue;
            expect(name).not.toMatch(/^\/|(?:^|\/)\.{0,2}(?:\/|$)|[\p{Cc}\\]/u);
          }
          expect(new Set(seen.map(({ name }) => name)).size).toBe(seen.length);
          for (const { content, offset, size } of items) {
            if (content === undefined) continue;
            expect(Buffer.from(content)).toEqual(
              Buffer.from(bytes.subarray(offset, offset + size)),
            );
          }
        }),
        1500,
      ),
    TIMEOUT,
  );

  test(
    "gives the same whatever the chunks",
    () =>
      fuzz(
        fc.asyncProperty(tars, fc.integer({ min: 1, max: 700 }), async (bytes, size) => {
          const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
            bytes.subarray(i * size, (i + 1) * size),
          );
          const whole = await acceptedBy(() => readTar([bytes], "it", limits));
          const parts = await acceptedBy(() => readTar(chunks, "it", limits));
          expect(parts?.map(({ name }) => name)).toEqual(whole?.map(({ name }) => name));
        }),
        300,
      ),
    TIMEOUT,
  );

  test(
    "of layers ends in files or a refusal, for any damage before and after compression",
    () =>
      fuzz(
        fc.asyncProperty(tars, near([gzipSync(bases[0]!)]), async (tar, damaged) => {
          for (const bytes of [gzipSync(tar), damaged]) {
            const layer = await acceptedBy(() => readLayer(bytes, undefined));
            if (layer !== undefined) expect(layer.tar).toEqual(gunzipSync(bytes));
          }
        }),
        400,
      ),
    TIMEOUT,
  );

  test(
    "decompresses what zlib does and no more",
    () =>
      fuzz(
        fc.asyncProperty(near(bases.map((bytes) => gzipSync(bytes))), async (bytes) => {
          const chunks: Uint8Array[] = [];
          const whole = await acceptedBy(async () => {
            for await (const chunk of gunzip([bytes], "it", { bytes: 50_000 })) chunks.push(chunk);
            return Buffer.concat(chunks);
          });
          if (whole !== undefined) expect(whole).toEqual(gunzipSync(bytes));
        }),
        500,
      ),
    TIMEOUT,
  );
});

/** Every block that looks like a header gets the checksum that it should have. */
function mended(bytes: Uint8Array): Uint8Array {
  const copy = Buffer.from(bytes);
  for (let at = 0; at + 512 <= copy.length; at += 512) {
    const block = copy.subarray(at, at + 512);
    if (block.toString("latin1", 257, 262) !== "ustar") continue;
    block.fill(" ", 148, 156);
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  }
  return shownShort(Uint8Array.from(copy));
}

/** The entries as POSIX lays them out, read without a look at our reader; PAX headers are overlooked. */
function ustar(bytes: Uint8Array) {
  const all = Buffer.from(bytes);
  const field = (block: Buffer, from: number, length: number) =>
    block.toString("utf8", from, from + length).replace(/\0.*$/s, "");
  const items = [];
  for (let at = 0; at + 512 <= all.length; ) {
    const block = all.subarray(at, at + 512);
    if (block.every((byte) => byte === 0)) break;
    const type = field(block, 156, 1);
    const prefix = field(block, 345, 155);
    const raw = (prefix === "" ? "" : `${prefix}/`) + field(block, 0, 100);
    const size = type === "5" ? 0 : Number.parseInt(field(block, 124, 12).trim() || "0", 8);
    const offset = at + 512;
    const name = raw.replace(/^(?:\.\/)+/, "").replace(/\/$/, "") || ".";
    if (!["x", "g"].includes(type)) {
      items.push({ name, type: type === "5" ? "directory" : "file", size, offset });
    }
    at = offset + Math.ceil(size / 512) * 512;
  }
  return items;
}
