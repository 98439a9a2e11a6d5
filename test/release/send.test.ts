import { beforeEach, describe, expect, test } from "vitest";
import { HiatusError } from "../../src/errors.ts";
import { hexOf } from "../../src/oci/digest.ts";
import { type PreparedImage, prepareImage } from "../../src/release/prepare.ts";
import { planSend, type SendEvent, sendImage } from "../../src/release/send.ts";
import { createMemory, type Memory } from "../../src/store/memory.ts";
import type { Distant, Store, TaggedPusher } from "../../src/store/source.ts";
import { image, jsonPiece, pushAll, referrer, sample } from "../contract/sample.ts";
import { failureOf, listOf } from "../failure.ts";

const { index, all, manifests, blobs, signature, signatureBlobs } = sample();
const cosign = referrer(index, "by tag");
const COSIGN_TAG = `sha256-${hexOf(index.descriptor.digest)}.sig`;

let from: Memory;
let to: Memory;
let prepared: PreparedImage;
beforeEach(async () => {
  from = createMemory();
  to = createMemory();
  await pushAll(from, all);
  prepared = await prepareImage(from, index.descriptor);
});
const withSignatures = async () => {
  await pushAll(from, [...signatureBlobs, signature, ...cosign.blobs]);
  const { subject: _, ...bare } = JSON.parse(Buffer.from(cosign.manifest.bytes).toString());
  const tagged = jsonPiece(cosign.manifest.descriptor.mediaType, bare);
  await from.push(tagged.descriptor, tagged.bytes);
  await from.tag(tagged.descriptor, COSIGN_TAG);
  prepared = await prepareImage(from, index.descriptor);
  return tagged;
};
/** A registry, as far as questions to it are concerned: all of them are noted. */
function distant(store: Memory) {
  const asked: string[] = [];
  const note = <T>(what: string, answer: T): T => {
    asked.push(what);
    return answer;
  };
  const registry: Store & Distant & TaggedPusher = {
    fetch: (descriptor, how) => store.fetch(descriptor, how),
    tags: (how) => store.tags(how),
    exists: (descriptor, how) => note("exists", store.exists(descriptor, how)),
    resolve: (name, how) => note("resolve", store.resolve(name, how)),
    push: (descriptor, content, how) => note("push", store.push(descriptor, content, how)),
    tag: (descriptor, tag, how) => note("tag", store.tag(descriptor, tag, how)),
    async pushTagged(descriptor, content, tag, how) {
      asked.push("pushTagged");
      await store.push(descriptor, content, how);
      await store.tag(descriptor, tag, how);
    },
    worthAsking: () => false,
  };
  return { asked, registry };
}

