import { describe, expect, test } from "vitest";
import {
  formatPlatform,
  parsePlatform,
  parsePlatformName,
  platformSlug,
  samePlatform,
} from "../../src/oci/platform.ts";
import { failureOf } from "../failure.ts";

describe("parsePlatform", () => {
  test.each(["linux/amd64", "linux/arm/v7", "windows/amd64"])(
    "reads %s and writes it again",
    (text) => {
      expect(formatPlatform(parsePlatform(text))).toBe(text);
      expect(platformSlug(parsePlatform(text))).toBe(text.replaceAll("/", "-"));
    },
  );

  test.each([
    "",
    "linux",
    "linux/",
    "/amd64",
    "linux/arm/v7/x",
    "Linux/amd64",
    "linux/../etc",
    "linux/a b",
    "linux/arm/\n",
  ])("refuses %j", async (text) => {
    expect(await failureOf(() => parsePlatform(text))).toMatchObject({ code: "INVALID" });
  });
});

describe("parsePlatformName", () => {
  test.each([
    ["linux/amd64", "linux/amd64"],
    ["windows/amd64", "windows/amd64"],
    ["arm64", "linux/arm64"],
    ["arm/v6", "linux/arm/v6"],
    ["linux/arm/v6", "linux/arm/v6"],
    ["arm", "linux/arm/v7"],
    ["linux/arm", "linux/arm/v7"],
  ])("reads %s as %s", (text, platform) => {
    expect(formatPlatform(parsePlatformName(text))).toBe(platform);
  });

  test.each(["", "amd64/", "/amd64", "linux/arm/v7/x", "AMD64", "arm/v7/v7/v7"])(
    "refuses %j",
    async (text) => {
      expect(await failureOf(() => parsePlatformName(text))).toMatchObject({
        code: "INVALID",
        message: `"${text}" is not a platform`,
      });
    },
  );
});

describe("samePlatform", () => {
  test("takes arm64 with and without v8 for the same, and no other variants", () => {
    const same = (a: string, b: string) => samePlatform(parsePlatform(a), parsePlatform(b));
    expect(same("linux/arm64", "linux/arm64/v8")).toBe(true);
    expect(same("linux/arm64", "linux/arm64/v9")).toBe(false);
    expect(same("linux/arm", "linux/arm/v7")).toBe(false);
    expect(same("linux/amd64", "windows/amd64")).toBe(false);
    const windows = { os: "windows", architecture: "amd64" };
    expect(samePlatform({ ...windows, "os.version": "1" }, { ...windows, "os.version": "2" })).toBe(
      false,
    );
  });
});
