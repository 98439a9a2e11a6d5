import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readElf } from "../../src/elf/read.ts";
import { sealElf } from "../../src/elf/seal.ts";
import { makeElf, STACK, soundElf, textSegment } from "./make-elf.ts";

describe("sealElf", () => {
  test("cuts section headers off and out of the header, and changes nothing else", () => {
    for (const [klass, byteOrder, fields] of [
      [64, "little", [40, 48, 58, 64]],
      [32, "big", [32, 36, 46, 52]],
    ] as const) {
      const linked = soundElf({ class: klass, byteOrder, sections: 3 });
      const sealed = sealElf(linked);
      const [shoff, afterShoff, shentsize, end] = fields;
      const expected = linked.slice(0, 400).fill(0, shoff, afterShoff).fill(0, shentsize, end);
      expect(sealed).toEqual(expected);
      expect({ ...readElf(sealed), sections: 3 }).toEqual(readElf(linked));
    }
  });

  test("keeps the last byte that any segment needs, in whatever order they stand", () => {
    const note = { type: 4, flags: 4, offset: 380, filesz: 15 };
    const segments = [note, textSegment(350), STACK];
    expect(sealElf(makeElf({ class: 64, byteOrder: "little", segments, size: 450 })).length).toBe(
      395,
    );
  });

  test("keeps program headers that stand behind all segments", () => {
    const segments = [textSegment(10), STACK];
    const bytes = makeElf({ class: 64, byteOrder: "little", segments, size: 300 });
    expect(sealElf(bytes).length).toBe(64 + 2 * 56);
  });

  test("does not touch its input, and does nothing the second time", () => {
    fc.assert(
      fc.property(fc.nat(4), fc.integer({ min: 200, max: 400 }), (sections, filesz) => {
        const linked = soundElf({ sections, segments: [textSegment(filesz), STACK] });
        const before = linked.slice();
        const sealed = sealElf(linked);
        expect(linked).toEqual(before);
        expect(sealElf(sealed)).toEqual(sealed);
        expect(sealed.length).toBe(filesz);
      }),
    );
  });

  test("refuses what is not ELF", () => {
    expect(() => sealElf(new TextEncoder().encode("#!/bin/sh\nexec true\n"))).toThrow(/magic/);
  });
});
