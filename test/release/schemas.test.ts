import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { formatLock, type Lock, lockOf } from "../../src/build/lock.ts";
import type { BuildRecord } from "../../src/build/record.ts";
import { packageRoot } from "../../src/package-root.ts";
import { jsonSchemas } from "../../src/release/schemas.ts";
import { sampleRecord } from "../build/sample-record.ts";

const images = join(packageRoot(), "images");
const readJson = (path: string) =>
  JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;

/** What a validator that knows nothing of hiatus finds wrong, by the published schema. */
function problems(schema: string, value: unknown): string[] {
  const validate = new Ajv2020({ allErrors: true }).compile(
    readJson(join(images, "schemas", schema)),
  );
  validate(value);
  return (validate.errors ?? []).map(({ instancePath, keyword }) => `${instancePath} ${keyword}`);
}

describe("jsonSchemas", () => {
  test("is what is published, so run `npm run schemas` when this fails", () => {
    const published = readdirSync(join(images, "schemas")).sort();
    expect(published).toEqual(Object.keys(jsonSchemas()).sort());
    for (const [name, schema] of Object.entries(jsonSchemas())) {
      const text = readFileSync(join(images, "schemas", name), "utf8");
      expect(text).toBe(`${JSON.stringify(schema, undefined, 2)}\n`);
    }
  });

  test.each(["image.schema.json", "mirrors.schema.json"])(
    "explains every key of %s, for editors to show",
    (name) => {
      const { properties } = readJson(join(images, "schemas", name)) as {
        properties: Record<string, { description?: string }>;
      };
      expect(Object.entries(properties).filter(([, { description }]) => !description)).toEqual([]);
    },
  );
});

describe("image.schema.json", () => {
  const definition = () => parse(readFileSync(join(images, "pause", "image.yaml"), "utf8"));

  test("takes the definition that hiatus ships, which names it", () => {
    expect(problems("image.schema.json", definition())).toEqual([]);
    const text = readFileSync(join(images, "pause", "image.yaml"), "utf8");
    expect(text).toMatch(/^# yaml-language-server: \$schema=\.\.\/schemas\/image\.schema\.json\n/);
  });

  test.each([
    [{ version: 3.1 }, "/version type"],
    [{ verison: "3" }, " additionalProperties"],
    [{ user: "root" }, "/user pattern"],
    [{ platforms: [] }, "/platforms minItems"],
    [{ inline: "some" }, "/inline enum"],
    [{ labels: { a: 1 } }, "/labels/a type"],
    [{ name: undefined }, " required"],
  ])("refuses %j", (change, problem) => {
    const changed = { ...definition(), ...change };
    expect(problems("image.schema.json", JSON.parse(JSON.stringify(changed)))).toEqual([problem]);
  });
});

describe("build.schema.json", () => {
  test("takes a record and refuses one with another field or a wrong digest", () => {
    const record = sampleRecord();
    expect(problems("build.schema.json", record)).toEqual([]);
    expect(problems("build.schema.json", { ...record, more: 1 })).toEqual([
      " additionalProperties",
    ]);
    const index = { ...record.index, digest: "sha256:x" };
    expect(problems("build.schema.json", { ...record, index } satisfies BuildRecord)).toEqual([
      "/index/digest pattern",
    ]);
  });
});

describe("digests.schema.json", () => {
  test("takes a lock as it is written, and refuses one without its index", () => {
    const lock = JSON.parse(formatLock(lockOf(sampleRecord()))) as Lock;
    expect(problems("digests.schema.json", lock)).toEqual([]);
    const { index: _, ...rest } = lock;
    expect(problems("digests.schema.json", rest)).toEqual([" required"]);
  });

  test("takes every lock that is committed", () => {
    const locks = readdirSync(images, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith("digests.json"))
      .map((path) => join(images, path));
    expect(locks).not.toEqual([]);
    for (const path of locks) {
      expect(problems("digests.schema.json", readJson(path))).toEqual([]);
    }
  });
});
