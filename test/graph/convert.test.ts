import { beforeEach, describe, expect, test } from "vitest";
import { convertImage } from "../../src/graph/convert.ts";
import { copyGraph } from "../../src/graph/copy.ts";
import { withDocuments } from "../../src/graph/derive.ts";
import { describe as describing } from "../../src/oci/descriptor.ts";
import { encodeJson } from "../../src/oci/json.ts";
import type { Manifest } from "../../src/oci/manifest.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import { createMemory, type Memory } from "../../src/store/memory.ts";
import { readAll } from "../../src/store/verify.ts";
import {
  blob,
  image,
  indexOf,
  jsonPiece,
  type Piece,
  pushAll,
  referrer,
  sample,
} from "../contract/sample.ts";
import { failureOf } from "../failure.ts";

const { index, all, manifests } = sample();
let store: Memory;
beforeEach(async () => {
  store = createMemory();
  await pushAll(store, all);
});
const jsonOf = async (from: Pick<Memory, "fetch">, piece: Piece["descriptor"]) =>
  JSON.parse(Buffer.from(await readAll(from, piece)).toString()) as Record<string, unknown>;

describe("convertImage", () => {
  test("swaps media types and leaves the bytes of configs and layers", async () => {
    const { root, made } = await convertImage(store, index.descriptor, "docker");
    const to = createMemory();
    await copyGraph(withDocuments(store, made), to, [root]);
    const written = await jsonOf(to, root);
    expect(written).toEqual({
      schemaVersion: 2,
      mediaType: MediaType.dockerIndex,
      manifests: manifests.map((_, at) => ({
        mediaType: MediaType.dockerManifest,
        digest: expect.stringMatching(/^sha256:/),
        size: expect.any(Number),
        platform: manifests[at]?.descriptor.platform,
      })),
    });
    const [first] = written.manifests as Piece["descriptor"][];
    const before = JSON.parse(Buffer.from(manifests[0]?.bytes ?? []).toString()) as Manifest;
    expect(await jsonOf(to, first as Piece["descriptor"])).toEqual({
      schemaVersion: 2,
      mediaType: MediaType.dockerManifest,
      config: { ...before.config, mediaType: MediaType.dockerConfig },
      layers: before.layers.map((layer) => ({ ...layer, mediaType: MediaType.dockerLayerGzip })),
    });
  });

  test("makes the same bytes each time, and the first ones on the way back", async () => {
    const there = await convertImage(store, index.descriptor, "docker");
    const again = await convertImage(store, index.descriptor, "docker");
    expect(again.root).toEqual(there.root);
    const back = await convertImage(withDocuments(store, there.made), there.root, "oci");
    expect(back.root).toEqual(index.descriptor);
  });

  test.each([
    ["an index", index.descriptor],
    ["a manifest", manifests[0]!.descriptor],
  ])("leaves %s that is in the format already as it is", async (_, root) => {
    expect(await convertImage(store, root, "oci")).toEqual({ root, made: [], dropped: [] });
  });

  test("leaves out what Docker's format has no room for", async () => {
    const [{ blobs, manifest }] = [image({ os: "linux", architecture: "amd64" }, "noted")];
    const annotations = { "org.example.note": "x" };
    const plain = JSON.parse(Buffer.from(manifest.bytes).toString()) as Manifest;
    const config = { ...plain.config, data: Buffer.from(blobs[0]?.bytes ?? []).toString("base64") };
    const noted = jsonPiece(
      MediaType.ociManifest,
      { ...plain, config, annotations },
      { annotations, platform: { os: "linux", architecture: "amd64" } },
    );
    const around = jsonPiece(MediaType.ociIndex, {
      schemaVersion: 2,
      mediaType: MediaType.ociIndex,
      manifests: [noted.descriptor],
      annotations,
    });
    await pushAll(store, [...blobs, noted, around]);
    const { made } = await convertImage(store, around.descriptor, "docker");
    expect(made).toHaveLength(2);
    for (const { bytes } of made) {
      expect(Buffer.from(bytes).toString()).not.toMatch(/annotations|data/);
    }
  });

  test("drops attestations, which are about other digests", async () => {
    const about = manifests[0] as Piece;
    const attestation = jsonPiece(
      MediaType.ociManifest,
      { ...(JSON.parse(Buffer.from(about.bytes).toString()) as object), annotations: { a: "b" } },
      {
        platform: { os: "unknown", architecture: "unknown" },
        annotations: { "vnd.docker.reference.digest": about.descriptor.digest },
      },
    );
    const around = indexOf(...manifests, attestation);
    await pushAll(store, [attestation, around]);
    const { root, dropped } = await convertImage(store, around.descriptor, "docker");
    expect(dropped).toEqual([attestation.descriptor]);
    expect(root).toEqual((await convertImage(store, index.descriptor, "docker")).root);
  });

  test("refuses what has no counterpart", async () => {
    const signature = referrer(index, "signed");
    await pushAll(store, [...signature.blobs, signature.manifest]);
    const failure = await failureOf(convertImage(store, signature.manifest.descriptor, "docker"));
    expect(failure.code).toBe("CONTENT");
    expect(failure.message).toContain("has no counterpart in Docker's format");

    const zstd = describing("application/vnd.oci.image.layer.v1.tar+zstd", blob("z").bytes);
    const config = all[0]!.descriptor;
    const bytes = encodeJson({
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      config,
      layers: [zstd],
    });
    const root = describing(MediaType.ociManifest, bytes);
    await store.push(zstd, blob("z").bytes);
    await store.push(root, bytes);
    expect(await failureOf(convertImage(store, root, "docker"))).toMatchObject({
      code: "CONTENT",
      message: expect.stringContaining(zstd.digest),
      hint: expect.stringContaining("--format"),
    });
  });
});
