import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HiatusError } from "../../src/errors.ts";
import { encodeJson, parseJson } from "../../src/oci/json.ts";
import { failureOf } from "../failure.ts";
import { golden } from "../golden.ts";
import { holds } from "../property.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

describe("parseJson", () => {
  test("reads what encodeJson wrote, as bytes and as text", async () => {
    await holds(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const bytes = encodeJson(value);
        const expected = JSON.parse(JSON.stringify(value));
        expect(parseJson(bytes, "it")).toEqual(expected);
        expect(parseJson(new TextDecoder().decode(bytes), "it")).toEqual(expected);
      }),
    );
  });

  test("reads any text as JSON.parse does, or refuses it", async () => {
    const pieces = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"a"',
      '"b"',
      '"\\u0061"',
      '"\\',
      '"',
      "1",
      " ",
      "null",
      "\\",
    );
    const text = fc.oneof(
      fc.array(pieces, { maxLength: 14 }).map((parts) => parts.join("")),
      fc.string(),
      fc.json(),
    );
    await holds(
      fc.property(text, (some) => {
        let mine: unknown;
        try {
          mine = parseJson(some, "it");
        } catch (error) {
          expect(error).toBeInstanceOf(HiatusError);
          expect((error as HiatusError).code).toBe("CONTENT");
          return;
        }
        expect(mine).toEqual(JSON.parse(some));
      }),
      3000,
    );
  });

  test("finds any key that is there twice, at any depth, however it is written", async () => {
    const escaped = (key: string) =>
      `"${[...Array(key.length).keys()].map((i) => `\\u${key.charCodeAt(i).toString(16).padStart(4, "0")}`).join("")}"`;
    const path = fc.array(fc.boolean(), { maxLength: 10 });
    await holds(
      fc.property(
        fc.string(),
        fc.jsonValue(),
        path,
        fc.boolean(),
        (key, value, nesting, hidden) => {
          const json = JSON.stringify(value);
          const again = hidden ? escaped(key) : JSON.stringify(key);
          const inner = `{${JSON.stringify(key)} : ${json}, "other${key.length}": 1, ${again}\n:${json}}`;
          const text = nesting.reduce(
            (inside, list) => (list ? `[1,${inside}]` : `{"k":${inside}}`),
            inner,
          );
          expect(() => parseJson(text, "it")).toThrow(/is there twice|nested more/);
        },
      ),
    );
  });

  test("does not take a repeated value or a key of another object for a repeated key", () => {
    const text =
      '{"a":"a","b":{"a":["a","a",{"a":1}]},"c":[{"a":1},{"a":2}],"\\"a":1,"a ":2,"A":3}';
    expect(parseJson(text, "it")).toEqual(JSON.parse(text));
  });

  test.each([
    ["a byte that is not UTF-8", Uint8Array.of(0x22, 0xff, 0x22)],
    ["overlong UTF-8", Uint8Array.of(0x22, 0xc0, 0xaf, 0x22)],
    ["a surrogate in UTF-8", Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)],
    ["a byte order mark", Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d)],
    ["UTF-16", Buffer.from('{"a":1}', "utf16le")],
    ["nothing", new Uint8Array()],
    ["two values", utf8("{} {}")],
    ["a comment", utf8("{}//")],
    ["a comma too many", utf8('{"a":1,}')],
    ["a line end in a string", utf8('"\n"')],
    ["NaN", utf8("NaN")],
    ["a string without an end", utf8('{"a')],
    ["a key without an end", utf8('{"a":1,"a\\')],
    ["an escape that is none", utf8('{"\\x":1,"\\x":1}')],
  ])("refuses %s", async (_, bytes) => {
    expect(await failureOf(() => parseJson(bytes, "it"))).toMatchObject({ code: "CONTENT" });
  });

  test("reads 32 levels and refuses 33, and a million as quickly", async () => {
    const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
    expect(() => parseJson(nested(32), "it")).not.toThrow();
    for (const depth of [33, 1_000_000]) {
      expect((await failureOf(() => parseJson(nested(depth), "it"))).message).toMatch(/32 levels/);
    }
    const broken = `[[${"]".repeat(100)}${"[".repeat(100)}`;
    expect(await failureOf(() => parseJson(broken, "it"))).toMatchObject({ code: "CONTENT" });
  });

  test("says what it read and where it went wrong", async () => {
    const failure = await failureOf(() => parseJson('{"a":1,"a":2}', "the manifest of example"));
    expect(failure.message).toBe(
      'Cannot read the manifest of example: the key "a" is there twice (character 8)',
    );
    expect(failure.detail).toEqual({ what: "the manifest of example", offset: 7 });
  });

  test("keeps a key called __proto__ to itself", () => {
    const value = parseJson('{"__proto__":{"mediaType":"x"}}', "it") as Record<string, unknown>;
    expect(value.mediaType).toBeUndefined();
    expect(Object.keys(value)).toEqual(["__proto__"]);
  });
});

describe("encodeJson", () => {
  test("writes the golden bytes: one line, insertion order, undefined left out", () => {
    const bytes = encodeJson({
      schemaVersion: 2,
      b: 1,
      a: [undefined, null, "ü\u2028\u0000\ud800"],
      nothing: undefined,
      10: "integer keys come first, as ECMAScript has it",
      nested: { "org.opencontainers.image.title": "pause" },
    });
    expect(Buffer.from(bytes)).toEqual(golden("encoded.json", bytes));
  });
});
