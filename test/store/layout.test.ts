import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { hexOf } from "../../src/oci/digest.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import { createLayout, openLayout } from "../../src/store/layout.ts";
import { layoutIndex } from "../../src/store/layout-index.ts";
import { blob, type Piece, piece, pushAll, sample } from "../contract/sample.ts";
import { storeContract } from "../contract/store.ts";
import { bytesOf, failureOf, listOf, streamOf } from "../failure.ts";
import { scratch } from "../folder.ts";

const make = () => createLayout(join(scratch(), "layout"));
const pathOf = (dir: string, { descriptor }: Piece) =>
  join(dir, "blobs/sha256", hexOf(descriptor.digest));
const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8);

describe("createLayout", () => {
  storeContract(make);
});

describe("createLayout with fsync", () => {
  storeContract(() => createLayout(join(scratch(), "layout"), { fsync: true }));
});

describe("createLayout on disk", () => {
  test.each([0o022, 0o077, 0o000])("writes the same modes under the umask %o", async (mask) => {
    const before = process.umask(mask);
    onTestFinished(() => void process.umask(before));
    const layout = await make();
    const content = sample();
    await pushAll(layout, content.all);
    await layout.push(...parts(piece(MediaType.ociLayerGzip, Buffer.alloc(600_000, "large"))));
    await layout.tag(content.index.descriptor, "1.0");
    const names = readdirSync(layout.dir, { recursive: true, encoding: "utf8" });
    expect(names).toHaveLength(4 + content.all.length + 1);
    for (const name of ["", ...names]) {
      const path = join(layout.dir, name);
      expect(`${name} ${modeOf(path)}`).toBe(`${name} ${statSync(path).isDirectory() ? 755 : 644}`);
    }
  });

  test("opens the layout that is there, and keeps what it holds", async () => {
    const layout = await make();
    const content = sample();
    await pushAll(layout, content.all);
    await layout.tag(content.index.descriptor, "1.0");
    const again = await createLayout(layout.dir);
    expect((await again.resolve("1.0")).digest).toBe(content.index.descriptor.digest);
  });

  test("refuses a folder that holds something else", async () => {
    const dir = scratch();
    writeFileSync(join(dir, "thesis.tex"), "ten years of work");
    expect(await failureOf(createLayout(dir))).toMatchObject({
      code: "IO",
      message: expect.stringContaining('"thesis.tex"'),
    });
    expect(readdirSync(dir)).toEqual(["thesis.tex"]);
  });

  test("says so when the folder cannot be made", async () => {
    const dir = scratch();
    writeFileSync(join(dir, "file"), "");
    expect(await failureOf(createLayout(join(dir, "file", "layout")))).toMatchObject({
      code: "IO",
      hint: "Check the path",
    });
  });

  test("leaves no temporary file behind, whatever goes wrong", async () => {
    const layout = await make();
    const large = piece(MediaType.ociLayerGzip, Buffer.alloc(600_000, "large"));
    async function* broken() {
      yield large.bytes.subarray(0, 300_000);
      yield large.bytes.subarray(300_000, 500_000);
      throw new Error("the line is dead");
    }
    await expect(layout.push(large.descriptor, broken())).rejects.toThrow("the line is dead");
    await failureOf(layout.push(large.descriptor, streamOf(large.bytes, large.bytes)));
    await failureOf(layout.push(large.descriptor, large.bytes.subarray(1)));
    mkdirSync(pathOf(layout.dir, large));
    expect(await failureOf(layout.push(large.descriptor, large.bytes))).toMatchObject({
      code: "IO",
    });
    expect(readdirSync(layout.dir).sort()).toEqual(["blobs", "index.json", "oci-layout"]);
  });
});

