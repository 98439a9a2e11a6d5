import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { checkBundle } from "../../src/bundle/check.ts";
import type { BundleForm } from "../../src/bundle/form.ts";
import { runScript } from "../../src/bundle/run/run-script.ts";
import { writeBundle } from "../../src/bundle/write.ts";
import { isHiatusError } from "../../src/errors.ts";
import { findAttachments } from "../../src/graph/attachments.ts";
import { packageRoot } from "../../src/package-root.ts";
import { openArchive } from "../../src/store/archive.ts";
import { compressZstd } from "../../src/store/zstd/compress.ts";
import { failureOf } from "../failure.ts";
import { scratch } from "../folder.ts";
import { HOSTILE } from "./hostile-archives.ts";
import { type BundleSample, bundleSample, NAMES } from "./sample.ts";

const FORMS: readonly BundleForm[] = ["tar", "tar.gz", "tar.zst", "run"];
let sample: BundleSample;
beforeAll(async () => {
  sample = await bundleSample();
});

/** A tar as each form carries it. */
function wrap(tar: Uint8Array, form: BundleForm): Uint8Array {
  if (form === "tar") return tar;
  if (form === "tar.zst") return compressZstd(tar);
  const archive = gzipSync(tar);
  if (form === "tar.gz") return archive;
  const { descriptor: root } = sample.content.index;
  const contents = [{ kind: "manifest", descriptor: root } as const];
  return runScript({
    name: "pause",
    version: "1",
    tags: ["1"],
    root,
    platforms: [],
    contents,
    archive,
  });
}

/** Opens a file and reads everything in it, as seeding does first. */
async function readAllOf(file: string): Promise<void> {
  const archive = await openArchive(file);
  try {
    const root = await archive.resolve("3.10.2");
    const attachments = await findAttachments(archive, root);
    await checkBundle({ source: archive, root, attachments });
  } finally {
    archive.close();
  }
}

describe.each(FORMS)("a hostile archive as .%s", (form) => {
  test("is one of forty and more", () => {
    expect(Object.keys(HOSTILE).length).toBeGreaterThanOrEqual(40);
  });

  test.each(Object.entries(HOSTILE))("with %s is refused in one line", async (_, tar) => {
    const folder = scratch();
    const file = join(folder, `bad.${form}`);
    writeFileSync(file, wrap(tar, form));
    const { code, message, hint } = await failureOf(openArchive(file));
    expect(code).toBe("CONTENT");
    expect(message).toContain(file);
    expect([...message].every((character) => character >= " ")).toBe(true);
    expect(hint).toBeDefined();
    expect(readdirSync(folder)).toEqual([`bad.${form}`]);
  });
});

describe.each(FORMS)("of a .%s", (form) => {
  let bytes: Uint8Array;
  beforeAll(async () => {
    const file = join(mkdtempSync(join(packageRoot(), ".cache", "hostile-")), `pause.${form}`);
    await writeBundle(file, sample.image, NAMES);
    bytes = readFileSync(file);
    execFileSync("rm", ["-r", join(file, "..")]);
  });

  /** Reads it with some bytes changed. True when it was refused; false when what it holds is as it was. */
  async function isRefused(file: string, damaged: Uint8Array): Promise<boolean> {
    writeFileSync(file, damaged);
    try {
      await readAllOf(file);
      return false;
    } catch (error) {
      // Nothing but what names content, and nothing that is a mistake of ours.
      if (isHiatusError(error, "CONTENT", "NOT_FOUND", "INVALID")) return true;
      throw error;
    }
  }

  test("every byte that is changed in a thousand places is found, or says nothing", async () => {
    const file = join(scratch(), "damaged");
    let refused = 0;
    const places = 1000;
    for (let i = 0; i < places; i++) {
      const at = Math.floor((i * bytes.byteLength) / places);
      const damaged = Uint8Array.from(bytes);
      damaged[at] = damaged[at]! ^ (1 << (i % 8));
      if (await isRefused(file, damaged)) refused++;
    }
    // A tar has padding and fields that nobody reads, manifest.json is for Docker; a checksum covers all of the rest.
    expect(refused).toBeGreaterThan({ tar: 300, "tar.gz": 985, "tar.zst": 995, run: 999 }[form]);
  }, 60_000);

  test("what is cut short is refused", async () => {
    const file = join(scratch(), "damaged");
    for (let i = 0; i < 60; i++) {
      const size = Math.floor((i * bytes.byteLength) / 60);
      expect(await isRefused(file, bytes.subarray(0, size))).toBe(true);
    }
    // The last blocks of a tar are empty, but must be there.
    expect(await isRefused(file, bytes.subarray(0, -1))).toBe(true);
  }, 60_000);
});

