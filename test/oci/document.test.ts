import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HiatusError } from "../../src/errors.ts";
import {
  childrenOf,
  isIndex,
  parseDocument,
  parseIndex,
  parseManifest,
  READ_LIMIT,
  sniffMediaType,
} from "../../src/oci/document.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import { failureOf } from "../failure.ts";
import { holds } from "../property.ts";
import { bytesOf, descriptor, index, manifest } from "./documents.ts";

const raw = (text: string) => new TextEncoder().encode(text);
const asText = (value: unknown) => JSON.stringify(value);
const M = MediaType.ociManifest;
const I = MediaType.ociIndex;

/** Documents that one reader could take for one thing and another reader for another, or that lie. */
const CONFUSED: readonly (readonly [string, string, Uint8Array])[] = [
  ["a manifest that is called an index", I, bytesOf(manifest())],
  ["an index that is called a manifest", M, bytesOf(index())],
  [
    "a manifest without a type that is called an index",
    I,
    bytesOf({ ...manifest(), mediaType: undefined }),
  ],
  [
    "an index without a type that is called a manifest",
    M,
    bytesOf({ ...index(), mediaType: undefined }),
  ],
  ["both at once, called a manifest", M, bytesOf({ ...index(), ...manifest() })],
  ["both at once, called an index", I, bytesOf({ ...manifest(), ...index() })],
  ["both at once without a type", M, bytesOf({ ...index(), ...manifest(), mediaType: undefined })],
  ["a manifest with an empty list of manifests", M, bytesOf({ ...manifest(), manifests: [] })],
  ["a manifest with manifests that are null", M, bytesOf({ ...manifest(), manifests: null })],
  ["an index with a config", I, bytesOf({ ...index(), config: descriptor(MediaType.ociConfig) })],
  ["an index with no layers", I, bytesOf({ ...index(), layers: [] })],
  ["a manifest with layers of schema 1", M, bytesOf({ ...manifest(), fsLayers: [] })],
  [
    "a Docker manifest that is called an OCI one",
    M,
    bytesOf({ ...manifest(), mediaType: MediaType.dockerManifest }),
  ],
  ["an OCI manifest that is called a Docker one", MediaType.dockerManifest, bytesOf(manifest())],
  [
    "a Docker manifest without a type",
    MediaType.dockerManifest,
    bytesOf({ ...manifest(), mediaType: undefined }),
  ],
  [
    "a Docker list without a type",
    MediaType.dockerIndex,
    bytesOf({ ...index(), mediaType: undefined }),
  ],
  ["a type that is null", M, bytesOf({ ...manifest(), mediaType: null })],
  ["a type that is empty", M, bytesOf({ ...manifest(), mediaType: "" })],
  ["a type with a parameter", M, bytesOf({ ...manifest(), mediaType: `${M}; charset=utf-8` })],
  ["a type in capitals", M, bytesOf({ ...manifest(), mediaType: M.toUpperCase() })],
  ["two types", M, raw(asText(manifest()).replace("{", `{"mediaType":"${I}",`))],
  ["two lists of layers", M, raw(asText(manifest()).replace("{", '{"layers":[],'))],
  [
    "two lists of layers, one escaped",
    M,
    raw(asText(manifest()).replace("{", '{"l\\u0061yers":[],')),
  ],
  [
    "two digests in a layer",
    M,
    raw(asText(manifest()).replaceAll('"digest"', '"digest":"sha256:0","digest"')),
  ],
  ["Manifests in capitals, as Go reads them", M, bytesOf({ ...manifest(), Manifests: [] })],
  ["Layers in capitals beside layers", M, bytesOf({ ...manifest(), LAYERS: [] })],
  ["layers with a long s, as Go reads them", M, bytesOf({ ...manifest(), "layer\u017f": [] })],
  [
    "a Digest in capitals inside a layer",
    M,
    bytesOf({ ...manifest(), layers: [{ ...descriptor("a/b"), Digest: "x" }] }),
  ],
  ["another schema version", M, bytesOf({ ...manifest(), schemaVersion: 1 })],
  ["a schema version that is text", M, bytesOf({ ...manifest(), schemaVersion: "2" })],
  ["no schema version", M, bytesOf({ ...manifest(), schemaVersion: undefined })],
  ["no config", M, bytesOf({ ...manifest(), config: undefined })],
  ["a config that is null", M, bytesOf({ ...manifest(), config: null })],
  ["no layers", M, bytesOf({ ...manifest(), layers: undefined })],
  ["layers that are null", M, bytesOf({ ...manifest(), layers: null })],
  [
    "layers that are an object",
    M,
    bytesOf({ ...manifest(), layers: { 0: descriptor("a/b"), length: 1 } }),
  ],
  ["a layer that is a list", M, bytesOf({ ...manifest(), layers: [[]] })],
  ["a subject that is text", M, bytesOf({ ...manifest(), subject: "sha256:0" })],
  ["annotations that are a list", M, bytesOf({ ...manifest(), annotations: ["a"] })],
  ["an annotation that is a number", M, bytesOf({ ...manifest(), annotations: { a: 1 } })],
  ["an artifact type that is a number", M, bytesOf({ ...manifest(), artifactType: 1 })],
  ["a list", M, raw("[]")],
  ["null", M, raw("null")],
  [
    "more layers than anybody has",
    M,
    bytesOf({ ...manifest(), layers: new Array(1000).fill(descriptor("a/b")) }),
  ],
  [
    "more manifests than anybody has",
    I,
    bytesOf({ ...index(), manifests: new Array(1001).fill(descriptor("a/b")) }),
  ],
  ["8 MiB and one byte", M, raw(asText(manifest()).padEnd(READ_LIMIT + 1))],
  ["the type of a layer", MediaType.ociLayerGzip, bytesOf(manifest())],
];

