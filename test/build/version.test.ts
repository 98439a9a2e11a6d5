import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseRevision, parseVersion, stampOf, VERSION_GRAMMAR } from "../../src/build/version.ts";
import { isTag } from "../../src/oci/tag.ts";

/** Texts that are near the grammar, so that both sides of its border are met. */
const nearly = fc.oneof(
  fc.string({ maxLength: 70 }),
  fc.stringMatching(/^[A-Za-z0-9._+"'\\\n%?$`!-]{0,70}$/),
  fc.stringMatching(VERSION_GRAMMAR),
);

const accepted = (text: string): boolean => {
  try {
    return parseVersion(text) === text;
  } catch {
    return false;
  }
};

describe("parseVersion", () => {
  test.each(["3.10.2", "0", "v1", "3.10.2-rc.1", "2026_11", "a".repeat(64), "HEAD"])(
    "accepts %j",
    (text) => {
      expect(parseVersion(text)).toBe(text);
    },
  );

  test.each([
    "",
    " ",
    "3.10.2 ",
    "3.10.2\n",
    "\n3.10.2",
    ".1",
    "-v",
    "_1",
    "1+2",
    '1"',
    "1\\",
    "1\0",
    "1%s",
    "1??/",
    "1$(id)",
    "1/2",
    "1:2",
    "é",
    "１",
    "a".repeat(65),
  ])("refuses %j", (text) => {
    expect(() => parseVersion(text)).toThrow(expect.objectContaining({ code: "INVALID" }));
  });

  test("accepts nothing that means something else in a C string, in a tag or on a command line", () => {
    fc.assert(
      fc.property(nearly, (text) => {
        fc.pre(accepted(text));
        expect(text).not.toMatch(/["'\\%?\s$`!(){}<>|&;*#~^]/);
        expect([...text].every((letter) => letter >= "!" && letter <= "~")).toBe(true);
        expect(text.startsWith("-")).toBe(false);
        expect(isTag(text)).toBe(true);
      }),
    );
  });
});

describe("stampOf", () => {
  test("is the version, or version, plus and revision", () => {
    expect(stampOf("3.10.2")).toBe("3.10.2");
    expect(stampOf("3.10.2", "v3.10.2-14-g1234abc-dirty")).toBe("3.10.2+v3.10.2-14-g1234abc-dirty");
  });

  test("can be taken apart again", () => {
    const word = fc.stringMatching(VERSION_GRAMMAR);
    fc.assert(
      fc.property(word, fc.option(word, { nil: undefined }), (version, revision) => {
        expect(stampOf(version, revision).split("+")).toEqual(
          revision === undefined ? [version] : [version, revision],
        );
      }),
    );
  });

  test("refuses what parseVersion and parseRevision refuse", () => {
    expect(() => stampOf("1 2")).toThrow(/"1 2" is not a version/);
    expect(() => stampOf("1", "")).toThrow(/"" is not a revision/);
    expect(() => parseRevision("a+b")).toThrow(/"a\+b" is not a revision/);
  });
});
