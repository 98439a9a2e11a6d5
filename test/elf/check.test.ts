import { describe, expect, test } from "vitest";
import { PLATFORMS } from "../../src/build/platforms.ts";
import { checkBinary, type Violation } from "../../src/elf/check.ts";
import { type Machine, machineOf } from "../../src/elf/machine.ts";
import { HiatusError } from "../../src/errors.ts";
import type { Platform } from "../../src/oci/platform.ts";
import { type ElfSpec, STACK, soundElf, textSegment } from "./make-elf.ts";

const amd64: Platform = { os: "linux", architecture: "amd64" };

/** A sound program of a machine. */
function programOf({ class: klass, byteOrder, machine, flags }: Machine, stamp?: string) {
  return soundElf({ class: klass, byteOrder, machine, flags: flags.value }, stamp);
}

function violationsOf(bytes: Uint8Array, platform = amd64, stamp = "3.10.2"): readonly string[] {
  try {
    checkBinary(bytes, platform, stamp);
    return [];
  } catch (error) {
    if (!(error instanceof HiatusError) || error.code !== "CONTENT") throw error;
    return (error.detail.violations as readonly Violation[]).map(({ fact }) => fact);
  }
}

describe("checkBinary", () => {
  test("says of every platform of the table what its programs look like", () => {
    expect(PLATFORMS.filter((row) => machineOf(row.platform) === undefined)).toEqual([]);
  });

  test("accepts a sound program on its own platform, and on others only where the ELF headers are the same", () => {
    for (const from of PLATFORMS) {
      const program = programOf(machineOf(from.platform)!);
      for (const to of PLATFORMS) {
        const same = machineOf(to.platform) === machineOf(from.platform);
        const alike =
          JSON.stringify(machineOf(to.platform)) === JSON.stringify(machineOf(from.platform));
        expect([to.name, violationsOf(program, to.platform).length === 0]).toEqual([
          to.name,
          same || alike,
        ]);
      }
    }
  });

  test.each<[string, Partial<ElfSpec>, readonly string[]]>([
    ["a shared object", { type: 3 }, ["the ELF type"]],
    ["another OS ABI", { osAbi: 3 }, ["the OS ABI"]],
    ["flags of an ABI", { flags: 1 }, ["e_flags & 0xffffffff"]],
    [
      "an interpreter",
      { segments: [textSegment(400), STACK, { type: 3, flags: 4 }] },
      ["the number of PT_INTERP"],
    ],
    [
      "a dynamic section",
      { segments: [textSegment(400), STACK, { type: 2, flags: 6 }] },
      ["the number of PT_DYNAMIC"],
    ],
    ["no word about the stack", { segments: [textSegment(400)] }, ["the number of PT_GNU_STACK"]],
    [
      "an executable stack",
      { segments: [textSegment(400), { ...STACK, flags: 7 }] },
      ["the stack"],
    ],
    [
      "a segment that is writable and executable",
      { segments: [textSegment(400, { flags: 7 }), STACK] },
      ["PT_LOAD 0"],
    ],
    [
      "a segment that is not executable",
      { segments: [textSegment(400, { flags: 4 }), STACK] },
      ["PT_LOAD 0"],
    ],
    [
      "a second segment, writable",
      { segments: [textSegment(400), textSegment(4, { flags: 6 }), STACK] },
      ["the number of PT_LOAD", "PT_LOAD 1"],
    ],
    [
      "zeroed memory",
      { segments: [textSegment(400, { memsz: 500 }), STACK] },
      ["zeroed memory of PT_LOAD 0"],
    ],
    ["nothing to load", { segments: [STACK] }, ["the number of PT_LOAD", "the entry point"]],
    ["an entry before the segment", { entry: 0x3fffff }, ["the entry point"]],
    ["an entry behind the segment", { entry: 0x400000 + 400 }, ["the entry point"]],
    ["no stamp", { content: "pause.c HEAD\n" }, ['the text "pause.c 3.10.2\\n"']],
    ["a longer stamp", { content: "pause.c 3.10.2+g1\n" }, ['the text "pause.c 3.10.2\\n"']],
    [
      "a stamp in two places",
      { content: "pause.c 3.10.2\npause.c 3.10.2\n" },
      ['the text "pause.c 3.10.2\\n"'],
    ],
    ["too many bytes", { size: 1537, segments: [textSegment(1537), STACK] }, ["the size"]],
  ])("refuses %s", (_, changes, facts) => {
    expect(violationsOf(soundElf(changes))).toEqual(facts);
  });

  test("accepts 1536 bytes", () => {
    expect(violationsOf(soundElf({ size: 1536, segments: [textSegment(1536), STACK] }))).toEqual(
      [],
    );
  });

  test.each([
    ["arm", "v5", 0x05000400],
    ["arm", "v7", 0x05000200],
    ["arm", "v7", 0x04000400],
    ["ppc64le", undefined, 1],
    ["riscv64", undefined, 0x1],
    ["riscv64", undefined, 0x3],
    ["loong64", undefined, 0x41],
    ["mips64le", undefined, 0xa0000000],
    ["mips64le", undefined, 0x80000020],
  ])("refuses programs for %s %s with e_flags 0x%x", (architecture, variant, flags) => {
    const platform = { os: "linux", architecture, ...(variant === undefined ? {} : { variant }) };
    const machine = machineOf(platform)!;
    const program = programOf({ ...machine, flags: { ...machine.flags, value: flags } });
    expect(violationsOf(program, platform)).toEqual([
      `e_flags & 0x${machine.flags.mask.toString(16)}`,
    ]);
  });

  test("names expected and found of every violation at once", () => {
    const program = soundElf({ machine: 183, segments: [textSegment(400, { flags: 7 }), STACK] });
    expect(() => checkBinary(program, amd64, "9")).toThrow(
      "The program for linux/amd64 is not sound: the machine should be 62, but is 183; " +
        "PT_LOAD 0 should be RX, but is RWX; " +
        'the text "pause.c 9\\n" should be there once, but is there not at all',
    );
  });

  test("does not look for a stamp when none is given", () => {
    expect(checkBinary(soundElf({ content: "nothing" }), amd64).machine).toBe(62);
  });

  test("refuses a platform that nothing is known about", () => {
    const platform = { os: "linux", architecture: "constructor" };
    expect(() => checkBinary(soundElf(), platform)).toThrow(/Nothing is known about/);
  });
});
