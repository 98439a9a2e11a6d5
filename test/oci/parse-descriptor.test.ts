import { describe, expect, test } from "vitest";
import { digestOf } from "../../src/oci/digest.ts";
import { isMediaType, parseDescriptor } from "../../src/oci/parse-descriptor.ts";
import { failureOf } from "../failure.ts";
import { descriptor } from "./documents.ts";

const plain = descriptor("application/vnd.example+json");
const data = Buffer.from("content").toString("base64");

describe("parseDescriptor", () => {
  test("reads every field it knows, and neither urls nor unknown ones", () => {
    const full = {
      ...plain,
      artifactType: "a/b",
      annotations: { a: "b" },
      platform: {
        architecture: "arm",
        os: "linux",
        "os.version": "1",
        "os.features": ["x"],
        variant: "v7",
      },
      data,
    };
    expect(parseDescriptor({ ...full, urls: ["http://169.254.169.254/"], more: 1 }, "it")).toEqual(
      full,
    );
    expect(parseDescriptor({ ...plain, annotations: null, platform: null }, "it")).toEqual(plain);
  });

  test("reads a SHA-512 digest and the largest size", () => {
    const other = {
      ...plain,
      digest: digestOf(new Uint8Array(), "sha512"),
      size: Number.MAX_SAFE_INTEGER,
    };
    expect(parseDescriptor(other, "it")).toEqual(other);
  });

  test.each([
    ["no media type", { mediaType: undefined }],
    ["an empty media type", { mediaType: "" }],
    ["half a media type", { mediaType: "application" }],
    ["a media type with a space", { mediaType: "a/b c" }],
    ["a media type with a parameter", { mediaType: "a/b;c=d" }],
    ["a media type of 128 characters a side", { mediaType: `a/${"b".repeat(128)}` }],
    ["no digest", { digest: undefined }],
    ["a digest in capitals", { digest: String(plain.digest).toUpperCase() }],
    ["a digest that is too short", { digest: String(plain.digest).slice(0, -1) }],
    ["a digest that climbs", { digest: "sha256:../../../../etc/passwd" }],
    ["a digest with a line end", { digest: `${plain.digest}\n` }],
    ["a digest of an unknown algorithm", { digest: `md5:${"0".repeat(32)}` }],
    ["a digest of an algorithm that every object has", { digest: "constructor:00" }],
    ["no size", { size: undefined }],
    ["a size that is text", { size: "7" }],
    ["half a byte", { size: 0.5 }],
    ["less than no bytes", { size: -1 }],
    ["minus zero bytes", { size: -0 }],
    ["more bytes than can be counted", { size: 2 ** 53 }],
    ["a platform that is text", { platform: "linux/amd64" }],
    ["a platform without an architecture", { platform: { os: "linux" } }],
    [
      "a platform with features that are text",
      { platform: { os: "linux", architecture: "arm", "os.features": "x" } },
    ],
    [
      "a platform with an OS in capitals as well",
      { platform: { os: "linux", OS: "windows", architecture: "arm" } },
    ],
    ["an annotation that is null", { annotations: { a: null } }],
    ["data of another content", { data: Buffer.from("CONTENT").toString("base64") }],
    ["data that is too long", { data: `${data}AAAA` }],
    ["data that is a byte shorter than its size", { data, size: 8 }],
    ["data that is a byte longer than its size", { data, size: 6 }],
    ["data that is empty", { data: "" }],
    ["data with bits in its padding", { data: `${data.slice(0, -3)}B==` }],
    ["data that is a number", { data: 1 }],
  ])("refuses %s", async (_, fields) => {
    expect(await failureOf(() => parseDescriptor({ ...plain, ...fields }, "it"))).toMatchObject({
      code: "CONTENT",
    });
  });

  test.each([null, undefined, "x", 1, []])("refuses %j", async (value) => {
    expect(await failureOf(() => parseDescriptor(value, "it"))).toMatchObject({ code: "CONTENT" });
  });
});

describe("isMediaType", () => {
  test.each(["a/b", "application/vnd.oci.image.layer.v1.tar+gzip", `a/${"b".repeat(127)}`])(
    "takes %s",
    (text) => {
      expect(isMediaType(text)).toBe(true);
    },
  );

  test.each(["", "/", "a/", "/b", "a/b/c", "a/b ", "-a/b", "a/\u212a"])("refuses %j", (text) => {
    expect(isMediaType(text)).toBe(false);
  });
});
