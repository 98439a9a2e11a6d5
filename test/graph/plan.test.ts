import { describe, expect, test } from "vitest";
import { planCopy } from "../../src/graph/plan.ts";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import { createMemory } from "../../src/store/memory.ts";
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

const digests = (list: readonly { readonly digest: string }[]) => list.map(({ digest }) => digest);
const of = (...pieces: readonly Piece[]) => digests(pieces.map(({ descriptor }) => descriptor));
const levelsOf = (plan: Awaited<ReturnType<typeof planCopy>>) =>
  plan.levels.map((level) => digests(level.map(({ descriptor }) => descriptor)));

describe("planCopy", () => {
  const content = sample();
  const signed = [...content.all, ...content.signatureBlobs, content.signature];

  test("lists blobs, then manifests with children before parents, with totals", async () => {
    const from = createMemory();
    await pushAll(from, content.all);
    const plan = await planCopy(from, createMemory(), [content.index.descriptor]);
    expect(digests(plan.blobs)).toEqual(of(...content.blobs));
    expect(levelsOf(plan)).toEqual([of(...content.manifests), of(content.index)]);
    expect(plan.levels.flat().map(({ bytes }) => bytes)).toEqual(
      [...content.manifests, content.index].map(({ bytes }) => bytes),
    );
    expect(plan.present).toEqual([]);
    expect(plan.total).toEqual({
      blobs: 4,
      manifests: 3,
      bytes: content.all.reduce((sum, { bytes }) => sum + bytes.byteLength, 0),
      present: 0,
    });
  });

  test("is the same plan whatever answers come first, one at a time or many", async () => {
    const from = createMemory();
    await pushAll(from, signed);
    const roots = [content.signature.descriptor, content.index.descriptor];
    const expected = await planCopy(from, createMemory(), roots, { concurrency: 1 });
    for (const seed of [1, 2, 3]) {
      let answers = seed;
      const slow = {
        exists: async () => {
          for (let turns = (answers++ * 7) % 5; turns > 0; turns--) {
            await new Promise((resolve) => setImmediate(resolve));
          }
          return false;
        },
      };
      expect(await planCopy(from, slow, roots)).toEqual(expected);
    }
  });

  test("leaves out layers that may not be distributed: they lie elsewhere", async () => {
    const [config, layer] = content.blobs as [Piece, Piece];
    const foreign = {
      ...blob("foreign").descriptor,
      mediaType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
      urls: ["http://127.0.0.1:1/layer"],
    };
    const manifest = jsonPiece(MediaType.ociManifest, {
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      config: config.descriptor,
      layers: [foreign, layer.descriptor],
    });
    const from = createMemory();
    await pushAll(from, [config, layer, manifest]);
    const plan = await planCopy(from, createMemory(), [manifest.descriptor]);
    expect(digests(plan.blobs)).toEqual(of(config, layer));
  });

  test("does not look below what the destination holds", async () => {
    const from = createMemory();
    const to = createMemory();
    await pushAll(from, content.all);
    const [first] = content.manifests as [Piece];
    await pushAll(to, [...content.blobs.slice(0, 2), first]);
    const asked: string[] = [];
    const watching = {
      exists: (descriptor: Descriptor) => {
        asked.push(descriptor.digest);
        return to.exists(descriptor);
      },
    };
    const plan = await planCopy(from, watching, [content.index.descriptor]);
    expect(digests(plan.present)).toEqual(of(first));
    expect(digests(plan.blobs)).toEqual(of(...content.blobs.slice(2)));
    expect(plan.levels.map((level) => level.length)).toEqual([1, 1]);
    expect(asked).not.toContain(content.blobs[0]?.descriptor.digest);
  });

  test("moves nothing when everything is there, and reads nothing", async () => {
    const to = createMemory();
    await pushAll(to, content.all);
    const never = {
      fetch: (): never => {
        throw new Error("fetched");
      },
    };
    const plan = await planCopy(never, to, [content.index.descriptor]);
    expect(plan.total).toEqual({ blobs: 0, manifests: 0, bytes: 0, present: 1 });
  });

  test("moves everything when there is no destination yet", async () => {
    const from = createMemory();
    await pushAll(from, content.all);
    expect((await planCopy(from, undefined, [content.index.descriptor])).total.manifests).toBe(3);
  });

  test("has nothing twice: shared blobs, repeated roots, a manifest in two indexes", async () => {
    const from = createMemory();
    const two = indexOf(...content.manifests, ...content.manifests);
    await pushAll(from, [...content.all, two]);
    const roots = [content.index.descriptor, two.descriptor, content.index.descriptor];
    const plan = await planCopy(from, createMemory(), roots);
    expect(plan.total).toMatchObject({ blobs: 4, manifests: 4 });
    expect(levelsOf(plan)).toEqual([of(...content.manifests), of(content.index, two)]);
  });

  test("brings the subject of a signature along, before the signature", async () => {
    const from = createMemory();
    await pushAll(from, signed);
    const plan = await planCopy(from, createMemory(), [content.signature.descriptor]);
    expect(levelsOf(plan)).toEqual([
      of(...content.manifests),
      of(content.index),
      of(content.signature),
    ]);
  });

  test("takes the content of a manifest from the data of its descriptor", async () => {
    const { blobs, manifest } = image({ architecture: "amd64", os: "linux" });
    const from = createMemory();
    await pushAll(from, blobs);
    const data = Buffer.from(manifest.bytes).toString("base64");
    const plan = await planCopy(from, undefined, [{ ...manifest.descriptor, data }]);
    expect(plan.total).toMatchObject({ blobs: 2, manifests: 1 });
  });

  test("keeps the data of a blob with it, for the copy", async () => {
    const layer = blob("inside");
    const data = Buffer.from(layer.bytes).toString("base64");
    const config = blob("config");
    const manifest = jsonPiece(MediaType.ociManifest, {
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      config: config.descriptor,
      layers: [{ ...layer.descriptor, data }],
    });
    const from = createMemory();
    await pushAll(from, [config, layer, manifest]);
    const plan = await planCopy(from, undefined, [manifest.descriptor]);
    expect(plan.blobs.map((one) => one.data)).toEqual([undefined, data]);
  });

  test("says which manifest the source lacks", async () => {
    const failure = await failureOf(
      planCopy(createMemory(), createMemory(), [content.index.descriptor]),
    );
    expect(failure).toMatchObject({
      code: "NOT_FOUND",
      detail: { digest: content.index.descriptor.digest },
    });
  });

  test("follows 8 levels and refuses 9", async () => {
    const from = createMemory();
    let top = image({ architecture: "amd64", os: "linux" });
    await pushAll(from, [...top.blobs, top.manifest]);
    // Manifest and blobs are two levels; six indexes make eight.
    for (let i = 0; i < 6; i++) {
      top = { blobs: [], manifest: indexOf(top.manifest) };
      await pushAll(from, [top.manifest]);
    }
    expect((await planCopy(from, undefined, [top.manifest.descriptor])).levels).toHaveLength(7);
    const nine = indexOf(top.manifest);
    await pushAll(from, [nine]);
    expect(await failureOf(planCopy(from, undefined, [nine.descriptor]))).toMatchObject({
      code: "CONTENT",
    });
  });

  test("ends although documents name each other, which only a broken source can say", async () => {
    const a = indexOf();
    const lying = {
      // The digest is checked, so the circle cannot close; the plan must still not hang.
      fetch: async function* () {
        yield indexOf(a).bytes;
      },
    };
    expect(await failureOf(planCopy(lying, undefined, [a.descriptor]))).toMatchObject({
      code: "CONTENT",
    });
  });

  test("stops when the signal is aborted, with its reason", async () => {
    const from = createMemory();
    await pushAll(from, content.all);
    const signal = AbortSignal.abort("enough");
    await expect(
      planCopy(from, createMemory(), [content.index.descriptor], { signal }),
    ).rejects.toBe("enough");
  });

  test("lists a referrer that is a root beside its subject once", async () => {
    const other = referrer(content.index, "other");
    const from = createMemory();
    await pushAll(from, [...signed, ...other.blobs, other.manifest]);
    const roots = [content.index, content.signature, other.manifest].map(
      ({ descriptor }) => descriptor,
    );
    const plan = await planCopy(from, createMemory(), roots);
    expect(levelsOf(plan)).toEqual([
      of(...content.manifests),
      of(content.index),
      of(content.signature, other.manifest),
    ]);
  });
});
