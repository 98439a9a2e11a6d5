import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { packageRoot } from "../../src/package-root.ts";
import { readMirrors } from "../../src/release/mirrors/read.ts";
import { resolveMirrors } from "../../src/release/mirrors/resolve.ts";
import { MirrorsFileSchema } from "../../src/release/mirrors/schema.ts";
import { renderTemplate } from "../../src/release/mirrors/template.ts";
import { failureOf } from "../failure.ts";
import { scratch } from "../folder.ts";

const target = { image: "pause", version: "3.10.2", aliases: ["3.10"], inline: "none" } as const;

/** Writes files and gives the path of the first. */
function write(files: Readonly<Record<string, string>>): string {
  const folder = scratch();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return join(folder, Object.keys(files)[0] ?? "");
}

async function resolved(text: string, env = {}, only?: readonly string[]) {
  const file = write({ "mirrors.yaml": text });
  return resolveMirrors(await readMirrors(file, env), target, only);
}

/** The problems that a file is refused for, as `line:column: message`. */
async function problems(text: string, env = {}): Promise<readonly string[]> {
  const failure = await failureOf(resolved(text, env));
  expect(failure).toMatchObject({ code: "CONFIG" });
  return (failure.detail.problems as readonly Problem[]).map(
    ({ line, column, message }) => `${line}:${column}: ${message}`,
  );
}

interface Problem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** A variable as the file has it. */
const variable = (name: string) => `\${${name}}`;

const one = (more = "") => `version: 1
mirrors:
  - name: here
    repository: registry.example:5000/team/{image}
${more}`;

describe("resolveMirrors", () => {
  test("fills in what is not said", async () => {
    expect(await resolved(one())).toEqual([
      {
        name: "here",
        registry: "registry.example:5000",
        repository: "team/pause",
        tags: ["3.10.2", "3.10"],
        required: true,
        format: "oci",
        inline: "none",
        attachments: "best-effort",
        profile: undefined,
        connection: {
          credentials: undefined,
          ca: undefined,
          cert: undefined,
          key: undefined,
          insecure: false,
          plainHttp: false,
          proxy: undefined,
          concurrency: undefined,
          rate: undefined,
        },
      },
    ]);
  });

  test("lets a mirror say otherwise than the defaults of its file", async () => {
    const mirrors = await resolved(`version: 1
defaults: { required: false, tags: ["{major}.{minor}"], profile: harbor, rate: 5 }
mirrors:
  - { name: a, repository: a.example/pause }
  - { name: b, repository: b.example/pause, required: true, profile: auto }
`);
    expect(mirrors[0]).toMatchObject({ required: false, tags: ["3.10"], profile: "harbor" });
    expect(mirrors[1]).toMatchObject({
      required: true,
      profile: undefined,
      connection: { rate: 5 },
    });
  });

  test("moves the version's own tag first, each tag once, and knows the defaults of nodes", async () => {
    const [mirror] = await resolved(
      one(
        '    tags: ["{node-defaults}", "{major}.{minor}", "{aliases}", "{version}", "v{version}"]\n',
      ),
    );
    expect(mirror?.tags[0]).toBe("3.10.2");
    expect(mirror?.tags).toContain("v3.10.2");
    expect(mirror?.tags).toContain("3.9");
    expect(mirror?.tags.filter((tag) => tag === "3.10")).toHaveLength(1);
  });

  test("takes variables from the environment, with what stands for those not set", async () => {
    const text = one().replace(
      "registry.example:5000/team",
      `${variable("HOST")}/${variable("TEAM:-nobody")}`,
    );
    const [mirror] = await resolved(text, { HOST: "eu.example" });
    expect(mirror).toMatchObject({ registry: "eu.example", repository: "nobody/pause" });
  });

  test("finds credentials by reference, files relative to the mirrors file", async () => {
    const kinds = [
      ["{ usernameEnv: U, passwordEnv: P }", { kind: "environment", username: "U", password: "P" }],
      ["{ tokenEnv: T }", { kind: "token-environment", token: "T" }],
      ["{ file: auth.json }", { kind: "file", path: expect.stringMatching(/^\/.*\/auth\.json$/) }],
      ["{ helper: ecr-login }", { kind: "helper", name: "ecr-login" }],
      ["{ anonymous: true }", { kind: "anonymous" }],
    ] as const;
    for (const [text, expected] of kinds) {
      const [mirror] = await resolved(one(`    credentials: ${text}\n`));
      expect(mirror?.connection.credentials).toEqual(expected);
    }
  });

  test("chooses by names of mirrors and of groups, groups of groups included", async () => {
    const text = `version: 1
mirrors:
  - { name: a, repository: a.example/pause }
  - { name: b, repository: b.example/pause }
  - { name: c, repository: c.example/pause }
groups:
  eu: [b, c]
  all: [a, eu]
`;
    const names = async (...only: string[]) =>
      (await resolved(text, {}, only)).map(({ name }) => name);
    expect(await names("eu")).toEqual(["b", "c"]);
    expect(await names("all")).toEqual(["a", "b", "c"]);
    expect(await names("c", "a")).toEqual(["a", "c"]);
    expect(await failureOf(resolved(text, {}, ["d"]))).toMatchObject({
      code: "USAGE",
      hint: "Known are a, b, c, eu, all",
    });
  });

  test("reads what a file includes, with defaults of its own", async () => {
    const file = write({
      "mirrors.yaml":
        'version: 1\ninclude: [eu/mirrors.yaml]\nmirrors: [{ name: a, repository: "a.example/pause" }]\ngroups: { both: [a, b] }\n',
      "eu/mirrors.yaml":
        'version: 1\ndefaults: { required: false, tls: { ca: ca.pem } }\nmirrors: [{ name: b, repository: "b.example/pause" }]\n',
    });
    const mirrors = resolveMirrors(await readMirrors(file, {}), target);
    expect(mirrors.map(({ name, required }) => [name, required])).toEqual([
      ["b", false],
      ["a", true],
    ]);
    expect(mirrors[0]?.connection.ca).toBe(join(dirname(file), "eu", "ca.pem"));
  });
});

