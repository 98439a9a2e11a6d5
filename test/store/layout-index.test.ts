import { describe, expect, test } from "vitest";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import {
  encodeLayoutIndex,
  findName,
  layoutIndex,
  parseLayoutIndex,
  REF_NAME,
  tagsOf,
  withEntry,
  withoutDigest,
} from "../../src/store/layout-index.ts";
import { piece } from "../contract/sample.ts";
import { failureOf } from "../failure.ts";
import { golden } from "../golden.ts";

const manifest = (text: string): Descriptor =>
  piece(MediaType.ociManifest, new TextEncoder().encode(text)).descriptor;
const [one, two] = [manifest("one"), manifest("two")];
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

describe("layoutIndex", () => {
  test("writes the golden bytes", () => {
    const bytes = layoutIndex([
      {
        descriptor: one,
        tag: "1.0",
        annotations: { "io.containerd.image.name": "example.com/pause:1.0" },
      },
      {
        descriptor: {
          ...two,
          platform: { architecture: "arm", os: "linux", variant: "v7" },
          artifactType: "application/vnd.example",
          annotations: { z: "last", a: "first" },
          data: "dHdv",
        },
      },
    ]);
    expect(Buffer.from(bytes)).toEqual(golden("index.json", bytes));
  });

  test("replaces a tag in its place and keeps the order of the others", () => {
    const bytes = layoutIndex([
      { descriptor: one, tag: "a" },
      { descriptor: one, tag: "b" },
      { descriptor: two, tag: "a" },
    ]);
    const entries = parseLayoutIndex(bytes).entries.map(({ name, descriptor }) => [
      name,
      descriptor.digest,
    ]);
    expect(entries).toEqual([
      ["a", two.digest],
      ["b", one.digest],
    ]);
  });

  test("lists content without a tag once, and not beside a tag", () => {
    const untagged = { descriptor: one };
    expect(parseLayoutIndex(layoutIndex([untagged, untagged])).entries).toHaveLength(1);
    expect(
      parseLayoutIndex(layoutIndex([untagged, { descriptor: one, tag: "a" }])).entries,
    ).toHaveLength(1);
    expect(
      parseLayoutIndex(layoutIndex([{ descriptor: one, tag: "a" }, untagged])).entries,
    ).toHaveLength(1);
  });

  test("does not take over the name that a descriptor had elsewhere", () => {
    const named = { ...one, annotations: { [REF_NAME]: "elsewhere", kept: "yes" } };
    const [entry] = parseLayoutIndex(layoutIndex([{ descriptor: named, tag: "here" }])).entries;
    expect(entry?.descriptor.annotations).toEqual({ kept: "yes", [REF_NAME]: "here" });
  });
});

describe("parseLayoutIndex", () => {
  const foreign = JSON.stringify({
    schemaVersion: 2,
    annotations: { who: "somebody" },
    manifests: [
      { ...one, annotations: { [REF_NAME]: "example.com/pause:1.0" }, unknown: [1] },
      { ...two, platform: { os: "linux", architecture: "amd64" } },
    ],
    more: true,
  });
  const index = parseLayoutIndex(new TextEncoder().encode(foreign));

  test("keeps entries and fields of others as they are", () => {
    const { manifests, ...rest } = JSON.parse(foreign);
    expect(JSON.parse(text(encodeLayoutIndex(index)))).toEqual({ ...rest, manifests });
    const changed = JSON.parse(
      text(encodeLayoutIndex(withEntry(index, { descriptor: two, tag: "2.0" }))),
    );
    expect(changed.manifests[0]).toEqual(manifests[0]);
    expect(changed.more).toBe(true);
  });

  test.each([
    ["no list", { schemaVersion: 2 }],
    ["another schema version", { schemaVersion: 1, manifests: [] }],
    ["another media type", { schemaVersion: 2, mediaType: MediaType.dockerIndex, manifests: [] }],
    ["a config", { schemaVersion: 2, manifests: [], config: one }],
    ["a misspelt list", { schemaVersion: 2, manifests: [], Manifests: [] }],
    ["an entry without a digest", { schemaVersion: 2, manifests: [{ ...one, digest: undefined }] }],
    [
      "an entry whose digest climbs",
      { schemaVersion: 2, manifests: [{ ...one, digest: "sha256:../../etc" }] },
    ],
    ["an entry that is null", { schemaVersion: 2, manifests: [null] }],
  ])("refuses %s", async (_, value) => {
    const bytes = new TextEncoder().encode(JSON.stringify(value));
    expect(await failureOf(() => parseLayoutIndex(bytes))).toMatchObject({ code: "CONTENT" });
  });

  test("finds names exactly, else by the tag at their end", () => {
    expect(findName(index, "example.com/pause:1.0")?.digest).toBe(one.digest);
    expect(findName(index, "1.0")?.digest).toBe(one.digest);
    for (const name of ["pause:1.0", "0", "", "com", "2.0"])
      expect(findName(index, name)).toBeUndefined();
    const exact = withEntry(index, { descriptor: two, tag: "1.0" });
    expect(findName(exact, "1.0")?.digest).toBe(two.digest);
    expect(tagsOf(exact)).toEqual(["1.0"]);
  });

  test("a port at the end of a name is no tag", () => {
    const ported = withEntry(index, { descriptor: two, tag: "localhost:5000/pause" });
    expect(tagsOf(ported)).toEqual(["1.0"]);
  });

  test("takes a digest out with all its names", () => {
    const named = withEntry(withEntry(index, { descriptor: two, tag: "a" }), {
      descriptor: two,
      tag: "b",
    });
    expect(withoutDigest(named, two.digest).entries.map(({ name }) => name)).toEqual([
      "example.com/pause:1.0",
    ]);
  });
});
