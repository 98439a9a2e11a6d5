import { describe, expect, test } from "vitest";
import { describe as describeBytes } from "../../src/oci/descriptor.ts";
import { digestOf } from "../../src/oci/digest.ts";
import { encodeJson } from "../../src/oci/json.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import { referrersTag } from "../../src/oci/tag.ts";
import { noKnowledge } from "../../src/remote/knowledge.ts";
import { type Piece, pushAll, referrer, sample } from "../contract/sample.ts";
import { failureOf, listOf } from "../failure.ts";
import type { Behaviour } from "./fake-registry/behaviour.ts";
import { openFake } from "./fake-registry/open.ts";
import { complaint, createFakeRegistry } from "./fake-registry/registry.ts";

const { all, index } = sample();
const subject = index.descriptor;
const tag = referrersTag(subject.digest);

function start(behaviour: Partial<Behaviour> = { referrers: false }) {
  const registry = createFakeRegistry(behaviour);
  const open = () => openFake(registry.handler, { knowledge: noKnowledge() });
  const digests = async (repository = open()) =>
    (await listOf(repository.referrers(subject))).map(({ digest }) => digest).sort();
  return { registry, open, digests };
}

const signatures = Array.from({ length: 6 }, (_, i) => referrer(index, `signature ${i}`));
const digestsOf = (pieces: readonly { readonly manifest: Piece }[]) =>
  pieces.map(({ manifest }) => manifest.descriptor.digest).sort();

