import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { HiatusError } from "../../src/errors.ts";
import { digestOf } from "../../src/oci/digest.ts";
import { formatReference, parseReference, type Reference } from "../../src/oci/reference.ts";
import { failureOf } from "../failure.ts";
import { holds } from "../property.ts";

const digest = digestOf(new Uint8Array());
const long = digestOf(new Uint8Array(), "sha512");

describe("parseReference", () => {
  test.each([
    ["busybox", "docker.io", "library/busybox", undefined, undefined],
    ["busybox:1.36", "docker.io", "library/busybox", "1.36", undefined],
    ["user/app", "docker.io", "user/app", undefined, undefined],
    ["docker.io/busybox", "docker.io", "library/busybox", undefined, undefined],
    ["index.docker.io/busybox", "docker.io", "library/busybox", undefined, undefined],
    ["docker://registry.k8s.io/pause:3.10", "registry.k8s.io", "pause", "3.10", undefined],
    ["localhost/app", "localhost", "app", undefined, undefined],
    ["localhost:5000/app", "localhost:5000", "app", undefined, undefined],
    ["localhost:5000/app:5000", "localhost:5000", "app", "5000", undefined],
    ["host:5000", "docker.io", "library/host", "5000", undefined],
    [`host:5000/x:t@${digest}`, "host:5000", "x", "t", digest],
    [`host.example/x@${digest}`, "host.example", "x", undefined, digest],
    [`host.example/x@${long}`, "host.example", "x", undefined, long],
    ["HOST/app", "HOST", "app", undefined, undefined],
    ["[::1]:5000/app", "[::1]:5000", "app", undefined, undefined],
    ["[fe80::1]/app", "[fe80::1]", "app", undefined, undefined],
    ["127.0.0.1/a/b/c", "127.0.0.1", "a/b/c", undefined, undefined],
    ["x.io/a--b__c.d_e/f", "x.io", "a--b__c.d_e/f", undefined, undefined],
    [`x.io/a:${"t".repeat(128)}`, "x.io", "a", "t".repeat(128), undefined],
    [`x.io/${"a".repeat(255)}`, "x.io", "a".repeat(255), undefined, undefined],
  ] as const)("reads %s", (text, registry, repository, tag, hash) => {
    expect(parseReference(text)).toEqual({
      registry,
      repository,
      ...(tag === undefined ? {} : { tag }),
      ...(hash === undefined ? {} : { digest: hash }),
    });
  });

  test.each([
    "",
    ":",
    "@",
    "/",
    ":tag",
    "a:",
    "a@",
    "a/",
    "/a",
    "a//b",
    "A",
    "a/B",
    "-a",
    "a-",
    "a..b",
    "a___b",
    "a._b",
    "a b",
    "a\n",
    "ä",
    "a:ä",
    "a:-t",
    "a:.t",
    "a:b:c",
    "host:5000/x:t@sha256",
    "a--b__c.d_e/f",
    "host:port/a",
    "host:/a",
    "host:65536/a",
    "host:999999/a",
    ".host/a",
    "host./a",
    "-host.io/a",
    "host_name.io/a",
    "ho st.io/a",
    "[::1/a",
    "::1/a",
    "[zz::]/a",
    "user@host.io/a",
    "https://host.io/a",
    "docker://",
    "docker://docker://a",
    "host.io/a/../b",
    "host.io/./a",
    "host.io/a?b",
    "host.io/a#b",
    "host.io/a%2fb",
    `a@${digest}x`,
    `a@${digest.toUpperCase()}`,
    `a@${digest}@${digest}`,
    `a@md5:${"0".repeat(32)}`,
    "a".repeat(256),
    `a:${"t".repeat(129)}`,
    "0".repeat(64),
    "a/".repeat(1000),
  ])("refuses %j", async (text) => {
    expect(await failureOf(() => parseReference(text))).toMatchObject({ code: "INVALID" });
  });

  const part = fc.stringMatching(/^[a-z0-9]{1,8}(?:(?:\.|_|__|-{1,3})[a-z0-9]{1,8}){0,2}$/);
  const host = fc.oneof(
    fc.stringMatching(/^[a-z0-9]{1,8}(?:\.[A-Za-z0-9](?:[a-z-]{0,6}[a-z0-9])?){1,3}$/),
    fc.constantFrom("localhost", "[::1]", "docker.io", "registry.k8s.io"),
  );
  const reference: fc.Arbitrary<Reference> = fc
    .record(
      {
        registry: fc
          .tuple(host, fc.option(fc.integer({ min: 1, max: 65535 })))
          .map(([name, port]) => (port === null ? name : `${name}:${port}`)),
        repository: fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/")),
        tag: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/),
        digest: fc.constantFrom(digest, long),
      },
      { requiredKeys: ["registry", "repository"] },
    )
    .map((one) =>
      one.registry === "docker.io" && !one.repository.includes("/")
        ? { ...one, repository: `library/${one.repository}` }
        : one,
    );

  test("reads what formatReference wrote, for any reference", async () => {
    await holds(
      fc.property(reference, (one) => {
        expect(parseReference(formatReference(one))).toEqual(one);
        expect(parseReference(`docker://${formatReference(one)}`)).toEqual(one);
      }),
      1000,
    );
  });

  test("takes only what formatReference can write again, whatever the text", async () => {
    const pieces = fc.constantFrom(
      "a",
      "B",
      "io",
      ".",
      "-",
      "_",
      "/",
      ":",
      "@",
      "5000",
      "localhost",
      digest,
      "..",
      "[::1]",
      " ",
    );
    const text = fc.oneof(
      fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join("")),
      fc.string(),
    );
    await holds(
      fc.property(text, (some) => {
        let read: Reference;
        try {
          read = parseReference(some);
        } catch (error) {
          expect((error as HiatusError).code).toBe("INVALID");
          return;
        }
        expect(parseReference(formatReference(read))).toEqual(read);
        // Fit for a URL and for a path as it is: nothing climbs and nothing needs escaping.
        expect(`/${read.repository}/`).not.toMatch(/\/\.{0,2}\/|[^a-z0-9._/-]/);
        expect(new URL(`https://${read.registry}/`).username).toBe("");
      }),
      3000,
    );
  });
});
