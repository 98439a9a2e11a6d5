/** What every source and every store keeps to, whatever is behind it. */
import { describe, expect, test } from "vitest";
import { isHiatusError } from "../../src/errors.ts";
import { plainDescriptor } from "../../src/oci/descriptor.ts";
import { digestOf } from "../../src/oci/digest.ts";
import { encodeJson } from "../../src/oci/json.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import {
  canDelete,
  canListReferrers,
  canMount,
  canPushTagged,
  canUntag,
  type Source,
  type Store,
} from "../../src/store/source.ts";
import { bytesOf, failureOf, listOf, streamOf } from "../failure.ts";
import {
  blob,
  image,
  indexOf,
  type Piece,
  piece,
  pushAll,
  referrer,
  type Sample,
  sample,
} from "./sample.ts";

/** Descriptors are the same when they identify the same; annotations differ from store to store. */
const plain = plainDescriptor;

/**
 * The contract of a source.
 *
 * @param open gives a source that holds the sample with its signature, the index tagged `1.0`, and
 * the first manifest tagged `amd64`.
 */
export function sourceContract(open: (content: Sample) => Promise<Source>): void {
  describe("as a source", () => {
    const content = sample();

    test("fetch gives the bytes of every piece", async () => {
      const source = await open(content);
      for (const { descriptor, bytes } of [...content.all, content.signature]) {
        expect(await bytesOf(source.fetch(descriptor))).toEqual(Buffer.from(bytes));
      }
    });

    test("fetch opens nothing until it is iterated", async () => {
      const source = await open(content);
      const absent = source.fetch(blob("absent").descriptor);
      expect(await failureOf(bytesOf(absent))).toMatchObject({ code: "NOT_FOUND" });
    });

    test.each([-1, 1])("fetch refuses content whose size is %i byte off", async (off) => {
      const source = await open(content);
      const { descriptor } = content.blobs[1] as Piece;
      const wrong = { ...descriptor, size: descriptor.size + off };
      expect(await failureOf(bytesOf(source.fetch(wrong)))).toMatchObject({ code: "CONTENT" });
    });

    test("fetch stops when the signal is aborted, with its reason", async () => {
      const source = await open(content);
      const reason = new Error("enough");
      const stream = source.fetch(content.index.descriptor, { signal: AbortSignal.abort(reason) });
      await expect(bytesOf(stream)).rejects.toBe(reason);
    });

    test("exists says whether content is there", async () => {
      const source = await open(content);
      for (const { descriptor } of content.all) expect(await source.exists(descriptor)).toBe(true);
      expect(await source.exists(blob("absent").descriptor)).toBe(false);
      const { descriptor } = content.blobs[0] as Piece;
      expect(await source.exists({ ...descriptor, size: descriptor.size + 1 })).toBe(false);
    });

    test("resolve reads a tag", async () => {
      const source = await open(content);
      expect(plain(await source.resolve("1.0"))).toEqual(content.index.descriptor);
    });

    test("resolve reads a digest, of what is tagged and of what is not", async () => {
      const source = await open(content);
      for (const { descriptor } of [content.index, ...content.manifests]) {
        expect(plain(await source.resolve(descriptor.digest))).toEqual(plain(descriptor));
      }
    });

    test.each(["2.0", "", "../1.0", digestOf(new Uint8Array([1]))])(
      "resolve does not find %j",
      async (name) => {
        const source = await open(content);
        expect(await failureOf(source.resolve(name))).toMatchObject({ code: "NOT_FOUND" });
      },
    );

    test("resolve does not take a blob for a manifest", async () => {
      const source = await open(content);
      for (const { descriptor } of content.blobs) {
        expect(await failureOf(source.resolve(descriptor.digest))).toMatchObject({
          code: "NOT_FOUND",
        });
      }
    });

    test("tags come in code-point order", async () => {
      const source = await open(content);
      // Where there is no list of referrers, a tag stands in for it.
      const tags = (await listOf(source.tags())).filter(
        (tag) => !/^sha256-[0-9a-f]{64}$/.test(tag),
      );
      expect(tags).toEqual(["1.0", "amd64"]);
    });

    test("referrers lists what has the subject, with type and annotations", async ({ skip }) => {
      const source = await open(content);
      if (!canListReferrers(source)) return skip("it cannot list referrers");
      expect(await listOf(source.referrers(content.index.descriptor))).toEqual([
        {
          ...plain(content.signature.descriptor),
          artifactType: "application/vnd.example.signature",
          annotations: { "org.example.text": "signed" },
        },
      ]);
      const none = { artifactType: "application/vnd.example.other" };
      expect(await listOf(source.referrers(content.index.descriptor, none))).toEqual([]);
      expect(await listOf(source.referrers((content.manifests[0] as Piece).descriptor))).toEqual(
        [],
      );
    });
  });
}

