import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { digestOf } from "../../src/oci/digest.ts";
import { packageRoot } from "../../src/package-root.ts";
import { openRepository } from "../../src/remote/repository.ts";
import { createLayout, type Layout, openLayout } from "../../src/store/layout.ts";
import { image, indexOf, pushAll, referrer, sample } from "../contract/sample.ts";
import { listOf } from "../failure.ts";
import { scratch } from "../folder.ts";
import { hiatus, jsonLines, type RunOptions } from "./command.ts";
import { askedOf, startRegistry, type TestRegistry } from "./registry.ts";
import { snapshot } from "./snapshot.ts";

const { index, all, manifests, signature, signatureBlobs } = sample();
const { digest } = index.descriptor;
const BYTES = all.reduce((sum, { descriptor }) => sum + descriptor.size, 0);

let cwd: string;
let layout: Layout;
beforeEach(async () => {
  cwd = scratch();
  layout = await createLayout(join(cwd, "image"));
  await pushAll(layout, all);
  await layout.tag(index.descriptor, "1.2");
});
const run = (args: readonly string[], options: Partial<RunOptions> = {}) =>
  hiatus(["push", ...args], { cwd, ...options });
const inRegistry = ({ host }: TestRegistry, repository = "pause") =>
  openRepository({ registry: host, repository });