describe("openLayout", () => {
  test("refuses what is not there and what is no layout", async () => {
    const dir = scratch();
    expect(await failureOf(openLayout(join(dir, "absent")))).toMatchObject({ code: "NOT_FOUND" });
    expect(await failureOf(openLayout(dir))).toMatchObject({ code: "CONTENT" });
    writeFileSync(join(dir, "oci-layout"), '{"imageLayoutVersion":"2.0.0"}');
    expect(await failureOf(openLayout(dir))).toMatchObject({ code: "CONTENT" });
    writeFileSync(join(dir, "oci-layout"), "x".repeat(5000));
    expect(await failureOf(openLayout(dir))).toMatchObject({ code: "CONTENT" });
  });

  test("says so when index.json is missing, broken or a link", async () => {
    const layout = await make();
    const path = join(layout.dir, "index.json");
    writeFileSync(path, '{"schemaVersion":2,"manifests":[],"manifests":[]}');
    expect(await failureOf(layout.resolve("1.0"))).toMatchObject({ code: "CONTENT" });
    rmSync(path);
    expect(await failureOf(layout.resolve("1.0"))).toMatchObject({ code: "CONTENT" });
    symlinkSync("oci-layout", path);
    expect(await failureOf(layout.resolve("1.0"))).toMatchObject({ code: "IO" });
  });

  test.each(["blobs", "blobs/sha256"])("refuses a layout whose %s is a link", async (name) => {
    const layout = await make();
    renameSync(join(layout.dir, name), join(layout.dir, "elsewhere"));
    symlinkSync(join(layout.dir, "elsewhere"), join(layout.dir, name));
    expect(await failureOf(openLayout(layout.dir))).toMatchObject({ code: "CONTENT" });
  });

  test("does not follow a blob that is a link, and replaces it by the blob", async () => {
    const layout = await make();
    const secret = join(scratch(), "secret");
    const one = blob("content of a file outside");
    writeFileSync(secret, one.bytes);
    symlinkSync(secret, pathOf(layout.dir, one));
    expect(await layout.exists(one.descriptor)).toBe(false);
    expect(await failureOf(bytesOf(layout.fetch(one.descriptor)))).toMatchObject({ code: "IO" });
    await layout.push(one.descriptor, one.bytes);
    expect(await bytesOf(layout.fetch(one.descriptor))).toEqual(Buffer.from(one.bytes));
    expect(readFileSync(secret, "utf8")).toBe("content of a file outside");
  });

  test("refuses a damaged blob when it is read, small or large", async () => {
    const layout = await make();
    for (const one of [blob("small"), piece(MediaType.ociLayerGzip, Buffer.alloc(700_000, 7))]) {
      await layout.push(one.descriptor, one.bytes);
      const bytes = Buffer.from(one.bytes);
      bytes[1] = 0;
      writeFileSync(pathOf(layout.dir, one), bytes);
      expect(await failureOf(bytesOf(layout.fetch(one.descriptor)))).toMatchObject({
        code: "CONTENT",
      });
    }
  });

  test("counts a damaged manifest as absent, and mends it when it is pushed again", async () => {
    const layout = await make();
    const content = sample();
    await pushAll(layout, content.all);
    const [manifest] = content.manifests as [Piece];
    writeFileSync(pathOf(layout.dir, manifest), Buffer.alloc(manifest.descriptor.size, " "));
    expect(await layout.exists(content.index.descriptor)).toBe(false);
    await layout.push(manifest.descriptor, manifest.bytes);
    expect(await layout.exists(content.index.descriptor)).toBe(true);
  });

  test("counts a manifest as absent that was exchanged for another of the same size", async () => {
    const layout = await make();
    const content = sample();
    await pushAll(layout, content.all);
    await layout.tag(content.index.descriptor, "1.0");
    const [manifest] = content.manifests as [Piece];
    const text = new TextDecoder().decode(manifest.bytes);
    writeFileSync(pathOf(layout.dir, manifest), text.replace("tar+gzip", "tar+zip2"));
    expect(await layout.exists(manifest.descriptor)).toBe(false);
    expect(await failureOf(layout.tag(manifest.descriptor, "amd64"))).toMatchObject({
      code: "CONTENT",
    });
  });

  test("a blob that was cut short is absent, and mended when it is pushed again", async () => {
    const layout = await make();
    const one = blob("whole");
    await layout.push(one.descriptor, one.bytes);
    writeFileSync(pathOf(layout.dir, one), "who");
    expect(await layout.exists(one.descriptor)).toBe(false);
    await layout.push(one.descriptor, one.bytes);
    expect(await layout.exists(one.descriptor)).toBe(true);
  });
});