describe("referrersTag", () => {
  test("is the digest with a dash, and no more than 64 characters of it", () => {
    const bytes = new Uint8Array();
    expect(referrersTag(digestOf(bytes))).toBe(
      "sha256-e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    );
    expect(referrersTag(digestOf(bytes, "sha512"))).toMatch(
      /^sha512-cf83e1357eefb8bd[0-9a-f]{48}$/,
    );
  });
});

describe("a push of a referrer", () => {
  test("says nothing more where the registry lists it", async () => {
    const { registry, open } = start({});
    const [one] = signatures as [(typeof signatures)[0]];
    const repository = open();
    await pushAll(repository, [...all, ...one.blobs]);
    const before = registry.requests.length;
    await repository.push(one.manifest.descriptor, one.manifest.bytes);
    expect(registry.requests.slice(before)).toHaveLength(1);
    expect([...registry.repository("team/pause").tags.keys()]).toEqual([]);
  });

  test.each([false, "html", "empty"] as const)(
    "writes the tag that stands in for a list where that is %j",
    async (referrers) => {
      const { registry, open, digests } = start({ referrers });
      const repository = open();
      await pushAll(repository, all);
      for (const { blobs, manifest } of signatures) await pushAll(repository, [...blobs, manifest]);
      const { tags, manifests } = registry.repository("team/pause");
      const stored = manifests.get(tags.get(tag) ?? "");
      expect(stored?.mediaType).toBe(MediaType.ociIndex);
      expect(JSON.parse(new TextDecoder().decode(stored?.bytes)).manifests[0]).toEqual({
        mediaType: MediaType.ociManifest,
        digest: signatures[0]?.manifest.descriptor.digest,
        size: signatures[0]?.manifest.descriptor.size,
        artifactType: "application/vnd.example.signature",
        annotations: { "org.example.text": "signature 0" },
      });
      expect(await digests()).toEqual(digestsOf(signatures));
    },
  );

  test("keeps what others listed, also when they come at the same time", async () => {
    const { open, digests } = start();
    await pushAll(open(), all);
    await Promise.all(
      signatures.map(({ blobs, manifest }) => pushAll(open(), [...blobs, manifest])),
    );
    expect(await digests()).toEqual(digestsOf(signatures));
  });

  test("looks again when another process wrote in between", async () => {
    const [mine, theirs] = signatures as [(typeof signatures)[0], (typeof signatures)[0]];
    let overwritten = false;
    const { registry, open, digests } = start({
      referrers: false,
      around: async (request, next) => {
        const response = await next(request);
        // Right after our write comes the one of somebody who had read before it.
        if (request.method === "PUT" && request.url.endsWith(tag) && !overwritten) {
          overwritten = true;
          const { mediaType, digest, size } = theirs.manifest.descriptor;
          const bytes = encodeJson({
            schemaVersion: 2,
            mediaType: MediaType.ociIndex,
            manifests: [{ mediaType, digest, size }],
          });
          const { manifests, tags } = registry.repository("team/pause");
          const written = describeBytes(MediaType.ociIndex, bytes).digest;
          manifests.set(written, { mediaType: MediaType.ociIndex, bytes });
          tags.set(tag, written);
        }
        return response;
      },
    });
    const repository = open();
    await pushAll(repository, [...all, ...theirs.blobs]);
    registry.repository("team/pause").manifests.set(theirs.manifest.descriptor.digest, {
      mediaType: MediaType.ociManifest,
      bytes: theirs.manifest.bytes,
    });
    await pushAll(repository, [...mine.blobs, mine.manifest]);
    expect(await digests()).toEqual(digestsOf([mine, theirs]));
  });

  test("gives up with an error when others overwrite it again and again", async () => {
    const { registry, open } = start({
      referrers: false,
      around: async (request, next) => {
        const response = await next(request);
        if (request.method === "PUT" && request.url.endsWith(tag)) {
          registry.repository("team/pause").tags.delete(tag);
        }
        return response;
      },
    });
    const [one] = signatures as [(typeof signatures)[0]];
    const repository = open();
    await pushAll(repository, [...all, ...one.blobs]);
    const error = await failureOf(repository.push(one.manifest.descriptor, one.manifest.bytes));
    expect(error).toMatchObject({ code: "REGISTRY", detail: { subject: subject.digest } });
    expect(registry.requests.length).toBeLessThan(80);
  });

  test("drops from the tag what is not there any more and keeps a refusal from it", async () => {
    const { registry, open, digests } = start();
    const [gone, kept] = signatures as [(typeof signatures)[0], (typeof signatures)[0]];
    const repository = open();
    await pushAll(repository, [...all, ...gone.blobs, gone.manifest]);
    registry.repository("team/pause").manifests.delete(gone.manifest.descriptor.digest);
    await pushAll(repository, [...kept.blobs, kept.manifest]);
    expect(await digests()).toEqual(digestsOf([kept]));
  });

  test("does not overwrite a tag that is something else", async () => {
    const { registry, open } = start();
    const repository = open();
    await pushAll(repository, all);
    const [one] = signatures as [(typeof signatures)[0]];
    const [manifest] = sample().manifests as [Piece];
    registry.repository("team/pause").tags.set(tag, manifest.descriptor.digest);
    await pushAll(repository, one.blobs);
    const error = await failureOf(repository.push(one.manifest.descriptor, one.manifest.bytes));
    expect(error).toMatchObject({ code: "REGISTRY", detail: { subject: subject.digest } });
    expect(registry.repository("team/pause").tags.get(tag)).toBe(manifest.descriptor.digest);
  });

  test("that is deleted goes off the tag again", async () => {
    const { open, digests } = start();
    const repository = open();
    await pushAll(repository, all);
    const [one, two] = signatures as [(typeof signatures)[0], (typeof signatures)[0]];
    for (const { blobs, manifest } of [one, two]) await pushAll(repository, [...blobs, manifest]);
    await open().delete(one.manifest.descriptor);
    expect(await digests()).toEqual(digestsOf([two]));
  });

  test("after a lost answer is found all the same", async () => {
    let lose = true;
    const [one] = signatures as [(typeof signatures)[0]];
    const { open, digests } = start({
      referrers: false,
      around: async (request, next) => {
        const response = await next(request);
        const isIt = request.url.endsWith(one.manifest.descriptor.digest);
        if (request.method !== "PUT" || !isIt || !lose) return response;
        lose = false;
        return complaint(504, "UNKNOWN");
      },
    });
    await pushAll(open(), [...all, ...one.blobs, one.manifest]);
    expect(await digests()).toEqual(digestsOf([one]));
  });
});

describe("Repository.referrers", () => {
  test("are none where there is neither a list nor a tag", async () => {
    for (const referrers of [true, false, "html", "empty"] as const) {
      expect(await start({ referrers }).digests()).toEqual([]);
    }
  });

  test("ask for the list once where there is none", async () => {
    const { registry, open } = start();
    const repository = open();
    await listOf(repository.referrers(subject));
    await listOf(repository.referrers(subject));
    expect(registry.requests.filter((line) => line.includes("/referrers/"))).toHaveLength(1);
  });

  test("come page by page, at most 1000 of them", async () => {
    const entries = Array.from({ length: 1500 }, (_, i) =>
      describeBytes(MediaType.ociManifest, encodeJson(i)),
    );
    const page = (number: number) => ({
      schemaVersion: 2,
      mediaType: MediaType.ociIndex,
      manifests: entries.slice(number * 300, (number + 1) * 300),
    });
    const { registry, open } = start({
      around: (request) => {
        const number = Number(new URL(request.url).searchParams.get("page") ?? 0);
        return Response.json(page(number), {
          headers: {
            "content-type": MediaType.ociIndex,
            link: `<?page=${number + 1}>; rel="next"`,
          },
        });
      },
    });
    const found = await listOf(open().referrers(subject));
    expect(found).toEqual(entries.slice(0, 1000));
    expect(registry.requests).toHaveLength(4);
  });

  test.each([401, 403, 500])("an answer of %i is not a list of none", async (status) => {
    const { open } = start({ around: () => complaint(status, "DENIED") });
    expect((await failureOf(listOf(open().referrers(subject)))).detail.status).toBe(status);
  });

  test("a list that two readers could read differently is an error", async () => {
    const text = `{"schemaVersion":2,"mediaType":"${MediaType.ociIndex}","manifests":[],"layers":[]}`;
    const { open } = start({
      around: () => new Response(text, { headers: { "content-type": MediaType.ociIndex } }),
    });
    expect(await failureOf(listOf(open().referrers(subject)))).toMatchObject({ code: "CONTENT" });
  });
});
