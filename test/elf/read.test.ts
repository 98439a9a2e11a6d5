import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readElf } from "../../src/elf/read.ts";
import { isHiatusError } from "../../src/errors.ts";
import { makeElf, soundElf } from "./make-elf.ts";

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const u16 = fc.integer({ min: 0, max: 0xffff });

describe("readElf", () => {
  test("reads a golden header byte by byte", () => {
    // Written by hand after the gABI: a 32-bit big-endian ET_EXEC for s390 with one PT_LOAD.
    const header =
      "7f454c46 01020100 0000000000000000 0002 0016 00000001 00001054 00000034 00000000 00000007" +
      "0034 0020 0001 0000 0000 0000";
    const segment = "00000001 00000000 00001000 00001000 00000058 00000058 00000005 00001000";
    const bytes = Buffer.from(`${header}${segment}deadbeef`.replaceAll(" ", ""), "hex");
    expect(readElf(bytes)).toEqual({
      class: 32,
      byteOrder: "big",
      osAbi: 0,
      type: 2,
      machine: 22,
      flags: 7,
      entry: 0x1054,
      segments: [
        { type: 1, flags: 5, offset: 0, vaddr: 0x1000, filesz: 0x58, memsz: 0x58, align: 0x1000 },
      ],
      sections: 0,
      end: 0x58,
    });
  });

  test("reads back what was written, in both classes and byte orders", () => {
    const segments = fc.array(
      fc.record({
        type: u32,
        flags: u32,
        offset: fc.integer({ min: 0, max: 500 }),
        vaddr: u32,
        filesz: fc.integer({ min: 0, max: 500 }),
        align: u32,
      }),
      { maxLength: 5 },
    );
    const spec = fc.record({
      class: fc.constantFrom<32 | 64>(32, 64),
      byteOrder: fc.constantFrom<"little" | "big">("little", "big"),
      osAbi: fc.integer({ min: 0, max: 255 }),
      type: u16,
      machine: u16,
      flags: u32,
      entry: u32,
      segments,
      sections: fc.integer({ min: 0, max: 3 }),
      size: fc.constant(1000),
    });
    fc.assert(
      fc.property(spec, (written) => {
        const { size, ...facts } = written;
        const { end, ...found } = readElf(makeElf(written));
        expect(found).toEqual({
          ...facts,
          segments: facts.segments.map((segment) => ({ ...segment, memsz: segment.filesz })),
        });
        expect(end).toBeLessThanOrEqual(size);
      }),
    );
  });

  test("throws nothing but CONTENT, whatever the bytes", () => {
    const sound = [soundElf(), soundElf({ class: 32, byteOrder: "big", sections: 2 })];
    const mutated = fc
      .record({
        base: fc.constantFrom(...sound),
        changes: fc.array(fc.tuple(fc.nat(220), fc.integer({ min: 0, max: 255 })), {
          maxLength: 6,
        }),
        length: fc.nat(560),
      })
      .map(({ base, changes, length }) => {
        const bytes = base.slice(0, length);
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 300 })), (bytes) => {
        try {
          const facts = readElf(bytes);
          expect(facts.end).toBeLessThanOrEqual(bytes.length);
          for (const { offset, filesz } of facts.segments) {
            if (filesz > 0) expect(offset + filesz).toBeLessThanOrEqual(bytes.length);
          }
        } catch (error) {
          expect(isHiatusError(error, "CONTENT")).toBe(true);
        }
      }),
      { numRuns: 3000 },
    );
  });

  test("refuses every truncation of a program", () => {
    const bytes = soundElf();
    for (let length = 0; length < bytes.length; length++) {
      expect(() => readElf(bytes.subarray(0, length))).toThrow(/not a sound ELF file/);
    }
  });

  test("looks only at the bytes of a view, not at the buffer behind it", () => {
    const bytes = soundElf();
    const padded = new Uint8Array(bytes.length + 32);
    padded.set(bytes, 16);
    expect(readElf(padded.subarray(16, 16 + bytes.length))).toEqual(readElf(bytes));
    expect(() => readElf(padded.subarray(16, 15 + bytes.length))).toThrow(/outside of the file/);
  });

  test.each([
    ["magic", 0, 0x7e, /magic/],
    ["class", 4, 3, /class is 3/],
    ["byte order", 5, 0, /byte order is 0/],
    ["version", 6, 2, /version is 2/],
    ["header size", 52, 63, /header is 63 bytes/],
    ["size of program headers", 54, 55, /program headers are 55 bytes/],
    ["number of program headers", 56, 65, /65 program headers/],
    ["place of program headers", 33, 2, /program headers lie outside/],
    ["offset of a segment", 73, 1, /segment 0 lies outside/],
    ["memory of a segment", 104, 1, /more bytes in the file than in memory/],
    ["entry beyond 2^53", 31, 0xff, /a value of 0xff/],
  ])("refuses a wrong %s", (_, at, value, message) => {
    const bytes = soundElf();
    bytes[at] = value;
    if (at === 104) bytes[105] = 0;
    expect(() => readElf(bytes)).toThrow(message);
  });
});
