import { describe, expect, test } from "vitest";
import { cut, parseRange } from "../../src/serve/range.ts";
import { bytesOf } from "../failure.ts";

describe("parseRange", () => {
  test.each([
    ["bytes=0-0", { start: 0, end: 1 }],
    ["bytes=2-4", { start: 2, end: 5 }],
    ["bytes=2-", { start: 2, end: 10 }],
    ["bytes=-3", { start: 7, end: 10 }],
    ["bytes=-30", { start: 0, end: 10 }],
    ["bytes=8-100", { start: 8, end: 10 }],
    ["bytes= 2 - 4", { start: 2, end: 5 }],
    ["bytes=10-", "unsatisfiable"],
    ["bytes=10-20", "unsatisfiable"],
    ["bytes=5-2", "unsatisfiable"],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=0-1,3-4", undefined],
    ["bytes=-", undefined],
    ["bytes=", undefined],
    ["items=0-1", undefined],
    ["bytes=a-b", undefined],
    ["bytes=0-99999999999999999999", undefined],
    [undefined, undefined],
  ])("%s of ten bytes", (header, expected) => {
    expect(parseRange(header, 10)).toEqual(expected);
  });

  test("no byte is in no byte", () => {
    expect(parseRange("bytes=0-", 0)).toBe("unsatisfiable");
    expect(parseRange("bytes=-1", 0)).toBe("unsatisfiable");
  });
});

describe("cut", () => {
  async function* pieces(log: string[]) {
    try {
      for (const piece of ["ab", "cde", "", "fgh"]) {
        log.push(piece);
        yield Buffer.from(piece);
      }
    } finally {
      log.push("closed");
    }
  }

  test("gives every part of a stream, whatever its pieces are", async () => {
    for (let start = 0; start < 8; start++) {
      for (let end = start + 1; end <= 8; end++) {
        const bytes = await bytesOf(cut(pieces([]), { start, end }));
        expect(Buffer.from(bytes).toString()).toBe("abcdefgh".slice(start, end));
      }
    }
  });

  test("reads no further than the end, and closes the stream", async () => {
    const log: string[] = [];
    await bytesOf(cut(pieces(log), { start: 1, end: 4 }));
    expect(log).toEqual(["ab", "cde", "closed"]);
  });
});
