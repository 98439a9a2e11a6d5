import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PLATFORMS } from "../../src/build/platforms.ts";
import { checkBinary } from "../../src/elf/check.ts";
import { readElf } from "../../src/elf/read.ts";
import { sealElf } from "../../src/elf/seal.ts";
import { soundElf } from "../elf/make-elf.ts";
import { acceptedBy, fuzz, near, TIMEOUT } from "./fuzz.ts";

const AMD64 = { os: "linux", architecture: "amd64" };
const bases = [
  soundElf(),
  soundElf({ sections: 3 }),
  soundElf({ class: 32, byteOrder: "big", machine: 22 }),
];
/** Sizes and places that are off by one, huge, or negative when read as signed. */
const edges = [
  "00000000",
  "ffffffff",
  "ffffffffffffffff",
  "00000080",
  "0000000000000080",
  "01",
].map((hex) => Uint8Array.from(Buffer.from(hex, "hex")));
const files = near(bases, [
  ...edges,
  ...[2, 3, 6, 7, 0x6474e551].map((word) => new Uint8Array(Uint32Array.of(word).buffer)),
]);

describe("the ELF reader", () => {
  test(
    "reads what lies inside of the file, or refuses",
    () =>
      fuzz(
        fc.asyncProperty(files, async (bytes) => {
          const before = Uint8Array.from(bytes);
          const facts = await acceptedBy(() => readElf(bytes));
          expect(Buffer.compare(bytes, before)).toBe(0);
          if (facts === undefined) return;
          expect(facts.end).toBeLessThanOrEqual(bytes.length);
          for (const { offset, filesz } of facts.segments) {
            if (filesz > 0) expect(offset + filesz).toBeLessThanOrEqual(facts.end);
          }
        }),
        2000,
      ),
    TIMEOUT,
  );

  test(
    "seals to what reads the same, once and for all",
    () =>
      fuzz(
        fc.asyncProperty(files, async (bytes) => {
          const sealed = await acceptedBy(() => sealElf(bytes));
          if (sealed === undefined) return;
          expect(sealed.length).toBeLessThanOrEqual(bytes.length);
          expect(readElf(sealed)).toEqual({ ...readElf(bytes), sections: 0 });
          expect(Buffer.compare(sealElf(sealed), sealed)).toBe(0);
        }),
        2000,
      ),
    TIMEOUT,
  );

  test(
    "never passes a program that the kernel would load another way",
    () =>
      fuzz(
        fc.asyncProperty(files, async (bytes) => {
          const passed = await acceptedBy(() => checkBinary(bytes, AMD64, "3.10.2"));
          if (passed !== undefined) expect(loadedBy(bytes)).toEqual(SOUND);
        }),
        4000,
      ),
    TIMEOUT,
  );

  test("refuses one platform's program for every other one", async () => {
    for (const { platform, name } of PLATFORMS) {
      const passed = await acceptedBy(() => checkBinary(soundElf(), platform));
      expect([name, passed !== undefined]).toEqual([name, name === "linux/amd64"]);
    }
  });
});

const SOUND = { magic: 0x7f454c46, type: 2, machine: 62, loads: ["R-X"], others: [], entry: true };

/** What fs/binfmt_elf.c makes of a 64-bit little-endian file, read without a look at our reader. */
function loadedBy(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const table = Number(view.getBigUint64(32, true));
  const headers = Array.from({ length: view.getUint16(56, true) }, (_, i) => table + 56 * i);
  const loads = headers.filter((at) => view.getUint32(at, true) === 1);
  const entry = view.getBigUint64(24, true);
  const flags = (at: number) => {
    const bits = view.getUint32(at + 4, true);
    return [bits & 4 ? "R" : "-", bits & 2 ? "W" : "-", bits & 1 ? "X" : "-"].join("");
  };
  return {
    magic: view.getUint32(0),
    type: view.getUint16(16, true),
    machine: view.getUint16(18, true),
    loads: loads.map(flags),
    // A loader, a dynamic section, or a stack that can be executed.
    others: headers
      .map((at) => [view.getUint32(at, true), view.getUint32(at + 4, true) & 1])
      .filter(([type, x]) => type === 2 || type === 3 || (type === 0x6474e551 && x === 1)),
    entry: loads.some((at) => {
      const start = view.getBigUint64(at + 16, true);
      return entry >= start && entry < start + view.getBigUint64(at + 32, true);
    }),
  };
}
