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
    ["./dist", { kind: "oci", path: "./dist" }],
    ["../dist:3.10", { kind: "oci", path: "../dist", tag: "3.10" }],
    [".", { kind: "oci", path: "." }],
    ["/srv/pause", { kind: "oci", path: "/srv/pause" }],
    ["oci:5000/pause", { kind: "oci", path: "5000/pause" }],
  ] as const)("reads %s", (text, expected) => {
    expect(parseTarget(text)).toEqual(expected);
  });

  test.each([
    [
      "registry.k8s.io/pause:3.10",
      { registry: "registry.k8s.io", repository: "pause", tag: "3.10" },
    ],
    ["docker://registry.k8s.io/pause", { registry: "registry.k8s.io", repository: "pause" }],
    ["localhost:5000/a/b", { registry: "localhost:5000", repository: "a/b" }],
    [`[::1]:5000/a@${digest}`, { registry: "[::1]:5000", repository: "a", digest }],
    ["busybox:1", { registry: "docker.io", repository: "library/busybox", tag: "1" }],
    ["docker:dind", { registry: "docker.io", repository: "library/docker", tag: "dind" }],
    ["dir:5000/pause", { registry: "dir:5000", repository: "pause" }],
    ["docker://oci:5000/pause", { registry: "oci:5000", repository: "pause" }],
  ] as const)("reads %s as a reference to a registry", (text, expected) => {
    expect(parseTarget(text)).toEqual({ kind: "registry", ...expected });
  });

  test.each(["pause", "team/pause:1", "docker://pause"])(
    "with fullNames does not take %s for Docker Hub's",
    async (text) => {
      expect(parseTarget(text)).toMatchObject({ registry: "docker.io" });
      const failure = await failureOf(() => parseTarget(text, { fullNames: true }));
      expect(failure).toMatchObject({
        code: "USAGE",
        message: `"${text}" does not say which registry to write to`,
        hint: expect.stringMatching(/^Write "docker\.io\/(?:library|team)\/pause" for Docker Hub/),
      });
    },
  );

  test.each(["docker.io/library/pause", "docker://docker.io/team/pause", "index.docker.io/a/b"])(
    "with fullNames takes %s",
    (text) => {
      expect(parseTarget(text, { fullNames: true })).toMatchObject({ registry: "docker.io" });
    },
  );

  test.each([
    "",
    "dir:/srv/pause",
    "docker-archive:pause.tar",
    "https://registry.k8s.io/pause",
    "OCI:dist",
    "Pause",
    "registry.k8s.io/",
    "registry.k8s.io/Pause",
    "registry.k8s.io:99999/pause",
    "registry.k8s.io/pause:",
    "registry.k8s.io/pause@sha256:0",
    "docker://",
    "docker:///pause",
    "a b",
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
    " oci:dist",
  ])("refuses %j", async (text) => {
    const failure = await failureOf(() => parseTarget(text));
    expect(["USAGE", "INVALID"]).toContain(failure.code);
    expect(failure.hint).toMatch(/oci:DIR.*oci-archive:FILE.*HOST\[:PORT\]/);
  });

  test("takes only what formatTarget writes so that it is read again, whatever the text", async () => {
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
    const parts = fc.array(pieces, { maxLength: 8 }).map((some) => some.join(""));
    const prefix = fc.constantFrom("", "oci:", "oci-archive:", "docker://", "host/", "oci:1/");
    const text = fc.tuple(prefix, parts).map((both) => both.join(""));
    await holds(
      fc.property(fc.oneof(text, fc.string()), (some) => {
        let target: Target;
        try {
          target = parseTarget(some);
        } catch (error) {
          expect(["USAGE", "INVALID"]).toContain((error as HiatusError).code);
          return;
        }
        expect(parseTarget(formatTarget(target))).toEqual(target);
        if (/^oci(?:-archive)?:/.test(some)) expect(formatTarget(target)).toBe(some);
      }),
      3000,
    );
  });
});