/**
 * The contract of a store, that of a source included.
 *
 * @param make gives an empty store.
 */
export function storeContract(make: () => Promise<Store>): void {
  sourceContract(async (content) => {
    const store = await make();
    await pushAll(store, [...content.all, ...content.signatureBlobs, content.signature]);
    await store.tag((content.manifests[0] as Piece).descriptor, "amd64");
    await store.tag(content.index.descriptor, "1.0");
    return store;
  });

  describe("as a store", () => {
    test("push takes a stream", async () => {
      const store = await make();
      const { descriptor, bytes } = blob("a stream in three pieces");
      await store.push(
        descriptor,
        streamOf(bytes.subarray(0, 3), bytes.subarray(3, 9), bytes.subarray(9)),
      );
      expect(await bytesOf(store.fetch(descriptor))).toEqual(Buffer.from(bytes));
    });

    test("push takes large content, as bytes and as a stream", async () => {
      const store = await make();
      const large = piece(MediaType.ociLayerGzip, Buffer.alloc(1_500_000, "large"));
      const larger = piece(MediaType.ociLayerGzip, Buffer.alloc(1_500_001, "larger"));
      await store.push(large.descriptor, large.bytes);
      await store.push(
        larger.descriptor,
        streamOf(larger.bytes.subarray(0, 700_000), larger.bytes.subarray(700_000)),
      );
      expect(digestOf(await bytesOf(store.fetch(large.descriptor)))).toBe(large.descriptor.digest);
      expect(digestOf(await bytesOf(store.fetch(larger.descriptor)))).toBe(
        larger.descriptor.digest,
      );
    });

    test("push takes content of no bytes", async () => {
      const store = await make();
      const empty = piece(MediaType.ociLayerGzip, new Uint8Array());
      await store.push(empty.descriptor, empty.bytes);
      expect(await store.exists(empty.descriptor)).toBe(true);
      expect(await bytesOf(store.fetch(empty.descriptor))).toHaveLength(0);
    });

    test("push takes a SHA-512 digest", async () => {
      const store = await make();
      const { bytes, descriptor } = blob("another algorithm");
      const other = { ...descriptor, digest: digestOf(bytes, "sha512") };
      await store.push(other, bytes);
      expect(await store.exists(descriptor)).toBe(false);
      expect(await bytesOf(store.fetch(other))).toEqual(Buffer.from(bytes));
    });

    test("push of what is there does nothing", async () => {
      const store = await make();
      const content = sample();
      await pushAll(store, content.all);
      await pushAll(store, content.all);
      expect(await store.exists(content.index.descriptor)).toBe(true);
    });

    test.each([
      ["bytes", (bytes: Uint8Array) => bytes],
      ["a stream", (bytes: Uint8Array) => streamOf(bytes)],
    ])("push refuses wrong content in %s and keeps nothing of it", async (_, as) => {
      const store = await make();
      const { descriptor, bytes } = blob("the right content");
      const flipped = Uint8Array.from(bytes);
      flipped[3] = (flipped[3] ?? 0) ^ 1;
      for (const wrong of [
        flipped,
        bytes.subarray(1),
        Buffer.concat([bytes, bytes]),
        new Uint8Array(),
      ]) {
        expect(await failureOf(store.push(descriptor, as(wrong)))).toMatchObject({
          code: "CONTENT",
        });
        expect(await store.exists(descriptor)).toBe(false);
      }
    });

    test("push passes on what the stream throws and keeps nothing", async () => {
      const store = await make();
      const { descriptor, bytes } = blob("cut off");
      const reason = new Error("the line is dead");
      async function* broken() {
        yield bytes.subarray(0, 3);
        throw reason;
      }
      await expect(store.push(descriptor, broken())).rejects.toBe(reason);
      expect(await store.exists(descriptor)).toBe(false);
    });

    test("push refuses a manifest before its blobs and an index before its manifests", async () => {
      const store = await make();
      const content = sample();
      const [manifest] = content.manifests as [Piece];
      const early = await failureOf(store.push(manifest.descriptor, manifest.bytes));
      expect(early).toMatchObject({ code: "INCOMPLETE" });
      expect(early.detail.missing).toHaveLength(2);
      await pushAll(store, content.blobs);
      expect(
        await failureOf(store.push(content.index.descriptor, content.index.bytes)),
      ).toMatchObject({
        code: "INCOMPLETE",
      });
      expect(await store.exists(content.index.descriptor)).toBe(false);
    });

    test("push takes a referrer before its subject", async () => {
      const store = await make();
      const content = sample();
      await pushAll(store, [...content.signatureBlobs, content.signature]);
      expect(await store.exists(content.signature.descriptor)).toBe(true);
    });

    test("push refuses a manifest that is called an index, and the other way round", async () => {
      const store = await make();
      const content = sample();
      await pushAll(store, content.all);
      const two = sample("others");
      await pushAll(store, two.blobs);
      const [manifest] = two.manifests as [Piece];
      const asIndex = { ...manifest.descriptor, mediaType: MediaType.ociIndex };
      expect(await failureOf(store.push(asIndex, manifest.bytes))).toMatchObject({
        code: "CONTENT",
      });
      const asManifest = { ...content.index.descriptor, mediaType: MediaType.ociManifest };
      expect(await failureOf(store.tag(asManifest, "wrong"))).toMatchObject({ code: "CONTENT" });
    });

    test("push refuses a manifest that two readers could read differently", async () => {
      const store = await make();
      const { blobs, manifest } = image({ architecture: "amd64", os: "linux" });
      await pushAll(store, blobs);
      const text = new TextDecoder().decode(manifest.bytes);
      const confused = piece(
        MediaType.ociManifest,
        new TextEncoder().encode(text.replace("{", '{"manifests":[],')),
      );
      expect(await failureOf(store.push(confused.descriptor, confused.bytes))).toMatchObject({
        code: "CONTENT",
      });
    });

    test("tag moves a tag and leaves others alone", async () => {
      const store = await make();
      const [one, two] = [sample("one"), sample("two")];
      await pushAll(store, [...one.all, ...two.all]);
      await store.tag(one.index.descriptor, "latest");
      await store.tag(one.index.descriptor, "1.0");
      await store.tag(two.index.descriptor, "latest");
      expect((await store.resolve("latest")).digest).toBe(two.index.descriptor.digest);
      expect((await store.resolve("1.0")).digest).toBe(one.index.descriptor.digest);
      expect(await listOf(store.tags())).toEqual(["1.0", "latest"]);
    });

    test("tag refuses what is not there, what is no manifest, and what is no tag", async () => {
      const store = await make();
      const content = sample();
      const { descriptor } = content.index;
      expect(await failureOf(store.tag(descriptor, "1.0"))).toMatchObject({ code: "NOT_FOUND" });
      await pushAll(store, content.all);
      const [config] = content.blobs as [Piece];
      expect(await failureOf(store.tag(config.descriptor, "1.0"))).toMatchObject({
        code: "INVALID",
      });
      for (const tag of ["", "-", ".", "a/b", "a:b", "ü", "x".repeat(129), "a\n"]) {
        expect(await failureOf(store.tag(descriptor, tag))).toMatchObject({ code: "INVALID" });
      }
      await store.tag(descriptor, "x".repeat(128));
      expect(await listOf(store.tags())).toEqual(["x".repeat(128)]);
    });

    test("a manifest with the data of its blobs inside is taken as it is", async () => {
      const store = await make();
      const config = piece(MediaType.ociEmpty, encodeJson({}));
      const data = Buffer.from(config.bytes).toString("base64");
      const bytes = encodeJson({
        schemaVersion: 2,
        mediaType: MediaType.ociManifest,
        config: { ...config.descriptor, data },
        layers: [],
      });
      const manifest = piece(MediaType.ociManifest, bytes);
      await pushAll(store, [config, manifest]);
      expect(await bytesOf(store.fetch(manifest.descriptor))).toEqual(Buffer.from(bytes));
    });

    test("twenty pushes and tags at once all arrive", async () => {
      const store = await make();
      const samples = Array.from({ length: 20 }, (_, i) => sample(`sample ${i}`));
      await Promise.all(
        samples.map(async (content, i) => {
          await pushAll(store, content.all);
          await store.tag(content.index.descriptor, `v${i}`);
        }),
      );
      expect(await listOf(store.tags())).toHaveLength(20);
      for (const [i, { index }] of samples.entries()) {
        expect((await store.resolve(`v${i}`)).digest).toBe(index.descriptor.digest);
        expect(await store.exists(index.descriptor)).toBe(true);
      }
    });

    test("delete takes content and its tags away, and what needs it is not whole any more", async ({
      skip,
    }) => {
      const store = await make();
      if (!canDelete(store)) return skip("it cannot delete");
      const content = sample();
      await pushAll(store, content.all);
      const [manifest] = content.manifests as [Piece];
      await store.tag(manifest.descriptor, "amd64");
      await store.tag(content.index.descriptor, "1.0");
      await store.delete(manifest.descriptor);
      expect(await store.exists(manifest.descriptor)).toBe(false);
      expect(await store.exists(content.index.descriptor)).toBe(false);
      expect(await listOf(store.tags())).toEqual(["1.0"]);
      expect(await failureOf(store.resolve(manifest.descriptor.digest))).toMatchObject({
        code: "NOT_FOUND",
      });
      expect(await failureOf(store.delete(manifest.descriptor))).toMatchObject({
        code: "NOT_FOUND",
      });
      await store.push(manifest.descriptor, manifest.bytes);
      expect(await store.exists(content.index.descriptor)).toBe(true);
    });

    test("referrers are found by the type of their config when they have none of their own", async ({
      skip,
    }) => {
      const store = await make();
      if (!canListReferrers(store)) return skip("it cannot list referrers");
      const subject = indexOf();
      const typed = referrer(subject, "typed", MediaType.ociIndex);
      const { artifactType: _, ...rest } = JSON.parse(
        new TextDecoder().decode(typed.manifest.bytes),
      );
      const untyped = piece(MediaType.ociManifest, encodeJson(rest));
      await pushAll(store, [subject, ...typed.blobs, typed.manifest, untyped]);
      const found = await listOf(
        store.referrers(subject.descriptor, { artifactType: MediaType.ociEmpty }),
      );
      expect(found.map(({ digest }) => digest)).toEqual([untyped.descriptor.digest]);
      expect(await listOf(store.referrers(subject.descriptor))).toHaveLength(2);
    });

    test("pushTagged takes a manifest and names it, or moves the name", async ({ skip }) => {
      const store = await make();
      if (!canPushTagged(store)) return skip("it cannot push by tag");
      const [one, two] = [sample("one"), sample("two")];
      for (const { all, index } of [one, two]) {
        await pushAll(store, all.slice(0, -1));
        await store.pushTagged(index.descriptor, index.bytes, "latest");
        expect((await store.resolve("latest")).digest).toBe(index.descriptor.digest);
        expect(await store.exists(index.descriptor)).toBe(true);
      }
      await store.pushTagged(two.index.descriptor, two.index.bytes, "latest");
      expect(await listOf(store.tags())).toEqual(["latest"]);
    });

    test("pushTagged refuses what push and tag refuse, and then there is no tag", async ({
      skip,
    }) => {
      const store = await make();
      if (!canPushTagged(store)) return skip("it cannot push by tag");
      const { index, manifests, blobs } = sample();
      const [manifest] = manifests as [Piece];
      const [config] = blobs as [Piece];
      const push = (piece: Piece, bytes: Uint8Array, tag: string) =>
        failureOf(store.pushTagged(piece.descriptor, bytes, tag));
      expect(await push(index, index.bytes, "1.0")).toMatchObject({ code: "INCOMPLETE" });
      expect(await push(index, manifest.bytes, "1.0")).toMatchObject({ code: "CONTENT" });
      expect(await push(index, index.bytes, "a/b")).toMatchObject({ code: "INVALID" });
      expect(await push(config, config.bytes, "1.0")).toMatchObject({ code: "INVALID" });
      expect(await listOf(store.tags())).toEqual([]);
    });

    test("untag forgets the tag and keeps what it named, and other names of it", async ({
      skip,
    }) => {
      const store = await make();
      if (!canUntag(store)) return skip("it cannot forget tags");
      const { all, index } = sample();
      await pushAll(store, all);
      for (const tag of ["1.0", "latest"]) await store.tag(index.descriptor, tag);
      const refused = await store.untag("latest").catch((error: unknown) => error);
      if (isHiatusError(refused, "REGISTRY") && refused.detail.unsupported === true) {
        return skip("the registry behind it deletes no tags");
      }
      expect(refused).toBeUndefined();
      expect(await listOf(store.tags())).toEqual(["1.0"]);
      expect(await failureOf(store.resolve("latest"))).toMatchObject({ code: "NOT_FOUND" });
      expect(await store.exists(index.descriptor)).toBe(true);
      expect((await store.resolve("1.0")).digest).toBe(index.descriptor.digest);
      expect(await failureOf(store.untag("latest"))).toMatchObject({ code: "NOT_FOUND" });
      expect(await failureOf(store.untag("a/b"))).toMatchObject({ code: "NOT_FOUND" });
      await store.tag(index.descriptor, "latest");
      expect((await store.resolve("latest")).digest).toBe(index.descriptor.digest);
    });

    test("mount of what is not in the other repository leaves it to a push", async ({ skip }) => {
      const store = await make();
      if (!canMount(store)) return skip("it has no other repositories beside it");
      const { descriptor, bytes } = blob("not over there");
      expect(await store.mount(descriptor, "some/other/place")).toBe(false);
      expect(await store.exists(descriptor)).toBe(false);
      await store.push(descriptor, bytes);
      expect(await bytesOf(store.fetch(descriptor))).toEqual(Buffer.from(bytes));
      expect(await failureOf(store.mount(descriptor, "../v2"))).toMatchObject({ code: "INVALID" });
    });

    test("every call stops when the signal is aborted, with its reason", async () => {
      const store = await make();
      const { descriptor, bytes } = indexOf();
      const reason = new Error("enough");
      const options = { signal: AbortSignal.abort(reason) };
      await expect(store.push(descriptor, bytes, options)).rejects.toBe(reason);
      await expect(store.exists(descriptor, options)).rejects.toBe(reason);
      await expect(store.resolve("1.0", options)).rejects.toBe(reason);
      await expect(listOf(store.tags(options))).rejects.toBe(reason);
      await store.push(descriptor, bytes);
      await expect(store.tag(descriptor, "1.0", options)).rejects.toBe(reason);
      expect(await listOf(store.tags())).toEqual([]);
    });
  });
}
