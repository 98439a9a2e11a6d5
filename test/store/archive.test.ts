import {
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { digestOf, hexOf } from "../../src/oci/digest.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import { type Archive, openArchive } from "../../src/store/archive.ts";
import {
  type ArchiveContent,
  archiveEntries,
  writeArchive,
} from "../../src/store/archive-writer.ts";
import { dockerManifest } from "../../src/store/docker-manifest.ts";
import { layoutIndex } from "../../src/store/layout-index.ts";
import { createMemory } from "../../src/store/memory.ts";
import { tarBytes } from "../../src/store/tar.ts";
import { blob, type Piece, piece, pushAll, type Sample, sample } from "../contract/sample.ts";
import { sourceContract } from "../contract/store.ts";
import { bytesOf, failureOf, listOf } from "../failure.ts";
import { scratch } from "../folder.ts";
import { golden } from "../golden.ts";
import { archive, entry } from "./hostile-tar.ts";

/** What the contract wants an archive to hold. */
async function contentOf(content: Sample): Promise<ArchiveContent> {
  const source = createMemory();
  const pieces = [...content.all, ...content.signatureBlobs, content.signature];
  await pushAll(source, pieces);
  const [manifest] = content.manifests as [Piece];
  const index = layoutIndex([
    { descriptor: content.signature.descriptor },
    { descriptor: manifest.descriptor, tag: "amd64" },
    { descriptor: content.index.descriptor, tag: "1.0" },
  ]);
  return { index, source, descriptors: pieces.map(({ descriptor }) => descriptor) };
}

async function open(path: string, options?: Parameters<typeof openArchive>[1]): Promise<Archive> {
  const opened = await openArchive(path, options);
  onTestFinished(() => opened.close());
  return opened;
}

/** Opens bytes as an archive. */
async function openBytes(
  bytes: Uint8Array,
  options?: Parameters<typeof openArchive>[1],
): Promise<Archive> {
  const path = join(scratch(), "archive");
  writeFileSync(path, bytes);
  return open(path, options);
}

const marker = entry({ name: "oci-layout" }, '{"imageLayoutVersion":"1.0.0"}');
const emptyIndex = entry({ name: "index.json" }, '{"schemaVersion":2,"manifests":[]}');

describe("openArchive of a tar", () => {
  sourceContract(async (content) => {
    const path = join(scratch(), "archive.tar");
    await writeArchive(path, await contentOf(content));
    return open(path);
  });
});

describe("openArchive of a gzipped tar", () => {
  sourceContract(async (content) =>
    openBytes(gzipSync(await tarBytes(archiveEntries(await contentOf(content))))),
  );
});

describe("openArchive", () => {
  test("reads what GNU tar writes of a folder", async () => {
    const [one] = sample().blobs as [Piece];
    const opened = await openBytes(
      archive(
        entry({ name: "./", type: "5" }),
        entry({ name: "./oci-layout" }, '{"imageLayoutVersion": "1.0.0"}\n'),
        entry({ name: "./blobs/", type: "5" }),
        entry({ name: "./blobs/sha256/", type: "5" }),
        entry({ name: `./blobs/sha256/${hexOf(one.descriptor.digest)}` }, one.bytes),
        entry({ name: "./index.json" }, '{"schemaVersion":2,"manifests":[]}'),
      ),
    );
    expect(await bytesOf(opened.fetch(one.descriptor))).toEqual(Buffer.from(one.bytes));
  });

  test.each([
    ["no oci-layout", archive(emptyIndex)],
    ["no index.json", archive(marker)],
    [
      "another version of the layout",
      archive(entry({ name: "oci-layout" }, '{"imageLayoutVersion":"1.1"}'), emptyIndex),
    ],
    ["an index.json that is no index", archive(marker, entry({ name: "index.json" }, "[]"))],
    ["an index.json that is a folder", archive(marker, entry({ name: "index.json/", type: "5" }))],
    [
      "an index.json that repeats a key",
      archive(
        marker,
        entry({ name: "index.json" }, '{"schemaVersion":2,"manifests":[],"manifests":[]}'),
      ),
    ],
    [
      "an index.json that is a manifest too",
      archive(
        marker,
        entry({ name: "index.json" }, '{"schemaVersion":2,"manifests":[],"layers":[]}'),
      ),
    ],
    [
      "an oci-layout of 5,000 bytes",
      archive(entry({ name: "oci-layout" }, " ".repeat(5000)), emptyIndex),
    ],
    ["a link", archive(marker, emptyIndex, entry({ name: "l", type: "2", linkname: "/etc" }))],
    ["zstd", Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 1, 2, 3)],
    ["nothing", new Uint8Array()],
  ])("refuses an archive with %s", async (_, bytes) => {
    expect(await failureOf(openBytes(bytes))).toMatchObject({ code: "CONTENT" });
    expect(await failureOf(openBytes(gzipSync(bytes)))).toMatchObject({ code: "CONTENT" });
  });

  test("says so when the file is not there or is a folder", async () => {
    expect(await failureOf(openArchive(join(scratch(), "absent")))).toMatchObject({ code: "IO" });
    expect(await failureOf(openArchive(scratch()))).toMatchObject({ code: "IO" });
  });

  test("refuses a blob that lies under the wrong name", async () => {
    const [right, wrong] = [blob("right"), blob("wrong")];
    const name = `blobs/sha256/${hexOf(right.descriptor.digest)}`;
    const opened = await openBytes(archive(marker, emptyIndex, entry({ name }, wrong.bytes)));
    expect(await opened.exists(right.descriptor)).toBe(true);
    expect(await failureOf(bytesOf(opened.fetch(right.descriptor)))).toMatchObject({
      code: "CONTENT",
    });
  });

  test("refuses a blob with something behind it", async () => {
    const { descriptor, bytes } = blob("right");
    const name = `blobs/sha256/${hexOf(descriptor.digest)}`;
    const longer = Buffer.concat([bytes, Buffer.from("!")]);
    const opened = await openBytes(archive(marker, emptyIndex, entry({ name }, longer)));
    expect(await opened.exists(descriptor)).toBe(false);
    expect(await failureOf(bytesOf(opened.fetch(descriptor)))).toMatchObject({ code: "CONTENT" });
  });

  test("does not resolve a manifest that lies under the wrong name", async () => {
    const { index } = sample();
    const other = digestOf(new Uint8Array());
    const opened = await openBytes(
      archive(marker, emptyIndex, entry({ name: `blobs/sha256/${hexOf(other)}` }, index.bytes)),
    );
    expect(await failureOf(opened.resolve(other))).toMatchObject({ code: "CONTENT" });
  });

  test("goes on reading the file that it opened when another takes its place", async () => {
    const content = sample();
    const folder = scratch();
    const path = join(folder, "archive.tar");
    await writeArchive(path, await contentOf(content));
    const opened = await open(path);
    writeFileSync(join(folder, "other"), Buffer.alloc(100_000, "x"));
    renameSync(join(folder, "other"), path);
    expect(await bytesOf(opened.fetch(content.index.descriptor))).toEqual(
      Buffer.from(content.index.bytes),
    );
  });

  test("refuses content of a file that was cut after it was opened", async () => {
    const content = sample();
    const path = join(scratch(), "archive.tar");
    await writeArchive(path, await contentOf(content));
    const opened = await open(path);
    truncateSync(path, 4000);
    const failures: unknown[] = [];
    for (const { descriptor } of content.all) {
      await bytesOf(opened.fetch(descriptor)).catch((error: unknown) => failures.push(error));
    }
    expect(failures.length).toBeGreaterThan(0);
    for (const error of failures) expect(error).toMatchObject({ code: "CONTENT" });
  });

  test("does not read after it was closed", async () => {
    const content = sample();
    const path = join(scratch(), "archive.tar");
    await writeArchive(path, await contentOf(content));
    const opened = await openArchive(path);
    opened.close();
    opened.close();
    expect(await failureOf(bytesOf(opened.fetch(content.index.descriptor)))).toMatchObject({
      code: "IO",
    });
  });

  test("finds a full name by the tag at its end, but not when two contents have it", async () => {
    const content = sample();
    const { source, descriptors } = await contentOf(content);
    const [one, two] = content.manifests as [Piece, Piece];
    const names = (list: readonly (readonly [Piece, string])[]) =>
      layoutIndex(list.map(([{ descriptor }, tag]) => ({ descriptor, tag })));
    const openWith = async (index: Uint8Array) =>
      openBytes(await tarBytes(archiveEntries({ index, source, descriptors })));

    const full = await openWith(names([[one, "registry.k8s.io/pause:3.10"]]));
    expect((await full.resolve("3.10")).digest).toBe(one.descriptor.digest);
    expect((await full.resolve("registry.k8s.io/pause:3.10")).digest).toBe(one.descriptor.digest);
    expect(await listOf(full.tags())).toEqual(["3.10"]);

    const both = await openWith(
      names([
        [one, "a.io/pause:3.10"],
        [two, "b.io/pause:3.10"],
      ]),
    );
    expect(await failureOf(both.resolve("3.10"))).toMatchObject({ code: "CONTENT" });
    expect((await both.resolve("b.io/pause:3.10")).digest).toBe(two.descriptor.digest);
  });

  test("refuses a bomb without holding it, by ratio and by bytes", async () => {
    const bomb = gzipSync(Buffer.alloc(128 << 20));
    expect((await failureOf(openBytes(bomb))).message).toMatch(/200 times/);
    const bytes = await failureOf(openBytes(bomb, { limits: { ratio: 2000 } }));
    expect(bytes.message).toMatch(/more than 50331648 bytes/);
    const tar = archive(marker, emptyIndex, entry({ name: "zeros" }, Buffer.alloc(3 << 20)));
    expect((await failureOf(openBytes(tar, { limits: { bytes: 1 << 20 } }))).message).toMatch(
      /too large/,
    );
    expect((await failureOf(openBytes(tar, { limits: { entries: 2 } }))).message).toMatch(
      /2 entries/,
    );
  });
});

