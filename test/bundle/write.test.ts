import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import type { BundleForm } from "../../src/bundle/form.ts";
import { checksumLine, writeBundle } from "../../src/bundle/write.ts";
import { findAttachments } from "../../src/graph/attachments.ts";
import { digestOf } from "../../src/oci/digest.ts";
import { type Archive, openArchive } from "../../src/store/archive.ts";
import { parseLayoutIndex } from "../../src/store/layout-index.ts";
import { readRunFile } from "../../src/store/run-file.ts";
import { expandZstd } from "../../src/store/zstd/expand.ts";
import { bytesOf, failureOf, listOf } from "../failure.ts";
import { scratch } from "../folder.ts";
import { inputOf } from "../store/zstd-input.ts";
import { bundleSample, NAMES } from "./sample.ts";

async function open(path: string): Promise<Archive> {
  const opened = await openArchive(path);
  onTestFinished(() => opened.close());
  return opened;
}

describe.each(["tar", "tar.gz", "tar.zst", "run"] as const)(
  "writeBundle of a .%s",
  (form: BundleForm) => {
    test("holds the image, all names of it, and what is attached to it", async () => {
      const { image, content, signed } = await bundleSample();
      const file = join(scratch(), `pause.${form}`);
      const written = await writeBundle(file, image, NAMES);
      expect(written).toMatchObject({ file, form, blobs: 7, manifests: 5 });
      const archive = await open(file);
      const root = content.index.descriptor;
      for (const name of [...NAMES.tags, root.digest]) {
        expect((await archive.resolve(name)).digest).toBe(root.digest);
      }
      const found = await findAttachments(archive, root);
      expect(new Set(found.map(({ descriptor }) => descriptor.digest))).toEqual(
        new Set([content.signature.descriptor.digest, signed.descriptor.digest]),
      );
      for (const { descriptor, bytes } of [...content.all, content.signature, signed]) {
        expect(await bytesOf(archive.fetch(descriptor))).toEqual(Buffer.from(bytes));
      }
      const entries = parseLayoutIndex(await archive.indexBytes()).entries;
      const names = entries.map((one) => one.descriptor.annotations?.["io.containerd.image.name"]);
      expect(names.filter((name) => name !== undefined)).toEqual([
        "registry.k8s.io/pause:3.10.2",
        "registry.k8s.io/pause:3.10",
      ]);
      // Where skopeo and podman look a tag up, nothing is called by a digest.
      expect(await listOf(archive.tags())).toEqual([...NAMES.tags, expect.any(String)].sort());
    });

    test.skipIf(form === "run")("calls an image by its digest when it has no tag", async () => {
      const { image } = await bundleSample();
      const file = join(scratch(), `pause.${form}`);
      await writeBundle(file, image, { ...NAMES, tags: [] });
      const [first] = parseLayoutIndex(await (await open(file)).indexBytes()).entries;
      expect(first?.descriptor.annotations).toEqual({
        "io.containerd.image.name": `registry.k8s.io/pause@${image.root.digest}`,
      });
    });

    test("gives the same bytes each time, with their checksum beside them and nothing else", async () => {
      const folder = scratch();
      const [one, two] = [join(folder, "one"), join(folder, "two")];
      for (const file of [one, two]) {
        await writeBundle(file, (await bundleSample()).image, { ...NAMES, form });
      }
      expect(readFileSync(one)).toEqual(readFileSync(two));
      expect(readdirSync(folder).sort()).toEqual(["one", "one.sha256", "two", "two.sha256"]);
      expect(
        execFileSync("sha256sum", ["-c", "one.sha256", "two.sha256"], { cwd: folder }),
      ).toEqual(Buffer.from("one: OK\ntwo: OK\n"));
      for (const name of readdirSync(folder)) {
        expect(statSync(join(folder, name)).mode & 0o777).toBe(0o644);
      }
    });

    test("leaves the old file and its checksum alone when a content is damaged", async () => {
      const { image, content } = await bundleSample();
      const folder = scratch();
      const file = join(folder, `pause.${form}`);
      writeFileSync(file, "old");
      writeFileSync(`${file}.sha256`, "old sum");
      const [broken] = content.blobs;
      const source: typeof image.source = {
        async *fetch(descriptor, options) {
          if (descriptor.digest === broken!.descriptor.digest)
            yield new Uint8Array(descriptor.size);
          else yield* image.source.fetch(descriptor, options);
        },
      };
      const { code } = await failureOf(writeBundle(file, { ...image, source }, NAMES));
      expect(code).toBe("CONTENT");
      expect(readFileSync(file, "utf8")).toBe("old");
      expect(readFileSync(`${file}.sha256`, "utf8")).toBe("old sum");
      expect(readdirSync(folder)).toHaveLength(2);
    });
  },
);

describe("writeBundle", () => {
  test("compresses the very tar that it writes", async () => {
    const { image } = await bundleSample();
    const folder = scratch();
    await writeBundle(join(folder, "one.tar"), image, NAMES);
    await writeBundle(join(folder, "one.tgz"), image, NAMES);
    const tar = gunzipSync(readFileSync(join(folder, "one.tgz")));
    expect(digestOf(tar)).toBe(digestOf(readFileSync(join(folder, "one.tar"))));
    await writeBundle(join(folder, "one.tar.zst"), image, NAMES);
    await writeBundle(join(folder, "one.run"), image, NAMES);
    const carried = readRunFile(inputOf(readFileSync(join(folder, "one.run"))));
    expect(readFileSync(join(folder, "one.tgz")).equals(carried)).toBe(true);
    const pieces = expandZstd(inputOf(readFileSync(join(folder, "one.tar.zst"))));
    expect(digestOf(Buffer.concat([...pieces.chunks()]))).toBe(digestOf(tar));
  });

  test("writes no script of what it could not load: without a tag, or with something left out", async () => {
    const { image } = await bundleSample();
    const file = join(scratch(), "pause.run");
    for (const less of [{ tags: [] }, { annotations: { any: "thing" } }]) {
      const { code } = await failureOf(writeBundle(file, image, { ...NAMES, ...less }));
      expect(code).toBe("USAGE");
    }
    expect(readdirSync(dirname(file))).toEqual([]);
  });

  test("wants to be told the form where the name says none", async () => {
    const { image } = await bundleSample();
    const { code, hint } = await failureOf(writeBundle(join(scratch(), "pause"), image, NAMES));
    expect({ code, hint }).toMatchObject({
      code: "USAGE",
      hint: expect.stringContaining("--format"),
    });
  });

  test("says so when the folder is not there", async () => {
    const { image } = await bundleSample();
    const file = join(scratch(), "no", "pause.tar");
    expect(await failureOf(writeBundle(file, image, NAMES))).toMatchObject({ code: "IO" });
  });
});

test("checksumLine escapes names as sha256sum does", () => {
  const folder = scratch();
  const name = "a\\b\nc";
  writeFileSync(join(folder, name), "x");
  const said = execFileSync("sha256sum", [name], { cwd: folder });
  expect(Buffer.from(checksumLine(digestOf(Buffer.from("x")), name))).toEqual(said);
});
