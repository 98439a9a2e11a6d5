import { describe, expect, test } from "vitest";
import { type Challenge, parseChallenges } from "../../src/remote/challenge.ts";

/** Challenges as one can write them: scheme, then parameters, or the token68. */
function plain(challenges: readonly Challenge[]): unknown[] {
  return challenges.map(({ scheme, token68, parameters }) => [
    scheme,
    token68 ?? Object.fromEntries(parameters),
  ]);
}

const HUB =
  'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/busybox:pull"';

describe("parseChallenges", () => {
  test.each<[string, string[], unknown[]]>([
    [
      "Docker Hub",
      [HUB],
      [
        [
          "bearer",
          {
            realm: "https://auth.docker.io/token",
            service: "registry.docker.io",
            scope: "repository:library/busybox:pull",
          },
        ],
      ],
    ],
    [
      "Nexus, in upper case",
      ['BASIC realm="Sonatype Nexus"'],
      [["basic", { realm: "Sonatype Nexus" }]],
    ],
    ["lower case", ["basic realm=x"], [["basic", { realm: "x" }]]],
    ["a scheme and nothing else", ["Negotiate"], [["negotiate", {}]]],
    ["a scheme with a space behind it", ["Negotiate "], [["negotiate", {}]]],
    ["a token68", ["Negotiate YWJj+/=="], [["negotiate", "YWJj+/=="]]],
    [
      "several in a header",
      ['Negotiate, Basic realm="a", Bearer realm="https://b/",service=c'],
      [
        ["negotiate", {}],
        ["basic", { realm: "a" }],
        ["bearer", { realm: "https://b/", service: "c" }],
      ],
    ],
    [
      "a token68 among others",
      ['NTLM abc=, Basic realm="a"'],
      [
        ["ntlm", "abc="],
        ["basic", { realm: "a" }],
      ],
    ],
    [
      "several headers",
      ['Basic realm="a"', 'Bearer realm="b"'],
      [
        ["basic", { realm: "a" }],
        ["bearer", { realm: "b" }],
      ],
    ],
    ["escapes", ['Basic realm="a\\"b\\\\c\\d"'], [["basic", { realm: 'a"b\\cd' }]]],
    [
      "commas and equals signs in quotes",
      ['Basic realm="a, b=c"'],
      [["basic", { realm: "a, b=c" }]],
    ],
    ["an empty string", ['Basic realm=""'], [["basic", { realm: "" }]]],
    [
      "names in any case",
      ['Bearer REALM="x",Service="y"'],
      [["bearer", { realm: "x", service: "y" }]],
    ],
    [
      "spaces where they may be",
      [' ,, Bearer  realm = "x" ,\t, service\t=\t"y" , '],
      [["bearer", { realm: "x", service: "y" }]],
    ],
    [
      "a URL that is not quoted",
      ["Bearer realm=https://a.example/token?x=1&y=2,service=z"],
      [["bearer", { realm: "https://a.example/token?x=1&y=2", service: "z" }]],
    ],
    [
      "scope twice, as one",
      ['Bearer realm="x",scope="a:b:c",scope="d:e:f"'],
      [["bearer", { realm: "x", scope: "a:b:c d:e:f" }]],
    ],
    [
      "__proto__ as a name like any other",
      ["Bearer __proto__=x"],
      [["bearer", JSON.parse('{"__proto__":"x"}')]],
    ],
  ])("reads %s", (_, values, expected) => {
    expect(plain(parseChallenges(values))).toEqual(expected);
  });

  test.each<[string, string]>([
    ["nothing", ""],
    ["commas", ",, ,"],
    ["a parameter without a scheme", 'realm="x"'],
    ["a string that is not closed", 'Bearer realm="x'],
    ["an escape at the end", 'Bearer realm="x\\'],
    ["a control character", 'Bearer realm="x\u0001"'],
    ["a line end in a string", 'Bearer realm="x\r\nSet-Cookie: a"'],
    ["an escaped line end", 'Bearer realm="x\\\n"'],
    ["no comma between parameters", 'Bearer realm="x" service="y"'],
    ["text behind a string", 'Bearer realm="x"y'],
    ["no value", "Bearer service=x, realm=,"],
    ["two realms", 'Bearer realm="https://a/",realm="https://b/"'],
    ["two words", "Bearer realm x"],
    ["a scheme that is none", '"Bearer" realm="x"'],
    ["letters beyond ASCII", "B\u00e9arer realm=x"],
  ])("finds no challenge in %s", (_, value) => {
    expect(parseChallenges([value])).toEqual([]);
  });

  test("keeps what stands before garbage, and other headers", () => {
    const values = ['Basic realm="a", Bearer realm="b', 'Bearer realm="c"'];
    expect(plain(parseChallenges(values))).toEqual([
      ["basic", { realm: "a" }],
      ["bearer", { realm: "c" }],
    ]);
  });

  test("reads up to 8 KiB in sum, and nothing past that", () => {
    const long = `Bearer realm="${"x".repeat(8192 - 'Bearer realm=""'.length)}"`;
    expect(long.length).toBe(8192);
    expect(parseChallenges([long])).toHaveLength(1);
    expect(parseChallenges([`${long} `])).toEqual([]);
    expect(parseChallenges([long, "Basic"])).toHaveLength(1);
    expect(parseChallenges(["Basic", long])).toHaveLength(1);
  });
});
