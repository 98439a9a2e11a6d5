import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describe as describeBytes, plainDescriptor } from "../../src/oci/descriptor.ts";
import {
  algorithmOf,
  Digester,
  digestOf,
  hexOf,
  isDigest,
  parseDigest,
} from "../../src/oci/digest.ts";
import { failureOf } from "../failure.ts";
import { holds } from "../property.ts";

const EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

describe("digestOf", () => {
  test("gives the known digest of nothing", () => {
    expect(digestOf(new Uint8Array())).toBe(EMPTY);
  });

  test("gives what a Digester gives, in any chunks, and what isDigest takes", async () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 5 });
    await holds(
      fc.property(
        chunks,
        fc.constantFrom("sha256" as const, "sha512" as const),
        (parts, algorithm) => {
          const digester = new Digester(algorithm);
          for (const part of parts) digester.update(part);
          const digest = digestOf(Buffer.concat(parts), algorithm);
          expect(digester.digest()).toBe(digest);
          expect(isDigest(digest)).toBe(true);
          expect(`${algorithmOf(digest)}:${hexOf(digest)}`).toBe(digest);
        },
      ),
    );
  });
});

describe("parseDigest", () => {
  test.each([EMPTY, digestOf(new Uint8Array(), "sha512")])("takes %s", (text) => {
    expect(parseDigest(text)).toBe(text);
  });

  test.each([
    "",
    ":",
    "sha256",
    "sha256:",
    EMPTY.slice(0, -1),
    `${EMPTY}0`,
    EMPTY.toUpperCase(),
    EMPTY.replace("e3", "E3"),
    EMPTY.replace("sha256", "SHA256"),
    EMPTY.replace("sha256", "sha512"),
    ` ${EMPTY}`,
    `${EMPTY}\n`,
    EMPTY.replace("e3b0c442", "../../.."),
    `md5:${"0".repeat(32)}`,
    "__proto__:",
    "toString:0",
    "length:",
  ])("refuses %j", async (text) => {
    expect(await failureOf(() => parseDigest(text))).toMatchObject({ code: "INVALID" });
  });
});

describe("describe", () => {
  test("counts bytes and keeps what else is said", () => {
    const bytes = new TextEncoder().encode("ü");
    const extra = { annotations: { a: "b" }, data: "w7w=" };
    const descriptor = describeBytes("a/b", bytes, extra);
    expect(descriptor).toEqual({ mediaType: "a/b", digest: digestOf(bytes), size: 2, ...extra });
    expect(plainDescriptor(descriptor)).toEqual({
      mediaType: "a/b",
      digest: digestOf(bytes),
      size: 2,
    });
  });
});
