/**
 * Manifests and tags: pushing, reading, listing, deleting.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests
 * @module
 */
import { describe, expect, it } from "vitest";
import { INDEX, image, index, KINDS, type TestDocument, write } from "../documents.ts";
import {
  type Algorithm,
  digestOf,
  expectCode,
  type TestRepository,
  unseen,
} from "../repository.ts";

/** The tests. */
export function tryManifests(repositoryOf: () => TestRepository): void {
  const maker = () => ({ repository: repositoryOf(), algorithm: "sha256" as const });
  const put = ({ mediaType, bytes, digest }: TestDocument, path: string) =>
    repositoryOf().send(
      "PUT",
      `manifests/${path}`,
      { status: 201, headers: { "docker-content-digest": digest, location: /./ } },
      { headers: { "content-type": mediaType }, body: bytes },
    );

  /** Expects HEAD and GET of a reference to answer with the document. */
  async function isThere({ mediaType, bytes, digest }: TestDocument, reference: string) {
    const request = { headers: { accept: mediaType } };
    const headers = {
      ...{ "content-type": mediaType, "docker-content-digest": digest },
      "content-length": String(bytes.length),
    };
    const expected = { status: 200, headers };
    const head = await repositoryOf().send("HEAD", `manifests/${reference}`, expected, request);
    expect(head.body).toHaveLength(0);
    const path = `manifests/${reference}`;
    await repositoryOf().send("GET", path, { ...expected, body: bytes }, request);
  }

  /** Two images and their index. */
  async function platforms(algorithm: Algorithm) {
    const by = { repository: repositoryOf(), algorithm };
    return index(by, [await image(by), await image(by)]);
  }

  async function isGone(reference: string) {
    await repositoryOf().send("HEAD", `manifests/${reference}`, { status: 404 });
    const answer = await repositoryOf().send("GET", `manifests/${reference}`, { status: 404 });
    expectCode(answer, "MANIFEST_UNKNOWN", "NAME_UNKNOWN");
  }

  describe.each(Object.entries(KINDS))("%s", (kind, make) => {
    it("is pushed by digest and by tag, read, listed and deleted", async () => {
      const tag = kind.replaceAll(/[^A-Za-z0-9]+/g, "-");
      const documents = await make(maker());
      const root = documents.at(-1);
      if (root === undefined) throw new Error(`${kind} is nothing`);
      for (const document of documents) await put(document, document.digest);
      const answer = await put(root, tag);
      const accept = { headers: { accept: root.mediaType } };
      const at = repositoryOf().locate(answer);
      await repositoryOf().send("GET", at, { status: 200, body: root.bytes }, accept);
      for (const document of documents) await isThere(document, document.digest);
      await isThere(root, tag);
      const listed = await repositoryOf().send("GET", "tags/list", { status: 200 });
      expect(JSON.parse(listed.body.toString())).toMatchObject({
        name: repositoryOf().name,
        tags: expect.arrayContaining([tag]),
      });
      await repositoryOf().send("DELETE", `manifests/${tag}`, { status: 202 });
      await isGone(tag);
      await isThere(root, root.digest);
      for (const { digest } of documents.toReversed()) {
        await repositoryOf().send("DELETE", `manifests/${digest}`, { status: 202 });
        await isGone(digest);
      }
    });
  });

  it("manifests are deleted with their tags", async () => {
    const document = await image(maker());
    await put(document, "goes-along");
    await repositoryOf().send("DELETE", `manifests/${document.digest}`, { status: 202 });
    await isGone("goes-along");
  });

  it("sha512 names manifests too", async () => {
    const documents = await platforms("sha512");
    for (const document of documents) {
      await put(document, document.digest);
      await isThere(document, document.digest);
    }
    for (const { digest } of documents.toReversed()) {
      await repositoryOf().send("DELETE", `manifests/${digest}`, { status: 202 });
      await isGone(digest);
    }
  });

  // Not in 1.1.1; in the specification's main since 2025, which its suite tries as "tag parameters".
  it.each(["sha256", "sha512"] as const)("tags go along with a push by %s", async (algorithm) => {
    for (const [position, document] of (await platforms(algorithm)).entries()) {
      const tags = [1, 2].map((which) => `along-${algorithm}-${position}-${which}`);
      const query = tags.map((tag) => `tag=${tag}`).join("&");
      const answer = await put(document, `${document.digest}?${query}`);
      const said = String(answer.headers["oci-tag"]).split(", ");
      expect(said.toSorted()).toEqual(tags);
      for (const tag of tags) {
        await isThere(document, tag);
        await repositoryOf().send("DELETE", `manifests/${tag}`, { status: 202 });
        await isGone(tag);
      }
    }
  });

  it("a tag that moves is on the newer manifest, and the older stays by digest", async () => {
    const [older, newer] = [await image(maker()), await image(maker())];
    await put(older, "moves");
    await put(newer, "moves");
    await isThere(newer, "moves");
    await isThere(older, older.digest);
  });

  it("bytes with another digest are refused", async () => {
    const { mediaType, bytes, digest } = await image(maker());
    const request = {
      headers: { "content-type": mediaType },
      body: Buffer.concat([bytes, Buffer.from("  ")]),
    };
    const answer = await repositoryOf().send(
      "PUT",
      `manifests/${digest}`,
      { status: 400 },
      request,
    );
    expectCode(answer, "DIGEST_INVALID", "MANIFEST_INVALID");
    await isGone(digest);
  });

  it("what is no digest is refused", async () => {
    const { mediaType, bytes } = await image(maker());
    const path = "manifests/sha256:baddigeststring";
    const request = { headers: { "content-type": mediaType }, body: bytes };
    await repositoryOf().send("PUT", path, { status: 400 }, request);
    await repositoryOf().send("GET", path, { status: [400, 404] });
  });

  it("what is no manifest is refused", async () => {
    const request = {
      headers: { "content-type": "application/vnd.oci.image.manifest.v1+json" },
      body: "blablabla",
    };
    const answer = await repositoryOf().send("PUT", "manifests/bad", { status: 400 }, request);
    expectCode(answer, "MANIFEST_INVALID");
    await isGone("bad");
  });

  // A registry may take them, which the suite of main calls "sparse" and leaves out unless it is asked. Ours holds what is
  // there to be whole, so that whoever finds a manifest finds everything that it names.
  it.each([
    ["a layer", async () => image(maker(), { layers: [absent("layer.v1.tar+gzip")] })],
    [
      "a platform",
      async () => {
        const there = await image(maker());
        await put(there, there.digest);
        const manifests = [there.descriptor, absent("manifest.v1+json")];
        return write(INDEX, { manifests });
      },
    ],
  ])("what names %s that is not there is refused", async (_, make) => {
    const { mediaType, bytes, digest } = await make();
    const request = { headers: { "content-type": mediaType }, body: bytes };
    for (const reference of [digest, "hollow"]) {
      const path = `manifests/${reference}`;
      const answer = await repositoryOf().send("PUT", path, { status: [400, 404] }, request);
      expectCode(answer, "MANIFEST_BLOB_UNKNOWN");
      await isGone(reference);
    }
  });

  it("manifests and tags that are not there answer 404", async () => {
    await isGone("absent");
    await isGone(digestOf(unseen()));
    await repositoryOf().send("GET", "manifests/.INVALID_MANIFEST_NAME", { status: 404 });
    await repositoryOf().send("DELETE", "manifests/absent", { status: 404 });
    await repositoryOf().send("DELETE", `manifests/${digestOf(unseen())}`, { status: 404 });
  });
}

/** Points at content of the image specification that nobody pushed. */
function absent(kind: string) {
  const bytes = unseen();
  const mediaType = `application/vnd.oci.image.${kind}`;
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}
