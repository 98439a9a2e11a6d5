import { beforeEach, describe, expect, test } from "vitest";
import { withDocuments } from "../../src/graph/derive.ts";
import { selectPlatforms } from "../../src/graph/select.ts";
import { type Descriptor, describe as describing } from "../../src/oci/descriptor.ts";
import { encodeJson } from "../../src/oci/json.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import { parsePlatform } from "../../src/oci/platform.ts";
import { createMemory, type Memory } from "../../src/store/memory.ts";
import { readAll } from "../../src/store/verify.ts";
import { image, jsonPiece, type Piece, pushAll } from "../contract/sample.ts";
import { failureOf } from "../failure.ts";

const named = ["linux/amd64", "linux/arm/v6", "linux/arm/v7", "linux/arm64/v8"];
const images = named.map((name) => image(parsePlatform(name)));
const manifests = images.map(({ manifest }) => manifest);

/** What BuildKit adds for each image. */
const attestation = (about: Piece): Piece =>
  jsonPiece(
    MediaType.ociManifest,
    {
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      config: images[0]?.blobs[0]?.descriptor,
      layers: [],
      annotations: { about: about.descriptor.digest },
    },
    {
      platform: { os: "unknown", architecture: "unknown" },
      annotations: {
        "vnd.docker.reference.digest": about.descriptor.digest,
        "vnd.docker.reference.type": "attestation-manifest",
      },
    },
  );
const attestations = manifests.map(attestation);

let store: Memory;
let index: Piece;
beforeEach(async () => {
  store = createMemory();
  // Fields that hiatus does not know, in an order that it would not write.
  index = jsonPiece(MediaType.ociIndex, {
    manifests: [...manifests, ...attestations].map(({ descriptor }) => descriptor),
    "org.example.unknown": [1, { a: null }],
    annotations: { "org.example.title": "pause" },
    mediaType: MediaType.ociIndex,
    schemaVersion: 2,
  });
  await pushAll(
    store,
    images.flatMap(({ blobs, manifest }) => [...blobs, manifest]),
  );
  await pushAll(store, [...attestations, index]);
});
const select = (...platforms: readonly string[]) =>
  selectPlatforms(store, index.descriptor, platforms.map(parsePlatform));

describe("selectPlatforms", () => {
  test("gives the manifest of one platform as it is", async () => {
    expect(await select("linux/arm/v6")).toEqual({
      root: manifests[1]?.descriptor,
      made: [],
      dropped: [],
    });
  });

  test("makes an index of several that keeps everything else, in the order of the index", async () => {
    const { root, made } = await select("linux/arm64", "linux/amd64");
    const bytes = encodeJson({
      manifests: [manifests[0], manifests[3], attestations[0], attestations[3]].map(
        (one) => one?.descriptor,
      ),
      "org.example.unknown": [1, { a: null }],
      annotations: { "org.example.title": "pause" },
      mediaType: MediaType.ociIndex,
      schemaVersion: 2,
    });
    expect(root).toEqual(describing(MediaType.ociIndex, bytes));
    expect(made).toEqual([{ descriptor: root, bytes }]);
    expect(await select("linux/amd64", "linux/arm64/v8")).toEqual({ root, made, dropped: [] });
    expect(await readAll(withDocuments(store, made), root)).toEqual(bytes);
  });

  test("leaves the index as it is when all are wanted", async () => {
    const all = { root: index.descriptor, made: [], dropped: [] };
    expect(await select(...named)).toEqual(all);
  });

  test("takes a platform without its variant for the only one there is", async () => {
    expect((await select("linux/arm64")).root).toEqual(manifests[3]?.descriptor);
    const failure = await failureOf(select("linux/arm"));
    expect(failure).toMatchObject({
      code: "USAGE",
      message: '"linux/arm" may be any of 2 of the image',
      hint: "Write the one you mean: linux/arm/v6, linux/arm/v7",
    });
  });

  test("says what there is when a platform is missing", async () => {
    const failure = await failureOf(select("linux/amd64", "linux/s390x"));
    expect(failure).toMatchObject({
      code: "NOT_FOUND",
      message: 'The image has no "linux/s390x"',
      hint: `It has ${named.join(", ")}`,
    });
  });

  test("takes every version of a system where none is named", async () => {
    const windows = ["10.0.17763", "10.0.20348"].map((version) =>
      image({ os: "windows", architecture: "amd64", "os.version": version }, version),
    );
    const pieces = windows.map(({ manifest }) => manifest);
    await pushAll(
      store,
      windows.flatMap(({ blobs, manifest }) => [...blobs, manifest]),
    );
    index = jsonPiece(MediaType.ociIndex, {
      schemaVersion: 2,
      mediaType: MediaType.ociIndex,
      manifests: [...manifests, ...pieces].map(({ descriptor }) => descriptor),
    });
    await store.push(index.descriptor, index.bytes);
    const { made } = await select("windows/amd64");
    const kept = JSON.parse(Buffer.from(made[0]?.bytes ?? []).toString()) as {
      manifests: Descriptor[];
    };
    expect(kept.manifests).toEqual(pieces.map(({ descriptor }) => descriptor));
  });

  test("looks into the config of a lone manifest", async () => {
    const { platform: _, ...lone } = manifests[2]!.descriptor;
    const wanted = (name: string) => selectPlatforms(store, lone, [parsePlatform(name)]);
    expect(await wanted("linux/arm/v7")).toEqual({ root: lone, made: [], dropped: [] });
    expect(await failureOf(wanted("linux/amd64"))).toMatchObject({
      code: "NOT_FOUND",
      hint: "It has linux/arm/v7",
    });
  });
});