describe("parseDocument", () => {
  test("the table of confused documents has at least twenty", () => {
    expect(CONFUSED.length).toBeGreaterThanOrEqual(20);
  });

  test.each(CONFUSED)("refuses %s", async (_, mediaType, bytes) => {
    expect(await failureOf(() => parseDocument(bytes, mediaType))).toMatchObject({
      code: "CONTENT",
    });
  });

  test("ends in a document or in a CONTENT error, whatever the JSON", async () => {
    const value = fc.oneof(
      fc.jsonValue(),
      fc.record(
        {
          schemaVersion: fc.constant(2),
          mediaType: fc.constantFrom(M, I),
          config: fc.oneof(fc.constant(descriptor("a/b")), fc.jsonValue()),
          layers: fc.array(fc.oneof(fc.constant(descriptor("a/b")), fc.jsonValue()), {
            maxLength: 3,
          }),
          manifests: fc.array(fc.oneof(fc.constant(descriptor("a/b")), fc.jsonValue()), {
            maxLength: 3,
          }),
          annotations: fc.jsonValue(),
        },
        { requiredKeys: [] },
      ),
    );
    await holds(
      fc.property(value, fc.constantFrom(M, I), (json, mediaType) => {
        try {
          expect(parseDocument(bytesOf(json), mediaType).mediaType).toBe(mediaType);
        } catch (error) {
          expect(error).toBeInstanceOf(HiatusError);
          expect((error as HiatusError).code).toBe("CONTENT");
        }
      }),
      1000,
    );
  });

  test("never takes one document for both kinds when its type is not stated", async () => {
    const keys = fc.record(
      {
        config: fc.constant(descriptor("a/b")),
        layers: fc.constant([]),
        manifests: fc.constant([]),
      },
      { requiredKeys: [] },
    );
    await holds(
      fc.property(keys, (fields) => {
        const bytes = bytesOf({ schemaVersion: 2, ...fields });
        const taken = [M, I].filter((mediaType) => {
          try {
            return parseDocument(bytes, mediaType) !== undefined;
          } catch {
            return false;
          }
        });
        expect(taken.length).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe("parseManifest", () => {
  test("reads every field it knows and leaves out the others", () => {
    const subject = descriptor(I, "subject");
    const fields = { ...manifest(), subject, annotations: { a: "b" }, artifactType: "a/b" };
    expect(parseManifest(bytesOf({ ...fields, unknown: 1 }), M)).toEqual(fields);
  });

  test("takes an OCI manifest that does not state its type, for one it was asked for as", () => {
    expect(parseManifest(bytesOf({ ...manifest(), mediaType: undefined }), M)).toEqual(manifest());
  });

  test("reads a Docker manifest, one without layers, and a subject of null", () => {
    const docker = {
      ...manifest(),
      mediaType: MediaType.dockerManifest,
      layers: [],
      subject: null,
    };
    const { subject: _, ...expected } = docker;
    expect(parseManifest(bytesOf(docker), MediaType.dockerManifest)).toEqual(expected);
  });

  test("reads 8 MiB exactly", () => {
    expect(parseManifest(raw(asText(manifest()).padEnd(READ_LIMIT)), M)).toEqual(manifest());
  });

  test("says where it went wrong", async () => {
    const layers = [descriptor("a/b"), { ...descriptor("a/b"), size: -1 }];
    const failure = await failureOf(() => parseManifest(bytesOf({ ...manifest(), layers }), M));
    expect(failure.message).toBe(
      `Cannot read layers[1] of the manifest of type "${M}": "size" is not a count of bytes`,
    );
  });
});

describe("parseIndex", () => {
  test("reads an index, a Docker list, and 999 children", () => {
    expect(parseIndex(bytesOf(index()), I)).toEqual(index());
    const list = { ...index(), mediaType: MediaType.dockerIndex };
    expect(parseIndex(bytesOf(list), MediaType.dockerIndex)).toEqual(list);
    const many = { ...index(), manifests: new Array(999).fill(descriptor(M)) };
    expect(parseIndex(bytesOf(many), I).manifests).toHaveLength(999);
  });
});

describe("childrenOf", () => {
  test("gives config and layers, or manifests, and never the subject", () => {
    const subject = descriptor(I, "subject");
    const one = parseDocument(bytesOf({ ...manifest(), subject }), M);
    const many = parseDocument(bytesOf({ ...index(), subject }), I);
    expect([isIndex(one), isIndex(many)]).toEqual([false, true]);
    expect(childrenOf(one).map(({ mediaType }) => mediaType)).toEqual([
      MediaType.ociConfig,
      MediaType.ociLayerGzip,
    ]);
    expect(childrenOf(many)).toEqual(index().manifests);
  });
});

describe("sniffMediaType", () => {
  test.each([M, MediaType.dockerManifest])("recognises a manifest of type %s", (mediaType) => {
    expect(sniffMediaType(bytesOf({ ...manifest(), mediaType }))).toBe(mediaType);
  });

  test.each([I, MediaType.dockerIndex])("recognises an index of type %s", (mediaType) => {
    expect(sniffMediaType(bytesOf({ ...index(), mediaType }))).toBe(mediaType);
  });

  test("goes by the shape when no type is stated, and does not mind white space", () => {
    expect(sniffMediaType(bytesOf({ ...manifest(), mediaType: undefined }))).toBe(M);
    expect(sniffMediaType(raw(`\n ${asText({ ...index(), mediaType: undefined })}`))).toBe(I);
  });

  test.each([
    [
      "a config",
      bytesOf({
        architecture: "amd64",
        os: "linux",
        config: {},
        rootfs: { type: "layers", diff_ids: [] },
      }),
    ],
    ["an empty object", raw("{}")],
    ["nothing", new Uint8Array()],
    ["gzip", Uint8Array.of(0x1f, 0x8b)],
    ["both kinds at once", bytesOf({ ...index(), ...manifest(), mediaType: undefined })],
  ])("does not take %s for either", (_, bytes) => {
    expect(sniffMediaType(bytes)).toBeUndefined();
  });
});
