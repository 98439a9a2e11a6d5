import { beforeEach, describe, expect, test } from "vitest";
import { HiatusError } from "../../src/errors.ts";
import { findAttachments, isAttachmentTag } from "../../src/graph/attachments.ts";
import { hexOf } from "../../src/oci/digest.ts";
import { createMemory, type Memory } from "../../src/store/memory.ts";
import type { ReferrerLister, Source } from "../../src/store/source.ts";
import { image, indexOf, type Piece, pushAll, referrer, sample } from "../contract/sample.ts";
import { failureOf } from "../failure.ts";

const { index, all, manifests, signature, signatureBlobs } = sample();
const tagFor = (piece: Piece, suffix: string) =>
  `sha256-${hexOf(piece.descriptor.digest)}${suffix}`;
const plain = ({ descriptor: { mediaType, digest, size } }: Piece) => ({ mediaType, digest, size });

let store: Memory;
beforeEach(async () => {
  store = createMemory();
  await pushAll(store, all);
});
/** The store, but some of it is done otherwise. */
const but = (changes: Partial<Source & ReferrerLister>): Source & ReferrerLister => ({
  fetch: (...args) => store.fetch(...args),
  exists: (...args) => store.exists(...args),
  resolve: (...args) => store.resolve(...args),
  tags: (...args) => store.tags(...args),
  referrers: (...args) => store.referrers(...args),
  ...changes,
});
const found = async (source: Source = store) => {
  const attachments = await findAttachments(source, index.descriptor);
  return attachments.map(({ descriptor, tag }) => [descriptor.digest, tag]);
};

describe("findAttachments", () => {
  test("finds nothing where nothing is", async () => {
    expect(await found()).toEqual([]);
  });

  test("finds what refers to the index, to its manifests, and to what was found", async () => {
    const inner = referrer(manifests[1] as Piece, "about one platform");
    const second = referrer(inner.manifest, "a signature of that");
    const stranger = referrer(indexOf(manifests[0] as Piece), "of another index");
    await pushAll(store, [...signatureBlobs, signature]);
    for (const { blobs, manifest } of [inner, second, stranger]) {
      await pushAll(store, [...blobs, manifest]);
    }
    expect(await findAttachments(store, index.descriptor)).toEqual([
      { descriptor: plain(signature), subject: plain(index) },
      { descriptor: plain(inner.manifest), subject: plain(manifests[1] as Piece) },
      { descriptor: plain(second.manifest), subject: plain(inner.manifest) },
    ]);
  });

  test("finds cosign's by their tags", async () => {
    const other = image({ os: "linux", architecture: "s390x" });
    await pushAll(store, [...other.blobs, other.manifest]);
    const tag = tagFor(manifests[0] as Piece, ".sig");
    await store.tag(other.manifest.descriptor, tag);
    await store.tag(other.manifest.descriptor, `sha256-${"0".repeat(64)}.sig`);
    await store.tag(other.manifest.descriptor, "latest");
    expect(await findAttachments(store, index.descriptor)).toEqual([
      { descriptor: plain(other.manifest), subject: plain(manifests[0] as Piece), tag },
    ]);
  });

  test("reads the list by which registries without a referrers API keep them", async () => {
    await pushAll(store, [...signatureBlobs, signature]);
    const list = indexOf(signature);
    await pushAll(store, [list]);
    await store.tag(list.descriptor, tagFor(index, ""));
    // What a layout of another tool has: the tag, and no way to ask.
    const { referrers: _, ...source } = but({});
    expect(await found(source)).toEqual([[signature.descriptor.digest, undefined]]);
    // Found in both ways, it is one.
    expect(await found()).toEqual([[signature.descriptor.digest, undefined]]);
  });

  test("goes on where tags may not be listed, and tells", async () => {
    await pushAll(store, [...signatureBlobs, signature]);
    const refusal = new HiatusError("AUTH", "Nobody may list tags");
    const told: HiatusError[] = [];
    const silent = but({
      tags() {
        throw refusal;
      },
    });
    const attachments = await findAttachments(silent, index.descriptor, {
      onUnlisted: (error) => told.push(error),
    });
    expect(attachments).toHaveLength(1);
    expect(told).toEqual([refusal]);
  });

  test("refuses more than a thousand", async () => {
    const { digest: _, ...rest } = signature.descriptor;
    const many = but({
      async *referrers() {
        for (let at = 0; at < 2000; at++) {
          yield { ...rest, digest: `sha256:${at.toString(16).padStart(64, "0")}` as const };
        }
      },
    });
    expect(await failureOf(findAttachments(many, index.descriptor))).toMatchObject({
      code: "CONTENT",
      message: expect.stringContaining("More than 1000"),
    });
  });
});

describe("isAttachmentTag", () => {
  test.each([
    [`sha256-${"a".repeat(64)}`, true],
    [`sha256-${"a".repeat(64)}.sig`, true],
    [`sha512-${"a".repeat(128)}.att`, true],
    [`sha256-${"a".repeat(64)}.txt`, false],
    [`sha256-${"a".repeat(63)}.sig`, false],
    ["latest", false],
  ])("of %s is %s", (tag, expected) => {
    expect(isAttachmentTag(tag)).toBe(expected);
  });
});
