import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HiatusError } from "../../src/errors.ts";
import { tarBytes } from "../../src/store/tar.ts";
import { readTar } from "../../src/store/tar-reader.ts";
import { failureOf } from "../failure.ts";
import { holds } from "../property.ts";
import { archive, END, entry, header, pax, type RawHeader } from "./hostile-tar.ts";

const good = (name = "good") => entry({ name }, "content");
/** A file of one kind or another between two good ones. */
const odd = (fields: RawHeader, content = "") =>
  archive(good(), entry(fields, content), good("last"));

/** What is wrong, an archive in which it is, and what the error says about it. */
const HOSTILE: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ["climbs out", odd({ name: "../etc/passwd" }), /dotted parts/],
  ["climbs out further down", odd({ name: "a/../../etc/passwd" }), /dotted parts/],
  ["climbs and stays in", odd({ name: "a/../b" }), /dotted parts/],
  ["is ..", odd({ name: ".." }), /dotted parts/],
  ["is .", odd({ name: "." }), /dotted parts/],
  ["has a dot between slashes", odd({ name: "a/./b" }), /dotted parts/],
  ["has two slashes", odd({ name: "a//b" }), /empty or dotted parts/],
  ["is absolute", odd({ name: "/etc/passwd" }), /absolute/],
  ["is absolute after a dot", odd({ name: ".//etc/passwd" }), /empty or dotted/],
  ["climbs by its prefix", odd({ prefix: "..", name: "passwd" }), /dotted parts/],
  ["is absolute by its prefix", odd({ prefix: "/etc", name: "passwd" }), /absolute/],
  ["has a backslash", odd({ name: "a\\..\\b" }), /readers disagree/],
  ["has a line end", odd({ name: "a\nb" }), /readers disagree/],
  ["has an escape sequence", odd({ name: "a\x1b[2Jb" }), /readers disagree/],
  ["has a C1 control", odd({ name: "a\u009bb" }), /readers disagree/],
  ["is not UTF-8", odd({ name: Uint8Array.of(0x61, 0xff, 0xfe) }), /readers disagree/],
  ["is overlong UTF-8", odd({ name: Uint8Array.of(0xc0, 0xae, 0xc0, 0xae) }), /readers disagree/],
  ["is empty", odd({ name: "" }), /no name/],
  ["is the root as a file", odd({ name: "./" }), /named like a folder/],
  ["is a file named like a folder", odd({ name: "a/" }), /named like a folder/],
  ["is there twice", archive(good(), good()), /there twice/],
  ["is there twice, spelt differently", archive(good("a"), good("./a")), /there twice/],
  [
    "is a folder twice",
    archive(entry({ name: "a/", type: "5" }), entry({ name: "./a", type: "5" })),
    /there twice/,
  ],
  ["is a file and a folder", archive(good("a"), entry({ name: "a/", type: "5" })), /there twice/],
  ["is below a file", archive(good("a"), good("a/b")), /below a file/],
  ["is a file above another", archive(good("a/b"), good("a")), /there twice/],
  ["is a hard link", odd({ type: "1", linkname: "good" }), /neither a file/],
  ["is a symbolic link", odd({ type: "2", linkname: "/etc/passwd" }), /neither a file/],
  ["is a character device", odd({ type: "3" }), /neither a file/],
  ["is a block device", odd({ type: "4" }), /neither a file/],
  ["is a FIFO", odd({ type: "6" }), /neither a file/],
  ["is a contiguous file", odd({ type: "7" }), /neither a file/],
  ["is of an unknown type", odd({ type: "Z" }), /neither a file/],
  ["is a GNU sparse file", odd({ type: "S", magic: "ustar  \0" }), /neither a file/],
  ["is a GNU multi-volume file", odd({ type: "M", magic: "ustar  \0" }), /neither a file/],
  ["is a GNU dump folder", odd({ type: "D", magic: "ustar  \0" }), /neither a file/],
  ["is a GNU volume label", odd({ type: "V", magic: "ustar  \0" }), /neither a file/],
  ["is a file with a link name", odd({ type: "0", linkname: "/etc/passwd" }), /is a link/],
  ["is a folder with content", odd({ name: "a/", type: "5" }, "x"), /has a content/],
  [
    "has a GNU long name",
    archive(good(), entry({ type: "L", magic: "ustar  \0" }, "a/long/name\0"), good("x")),
    /stands before/,
  ],
  [
    "has a GNU long link",
    archive(good(), entry({ type: "K", magic: "ustar  \0" }, "/etc\0"), good("x")),
    /stands before|is a link/,
  ],
  ["has a PAX path", archive(pax({ path: "../up" }), good("x")), /PAX record "path"/],
  ["has a PAX size", archive(pax({ size: "0" }), good("x")), /PAX record "size"/],
  ["has a huge PAX size", archive(pax({ size: "9e99" }), good("x")), /PAX record "size"|not a tar/],
  ["has a PAX owner", archive(pax({ uid: "65535" }), good("x")), /PAX record "uid"/],
  ["has a PAX link", archive(pax({ linkpath: "/etc" }), good("x")), /PAX record "linkpath"/],
  [
    "has PAX sparse records",
    archive(pax({ "GNU.sparse.major": "1", "GNU.sparse.name": "y" }), good("x")),
    /PAX record "GNU/,
  ],
  [
    "has a PAX character set",
    archive(pax({ hdrcharset: "BINARY" }), good("x")),
    /PAX record "hdrcharset"/,
  ],
  [
    "has a PAX extended attribute",
    archive(pax({ "SCHILY.xattr.security.capability": "x" }), good("x")),
    /PAX record "SCHILY/,
  ],
  [
    "has a PAX record with no length",
    archive(entry({ type: "x" }, "path=../up\n"), good("x"), good("y")),
    /says nothing/,
  ],
  ["has a global PAX header", archive(pax({ path: "../up" }, "g"), good("x")), /stands before/],
  [
    "has a global PAX path that a harmless one lets in",
    archive(pax({ path: "../up" }, "g"), pax({ mtime: "1" }), good("x")),
    /PAX record "path"/,
  ],
  [
    "has two PAX headers",
    archive(pax({ mtime: "1" }), pax({ mtime: "2" }), good("x")),
    /stands before/,
  ],
  [
    "has a PAX header of two blocks",
    archive(pax({ comment: "c".repeat(600) }), good("x")),
    /stands before/,
  ],
  [
    "has a PAX header that is larger than any",
    archive(header({ type: "x", size: 5 << 20 })),
    /not a tar/,
  ],
  [
    "has an empty block between entries",
    archive(good(), new Uint8Array(512), good("x")),
    /stands before/,
  ],
  ["has a second archive behind it", archive(good(), END, good("x")), /stands before/],
  [
    "has something behind its end",
    Buffer.concat([archive(good()), Buffer.alloc(512, "x")]),
    /not a tar|stands after/,
  ],
  [
    "has a long header behind its last entry",
    archive(good(), entry({ type: "L", magic: "ustar  \0" }, "n")),
    /stands after/,
  ],
  ["has one empty block at its end", Buffer.concat([good(), new Uint8Array(512)]), /cut short/],
  ["has no end", good(), /cut short/],
  ["is cut in a header", archive(good()).subarray(0, 300), /cut short/],
  ["is cut in a content", archive(good()).subarray(0, 515), /cut short/],
  ["is cut in the padding", archive(good()).subarray(0, 900), /cut short/],
  ["is empty", new Uint8Array(), /cut short/],
  [
    "ends in the middle of a block",
    Buffer.concat([archive(good()), new Uint8Array(7)]),
    /cut short/,
  ],
  ["says more than it has", archive(header({ size: 1 << 20 })), /cut short/],
  ["says 8 GiB", archive(header({ size: "77777777777 " })), /too large/],
  [
    "says 2^64 bytes",
    archive(header({ size: Uint8Array.of(0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0) })),
    /too large|proper size/,
  ],
  [
    "says less than no bytes",
    archive(header({ size: Uint8Array.from([0xff, ...new Array(10).fill(0xff), 0]) })),
    /not a tar|proper size/,
  ],
  [
    "says a size that is no number",
    archive(header({ size: "zzzzzzzzzzz " })),
    /not a tar|proper size/,
  ],
  ["has a wrong checksum", archive(header({ checksum: "000000\0 " })), /not a tar/],
  ["is a v7 archive", archive(entry({ magic: "\0\0\0\0\0\0\0\0" }, "x")), /not a tar/],
  ["is text", Buffer.alloc(2048, "this is not a tar archive "), /not a tar/],
];

