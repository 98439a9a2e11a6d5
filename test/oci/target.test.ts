import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { HiatusError } from "../../src/errors.ts";
import { digestOf } from "../../src/oci/digest.ts";
import { formatTarget, parseTarget, type Target } from "../../src/oci/target.ts";
import { failureOf } from "../failure.ts";
import { holds } from "../property.ts";

const digest = digestOf(new Uint8Array());

describe("parseTarget", () => {
  test.each([
    ["oci:dist", { kind: "oci", path: "dist" }],
    ["oci:dist/", { kind: "oci", path: "dist/" }],
    ["oci:dist:3.10", { kind: "oci", path: "dist", tag: "3.10" }],
    ["oci:/a/b:c/d", { kind: "oci", path: "/a/b:c/d" }],
    ["oci:a:b/", { kind: "oci", path: "a:b/" }],
    ["oci:a:b:c", { kind: "oci", path: "a:b", tag: "c" }],
    [`oci:dist@${digest}`, { kind: "oci", path: "dist", digest }],
    [`oci:dist:t@${digest}`, { kind: "oci", path: "dist", tag: "t", digest }],
    ["oci:me@home/dist", { kind: "oci", path: "me@home/dist" }],
    ["oci:me@home:t", { kind: "oci", path: "me@home", tag: "t" }],
    ["oci:.", { kind: "oci", path: "." }],
    ["oci:a b", { kind: "oci", path: "a b" }],
    ["oci-archive:pause.tar", { kind: "oci-archive", path: "pause.tar" }],
    [
      "oci-archive:/x/pause.tar.gz:3.10",
      { kind: "oci-archive", path: "/x/pause.tar.gz", tag: "3.10" },
    ],
    [`oci:d:${"t".repeat(128)}`, { kind: "oci", path: "d", tag: "t".repeat(128) }],
  ] as const)("reads %s", (text, expected) => {
    expect(parseTarget(text)).toEqual(expected);
  });

  test.each([
    "",
    "dist",
    "dist:3.10",
    "docker://registry.k8s.io/pause",
    "OCI:dist",
    "oci",
    "oci:",
    "oci::tag",
    "oci:dist:",
    "oci:dist:a b",
    "oci:dist:ü",
    "oci:dist:-x",
    `oci:dist:${"t".repeat(129)}`,
    "oci:dist@sha256:0",
    "oci:dist@sha256:",
    `oci:@${digest}`,
    `oci:dist@${digest.toUpperCase().replace("SHA", "sha")}`,
    "oci:di\0st",
    "oci-archive:",
    "oci-archive",
    " oci:dist",
  ])("refuses %j", async (text) => {
    const failure = await failureOf(() => parseTarget(text));
    expect(failure).toMatchObject({ code: "USAGE", hint: expect.stringContaining("oci:DIR") });
  });

  test("takes only what formatTarget writes again, whatever the text", async () => {
    const pieces = fc.constantFrom(
      "oci",
      "-archive",
      ":",
      "/",
      "@",
      "a",
      ".",
      "..",
      digest,
      "sha256:",
      "\n",
      " ",
    );
    const text = fc.array(pieces, { maxLength: 8 }).map((parts) => `oci:${parts.join("")}`);
    await holds(
      fc.property(fc.oneof(text, fc.string()), (some) => {
        let target: Target;
        try {
          target = parseTarget(some);
        } catch (error) {
          expect((error as HiatusError).code).toBe("USAGE");
          return;
        }
        expect(formatTarget(target)).toBe(some);
      }),
      3000,
    );
  });
});