describe("Layout.tag", () => {
  test("writes the index that layoutIndex predicts, with annotations in code-point order", async () => {
    const layout = await make();
    const content = sample();
    await pushAll(layout, content.all);
    const annotations = { "io.containerd.image.name": "registry.k8s.io/pause:1.0", Z: "z", a: "a" };
    const [manifest] = content.manifests as [Piece];
    await layout.tag(manifest.descriptor, "amd64");
    await layout.tag(content.index.descriptor, "1.0", { annotations });
    const expected = layoutIndex([
      { descriptor: manifest.descriptor, tag: "amd64" },
      { descriptor: content.index.descriptor, tag: "1.0", annotations },
    ]);
    expect(readFileSync(join(layout.dir, "index.json"))).toEqual(Buffer.from(expected));
    expect(await layout.indexBytes()).toEqual(Buffer.from(expected));
    expect(JSON.parse(new TextDecoder().decode(expected)).manifests[1].annotations).toEqual({
      ...annotations,
      "org.opencontainers.image.ref.name": "1.0",
    });
  });

  test("writes nothing when nothing changes", async () => {
    const layout = await make();
    const content = sample();
    await pushAll(layout, content.all);
    await layout.tag(content.index.descriptor, "1.0");
    const { ino } = statSync(join(layout.dir, "index.json"));
    await layout.tag(content.index.descriptor, "1.0");
    expect(statSync(join(layout.dir, "index.json")).ino).toBe(ino);
  });

  test("keeps a referrer listed when its tag moves on", async () => {
    const layout = await make();
    const content = sample();
    await pushAll(layout, [...content.all, ...content.signatureBlobs, content.signature]);
    await layout.tag(content.signature.descriptor, "signature");
    await layout.tag(content.index.descriptor, "signature");
    expect(await listOf(layout.referrers(content.index.descriptor))).toHaveLength(1);
  });

  test("waits for the lock of another process, and takes that of one which died", async () => {
    const layout = await make();
    const content = sample();
    await pushAll(layout, content.all);
    const lock = join(layout.dir, "index.json.lock");
    writeFileSync(lock, "");
    const tagging = layout.tag(content.index.descriptor, "1.0");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await listOf(layout.tags())).toEqual([]);
    utimesSync(lock, new Date(0), new Date(0));
    await tagging;
    expect(await listOf(layout.tags())).toEqual(["1.0"]);
    expect(existsSync(lock)).toBe(false);
    expect(readdirSync(layout.dir).sort()).toEqual(["blobs", "index.json", "oci-layout"]);
  });

  test("stops waiting for a lock when the signal is aborted, with its reason", async () => {
    const layout = await make();
    const content = sample();
    await pushAll(layout, content.all);
    writeFileSync(join(layout.dir, "index.json.lock"), "");
    const controller = new AbortController();
    const tagging = layout.tag(content.index.descriptor, "1.0", { signal: controller.signal });
    const reason = new Error("enough");
    setTimeout(() => controller.abort(reason), 20);
    await expect(tagging).rejects.toBe(reason);
    expect(await listOf(layout.tags())).toEqual([]);
  });

  test("says so when index.json cannot be written", async ({ skip }) => {
    skip(process.getuid?.() === 0, "root may write everywhere");
    const layout = await make();
    const content = sample();
    await pushAll(layout, content.all);
    chmodSync(layout.dir, 0o555);
    expect(await failureOf(layout.tag(content.index.descriptor, "1.0"))).toMatchObject({
      code: "IO",
    });
  });
});

function parts({ descriptor, bytes }: Piece): [Piece["descriptor"], Uint8Array] {
  return [descriptor, bytes];
}
