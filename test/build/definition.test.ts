import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { renderAlias } from "../../src/build/definition.ts";
import { parseDefinition } from "../../src/build/parse-definition.ts";
import { readDefinition } from "../../src/build/read-definition.ts";
import { HiatusError } from "../../src/errors.ts";
import { packageRoot } from "../../src/package-root.ts";
import { failureOf } from "../failure.ts";
import { scratch } from "../folder.ts";
import { holds } from "../property.ts";

const GOOD = `name: pause
version: 3.10.2
repository: localhost/pause
entrypoint: [/pause]
user: "65535:65535"
platforms:
  - linux/amd64
  - linux/arm/v7
labels:
  a: b
aliases: ["{major}.{minor}", "3.9"]
`;

const parse = (text: string | Uint8Array) =>
  parseDefinition(typeof text === "string" ? new TextEncoder().encode(text) : text, "image.yaml");

/** `line:column: message` of every problem. */
async function problemsOf(text: string | Uint8Array): Promise<string[]> {
  const { code, message, hint, detail } = await failureOf(() => parse(text));
  expect(code).toBe("CONFIG");
  expect(message).toMatch(/^The definition "image.yaml" is wrong\n {2}image.yaml:/);
  expect(hint).toContain("image.schema.json");
  const problems = detail.problems as { message: string; line: number; column: number }[];
  for (const { line, column } of problems)
    expect(message).toContain(`image.yaml:${line}:${column}: `);
  return problems.map(({ line, column, message: why }) => `${line}:${column}: ${why}`);
}

const changed = (from: string | RegExp, to: string) => {
  const text = GOOD.replace(from, to);
  expect(text).not.toBe(GOOD);
  return problemsOf(text);
};

