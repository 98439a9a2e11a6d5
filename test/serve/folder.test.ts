import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { hexOf } from "../../src/oci/digest.ts";
import { createRegistry } from "../../src/serve/fetch.ts";
import { type FolderOptions, openFolder } from "../../src/serve/folder.ts";
import { createLayout, openLayout } from "../../src/store/layout.ts";
import { blob, referrer, sample } from "../contract/sample.ts";
import { failureOf, listOf } from "../failure.ts";
import { scratch } from "../folder.ts";
import { asks, bytesIn, codesIn, pushBlob, pushManifest, pushSample } from "./ask.ts";

const content = sample();
const one = blob("a blob");

/** A registry in a folder; `close` may be called before the test ends. */
async function registry(dir: string, options: FolderOptions = {}) {
  const folder = await openFolder(dir, options);
  onTestFinished(() => folder.close());
  return { ask: asks(createRegistry(folder)), folder, close: () => folder.close() };
}

const files = (dir: string) =>
  readdirSync(dir, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(dir, name)).isFile())
    .sort();

describe("openFolder", () => {
  test("keeps each repository as a layout that others can read", async () => {
    const dir = join(scratch(), "registry");
    const { ask } = await registry(dir);
    await pushSample(ask, "library/pause", content, "1.0");
    const layout = await openLayout(join(dir, "repositories", "library+pause"));
    expect(await layout.resolve("1.0")).toMatchObject({ digest: content.index.descriptor.digest });
    expect(await layout.exists(content.index.descriptor)).toBe(true);
    expect(files(join(dir, "uploads"))).toEqual([]);
  });

  test("lists the referrers that are whole where one is damaged, and that one when it is mended", async () => {
    const dir = join(scratch(), "registry");
    const { ask } = await registry(dir);
    await pushSample(ask, "pause", content, "1.0");
    const [first, second] = ["first", "second"].map((text) => referrer(content.index, text));
    if (first === undefined || second === undefined) throw new Error("two were made");
    for (const { blobs, manifest } of [first, second]) {
      for (const piece of blobs) await pushBlob(ask, "pause", piece);
      await pushManifest(ask, "pause", manifest);
    }
    const hex = hexOf(first.manifest.descriptor.digest);
    const path = join(dir, "repositories", "pause", "blobs", "sha256", hex);
    const whole = readFileSync(path);
    const listed = async () => {
      const answer = await ask("GET", `/v2/pause/referrers/${content.index.descriptor.digest}`);
      expect(answer.status).toBe(200);
      const { manifests } = (await answer.json()) as { manifests: { digest: string }[] };
      return manifests.map(({ digest }) => digest);
    };
    const digests = [first, second].map(({ manifest }) => manifest.descriptor.digest as string);
    writeFileSync(path, Buffer.from(whole).fill(0x20, 0, 1));
    expect(await listed()).toEqual([digests[1]]);
    writeFileSync(path, whole);
    expect(await listed()).toEqual(digests.toSorted());
  });

  test("says at once where no folder can be made", async () => {
    const failure = await failureOf(openFolder("/proc/hiatus/registry"));
    expect(failure).toMatchObject({ code: "IO", hint: expect.any(String) });
  });

  test("serves what others put into its layouts", async () => {
    const dir = join(scratch(), "registry");
    const { ask } = await registry(dir);
    await pushSample(ask, "pause", content, "1.0");
    const layout = await openLayout(join(dir, "repositories", "pause"));
    await layout.tag(content.index.descriptor, "by-hand");
    expect((await ask("GET", "/v2/pause/manifests/by-hand")).status).toBe(200);
    const other = await createLayout(join(dir, "repositories", "brought"));
    await other.push(one.descriptor, one.bytes);
    expect((await ask("GET", `/v2/brought/blobs/${one.descriptor.digest}`)).status).toBe(200);
    rmSync(join(layout.dir, "blobs/sha256", hexOf(content.index.descriptor.digest)));
    const gone = await ask("GET", "/v2/pause/manifests/1.0");
    expect(gone.status).toBe(404);
    expect(await codesIn(gone)).toEqual(["MANIFEST_UNKNOWN"]);
  });

  test("has everything again after it was closed, and goes on with uploads", async () => {
    const dir = join(scratch(), "registry");
    const before = await registry(dir);
    await pushSample(before.ask, "a/b/pause", content, "1.0");
    const { descriptor, bytes } = one;
    const start = await before.ask("POST", "/v2/a/b/pause/blobs/uploads/");
    const location = start.headers.get("location") ?? "";
    await before.ask("PATCH", location, { body: bytes.subarray(0, 3) });
    before.close();

    const { ask } = await registry(dir);
    expect(await (await ask("GET", "/v2/_catalog")).json()).toEqual({
      repositories: ["a/b/pause"],
    });
    expect((await ask("GET", "/v2/a/b/pause/manifests/1.0")).status).toBe(200);
    const status = await ask("GET", location);
    expect([status.status, status.headers.get("range")]).toEqual([204, "0-2"]);
    const put = `${location}?digest=${descriptor.digest}`;
    expect((await ask("PUT", put, { body: bytes.subarray(3) })).status).toBe(201);
    const answer = await ask("GET", `/v2/a/b/pause/blobs/${descriptor.digest}`);
    expect((await bytesIn(answer)).equals(bytes)).toBe(true);
  });

  test("is for one server at a time", async () => {
    const dir = join(scratch(), "registry");
    const first = await registry(dir);
    const error = await failureOf(openFolder(dir));
    expect(error).toMatchObject({ code: "IO" });
    expect(error.message).toContain(`Process ${process.pid}`);
    first.close();
    await registry(dir);
  });

  test("cleans up what a server that was killed left behind", async () => {
    const dir = join(scratch(), "registry");
    const before = await registry(dir);
    await pushSample(before.ask, "pause", content, "1.0");
    await before.ask("POST", "/v2/pause/blobs/uploads/");
    await before.ask("POST", "/v2/pause/blobs/uploads/");
    before.close();
    const repositories = join(dir, "repositories");
    const [old = "", young = ""] = readdirSync(join(dir, "uploads", "pause"));
    const yesterday = Date.now() / 1000 - 25 * 60 * 60;
    utimesSync(join(dir, "uploads", "pause", old), yesterday, yesterday);
    writeFileSync(join(repositories, "pause", ".hiatus-1-abc"), "half");
    writeFileSync(join(repositories, "pause", "index.json.lock"), "");
    writeFileSync(join(repositories, "pause", "index.json.lock-1-abc"), "");
    mkdirSync(join(repositories, ".new-1-abc", "blobs"), { recursive: true });
    mkdirSync(join(dir, "uploads", "empty"));

    const { ask } = await registry(dir);
    expect(readdirSync(repositories)).toEqual(["pause"]);
    expect(readdirSync(join(repositories, "pause")).sort()).toEqual([
      ...["blobs", "index.json", "oci-layout"],
    ]);
    expect(readdirSync(join(dir, "uploads"))).toEqual(["pause"]);
    expect(readdirSync(join(dir, "uploads", "pause"))).toEqual([young]);
    expect((await ask("GET", "/v2/pause/manifests/1.0")).status).toBe(200);
    await pushManifest(ask, "pause", content.index, "2.0");
  });

  test("a mounted blob is one file with two links", async () => {
    const dir = join(scratch(), "registry");
    const { ask } = await registry(dir);
    await pushBlob(ask, "library/busybox", one);
    const { digest } = one.descriptor;
    const query = `mount=${digest}&from=library/busybox`;
    expect((await ask("POST", `/v2/pause/blobs/uploads/?${query}`)).status).toBe(201);
    const path = (name: string) => join(dir, "repositories", name, "blobs/sha256", hexOf(digest));
    expect(statSync(path("pause")).ino).toBe(statSync(path("library+busybox")).ino);
    expect((await ask("DELETE", `/v2/library/busybox/blobs/${digest}`)).status).toBe(202);
    expect(readFileSync(path("pause"))).toEqual(Buffer.from(one.bytes));
  });

  test("takes no more uploads than it may, and more again when some are over", async () => {
    const { ask } = await registry(join(scratch(), "registry"), { uploadLimit: 2 });
    const start = () => ask("POST", "/v2/pause/blobs/uploads/");
    const first = await start();
    await start();
    const refused = await start();
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("10");
    expect(await codesIn(refused)).toEqual(["TOOMANYREQUESTS"]);
    // What is sent at once needs no upload.
    await pushBlob(ask, "pause", one);
    await ask("DELETE", first.headers.get("location") ?? "");
    expect((await start()).status).toBe(202);
  });

  test("counts the uploads that an earlier server had", async () => {
    const dir = join(scratch(), "registry");
    const before = await registry(dir);
    const first = await before.ask("POST", "/v2/pause/blobs/uploads/");
    before.close();
    const { ask } = await registry(dir, { uploadLimit: 1 });
    expect((await ask("POST", "/v2/pause/blobs/uploads/")).status).toBe(429);
    expect((await ask("DELETE", first.headers.get("location") ?? "")).status).toBe(204);
    expect((await ask("POST", "/v2/pause/blobs/uploads/")).status).toBe(202);
  });

  test("writes files that others may read, whatever the umask says", async () => {
    const mask = process.umask(0o077);
    onTestFinished(() => void process.umask(mask));
    const dir = join(scratch(), "registry");
    const { ask } = await registry(dir, { fsync: true });
    await pushSample(ask, "pause", content, "1.0");
    const start = await ask("POST", "/v2/pause/blobs/uploads/");
    const location = start.headers.get("location") ?? "";
    await ask("PATCH", location, { body: one.bytes });
    await ask("PUT", `${location}?digest=${one.descriptor.digest}`);
    const layout = join(dir, "repositories", "pause");
    for (const name of files(layout)) {
      expect([name, statSync(join(layout, name)).mode & 0o777]).toEqual([name, 0o644]);
    }
  });

  test("follows no link out of its folder", async () => {
    const outside = await createLayout(join(scratch(), "outside"));
    await outside.push(one.descriptor, one.bytes);
    const dir = join(scratch(), "registry");
    const { ask } = await registry(dir);
    symlinkSync(outside.dir, join(dir, "repositories", "linked"));
    const path = `/v2/linked/blobs/${one.descriptor.digest}`;
    expect((await ask("GET", path)).status).toBe(404);
    expect((await ask("DELETE", path)).status).toBe(404);
    const push = `/v2/linked/blobs/uploads/?digest=${one.descriptor.digest}`;
    expect((await ask("POST", push, { body: one.bytes })).status).toBe(500);
    // A blob, and an upload.
    await pushBlob(ask, "pause", blob("another"));
    const secret = join(scratch(), "secret");
    writeFileSync(secret, one.bytes);
    const blobs = join(dir, "repositories", "pause", "blobs", "sha256");
    symlinkSync(secret, join(blobs, hexOf(one.descriptor.digest)));
    expect((await ask("GET", `/v2/pause/blobs/${one.descriptor.digest}`)).status).toBe(404);
    const start = await ask("POST", "/v2/pause/blobs/uploads/");
    const id = start.headers.get("docker-upload-uuid") ?? "";
    const upload = join(dir, "uploads", "pause", id);
    rmSync(upload);
    symlinkSync(secret, upload);
    const location = start.headers.get("location") ?? "";
    expect((await ask("PATCH", location, { body: "overwritten" })).status).toBe(500);
    expect(readFileSync(secret)).toEqual(Buffer.from(one.bytes));
  });

  test("a mount of a linked file makes no link to what lies outside", async () => {
    const dir = join(scratch(), "registry");
    const { ask } = await registry(dir);
    await pushBlob(ask, "from", blob("another"));
    const secret = join(scratch(), "secret");
    writeFileSync(secret, "secret");
    const digest = one.descriptor.digest;
    symlinkSync(secret, join(dir, "repositories", "from", "blobs/sha256", hexOf(digest)));
    const answer = await ask("POST", `/v2/to/blobs/uploads/?mount=${digest}&from=from`);
    expect(answer.status).toBe(202);
  });

  test("refuses a folder that is a layout itself", async () => {
    const layout = await createLayout(join(scratch(), "layout"));
    expect(await failureOf(openFolder(layout.dir))).toMatchObject({ code: "USAGE" });
    expect(existsSync(join(layout.dir, "repositories"))).toBe(false);
  });

  test("lists repositories by their names, and nothing else that lies there", async () => {
    const dir = join(scratch(), "registry");
    const { ask, folder } = await registry(dir);
    for (const name of ["b", "a/c", "a-b", "a"]) await pushBlob(ask, name, one);
    mkdirSync(join(dir, "repositories", "Not A Name"));
    expect(await listOf(folder.names())).toEqual(["a", "a-b", "a/c", "b"]);
    const first = await ask("GET", "/v2/_catalog?n=2");
    expect(await first.json()).toEqual({ repositories: ["a", "a-b"] });
    expect(first.headers.get("link")).toBe('</v2/_catalog?n=2&last=a-b>; rel="next"');
    const next = await ask("GET", "/v2/_catalog?n=2&last=a-b");
    expect(await next.json()).toEqual({ repositories: ["a/c", "b"] });
    expect(next.headers.get("link")).toBeNull();
  });

  test("two first pushes to one repository at once both arrive", async () => {
    const { ask } = await registry(join(scratch(), "registry"));
    const pieces = Array.from({ length: 20 }, (_, i) => blob(`blob ${i}`));
    await Promise.all(pieces.map((piece) => pushBlob(ask, "new/one", piece)));
    for (const { descriptor } of pieces) {
      expect((await ask("HEAD", `/v2/new/one/blobs/${descriptor.digest}`)).status).toBe(200);
    }
  });

  test("copies a mounted blob where a file can have no more links", async () => {
    // Most file systems end at 65,000 links; a folder in the way of the link has the same effect on us.
    const dir = join(scratch(), "registry");
    const { ask } = await registry(dir);
    await pushBlob(ask, "from", one);
    await pushBlob(ask, "to", blob("another"));
    const { digest } = one.descriptor;
    const source = join(dir, "repositories", "from", "blobs/sha256", hexOf(digest));
    let links = 0;
    const farm = scratch();
    try {
      for (; links < 70_000; links++) linkSync(source, join(farm, String(links)));
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe("EMLINK");
    }
    const answer = await ask("POST", `/v2/to/blobs/uploads/?mount=${digest}&from=from`);
    expect(answer.status).toBe(201);
    const got = await ask("GET", `/v2/to/blobs/${digest}`);
    expect((await bytesIn(got)).equals(one.bytes)).toBe(true);
  });
});
