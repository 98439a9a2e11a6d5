import { describe, expect, test } from "vitest";
import { parseRoute } from "../../src/serve/route.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;

describe("parseRoute", () => {
  test.each([
    ["/v2/", "base", "", ""],
    ["/v2", "base", "", ""],
    ["/v2/_catalog", "catalog", "", ""],
    ["/v2/_catalog?n=3", "catalog", "", ""],
    ["/v2/pause/tags/list", "tags", "pause", ""],
    ["/v2/a/b/c/tags/list?last=1", "tags", "a/b/c", ""],
    ["/v2/pause/manifests/3.10", "manifest", "pause", "3.10"],
    [`/v2/library/pause/manifests/${DIGEST}`, "manifest", "library/pause", DIGEST],
    ["/v2/pause/manifests/3.10?ns=registry.k8s.io", "manifest", "pause", "3.10"],
    [`/v2/pause/blobs/${DIGEST}`, "blob", "pause", DIGEST],
    ["/v2/pause/blobs/sha256%3Aab", "blob", "pause", "sha256:ab"],
    ["/v2/pause/blobs/uploads/", "uploads", "pause", ""],
    ["/v2/pause/blobs/uploads", "uploads", "pause", ""],
    ["/v2/pause/blobs/uploads/?mount=x", "uploads", "pause", ""],
    ["/v2/pause/blobs/uploads/some-id", "upload", "pause", "some-id"],
    [`/v2/pause/referrers/${DIGEST}`, "referrers", "pause", DIGEST],
    // Repositories that are called like what comes after them.
    ["/v2/blobs/uploads/blobs/uploads/", "uploads", "blobs/uploads", ""],
    ["/v2/tags/list/tags/list", "tags", "tags/list", ""],
    ["/v2/manifests/manifests/manifests", "manifest", "manifests", "manifests"],
    ["/metrics", "metrics", "", ""],
    ["/", "page", "", ""],
    ["/r/pause", "page", "", ""],
    ["/v2/pause", "unknown", "", ""],
    ["/v2/pause/manifests/", "unknown", "", ""],
    ["/v2/manifests/x", "unknown", "", ""],
    ["/v2/pause/%zz/list", "unknown", "", ""],
    [`/v2/${"a".repeat(2000)}/tags/list`, "unknown", "", ""],
  ])("%s is %s", (target, name, repository, reference) => {
    expect(parseRoute(target)).toMatchObject({ name, repository, reference });
  });

  test.each([
    "/v2/../manifests/x",
    "/v2/a/../b/manifests/x",
    "/v2/a%2F..%2Fb/manifests/x",
    "/v2/a//b/manifests/x",
    "/v2/Pause/manifests/x",
    "/v2/a+b/manifests/x",
    "/v2/a%00b/manifests/x",
    "/v2/.hidden/manifests/x",
    "/v2/a\\b/manifests/x",
    `/v2/${"a".repeat(256)}/manifests/x`,
  ])("%s is not well named", (target) => {
    expect(parseRoute(target)).toMatchObject({ name: "manifest", wellNamed: false });
  });

  test("takes names of 255 characters with many parts", () => {
    const name = `${"a/".repeat(127)}a`;
    expect(parseRoute(`/v2/${name}/tags/list`)).toMatchObject({
      repository: name,
      wellNamed: true,
    });
  });
});