describe("readTar", () => {
  test("the table of hostile archives has at least forty", () => {
    expect(HOSTILE.length).toBeGreaterThanOrEqual(40);
  });

  test.each(HOSTILE)("refuses an archive that %s", async (_, bytes, message) => {
    for (const chunk of [bytes.byteLength, 512, 100]) {
      const failure = await failureOf(
        readTar(chunksOf(bytes, chunk), "the archive", { keep: () => 1 << 20 }),
      );
      expect(failure.code).toBe("CONTENT");
      expect(failure.message).toMatch(message);
    }
  });

  test("reads files and folders, whatever the chunks", async () => {
    const bytes = archive(
      entry({ name: "./", type: "5" }),
      entry({ name: "./blobs/", type: "5" }),
      entry({ name: "./blobs/a" }, "x".repeat(1000)),
      pax({ mtime: "1.5", comment: "fine" }),
      entry({ name: "ü", magic: "ustar  \0" }, ""),
      entry({ prefix: "p".repeat(150), name: "n".repeat(100) }, "y"),
    );
    for (const chunk of [1, 7, 511, 512, 513, bytes.byteLength]) {
      const items = await readTar(chunksOf(bytes, chunk), "it", {
        keep: (name) => (name === "ü" ? undefined : 1000),
      });
      expect(items.map(({ name, type, size }) => [name, type, size])).toEqual([
        [".", "directory", 0],
        ["blobs", "directory", 0],
        ["blobs/a", "file", 1000],
        ["ü", "file", 0],
        [`${"p".repeat(150)}/${"n".repeat(100)}`, "file", 1],
      ]);
      expect(items[2]?.content).toEqual(Buffer.alloc(1000, "x"));
      expect(items[3]?.content).toBeUndefined();
      for (const { offset, size, content } of items) {
        if (content) expect(bytes.subarray(offset, offset + size)).toEqual(content);
      }
    }
  });

  test("refuses a file that is larger than what is kept of it", async () => {
    const bytes = archive(entry({ name: "a" }, "12345"));
    expect((await readTar([bytes], "it", { keep: () => 5 }))[0]?.content).toHaveLength(5);
    expect(await failureOf(readTar([bytes], "it", { keep: () => 4 }))).toMatchObject({
      code: "CONTENT",
    });
  });

  test("stops at too many entries, of an archive that never ends", async () => {
    let made = 0;
    function* endless() {
      for (;;) yield header({ name: `f${made++}` });
    }
    const failure = await failureOf(readTar(endless(), "it", { entries: 1000 }));
    expect(failure.message).toMatch(/more than 1000 entries/);
    expect(made).toBeLessThan(2000);
  });

  test("stops at too many bytes, of empty blocks and of content that never end", async () => {
    let made = 0;
    function* endless(first: Uint8Array) {
      yield first;
      for (;;) {
        made++;
        yield new Uint8Array(65536);
      }
    }
    for (const first of [good(), header({ size: "77777777777 " })]) {
      made = 0;
      const failure = await failureOf(readTar(endless(first), "it", { bytes: 1 << 20 }));
      expect(failure.message).toMatch(/too large/);
      expect(made).toBeLessThan(20);
    }
  });

  test("passes on what the chunks throw, and the reason of the signal", async () => {
    const reason = new Error("the line is dead");
    async function* broken() {
      yield good();
      throw reason;
    }
    await expect(readTar(broken(), "it")).rejects.toBe(reason);
    await expect(readTar([good()], "it", { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
  });

  test("passes on what keep throws", async () => {
    const reason = new Error("no");
    const keep = () => {
      throw reason;
    };
    await expect(readTar([archive(good())], "it", { keep })).rejects.toBe(reason);
  });

  test("reads back whatever tarBytes writes", async () => {
    const part = fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/);
    const entries = fc.uniqueArray(
      fc.record({
        name: fc
          .tuple(fc.integer({ min: 0, max: 3 }), part)
          .map(([depth, name]) => `${"d/".repeat(depth)}${name}`),
        content: fc.uint8Array({ maxLength: 1100 }),
        mode: fc.integer({ min: 1, max: 0o7777 }),
        mtime: fc.integer({ min: 0, max: 0x7fffffff }),
      }),
      { selector: ({ name }) => name.replaceAll("/", "").toLowerCase(), maxLength: 6 },
    );
    await holds(
      fc.asyncProperty(entries, async (files) => {
        const named = files.filter(({ name }) => !/(?:^|\/)d$/.test(name));
        const bytes = await tarBytes(named.map((file) => ({ type: "file", ...file })));
        const items = await readTar([bytes], "it", { keep: () => 2000 });
        expect(
          items.map(({ name, content, header: { mode, mtime, uid, gid, uname, gname } }) => ({
            name,
            content: Uint8Array.from(content ?? []),
            mode,
            mtime: (mtime?.getTime() ?? 0) / 1000,
            owner: [uid, gid, uname, gname],
          })),
        ).toEqual(named.map((file) => ({ ...file, owner: [0, 0, "", ""] })));
      }),
      100,
    );
  });

  test("ends in items or in a CONTENT error for any damage", async () => {
    const whole = archive(
      good("a"),
      entry({ name: "b/", type: "5" }),
      pax({ mtime: "1" }),
      good("c"),
    );
    const damage = fc.array(fc.tuple(fc.nat(whole.byteLength - 1), fc.nat(255)), {
      minLength: 1,
      maxLength: 4,
    });
    await holds(
      fc.asyncProperty(damage, fc.nat(whole.byteLength), async (changes, length) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changes) bytes[at] = value;
        for (const some of [bytes, bytes.subarray(0, length)]) {
          try {
            await readTar([some], "it", { keep: () => 1000 });
          } catch (error) {
            expect(error).toBeInstanceOf(HiatusError);
            expect((error as HiatusError).code).toBe("CONTENT");
          }
        }
      }),
      400,
    );
  });
});

function* chunksOf(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}