describe("hiatus push", () => {
  test("pushes an image under the tag that it has, and says so", async () => {
    const registry = await startRegistry();
    const to = `${registry.host}/pause`;
    const { code, stdout, stderr } = await run(["oci:image", to]);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `pushing to ${to}:1.2: 4 blobs, 3 manifests, ${BYTES.toLocaleString("en")} bytes\n`,
    });
    expect(stdout).toBe(
      `\noci:image  ${digest}\n\n` +
        `  ✓ ${to}:1.2  pushed 4 blobs, 3 manifests, ${BYTES.toLocaleString("en")} bytes, 8 requests\n\n`,
    );
    const there = await inRegistry(registry).resolve("1.2");
    expect(there).toMatchObject({ digest, mediaType: index.descriptor.mediaType });
  });

  test("asks for the minimum: cold 3P+2 requests, and one when all is there", async () => {
    const registry = await startRegistry();
    const to = `${registry.host}/pause`;
    await run(["oci:image", to]);
    expect(askedOf(registry)).toEqual([
      "HEAD pause/manifests/1.2",
      ...Array.from({ length: 4 }, () => "POST pause/blobs/uploads/?digest=…"),
      ...Array.from({ length: 2 }, () => "PUT pause/manifests/…"),
      "PUT pause/manifests/1.2",
    ]);
    registry.requests.length = 0;
    const { code, stdout } = await run(["oci:image", to]);
    expect(code).toBe(0);
    expect(stdout).toContain(`  ✓ ${to}:1.2  was there already, 1 request\n`);
    expect(askedOf(registry)).toEqual(["HEAD pause/manifests/1.2"]);
  });

  test("pushes to many side by side, each failing by itself, and names every failure", async () => {
    const [one, two] = [await startRegistry(), await startRegistry()];
    const denied = await startRegistry({
      instead: (method) =>
        method === "HEAD"
          ? undefined
          : { status: 403, headers: {}, body: new TextEncoder().encode("nothing for you") },
    });
    const nobody = "127.0.0.1:9";
    const { code, stdout, stderr } = await run([
      "oci:image",
      `${one.host}/pause`,
      `${denied.host}/team/pause:x`,
      `docker://${two.host}/pause:y`,
      `${nobody}/pause`,
    ]);
    expect(code).toBe(1);
    expect(stdout).toMatch(new RegExp(`^ {2}✓ ${one.host}/pause:1\\.2 +pushed 4 blobs`, "m"));
    expect(stdout).toMatch(new RegExp(`^ {2}✓ ${two.host}/pause:y +pushed 4 blobs`, "m"));
    expect(stdout).toMatch(new RegExp(`^ {2}✗ ${nobody}/pause:1\\.2 +failed$`, "m"));
    const said = stderr.slice(stderr.indexOf("hiatus:")).split("\n");
    expect(said[0]).toBe("hiatus: Could not push to 2 of 4 destinations");
    expect(said[1]).toContain(`  ${denied.host}/team/pause:x: `);
    expect(said[1]).toMatch(/POST .* 403.*nothing for you \(and 3 more contents/);
    expect(said[2]).toMatch(/^ {4}\S/);
    expect(said[3]).toMatch(new RegExp(`^ {2}${nobody}/pause:1\\.2: .*refused.*HEAD http://`));
    expect(said[4]).toMatch(/^ {4}\S/);
    expect(said[5]).toBe("  The others are done; run the same command again to go on");
    expect((await inRegistry(two).resolve("y")).digest).toBe(digest);
  });

  test("gives every destination its own tag and those of --tag", async () => {
    const registry = await startRegistry();
    const { host } = registry;
    const args = [`${host}/a`, `${host}/b:own`, "--tag", "x,y", "--tag", "z", "-q"];
    const { code, stdout } = await run(["oci:image", ...args]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${digest}\n` });
    expect(await listOf(inRegistry(registry, "a").tags())).toEqual(["x", "y", "z"]);
    expect(await listOf(inRegistry(registry, "b").tags())).toEqual(["own", "x", "y", "z"]);
  });

  test("tells what a tag named before it was moved", async () => {
    const registry = await startRegistry();
    const to = `${registry.host}/pause:latest`;
    const older = image({ os: "linux", architecture: "amd64" }, "older");
    await pushAll(layout, [...older.blobs, older.manifest]);
    await layout.tag(older.manifest.descriptor, "1.1");
    await run(["oci:image:1.1", to]);
    const { stdout } = await run(["oci:image:1.2", to]);
    expect(stdout).toContain(`\n    latest was ${older.manifest.descriptor.digest}\n`);
  });

  test("with --dry-run tells what is there, what would move and which tags, and sends nothing", async () => {
    const registry = await startRegistry();
    const to = `${registry.host}/pause`;
    const cold = await run(["oci:image", to, "--dry-run", "--tag", "new"]);
    expect(cold).toMatchObject({ code: 0, stderr: "" });
    expect(cold.stdout).toBe(
      `\noci:image  ${digest}\n\n  ${to}:new\n    tag      new  new\n` +
        `    to send  4 blobs, 3 manifests, ${BYTES.toLocaleString("en")} bytes\n\n` +
        "Nothing was sent; without --dry-run it would be\n\n",
    );
    expect(new Set(registry.requests.map(({ method }) => method))).toEqual(new Set(["HEAD"]));
    await run(["oci:image", `${to}:1.2`]);
    const { stdout } = await run(["oci:image", `${to}:1.2`, "--dry-run", "--tag", "latest"]);
    expect(stdout).toContain("    tag      1.2  as it is\n    tag      latest  new\n");
    expect(stdout).toContain("    to send  nothing\n");
    const some = await run(["oci:image", to, "--dry-run", "--json", "--tag", "other"]);
    expect(jsonLines(some.stdout).at(-2)).toEqual({
      type: "planned",
      destination: `${to}:other`,
      digest,
      tags: [{ tag: "other", before: null, after: digest }],
      blobs: 0,
      manifests: 0,
      bytes: 0,
      present: 1,
    });
  });

  test("with --json prints events and at last the sum", async () => {
    const registry = await startRegistry();
    const destination = `${registry.host}/pause:1.2`;
    const { code, stdout, stderr } = await run(["oci:image", destination, "--json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const events = jsonLines(stdout);
    expect(events.map(({ type }) => type)).toEqual([
      "image",
      "found",
      "plan",
      ...Array.from({ length: 7 }, () => "copied"),
      "tagged",
      "done",
      "result",
    ]);
    expect(events[0]).toEqual({
      type: "image",
      source: "oci:image",
      digest,
      size: index.descriptor.size,
      mediaType: index.descriptor.mediaType,
      changes: [],
      attached: [],
      destinations: [destination],
    });
    const tags = [{ tag: "1.2", before: null, after: digest }];
    expect(events[1]).toEqual({ type: "found", destination, tags });
    const bytes = events.filter(({ type }) => type === "copied").map((event) => event.bytes);
    expect(bytes).toEqual([...bytes].sort((a, b) => Number(a) - Number(b)));
    expect(bytes.at(-1)).toBe(BYTES);
    expect(events.at(-2)).toEqual({
      type: "done",
      destination,
      status: "sent",
      digest,
      tags,
      blobs: 4,
      manifests: 3,
      bytes: BYTES,
      requests: 8,
    });
    const counts = { sent: 1, present: 0, planned: 0, failed: 0 };
    expect(events.at(-1)).toEqual({
      type: "result",
      source: "oci:image",
      digest,
      sourceRequests: 0,
      ...counts,
    });
  });

  test("with --json tells of failures as events too", async () => {
    const { code, stdout } = await run(["oci:image", "127.0.0.1:9/pause", "--json"]);
    expect(code).toBe(1);
    const failed = jsonLines(stdout).slice(-3);
    const error = {
      code: "NETWORK",
      message: expect.stringContaining("127.0.0.1:9"),
      hint: expect.any(String),
      detail: expect.any(Object),
    };
    expect(failed[0]).toEqual({ type: "failed", destination: "127.0.0.1:9/pause:1.2", ...error });
    expect(failed[1]).toMatchObject({ type: "result", sent: 0, failed: 1 });
    expect(failed[2]).toEqual({ type: "error", ...error });
  });

  test("copies from registry to registry, and mounts within one", async () => {
    const [one, two] = [await startRegistry(), await startRegistry()];
    await run(["oci:image", `${one.host}/pause`]);
    const from = `${one.host}/pause:1.2`;
    expect(await run([from, `${two.host}/mirror`, `${one.host}/team/pause`])).toMatchObject({
      code: 0,
    });
    expect((await inRegistry(two, "mirror").resolve("1.2")).digest).toBe(digest);
    expect((await inRegistry(one, "team/pause").resolve("1.2")).digest).toBe(digest);
    const mounts = askedOf(one).filter((asked) => /POST team\/pause.*[?&]mount=/.test(asked));
    expect(mounts).toHaveLength(4);
    // What goes to two places is read once.
    const reads = one.requests.filter(({ method, route }) => method === "GET" && route === "blob");
    expect(new Set(reads.map(({ path }) => path)).size).toBe(reads.length);
  });
});

describe("hiatus push of something made of the image", () => {
  test("of one platform pushes its manifest as it is", async () => {
    const registry = await startRegistry();
    const to = `${registry.host}/pause:arm`;
    const { code, stderr } = await run(["oci:image", to, "--platform", "arm"]);
    expect(code).toBe(0);
    expect(stderr).not.toContain("makes another image");
    expect((await inRegistry(registry).resolve("arm")).digest).toBe(
      manifests[1]?.descriptor.digest,
    );
  });

  test("of several platforms says aloud that the digest is another", async () => {
    const more = image({ os: "linux", architecture: "s390x" });
    await pushAll(layout, [...more.blobs, more.manifest]);
    const three = indexOf(...manifests, more.manifest);
    await pushAll(layout, [three]);
    await layout.tag(three.descriptor, "three");
    const registry = await startRegistry();
    const to = `${registry.host}/pause`;
    const args = ["oci:image:three", to, "--platform", "linux/s390x,linux/amd64"];
    const { code, stderr } = await run(args);
    expect(code).toBe(0);
    const after = indexOf(manifests[0]!, more.manifest).descriptor.digest;
    expect(stderr).toContain(
      `hiatus: Leaving platforms out makes another image: ${three.descriptor.digest} becomes ${after}\n  Signatures`,
    );
    expect((await inRegistry(registry).resolve("three")).digest).toBe(after);
    const [event] = jsonLines((await run([...args, "--json"])).stdout);
    expect(event).toMatchObject({ type: "warning", message: expect.stringContaining(after) });
  });

  test("in Docker's format is what build --format docker makes", async () => {
    const platform = ["--platform", "linux/amd64,linux/arm64"];
    const build = ["build", join(packageRoot(), "images", "pause"), "-q", ...platform];
    const native = await hiatus([...build, "--out", "d", "--format", "docker"], { cwd });
    expect((await hiatus([...build, "--out", "o"], { cwd })).code).toBe(0);
    const registry = await startRegistry();
    const to = `${registry.host}/pause`;
    const args = ["oci:o/pause/oci", to, "--format", "docker", "-q"];
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 0, stdout: native.stdout });
    expect(stderr).toContain("Another format makes another image");
    const { mediaType } = await inRegistry(registry).resolve("3.10.2");
    expect(mediaType).toBe("application/vnd.docker.distribution.manifest.list.v2+json");
  });

  test("says which platforms there are when one is missing", async () => {
    const { code, stderr } = await run([
      "oci:image",
      "127.0.0.1:9/pause",
      "--platform",
      "linux/mips",
    ]);
    expect(code).toBe(1);
    expect(stderr).toBe(
      'hiatus: The image has no "linux/mips"\n  It has linux/amd64, linux/arm/v7\n',
    );
  });
});

describe("hiatus push and what is attached to the image", () => {
  beforeEach(async () => {
    await pushAll(layout, [...signatureBlobs, signature]);
  });

  test("carries it, also to a registry that has the image already", async () => {
    const registry = await startRegistry();
    const to = `${registry.host}/pause`;
    await run(["oci:image", to, "--no-referrers"]);
    expect(await listOf(inRegistry(registry).referrers(index.descriptor))).toEqual([]);
    const { stdout } = await run(["oci:image", to]);
    expect(stdout).toContain(`${digest}  1 attached\n`);
    const there = await listOf(inRegistry(registry).referrers(index.descriptor));
    expect(there.map((one) => one.digest)).toEqual([signature.descriptor.digest]);
    expect((await run(["oci:image", to])).stdout).toContain("was there already, 2 requests");
  });

  test("says so and fails when only that is refused, and the image is there", async () => {
    const refused = signature.descriptor.digest;
    const registry = await startRegistry({
      instead: (method, target) =>
        method === "PUT" && target.includes(refused) ? { status: 400, headers: {} } : undefined,
    });
    const to = `${registry.host}/pause`;
    const { code, stdout, stderr } = await run(["oci:image", to]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^ {2}! \S+ +pushed .* without what is attached$/m);
    expect(stderr).toContain("hiatus: The image arrived, and what is attached to it did not: ");
    expect((await inRegistry(registry).resolve("1.2")).digest).toBe(digest);
  });

  test("arrives in a layout and in an archive, and can be found there", async () => {
    await run(["oci:image", "oci:copy", "oci-archive:copy.tar"]);
    for (const place of ["oci:copy", "oci-archive:copy.tar"]) {
      const registry = await startRegistry();
      await run([place, `${registry.host}/pause`]);
      const there = await listOf(inRegistry(registry).referrers(index.descriptor));
      expect(there.map((one) => one.digest)).toEqual([signature.descriptor.digest]);
    }
  });

  test("does not make its tag the one that is meant", async () => {
    const other = referrer(index, "cosign's");
    await pushAll(layout, [...other.blobs, other.manifest]);
    const tag = `${digest.replace(":", "-")}.sig`;
    await layout.tag(other.manifest.descriptor, tag);
    const registry = await startRegistry();
    expect((await run(["oci:image", `${registry.host}/pause`])).code).toBe(0);
    expect(await listOf(inRegistry(registry).tags())).toContain(tag);
    expect((await inRegistry(registry).resolve("1.2")).digest).toBe(digest);
  });
});

describe("hiatus push to this machine", () => {
  test("adds to a layout, and does nothing when all is there", async () => {
    expect(await run(["oci:image", "oci:copy", "--tag", "a"])).toMatchObject({ code: 0 });
    const before = snapshot(join(cwd, "copy"));
    const { stdout } = await run(["oci:image", "oci:copy", "--tag", "a"]);
    expect(stdout).toContain("✓ oci:copy:a  was there already");
    expect(snapshot(join(cwd, "copy"))).toEqual(before);
    await run(["oci:image", "./copy:b"]);
    expect(await listOf((await openLayout(join(cwd, "copy"))).tags())).toEqual(["a", "b"]);
  });

  test("mends a layout that lost a blob", async () => {
    await run(["oci:image", "oci:copy"]);
    const lost = join(cwd, "copy", "blobs", "sha256", manifests[0]!.descriptor.digest.slice(7));
    rmSync(lost);
    expect((await run(["oci:image", "oci:copy"])).stdout).toContain("pushed 0 blobs, 2 manifests");
    expect(digestOf(readFileSync(lost))).toBe(manifests[0]?.descriptor.digest);
  });
});

describe("hiatus push, used wrongly", () => {
  const ABSENT = `sha256:${"0".repeat(64)}`;
  test.each([
    [["oci:image"], 2, "missing required argument 'to'"],
    [["oci:image", "pause"], 2, '"pause" does not say which registry to write to'],
    [["oci:image", "team/pause:1"], 2, "does not say which registry"],
    [["oci:image", "localhost:1/Pause"], 2, "is not a reference"],
    [["oci:image", "https://localhost:1/pause"], 2, 'it begins with "https:"'],
    [["oci:image", "localhost:1/a", "docker://localhost:1/a"], 2, "is named twice"],
    [["oci:image", "localhost:1/a", "--concurrency", "0"], 2, "whole number from 1 to 256"],
    [["oci:image", "localhost:1/a", "--platform", "linux/"], 2, "is not a platform"],
    [["oci:image", "localhost:1/a", "--tag", "a b"], 2, '"a b" is not a tag'],
    [["oci:image", "localhost:1/a", "--plain-http", "--insecure"], 2, "cannot be used together"],
    [["oci:image", "localhost:1/a", "--username", "me"], 2, "go together"],
    [["oci:image", "localhost:1/a", "--cert", "x.pem"], 2, "go together"],
    [["oci:image", "localhost:1/a", "--ca", "none.pem"], 2, "none.pem"],
    [["oci:image", `localhost:1/a@${ABSENT}`], 1, "cannot be sha256:"],
    [[`oci:image@${digest}`, "localhost:1/a"], 2, "has no tag"],
    [["oci:none", "localhost:1/a"], 1, "none"],
    [["oci:image:9", "localhost:1/a"], 1, 'Nothing is called "9"'],
  ] as const)("%j ends with %i and says why", async (args, expected, message) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: expected, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("mistake in hiatus");
  });

  test("by digest pushes without a tag where that is asked for", async () => {
    const registry = await startRegistry();
    const { code } = await run([`oci:image@${digest}`, `${registry.host}/pause@${digest}`]);
    expect(code).toBe(0);
    expect(await listOf(inRegistry(registry).tags())).toEqual([]);
    expect(await inRegistry(registry).exists(index.descriptor)).toBe(true);
  });
});
