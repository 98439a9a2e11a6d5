import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseChallenges } from "../../src/remote/challenge.ts";
import { fuzz, near, TIMEOUT } from "./fuzz.ts";

const encode = (text: string) => Uint8Array.from(Buffer.from(text, "latin1"));
const headers = near(
  [
    'Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull,push"',
    'Negotiate YWJj==, BASIC realm="a \\"b\\"", Bearer realm=x , error="invalid_token"',
  ].map(encode),
  [",", " ", "=", '"', "\\", '="', '",', "\t", "\r\n", "\0", "Basic ", "realm=", "\u00ff"].map(
    encode,
  ),
);

describe("parseChallenges", () => {
  test(
    "finds only what stands in the header, whatever that is",
    () =>
      fuzz(
        fc.property(headers, (bytes) => {
          const text = Buffer.from(bytes).toString("latin1");
          const challenges = parseChallenges([text]);
          for (const { scheme, token68 = "", parameters } of challenges) {
            expect(scheme).toMatch(/^[!#$%&'*+.^_`|~0-9a-z-]+$/);
            expect(text.toLowerCase()).toContain(scheme);
            expect(text).toContain(token68);
            for (const [name, value] of parameters) {
              expect(text.toLowerCase()).toContain(name);
              expect(value).not.toMatch(/[^\P{Cc}\t\u0080-\u009f]/u);
              // Without escapes it is there letter by letter; scopes are joined.
              if (!text.includes("\\") && name !== "scope") expect(text).toContain(value);
            }
          }
        }),
        2000,
      ),
    TIMEOUT,
  );

  test(
    "reads back what was written",
    () => {
      const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9a-z-]{1,9}$/);
      const value = fc.string({ unit: fc.constantFrom(...'ab ,="\\\t/:\u00e9') });
      const challenge = fc.tuple(
        token,
        fc.dictionary(token, value, { minKeys: 1, noNullPrototype: false }),
      );
      return fuzz(
        fc.property(fc.array(challenge, { maxLength: 4 }), fc.boolean(), (challenges, apart) => {
          const written = challenges.map(([scheme, parameters]) => {
            const list = Object.entries(parameters).map(
              ([name, text]) => `${name}="${text.replace(/["\\]/g, "\\$&")}"`,
            );
            return `${scheme} ${list.join(", ")}`;
          });
          const read = parseChallenges(apart ? written : [written.join(", ")]);
          expect(read.map(({ scheme, parameters }) => [scheme, [...parameters]])).toEqual(
            challenges.map(([scheme, parameters]) => [scheme, Object.entries(parameters)]),
          );
        }),
        500,
      );
    },
    TIMEOUT,
  );

  test("looks at no character more often than a few times, however it is written", () => {
    const hostile = [
      "a",
      " ",
      ",",
      "\\",
      '"',
      "=",
      "a=",
      "a =",
      'a="',
      "a ",
      "a,",
      "\t,",
      'a="\\"',
      "a b",
      "==",
    ];
    const looks = (size: number) =>
      hostile.map((piece) => {
        const text = `B ${piece.repeat(Math.ceil(size / piece.length))}`.slice(0, size);
        return countLooks(() => parseChallenges([text]));
      });
    const [small, large] = [looks(1000), looks(8000)];
    for (const [index, count] of large.entries()) {
      expect(count).toBeLessThanOrEqual(8.5 * (small[index] ?? 0) + 100);
    }
  });
});

/** How often a pattern was tried or a character asked for: a measure of work that no slow machine changes. */
function countLooks(work: () => unknown): number {
  const { test: tryPattern } = RegExp.prototype;
  const { charAt } = String.prototype;
  let count = 0;
  RegExp.prototype.test = function (text: string) {
    const { lastIndex } = this;
    const found = tryPattern.call(this, text);
    count += found ? 1 + this.lastIndex - lastIndex : 1;
    return found;
  };
  String.prototype.charAt = function (index) {
    count++;
    return charAt.call(this, index);
  };
  try {
    work();
  } finally {
    RegExp.prototype.test = tryPattern;
    String.prototype.charAt = charAt;
  }
  return count;
}