test("every byte of every manifest, config and layer counts", async () => {
  const folder = scratch();
  const file = join(folder, "pause.tar");
  await writeBundle(file, sample.image, NAMES);
  const bytes = readFileSync(file);
  const pieces = [...sample.content.all, sample.content.signature];
  const damagedFile = join(folder, "damaged.tar");
  for (const { descriptor } of pieces) {
    const name = `blobs/sha256/${descriptor.digest.slice(7)}\0`;
    const from = bytes.lastIndexOf(name) + 512;
    expect(from).toBeGreaterThan(512);
    for (let at = from; at < from + descriptor.size; at++) {
      const damaged = Uint8Array.from(bytes);
      damaged[at] = damaged[at]! ^ (1 << (at % 8));
      writeFileSync(damagedFile, damaged);
      const { code, message } = await failureOf(readAllOf(damagedFile));
      expect(["CONTENT", "NOT_FOUND"]).toContain(code);
      expect(message).toContain(descriptor.digest);
    }
  }
}, 60_000);

describe("a bomb", () => {
  /**
   * Opens a file in a process of its own: what it says, and the most memory that it had, in MiB. That is VmHWM, which
   * begins with the program: `maxRSS` begins with the fork, and so with what this process holds (exec_mmap in fs/exec.c).
   */
  function openAlone(file: string): { message: string; memory: number; seconds: number } {
    const script = `const peak = () => /VmHWM:\\s+(\\d+)/.exec(require("node:fs").readFileSync("/proc/self/status", "utf8"))[1] / 1024;
      import(${JSON.stringify(join(packageRoot(), "lib", "index.js"))})
      .then(({ openArchive }) => openArchive(${JSON.stringify(file)}))
      .then(() => "opened", (error) => error.message)
      .then((message) => console.log(JSON.stringify({ message, memory: peak() })))`;
    const began = performance.now();
    const said = execFileSync(process.execPath, ["-e", script], { encoding: "utf8" });
    return { ...JSON.parse(said), seconds: (performance.now() - began) / 1000 };
  }

  /** Gigabytes of zeros, and as much as is let through of what is just inside the ratio. */
  const zeros = Buffer.alloc(256 * 1024 * 1024);
  /** Noise now and then, so that it expands to 150 times its size. */
  const sparse = Buffer.alloc(100 * 1024 * 1024);
  for (let at = 0; at < sparse.byteLength; at += 3000) {
    for (let i = 0; i < 16; i++) sparse[at + i] = Math.imul(at + i, 0x9e3779b1) >>> 24;
  }
  const rle = (): Uint8Array => {
    const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x68]);
    const block = Buffer.from([0x02, 0x00, 0x10, 0x00]);
    return Buffer.concat([
      head,
      ...Array.from({ length: 20_000 }, () => block),
      Buffer.from([1, 0, 0]),
    ]);
  };

  test.each([
    ["zeros in gzip", () => gzipSync(zeros)],
    ["zeros in gzip in a script", () => wrap(zeros, "run")],
    ["a block of one byte again and again in zstd", rle],
    ["what is just inside the ratio, in gzip", () => gzipSync(sparse)],
    ["gzip in gzip", () => gzipSync(gzipSync(zeros))],
  ])(
    "of %s is refused within 150 MiB and five seconds",
    (_, make) => {
      const file = join(scratch(), "bomb.tar");
      writeFileSync(file, make());
      const { message, memory, seconds } = openAlone(file);
      expect(message).toMatch(/expands to more than|not a tar archive/);
      expect(memory).toBeLessThan(150);
      expect(seconds).toBeLessThan(5);
    },
    30_000,
  );
});
