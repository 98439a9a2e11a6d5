import { beforeAll, describe, expect, test } from "vitest";
import { FAMILIES } from "../../src/oci/media-type.ts";
import { readAll } from "../../src/store/verify.ts";
import { type StructureOptions, verifyStructure } from "../../src/verify/structure.ts";
import { only, PROMISED, problemsOf, resultsOf, withConfig } from "./check-image.ts";
import {
  AMD64,
  ARM64,
  type Changes,
  compilePrograms,
  type Json,
  makeImage,
  STAMP,
} from "./made-image.ts";

let programs: ReadonlyMap<string, Uint8Array>;
beforeAll(async () => {
  programs = await compilePrograms();
});

const problems = (changes: Changes, options?: StructureOptions) =>
  problemsOf(programs, changes, options);

describe("verifyStructure", () => {
  test("passes a sound image, every check with what it saw", async () => {
    const results = await resultsOf(programs, {});
    expect(results.every(({ status }) => status === "passed")).toBe(true);
    const checks = (subject: string) =>
      results.filter((result) => result.subject === subject).map(({ check }) => check);
    expect(checks("index")).toEqual(["document", "children"]);
    for (const platform of [AMD64, ARM64]) {
      expect(checks(platform)).toEqual([
        "manifest",
        "config",
        "layer",
        "entry point",
        "user",
        "labels",
        "dates",
        "binary",
      ]);
    }
    expect(results.at(-1)?.evidence).toBe(`64 bit, little-endian, machine 183, stamped ${STAMP}`);
  });

  test("passes the manifest of one platform alone", async () => {
    const { source, images } = makeImage(programs);
    const results = await verifyStructure(source, images[0]!.child, PROMISED);
    expect(results).toHaveLength(8);
    expect(results.every(({ status }) => status === "passed")).toBe(true);
  });

  test("takes Docker's family of media types, and no mixture", async () => {
    const docker = FAMILIES.docker;
    const change: Changes = {
      indexType: docker.index,
      manifest: (manifest) => ({
        ...manifest,
        mediaType: docker.manifest,
        config: { ...(manifest.config as Json), mediaType: docker.config },
        layers: [{ ...(manifest.layers as Json[])[0], mediaType: docker.layer }],
      }),
      child: (child) => ({ ...child, mediaType: docker.manifest }),
    };
    expect(await problems(change)).toEqual([]);
    const { manifest: _, ...mixed } = change;
    expect(await problems(mixed)).toEqual(
      expect.arrayContaining([expect.stringContaining("linux/amd64: manifest: Cannot read")]),
    );
  });

  test("names a wrong stamp, and needs none", async () => {
    expect(await problems({}, { ...PROMISED, stamp: "1.2.3" })).toEqual([
      expect.stringMatching(/^linux\/amd64: binary: .*pause\.c 1\.2\.3.* should be there once/),
      expect.stringMatching(/^linux\/arm64: binary: /),
    ]);
    expect(await problems({}, {})).toEqual([]);
  });

  test("compares labels whatever their order, and takes any when none are promised", async () => {
    const changes = { config: withConfig({ Labels: { b: "2", a: "1" } }) };
    expect(await problems(changes, { ...PROMISED, labels: { a: "1", b: "2" } })).toEqual([]);
    expect(await problems(changes, {})).toEqual([]);
    expect(await problems({}, { labels: { a: "1" } })).toEqual([
      "linux/amd64: labels: they are {}",
      "linux/arm64: labels: they are {}",
    ]);
  });

  test.each(["root", "manifest", "config", "layer"] as const)(
    "names a truncated, a changed and a missing %s",
    async (part) => {
      const subject = part === "root" ? "index: document" : `linux/amd64: ${part}`;
      for (const damage of ["cut", "flip", "remove"]) {
        const { source, root, images, content } = makeImage(programs);
        const [{ child, config, layer }] = images as [(typeof images)[0]];
        const { digest } = { root, manifest: child, config, layer }[part];
        const bytes = Buffer.from(content.get(digest) as Uint8Array);
        if (damage === "cut") content.set(digest, bytes.subarray(0, -1));
        if (damage === "flip") content.set(digest, bytes.fill((bytes[20] ?? 0) ^ 1, 20, 21));
        if (damage === "remove") content.delete(digest);
        const [first] = (await verifyStructure(source, root, PROMISED)).filter(
          ({ status }) => status === "failed",
        );
        expect(`${first?.subject}: ${first?.check}: ${first?.evidence}`).toMatch(
          new RegExp(`^${subject}: .*${digest}`),
        );
      }
    },
  );

  test("looks into the source and not only at what descriptors carry", async () => {
    const embed = (content: ReadonlyMap<string, Uint8Array>) => (descriptor: Json) => ({
      ...descriptor,
      data: Buffer.from(content.get(descriptor.digest as string) as Uint8Array).toString("base64"),
    });
    const { content: before } = makeImage(programs);
    const made = makeImage(programs, {
      manifest: (manifest) => ({
        ...manifest,
        config: embed(before)(manifest.config as Json),
        layers: (manifest.layers as Json[]).map(embed(before)),
      }),
    });
    expect(
      (await verifyStructure(made.source, made.root, PROMISED)).filter(
        ({ status }) => status !== "passed",
      ),
    ).toEqual([]);
    made.content.delete(made.images[0]!.layer.digest);
    const failed = (await verifyStructure(made.source, made.root, PROMISED)).find(
      ({ status }) => status === "failed",
    );
    expect(failed).toMatchObject({ subject: AMD64, check: "layer" });
  });

  test("names data that is not the content", async () => {
    const wrong = (descriptor: Json) => ({
      ...descriptor,
      data: Buffer.alloc(descriptor.size as number).toString("base64"),
    });
    expect(
      await problems({
        manifest: only(AMD64, (manifest: Json) => ({
          ...manifest,
          config: wrong(manifest.config as Json),
        })),
      }),
    ).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^linux\/amd64: manifest: .*"data" is not the content/),
      ]),
    );
  });

  test("throws what is no verdict: an abort, a disk that refuses", async () => {
    const { source, root } = makeImage(programs);
    const signal = AbortSignal.abort(new DOMException("Stop", "AbortError"));
    await expect(verifyStructure(source, root, { signal })).rejects.toBe(signal.reason);
    const broken = {
      ...source,
      fetch: () => {
        throw Object.assign(new Error("EIO"), { code: "EIO" });
      },
    };
    await expect(verifyStructure(broken, root, {})).rejects.toThrow("EIO");
  });

  test("refuses a root that is neither index nor manifest", async () => {
    const { source, images } = makeImage(programs);
    const results = await verifyStructure(source, images[0]!.layer, PROMISED);
    expect(results).toMatchObject([{ subject: "index", check: "document", status: "failed" }]);
    await expect(readAll(source, images[0]!.layer)).resolves.toBeDefined();
  });
});