describe("sendImage", () => {
  test("sends everything, tags it, and tells what happens", async () => {
    const events: SendEvent[] = [];
    const sent = await sendImage(prepared, to, {
      tags: ["1", "latest"],
      onProgress: (event) => events.push(event),
    });
    expect(sent).toEqual({
      status: "sent",
      moves: ["1", "latest"].map((tag) => ({
        tag,
        before: undefined,
        after: index.descriptor.digest,
      })),
      blobs: blobs.length,
      manifests: manifests.length + 1,
      bytes: all.reduce((sum, { descriptor }) => sum + descriptor.size, 0),
      attachmentError: undefined,
    });
    expect(await to.resolve("1")).toMatchObject({ digest: index.descriptor.digest });
    expect(await listOf(to.tags())).toEqual(["1", "latest"]);
    expect(events.map(({ type }) => type).slice(0, 2)).toEqual(["found", "plan"]);
    expect(events.filter(({ type }) => type === "tagged")).toHaveLength(2);
  });

  test("asks a registry as little as can be: cold once for the tag, converged once", async () => {
    const { asked, registry } = distant(to);
    await sendImage(prepared, registry, { tags: ["1"] });
    const pushes = Array.from({ length: blobs.length + manifests.length }, () => "push");
    expect(asked).toEqual(["resolve", ...pushes, "pushTagged"]);
    asked.length = 0;
    const sent = await sendImage(prepared, registry, { tags: ["1"] });
    expect(asked).toEqual(["resolve"]);
    expect(sent).toMatchObject({ status: "present", blobs: 0, manifests: 0, bytes: 0 });
  });

  test("sets further tags with the bytes at hand, and nothing else", async () => {
    const { asked, registry } = distant(to);
    await sendImage(prepared, registry, { tags: ["1"] });
    asked.length = 0;
    const sent = await sendImage(prepared, registry, { tags: ["1", "2"] });
    expect(asked).toEqual(["resolve", "resolve", "pushTagged"]);
    expect(sent).toMatchObject({ status: "sent", blobs: 0, manifests: 0 });
    expect((await to.resolve("2")).digest).toBe(index.descriptor.digest);
  });

  test("tells what a tag named before", async () => {
    const older = image({ os: "linux", architecture: "amd64" }, "older");
    await pushAll(to, [...older.blobs, older.manifest]);
    await to.tag(older.manifest.descriptor, "1");
    const before = older.manifest.descriptor.digest;
    const after = index.descriptor.digest;
    const { moves } = await sendImage(prepared, to, { tags: ["1"] });
    expect(moves).toEqual([{ tag: "1", before, after }]);
    expect((await to.resolve("1")).digest).toBe(after);
  });

  test("without tags sends by digest", async () => {
    await sendImage(prepared, to, { tags: [] });
    expect(await to.exists(index.descriptor)).toBe(true);
    expect(await listOf(to.tags())).toEqual([]);
    expect(await sendImage(prepared, to, { tags: [] })).toMatchObject({ status: "present" });
  });

  test("mends what went missing where looking is cheap", async () => {
    await sendImage(prepared, to, { tags: ["1"] });
    const [lost] = blobs;
    await to.delete(lost!.descriptor);
    expect(await sendImage(prepared, to, { tags: ["1"] })).toMatchObject({
      status: "sent",
      blobs: 1,
    });
    expect(await to.exists(index.descriptor)).toBe(true);
  });

  test("carries what is attached, and once the image is there only what is missing of it", async () => {
    await sendImage(prepared, to, { tags: ["1"] });
    const tagged = await withSignatures();
    const sent = await sendImage(prepared, to, { tags: ["1"] });
    expect(sent).toMatchObject({ status: "sent", manifests: 2 });
    const referrers = await listOf(to.referrers(index.descriptor));
    expect(referrers.map(({ digest }) => digest)).toEqual([signature.descriptor.digest]);
    expect((await to.resolve(COSIGN_TAG)).digest).toBe(tagged.descriptor.digest);
    expect(await sendImage(prepared, to, { tags: ["1"] })).toMatchObject({ status: "present" });
  });

  test("has signatures there before the tag names what they sign", async () => {
    await withSignatures();
    const seen: boolean[] = [];
    const tag = to.tag.bind(to);
    const watched = Object.assign(to, {
      async tag(...args: Parameters<Memory["tag"]>) {
        if (args[1] === "1") seen.push(await to.exists(signature.descriptor));
        await tag(...args);
      },
    });
    await sendImage(prepared, watched, { tags: ["1"] });
    expect(seen).toEqual([true]);
  });

  test("does not lose the image because of what is attached", async () => {
    await withSignatures();
    const push = to.push.bind(to);
    const refusing = Object.assign(to, {
      async push(...args: Parameters<Memory["push"]>) {
        if (args[0].digest === signature.descriptor.digest) {
          throw new HiatusError("REGISTRY", "No artifacts here", { hint: "Use another registry" });
        }
        await push(...args);
      },
    });
    const { status, attachmentError } = await sendImage(prepared, refusing, { tags: ["1"] });
    expect(status).toBe("sent");
    expect(attachmentError).toMatchObject({ code: "REGISTRY", hint: "Use another registry" });
    expect((await to.resolve("1")).digest).toBe(index.descriptor.digest);
    expect(await to.exists(index.descriptor)).toBe(true);
  });

  test("fails, and leaves the tag, when the image itself is refused", async () => {
    await withSignatures();
    const refusing = Object.assign(to, {
      async push() {
        throw new HiatusError("REGISTRY", "Nothing here");
      },
    });
    const failure = await failureOf(sendImage(prepared, refusing, { tags: ["1"] }));
    expect(failure.code).toBe("REGISTRY");
    expect(await listOf(to.tags())).toEqual([]);
  });

  test("does not take a failing question for an absent tag", async () => {
    const silent = Object.assign(to, {
      async resolve(): Promise<never> {
        throw new HiatusError("NETWORK", "Nobody answers");
      },
    });
    expect(await failureOf(sendImage(prepared, silent, { tags: ["1"] }))).toMatchObject({
      code: "NETWORK",
    });
  });

  test("ends with the reason of the signal", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const sending = sendImage(prepared, to, {
      tags: ["1"],
      signal,
      onProgress: ({ type }) => type === "copied" && controller.abort(new Error("enough")),
    });
    await expect(sending).rejects.toThrow("enough");
    expect(await listOf(to.tags())).toEqual([]);
  });
});

describe("planSend", () => {
  test("asks for everything and writes nothing", async () => {
    const other = image({ os: "linux", architecture: "amd64" });
    await pushAll(to, other.blobs.slice(1));
    const { registry, asked } = distant(to);
    const { moves, plan } = await planSend(prepared, registry, { tags: ["1"] });
    expect(moves).toEqual([{ tag: "1", before: undefined, after: index.descriptor.digest }]);
    expect(plan.total).toMatchObject({
      blobs: blobs.length - 1,
      manifests: manifests.length + 1,
      present: 1,
    });
    expect(asked.every((what) => what === "exists" || what === "resolve")).toBe(true);
    expect(await listOf(to.tags())).toEqual([]);
  });

  test("of what is there already finds nothing to do", async () => {
    await withSignatures();
    await sendImage(prepared, to, { tags: ["1"] });
    const { plan } = await planSend(prepared, to, { tags: ["1"] });
    expect(plan.total).toMatchObject({ blobs: 0, manifests: 0, bytes: 0 });
  });
});
