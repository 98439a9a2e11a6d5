/** The archive that kernels unpack. That they can is shown by `npm run test:kernels`. */
import { describe, expect, test } from "vitest";
import { type CpioEntry, writeCpio } from "./cpio.ts";

interface Member {
  readonly path: string;
  readonly fields: readonly number[];
  readonly content: string;
}

/** Reads by the kernel's description, without the writer's help. */
function membersOf(archive: Uint8Array): readonly Member[] {
  const bytes = Buffer.from(archive);
  const members: Member[] = [];
  for (let at = 0; at < bytes.length; ) {
    expect(at % 4).toBe(0);
    expect(bytes.toString("latin1", at, at + 6)).toBe("070701");
    const fields = Array.from({ length: 13 }, (_, field) =>
      Number.parseInt(bytes.toString("latin1", at + 6 + field * 8, at + 14 + field * 8), 16),
    );
    const [size = 0, nameSize = 0] = [fields[6], fields[11]];
    const path = bytes.toString("latin1", at + 110, at + 110 + nameSize - 1);
    expect(bytes[at + 110 + nameSize - 1]).toBe(0);
    const start = (at + 110 + nameSize + 3) & ~3;
    members.push({ path, fields, content: bytes.toString("latin1", start, start + size) });
    at = (start + size + 3) & ~3;
  }
  return members;
}

const entries: readonly CpioEntry[] = [
  { path: "dev", kind: "folder" },
  { path: "dev/console", kind: "characterDevice", major: 5, minor: 1 },
  { path: "init", kind: "program", content: Buffer.from("12345") },
];

describe("writeCpio", () => {
  test("writes members in order, and a trailer", () => {
    expect(membersOf(writeCpio(entries)).map(({ path, content }) => [path, content])).toEqual([
      ["dev", ""],
      ["dev/console", ""],
      ["init", "12345"],
      ["TRAILER!!!", ""],
    ]);
  });

  test("says mode, owner, time and device of every member", () => {
    const fields = membersOf(writeCpio(entries)).map((member) => member.fields);
    expect(fields).toEqual([
      [1, 0o40755, 0, 0, 2, 0, 0, 0, 0, 0, 0, 4, 0],
      [2, 0o20600, 0, 0, 1, 0, 0, 0, 0, 5, 1, 12, 0],
      [3, 0o100755, 0, 0, 1, 0, 5, 0, 0, 0, 0, 5, 0],
      [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 11, 0],
    ]);
  });

  test("writes the same bytes for the same entries", () => {
    expect(writeCpio(entries)).toEqual(writeCpio(structuredClone(entries)));
  });
});
