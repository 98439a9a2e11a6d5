import { describe, expect, test } from "vitest";
import type { BuildOptions } from "../../src/build/build.ts";
import type { ImageDefinition } from "../../src/build/definition.ts";
import { planBuild, platformTag } from "../../src/build/plan.ts";
import { findPlatform } from "../../src/build/platforms.ts";
import { isTag } from "../../src/oci/tag.ts";
import { failureOf } from "../failure.ts";

const definition: ImageDefinition = {
  name: "pause",
  version: "1.2.3",
  repository: "localhost/pause",
  entrypoint: ["/pause"],
  user: "65535",
  platforms: ["linux/s390x", "linux/arm64", "linux/amd64"],
  annotations: {},
  labels: {},
  aliases: [],
  inline: "blobs",
};
const plan = (options: BuildOptions = {}) => planBuild(definition, options);
const names = (options: BuildOptions) => plan(options).rows.map((row) => row.name);

describe("planBuild", () => {
  test("takes everything from the definition", () => {
    expect(plan()).toMatchObject({
      version: "1.2.3",
      revision: undefined,
      stamp: "1.2.3",
      format: "oci",
      inline: "blobs",
      sourceDateEpoch: undefined,
    });
  });

  test("keeps the definition's order of platforms, whatever was asked for", () => {
    expect(names({})).toEqual(["linux/s390x", "linux/arm64", "linux/amd64"]);
    expect(names({ platforms: ["linux/amd64", "s390x", "amd64"] })).toEqual([
      "linux/s390x",
      "linux/amd64",
    ]);
    expect(names({ platforms: ["all"] })).toEqual(names({}));
  });

  test("refuses platforms that the definition does not have, even when they can be built", async () => {
    const { code, message } = await failureOf(() => plan({ platforms: ["linux/386"] }));
    expect(code).toBe("USAGE");
    expect(message).toContain('"linux/386"');
  });

  test("stamps the revision and leaves the version as the tag", () => {
    expect(plan({ version: "9", stamp: "g1234abc" })).toMatchObject({
      version: "9",
      revision: "g1234abc",
      stamp: "9+g1234abc",
    });
  });

  test.each([
    [{ version: "" }, "INVALID"],
    [{ version: 'a"; system("x' }, "INVALID"],
    [{ stamp: "a+b" }, "INVALID"],
    [{ format: "docker", inline: "all" }, "USAGE"],
    [{ sourceDateEpoch: -1 }, "USAGE"],
    [{ sourceDateEpoch: 1.5 }, "USAGE"],
    [{ sourceDateEpoch: 2 ** 31 }, "USAGE"],
    [{ sourceDateEpoch: Number.NaN }, "USAGE"],
    [{ updateLock: true, platforms: ["linux/amd64"] }, "USAGE"],
  ] as const)("refuses %j", async (options, code) => {
    expect(await failureOf(() => plan(options))).toMatchObject({ code });
  });

  test("updates a lock only for all platforms", () => {
    expect(names({ updateLock: true, platforms: ["amd64", "arm64", "s390x"] })).toEqual(names({}));
  });

  test("leaves data out of Docker's format, which has no such field", () => {
    expect(plan({ format: "docker" })).toMatchObject({ format: "docker", inline: "none" });
  });

  test("takes the whole range of dates that tar can say", () => {
    for (const sourceDateEpoch of [0, 2 ** 31 - 1]) {
      expect(plan({ sourceDateEpoch })).toMatchObject({ sourceDateEpoch });
    }
  });
});

describe("platformTag", () => {
  test("is a tag, even of the longest version", () => {
    const row = findPlatform("arm/v7")!;
    expect(platformTag("1.2", row)).toBe("1.2-linux-arm-v7");
    expect(isTag(platformTag("v".repeat(64), row))).toBe(true);
  });
});