describe("writeArchive", () => {
  const images = (content: Sample) => {
    const [config, layer] = content.blobs as [Piece, Piece];
    return [
      {
        config: config.descriptor,
        layers: [layer.descriptor],
        repoTags: ["registry.k8s.io/pause:1.0"],
      },
    ];
  };

  test("writes the golden bytes, whatever the order of the descriptors", async () => {
    const content = sample();
    const whole = {
      ...(await contentOf(content)),
      dockerManifest: dockerManifest(images(content)),
      mtime: 86_400,
    };
    const path = join(scratch(), "archive.tar");
    const { digest, size } = await writeArchive(path, whole);
    const bytes = readFileSync(path);
    expect(bytes).toEqual(golden("archive.tar", bytes));
    expect([digest, size]).toEqual([digestOf(bytes), bytes.byteLength]);
    expect(statSync(path).mode & 0o7777).toBe(0o644);
    const shuffled = [...whole.descriptors, ...whole.descriptors].reverse();
    expect((await writeArchive(path, { ...whole, descriptors: shuffled })).digest).toBe(digest);
  });

  test("puts what readers need first first, and no folders", async () => {
    const content = sample();
    const entries = archiveEntries({
      ...(await contentOf(content)),
      dockerManifest: dockerManifest(images(content)),
    });
    const names = entries.map(({ name }) => name);
    expect(names.slice(0, 3)).toEqual(["oci-layout", "index.json", "manifest.json"]);
    expect(names.slice(3)).toEqual(names.slice(3).sort());
    expect(new Set(entries.map(({ type, mode }) => `${type} ${mode.toString(8)}`))).toEqual(
      new Set(["file 644"]),
    );
  });

  test("leaves the file of before alone when a content is missing, damaged or nameless", async () => {
    const folder = scratch();
    const path = join(folder, "archive.tar");
    writeFileSync(path, "before");
    const whole = await contentOf(sample());
    const { descriptor, bytes } = blob("absent");
    const lying = { fetch: () => [bytes] as unknown as AsyncIterable<Uint8Array> };
    const cases: readonly [Partial<ArchiveContent>, string][] = [
      [{ descriptors: [...whole.descriptors, descriptor] }, "NOT_FOUND"],
      [{ descriptors: [{ ...descriptor, size: 2 }], source: lying }, "INVALID"],
      [
        { descriptors: [{ ...descriptor, digest: digestOf(bytes, "sha512") }], source: lying },
        "INVALID",
      ],
      [{ descriptors: [{ ...descriptor, digest: "sha256:../../x" } as Descriptor] }, "INVALID"],
      [{ descriptors: [{ ...descriptor, data: "eA==" }], source: lying }, "CONTENT"],
    ];
    for (const [change, code] of cases) {
      expect(await failureOf(writeArchive(path, { ...whole, ...change }))).toMatchObject({ code });
    }
    expect(readFileSync(path, "utf8")).toBe("before");
    expect(readdirSync(folder)).toEqual(["archive.tar"]);
  });

  test("stops when the signal is aborted, with its reason, and leaves nothing behind", async () => {
    const folder = scratch();
    const signal = AbortSignal.abort("enough");
    const writing = writeArchive(join(folder, "archive.tar"), await contentOf(sample()), {
      signal,
    });
    await expect(writing).rejects.toBe("enough");
    expect(readdirSync(folder)).toEqual([]);
  });

  test("says so when the folder is not there", async () => {
    const path = join(scratch(), "absent", "archive.tar");
    expect(await failureOf(writeArchive(path, await contentOf(sample())))).toMatchObject({
      code: "IO",
    });
  });

  test("carries a large blob", async () => {
    const large = piece(MediaType.ociLayerGzip, Buffer.alloc(3_000_001, "large"));
    const source = createMemory();
    await source.push(large.descriptor, large.bytes);
    const path = join(scratch(), "archive.tar");
    await writeArchive(path, { index: layoutIndex([]), source, descriptors: [large.descriptor] });
    const opened = await open(path);
    expect(digestOf(await bytesOf(opened.fetch(large.descriptor)))).toBe(large.descriptor.digest);
  });
});

describe("dockerManifest", () => {
  test("names config, layers and tags of each image, and null where there is no tag", () => {
    const content = sample();
    const [config, layer] = content.blobs as [Piece, Piece];
    const path = ({ descriptor }: Piece) => `blobs/sha256/${hexOf(descriptor.digest)}`;
    const untagged = { config: config.descriptor, layers: [layer.descriptor, layer.descriptor] };
    const bytes = dockerManifest([
      {
        config: config.descriptor,
        layers: [layer.descriptor],
        repoTags: ["registry.k8s.io/pause:1.0"],
      },
      untagged,
    ]);
    expect(JSON.parse(new TextDecoder().decode(bytes))).toEqual([
      { Config: path(config), RepoTags: ["registry.k8s.io/pause:1.0"], Layers: [path(layer)] },
      { Config: path(config), RepoTags: null, Layers: [path(layer), path(layer)] },
    ]);
  });
});
