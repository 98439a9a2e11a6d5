import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type TarEntry, tarBytes, tarStream } from "../../src/store/tar.ts";
import { bytesOf, failureOf, streamOf } from "../failure.ts";
import { golden } from "../golden.ts";

const file = (fields: Partial<TarEntry> = {}): TarEntry => ({
  name: "pause",
  type: "file",
  mode: 0o755,
  mtime: 0,
  ...fields,
});

describe("tarBytes", () => {
  test("writes the golden bytes of a layer", async () => {
    const content = new TextEncoder().encode("\x7fELF and so on");
    const bytes = await tarBytes([file({ content })]);
    expect(Buffer.from(bytes)).toEqual(golden("layer.tar", bytes));
  });

  test("writes the golden bytes of every kind of entry", async () => {
    const bytes = await tarBytes([
      file({ name: "folder", type: "directory", mtime: 1_700_000_000 }),
      file({ name: "folder/slash/", type: "directory", mode: 0o1777 }),
      file({ name: "empty", mode: 0o600 }),
      file({ name: "one block", content: new Uint8Array(512).fill(0x61), mtime: 0x7fffffff }),
      file({
        name: "stream",
        content: streamOf(new Uint8Array(300), new Uint8Array(213)),
        size: 513,
      }),
      file({ name: `${"d".repeat(60)}/${"e".repeat(60)}/${"f".repeat(100)}` }),
    ]);
    expect(Buffer.from(bytes)).toEqual(golden("entries.tar", bytes));
  });

  test("sets every field of the header", async () => {
    const bytes = Buffer.from(await tarBytes([file({ content: new Uint8Array(9), mtime: 8 })]));
    const field = (at: number, length: number) => bytes.toString("latin1", at, at + length);
    expect({
      name: field(0, 100).replace(/\0+$/, ""),
      mode: field(100, 8),
      uid: field(108, 8),
      gid: field(116, 8),
      size: field(124, 12),
      mtime: field(136, 12),
      type: field(156, 1),
      linkname: field(157, 100).replace(/\0+$/, ""),
      magic: field(257, 8),
      uname: field(265, 32).replace(/\0+$/, ""),
      gname: field(297, 32).replace(/\0+$/, ""),
      devmajor: field(329, 8),
      devminor: field(337, 8),
      rest: field(345, 167).replace(/\0+$/, ""),
    }).toEqual({
      name: "pause",
      mode: "000755 \0",
      uid: "000000 \0",
      gid: "000000 \0",
      size: "00000000011 ",
      mtime: "00000000010 ",
      type: "0",
      linkname: "",
      magic: "ustar\x0000",
      uname: "",
      gname: "",
      devmajor: "000000 \0",
      devminor: "000000 \0",
      rest: "",
    });
  });

  test("ends an archive of nothing with two empty blocks", async () => {
    expect(await tarBytes([])).toEqual(Buffer.alloc(1024));
  });

  test.each([
    ["no name", { name: "" }],
    ["an absolute name", { name: "/pause" }],
    ["a name that climbs", { name: "a/../b" }],
    ["a name with a dot part", { name: "./pause" }],
    ["a name with two slashes", { name: "a//b" }],
    ["a file with a slash at its end", { name: "pause/" }],
    ["a name beyond ASCII", { name: "päuse" }],
    ["a name with a control character", { name: "a\nb" }],
    ["a name with NUL", { name: "a\0b" }],
    ["a name with a backslash", { name: "a\\b" }],
    ["a name with a space at its end", { name: "a " }],
    ["a name of 101 characters", { name: "n".repeat(101) }],
    ["the name of a SHA-512 blob", { name: `blobs/sha512/${"a".repeat(128)}` }],
    ["a prefix of 156 characters", { name: `${"p".repeat(156)}/n` }],
    [
      "a folder whose name fits without its slash only",
      { name: "n".repeat(100), type: "directory" as const },
    ],
    ["no permission bits", { mode: 0 }],
    ["the mode of a device", { mode: 0o20644 }],
    ["half a mode", { mode: 0.5 }],
    ["a time before 1970", { mtime: -1 }],
    ["a time after 2038", { mtime: 2 ** 31 }],
    ["half a second", { mtime: 0.5 }],
    ["a folder with content", { type: "directory" as const, content: new Uint8Array(1) }],
    ["a stream without a size", { content: streamOf(new Uint8Array(1)) }],
    ["a stream that is too short", { content: streamOf(new Uint8Array(1)), size: 2 }],
    ["a stream that is too long", { content: streamOf(new Uint8Array(3)), size: 2 }],
    ["a stream of more than 8 GiB", { content: streamOf(), size: 2 ** 33 }],
    ["a stream of half a byte", { content: streamOf(), size: 0.5 }],
  ] satisfies [string, Partial<TarEntry>][])("refuses %s", async (_, fields) => {
    expect(await failureOf(tarBytes([file({ name: "before" }), file(fields)]))).toMatchObject({
      code: "INVALID",
    });
  });
});

describe("tarStream", () => {
  test("gives the bytes that tarBytes gives, and opens streams one after another", async () => {
    const opened: number[] = [];
    const large = (i: number) =>
      (async function* () {
        opened.push(i);
        for (let at = 0; at < 40; at++) yield new Uint8Array(10_000).fill(i);
        opened.push(-i);
      })();
    const entries = (stream: boolean) =>
      [1, 2, 3].map((i) =>
        file({
          name: `f${i}`,
          content: stream ? large(i) : new Uint8Array(400_000).fill(i),
          size: 400_000,
        }),
      );
    const sum = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
    expect(sum(await bytesOf(tarStream(entries(true))))).toBe(sum(await tarBytes(entries(false))));
    expect(opened).toEqual([1, -1, 2, -2, 3, -3]);
  });

  test("reads no further ahead than its reader wants", async () => {
    let made = 0;
    const content = (async function* () {
      for (;;) {
        made++;
        yield new Uint8Array(65536);
      }
    })();
    for await (const _ of tarStream([file({ content, size: 2 ** 32 })])) break;
    expect(made).toBeLessThan(10);
  });

  test("throws what a stream throws, as it came", async () => {
    const reason = new Error("the line is dead");
    const content = (async function* () {
      yield new Uint8Array(1);
      throw reason;
    })();
    await expect(bytesOf(tarStream([file({ content, size: 2 })]))).rejects.toBe(reason);
  });

  test("throws the reason of the signal, whatever it is", async () => {
    const signal = AbortSignal.abort("enough");
    await expect(bytesOf(tarStream([file()], { signal }))).rejects.toBe("enough");
  });
});