describe("parseDefinition", () => {
  test("reads a definition and fills in what is left out", () => {
    expect(parse(GOOD)).toEqual({
      name: "pause",
      version: "3.10.2",
      repository: "localhost/pause",
      entrypoint: ["/pause"],
      user: "65535:65535",
      platforms: ["linux/amd64", "linux/arm/v7"],
      annotations: {},
      labels: { a: "b" },
      aliases: ["{major}.{minor}", "3.9"],
      inline: "none",
    });
    expect(parse(`\ufeff${GOOD}`)).toEqual(parse(GOOD));
    expect(parse(GOOD.replaceAll("\n", "\r\n"))).toEqual(parse(GOOD));
  });

  test("reads the definition that hiatus ships", () => {
    const path = join(packageRoot(), "images", "pause", "image.yaml");
    expect(parse(readFileSync(path)).platforms).toHaveLength(11);
  });

  test("names an unknown key and what was probably meant", async () => {
    expect(await problemsOf(`${GOOD}anotations: {}\n`)).toEqual([
      '12:1: unknown key "anotations"; did you mean "annotations"?',
    ]);
    expect(await problemsOf(`${GOOD}\n  \nzebra: 1\n`)).toEqual([
      expect.stringMatching(/^14:1: unknown key "zebra"; known are name, version, /),
    ]);
  });

  test("asks for quotes where YAML reads a version as a number", async () => {
    expect(await changed("3.10.2", "3.10")).toEqual([
      '2:10: version: YAML does not read this as text; write it in quotes: "3.10"',
    ]);
    expect(await changed('"3.9"', "3.10")).toEqual([
      '11:30: aliases.1: YAML does not read this as text; write it in quotes: "3.10"',
    ]);
    expect(await changed("a: b", "a: yes\n  b: true")).toEqual([
      '11:6: labels.b: YAML does not read this as text; write it in quotes: "true"',
    ]);
  });

  test("tells of every problem at once", async () => {
    const problems = await problemsOf("name: Pause\nuser: root\nplatforms: []\nx: 1\n");
    expect(problems.map((problem) => problem.split(":").slice(0, 3).join(":"))).toEqual([
      "1:7: name",
      '1:1: the key "version" is missing',
      '1:1: the key "repository" is missing',
      '1:1: the key "entrypoint" is missing',
      "2:7: user",
      "3:12: platforms",
      '4:1: unknown key "x"; known are name, version, repository, entrypoint, user, platforms, annotations, labels, aliases, inline',
    ]);
  });

  test.each([
    ["", "1:1: the document is empty"],
    ["# nothing\n", "1:1: the document is empty"],
    ["- a\n", "1:1: Invalid input: expected object, received array"],
    ["name: [\n", /^2:1: Flow sequence/],
    ['name: "a\n', /^2:1: Missing closing "quote/],
    [`${GOOD}name: b\n`, "12:1: Map keys must be unique"],
    [`${GOOD}---\n${GOOD}`, "12:1: a second document begins; one file holds one"],
    [
      `${GOOD}inline: &a none\n`.replace("3.10.2", "*a"),
      /^2:10: (?:Unresolved alias|aliases are not read)/,
    ],
    [
      `${GOOD}inline: &a none\nannotations: {x: *a}\n`,
      "13:18: aliases are not read here; write the value out",
    ],
    [`${GOOD}<<: {inline: all}\n`, /^12:1: unknown key "<<"/],
    [`${GOOD}inline: !none none\n`, "12:9: Unresolved tag: !none"],
    ["%FOO bar\n---\nname: a\n", /^1:1: Unknown directive %FOO/],
    [GOOD.replace("a: b", "__proto__: b"), '10:3: the key "__proto__" cannot be used'],
    [GOOD.replace("a: b", "? [x]\n  : b"), /^10:5: With stringKeys, all keys must be strings/],
    [GOOD.replace("a: b", "a:"), "10:5: labels.a: there is no value"],
    [
      GOOD.replace("a: b", "a: {b: c}"),
      "10:6: labels.a: Invalid input: expected string, received object",
    ],
    [
      GOOD.replace("[/pause]", "/pause"),
      "4:13: entrypoint: Invalid input: expected array, received string",
    ],
    [GOOD.replace("[/pause]", "[bin/pause]"), /^4:13: entrypoint: must begin with the path/],
    [GOOD.replace("[/pause]", "[/../pause]"), /^4:13: entrypoint: must begin with the path/],
    [GOOD.replace("65535:65535", "0:0"), /^5:7: user: must be numeric and not root/],
    [
      GOOD.replace("65535:65535", "4294967295"),
      "5:7: user: is too large: runtimes take ids up to 2147483647",
    ],
    [
      GOOD.replace("linux/arm/v7", "linux/amd46"),
      '8:5: platforms.1: "linux/amd46" is not a platform that can be built; did you mean "linux/amd64"?',
    ],
    [
      GOOD.replace("linux/arm/v7", "windows/amd64"),
      /^8:5: platforms.1: "windows\/amd64" is not a platform that can be built; /,
    ],
    [GOOD.replace("linux/arm/v7", "amd64"), "7:3: platforms: names a platform twice"],
    [GOOD.replace("localhost/pause", "localhost/pause:3"), /^3:13: repository: write it as/],
    [GOOD.replace("3.9", "a b"), /^11:30: aliases.1: is not a tag; /],
    [GOOD.replace("3.9", "{mayor}"), /^11:30: aliases.1: is not a tag; /],
    [
      `${GOOD}annotations:\n  org.opencontainers.image.version: "1"\n`,
      "13:3: annotations.org.opencontainers.image.version: is computed by the build; leave it out",
    ],
    [`${GOOD}annotations:\n  "a b": "1"\n`, "13:3: annotations.a b: use reverse-domain keys"],
    [GOOD.replace("3.10.2", `"3.10.2\\"; system(\\"x"`), /^2:10: version: use letters, digits/],
  ])("refuses %j", async (text, problem) => {
    const problems = await problemsOf(text);
    expect(problems).toEqual([
      typeof problem === "string" ? problem : expect.stringMatching(problem),
    ]);
  });

  test("says where bytes are not UTF-8", async () => {
    const bytes = (text: string) => Buffer.from(text, "latin1");
    expect(await problemsOf(bytes("name: pause\nlabels: {\xff: a}\n"))).toEqual([
      "2:10: this is not UTF-8",
    ]);
    expect(await problemsOf(bytes("name: \xe2\x82"))).toEqual(["1:7: this is not UTF-8"]);
    expect(await problemsOf(bytes("# \xc3\xa4\xf0\x9f\x92\xa9\xed\xa0\x80"))).toEqual([
      "1:6: this is not UTF-8",
    ]);
  });

  test("refuses what is larger than any definition", async () => {
    expect(await problemsOf(`#${" ".repeat(1024 * 1024)}\n${GOOD}`)).toEqual([
      "1:1: has more than 1048576 bytes",
    ]);
  });

  test("throws nothing but HiatusErrors whose places exist", async () => {
    const lines = GOOD.split("\n");
    const piece = fc.oneof(
      fc.constantFrom(
        ...lines,
        "a: &x [*x]",
        "- ",
        "? ",
        "!!binary x",
        "{",
        "]",
        "|",
        ">",
        "%",
        "---",
        "...",
        "\t",
        "'",
      ),
      fc.string({ unit: "binary", maxLength: 12 }),
    );
    const anything = fc.oneof(
      fc.array(piece, { maxLength: 14 }).map((parts) => Buffer.from(parts.join("\n"))),
      fc
        .tuple(fc.nat(GOOD.length), fc.string({ maxLength: 4 }))
        .map(([at, text]) => Buffer.from(GOOD.slice(0, at) + text + GOOD.slice(at))),
      fc.uint8Array({ maxLength: 60 }),
    );
    await holds(
      fc.property(anything, (bytes) => {
        try {
          parse(bytes);
        } catch (error) {
          if (!(error instanceof HiatusError)) throw error;
          const rows = Buffer.from(bytes).toString("utf8").split("\n");
          for (const { line, column } of error.detail.problems as {
            line: number;
            column: number;
          }[]) {
            expect(rows[line - 1]?.length).toBeGreaterThanOrEqual(column - 1);
          }
        }
      }),
      2000,
    );
  });
});

describe("renderAlias", () => {
  test.each([
    ["{major}.{minor}", "3.10.2", "3.10"],
    ["v{version}", "3.10.2", "v3.10.2"],
    ["{patch}", "3.10", undefined],
    ["{major}", "4-rc.1", "4"],
    ["3.9", "1", "3.9"],
    ["{other}", "1", undefined],
  ])("makes of %j for %j: %j", (template, version, tag) => {
    expect(renderAlias(template, version)).toBe(tag);
  });
});

describe("readDefinition", () => {
  let cwd: string;
  const write = (folder: string, text = GOOD) => {
    mkdirSync(join(cwd, folder), { recursive: true });
    writeFileSync(join(cwd, folder, "image.yaml"), text);
  };
  beforeEach(() => {
    cwd = scratch();
  });

  test("finds a name under images/, beside it, and at last in the package", async () => {
    expect((await readDefinition("pause", cwd)).folder).toBe(
      join(packageRoot(), "images", "pause"),
    );
    write("pause");
    expect((await readDefinition("pause", cwd)).folder).toBe(join(cwd, "pause"));
    write("images/pause");
    expect((await readDefinition("pause", cwd)).folder).toBe(join(cwd, "images", "pause"));
  });

  test("finds folders and files by path, relative or not", async () => {
    write("a/b");
    for (const image of ["./a/b", "a/b", "a/b/image.yaml", join(cwd, "a", "b")]) {
      expect((await readDefinition(image, cwd)).folder).toBe(join(cwd, "a", "b"));
    }
  });

  test("is not misled by a folder that only has the name of an image", async () => {
    mkdirSync(join(cwd, "pause"));
    expect((await readDefinition("pause", cwd)).folder).toBe(
      join(packageRoot(), "images", "pause"),
    );
  });

  test.each(["nothing", "./nothing", "nothing.yaml", ""])(
    "does not find %j and says so",
    async (image) => {
      const { code, message, hint } = await failureOf(readDefinition(image, cwd));
      expect({ code, message }).toEqual({
        code: "CONFIG",
        message: `There is no image definition "${image}"`,
      });
      expect(hint).toMatch(/image\.yaml/);
    },
  );

  test("suggests the image that was probably meant", async () => {
    const { hint } = await failureOf(readDefinition("paus", cwd));
    expect(hint).toMatch(/^Did you mean "pause"\? /);
  });

  test("says when a folder has no image.yaml, or cannot read it", async () => {
    mkdirSync(join(cwd, "empty"));
    const absent = await failureOf(readDefinition("./empty", cwd));
    expect(absent.message).toMatch(/^Cannot read ".*\/empty\/image.yaml": ENOENT/);
    expect(absent.code).toBe("CONFIG");
    mkdirSync(join(cwd, "odd", "image.yaml"), { recursive: true });
    expect((await failureOf(readDefinition("./odd", cwd))).message).toMatch(/EISDIR/);
  });

  test("names the file as the user can open it", async () => {
    write("a", "name: [");
    const { message } = await failureOf(readDefinition("a", cwd));
    expect(message).toContain(`${join(cwd, "a", "image.yaml")}:1:8: `);
  });
});
