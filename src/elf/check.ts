/**
 * Refuses a program that is not what its platform and its stamp say.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";
import { formatPlatform, type Platform } from "../oci/platform.ts";
import { type Machine, machineOf } from "./machine.ts";
import { type ElfFacts, ET_EXEC, readElf, SegmentFlag, SegmentType } from "./read.ts";

/** No program of hiatus is larger, in bytes. */
export const SIZE_LIMIT = 1536;

/** One thing that is not as it should be. */
export interface Violation {
  readonly fact: string;
  readonly expected: string;
  readonly found: string;
}

/**
 * Reads a sealed program back and compares it with its platform: kind of file, CPU, ABI, segments, size. With a stamp, the text
 * `pause.c <stamp>` and a newline must be there exactly once.
 *
 * @returns The facts that were read.
 * @throws HiatusError `CONTENT` that names every difference, with `detail.violations`; `INVALID` when nothing is known about
 * the platform.
 */
export function checkBinary(bytes: Uint8Array, platform: Platform, stamp?: string): ElfFacts {
  const name = formatPlatform(platform);
  const machine = machineOf(platform);
  if (machine === undefined) {
    throw new HiatusError("INVALID", `Nothing is known about programs for "${name}"`, {
      detail: { platform: name },
      hint: "Describe the platform in src/elf/machine.ts",
    });
  }
  const facts = readElf(bytes);
  const violations = [
    ...checkMachine(facts, machine),
    ...checkSegments(facts),
    ...checkSize(bytes),
    ...(stamp === undefined ? [] : checkStamp(bytes, stamp)),
  ];
  if (violations.length === 0) return facts;
  const list = violations.map((v) => `${v.fact} should be ${v.expected}, but is ${v.found}`);
  throw new HiatusError("CONTENT", `The program for ${name} is not sound: ${list.join("; ")}`, {
    detail: { platform: name, stamp, violations },
    hint: "Build it with the pinned compiler, which is the default: --toolchain zig",
  });
}

function checkMachine(facts: ElfFacts, machine: Machine): Violation[] {
  const { mask, value, means } = machine.flags;
  // Bit operations are signed in JavaScript; >>> 0 makes the result unsigned again.
  const abi = (facts.flags & mask) >>> 0;
  return differences([
    ["the ELF class", machine.class, facts.class],
    ["the byte order", machine.byteOrder, facts.byteOrder],
    ["the machine", machine.machine, facts.machine],
    ["the OS ABI", 0, facts.osAbi],
    ["the ELF type", ET_EXEC, facts.type],
    [
      `e_flags & ${hex(mask)}`,
      `${hex(value)} (${means})`,
      abi === value ? `${hex(value)} (${means})` : hex(abi),
    ],
  ]);
}

function checkSegments(facts: ElfFacts): Violation[] {
  const { load, interp, dynamic, gnuStack } = SegmentType;
  const ofType = (type: number) => facts.segments.filter((segment) => segment.type === type);
  const loads = ofType(load);
  const stacks = ofType(gnuStack);
  const [text] = loads;
  const inText =
    text !== undefined && facts.entry >= text.vaddr && facts.entry < text.vaddr + text.filesz;
  const readExecute = SegmentFlag.read | SegmentFlag.execute;
  return differences([
    ["the number of PT_INTERP", 0, ofType(interp).length],
    ["the number of PT_DYNAMIC", 0, ofType(dynamic).length],
    ["the number of PT_LOAD", 1, loads.length],
    ...loads.map((s, i): Fact => [`PT_LOAD ${i}`, permissions(readExecute), permissions(s.flags)]),
    ...loads.map((s, i): Fact => [`zeroed memory of PT_LOAD ${i}`, 0, s.memsz - s.filesz]),
    ["the number of PT_GNU_STACK", 1, stacks.length],
    ...stacks.map(
      (s): Fact => [
        "the stack",
        "not executable",
        (s.flags & SegmentFlag.execute) === 0 ? "not executable" : "executable",
      ],
    ),
    [
      "the entry point",
      "inside the executable segment",
      inText ? "inside the executable segment" : hex(facts.entry),
    ],
  ]);
}

function checkSize(bytes: Uint8Array): Violation[] {
  const most = `at most ${SIZE_LIMIT} bytes`;
  return differences([
    ["the size", most, bytes.length > SIZE_LIMIT ? `${bytes.length} bytes` : most],
  ]);
}

function checkStamp(bytes: Uint8Array, stamp: string): Violation[] {
  const text = `pause.c ${stamp}\n`;
  const found = times(occurrences(bytes, text));
  return differences([[`the text ${JSON.stringify(text)}`, "there once", `there ${found}`]]);
}

function occurrences(bytes: Uint8Array, text: string): number {
  const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let count = 0;
  for (let at = haystack.indexOf(text); at !== -1; at = haystack.indexOf(text, at + 1)) count++;
  return count;
}

function times(count: number): string {
  return count === 0 ? "not at all" : count === 1 ? "once" : `${count} times`;
}

type Fact = readonly [fact: string, expected: string | number, found: string | number];

function differences(facts: readonly Fact[]): Violation[] {
  return facts
    .filter(([, expected, found]) => expected !== found)
    .map(([fact, expected, found]) => ({ fact, expected: `${expected}`, found: `${found}` }));
}

function permissions(flags: number): string {
  const { read, write, execute } = SegmentFlag;
  const letters = [flags & read ? "R" : "", flags & write ? "W" : "", flags & execute ? "X" : ""];
  return letters.join("") || "none";
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