describe("readMirrors refuses", () => {
  test.each([
    ["version: 2\n", /^1:10: version: /],
    ["version: 1\nmirors: []\n", '2:1: unknown key "mirors"; did you mean "mirrors"?'],
    [one("    requird: true\n"), '5:5: unknown key "requird"; did you mean "required"?'],
    [
      one("    credentials: { helper: ecr-login, password: hunter2 }\n"),
      /^5:39: a secret must not stand in this file/,
    ],
    [one("    credentials: { passwordEnv: P }\n"), /^5:18: .*takes one of/],
    [
      one("    credentials: { usernameEnv: 'a b', passwordEnv: P }\n"),
      /^5:33: .*name of an environment variable/,
    ],
    [one("    proxy: http://me:hunter2@proxy.example:3128\n"), /^5:12: a password must not stand/],
    [one("    allowPrivate: [https://tokens.example]\n"), /^5:20: .*must be a host/],
    [one("    tags: ['{build}']\n"), /^5:12: .*is not a tag/],
    [one("    tags: ['{version}', 'no good']\n"), /^5:25: .*is not a tag/],
    [one("    tls: { cert: a.pem }\n"), /^5:10: .*go together/],
    [one("    rate: 0\n"), /^5:11: /],
    [one("    concurrency: 1000\n"), /^5:18: /],
    [one("    profile: dockerhub2\n"), /^5:14: /],
    [one().replace("{image}", "{imag}"), /^4:17: .*braces around something else/],
    [
      one().replace("registry.example:5000/team/{image}", "team/{image}"),
      /^4:17: .*does not begin with a registry/,
    ],
    [one().replace("{image}", "{image}:3.10"), /^4:17: .*ends with a tag/],
    [one().replace("{image}", "Upper"), /^4:17: .*lower-case/],
    [
      one().replace("registry.example", variable("UNSET")),
      /^4:17: the environment variable UNSET is not set/,
    ],
    [one().replace("registry.example", variable("1")), /^4:17: "\$\{1\}" is no variable/],
    [
      one("  - { name: here, repository: b.example/pause }\n"),
      /^5:13: "here" is the name of a mirror/,
    ],
    [
      one("  - { name: two, repository: registry.example:5000/team/pause }\n"),
      /^5:30: .*releases to already \(line 4\)/,
    ],
    [one("    format: docker\n    inline: all\n"), /^6:13: Docker's format has no data field/],
    [one("groups: { eu: [nowhere] }\n"), /^5:16: "nowhere" is neither/],
    [one("groups: { here: [here] }\n"), /^5:17: "here" is the name of a mirror already/],
    ["version: 1\ninclude: [gone.yaml]\n", '2:11: there is no file "gone.yaml"'],
    ["version: 1\ninclude: [mirrors.yaml]\n", '2:11: "mirrors.yaml" includes this file again'],
  ])("%j", async (text, expected) => {
    const found = await problems(text);
    expect(found).toHaveLength(1);
    if (typeof expected === "string") expect(found[0]).toBe(expected);
    else expect(found[0]).toMatch(expected);
    expect(JSON.stringify(found)).not.toMatch("hunter2");
  });

  test("several things at once, each with its place", async () => {
    const text = one("    rate: -1\n    requird: 1\n");
    expect((await problems(text)).map((line) => line.split(":")[0])).toEqual(["5", "6"]);
  });

  test("a file that is not there", async () => {
    expect(await failureOf(readMirrors("/nowhere/mirrors.yaml", {}))).toMatchObject({
      code: "CONFIG",
      message: expect.stringContaining("there is no such file"),
    });
  });
});

describe("renderTemplate", () => {
  test.each([
    ["{image}-{version}", "pause-3.10.2"],
    ["{major}.{minor}", "3.10"],
    ["{constructor}", undefined],
    ["{", undefined],
    ["{{version}}", undefined],
  ])("%j", (template, expected) => {
    expect(renderTemplate(template, target)).toBe(expected);
  });

  test("lacks what the version lacks", () => {
    expect(renderTemplate("{patch}", { image: "pause", version: "3.10" })).toBeUndefined();
  });
});

describe("images/mirrors.example.yaml", () => {
  const path = join(packageRoot(), "images", "mirrors.example.yaml");

  test("is a mirrors file", async () => {
    const mirrors = resolveMirrors(await readMirrors(path, {}), target);
    expect(mirrors.map(({ name }) => name)).toEqual(["ghcr", "ecr", "harbor", "old-datacentre"]);
    expect(mirrors[3]).toMatchObject({ format: "docker", required: false });
    const allowPrivate = ["tokens.example.com", "10.20.0.0/16"];
    expect(mirrors[2]?.connection).toMatchObject({ proxy: "none", allowPrivate });
  });

  test("goes through every key", () => {
    const text = readFileSync(path, "utf8");
    const { defaults, mirrors, ...top } = MirrorsFileSchema.shape;
    const inner = defaults.unwrap().shape;
    const keys = [...Object.keys(top), ...Object.keys(inner), "ca", "cert", "key", "insecure"];
    keys.push("usernameEnv", "passwordEnv", "tokenEnv", "file", "helper", "anonymous");
    expect(mirrors).toBeDefined();
    for (const key of keys) expect(text).toMatch(key);
  });
});
