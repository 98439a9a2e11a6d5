/**
 * Referrers: what is attached to a manifest.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers
 * @module
 */
import { describe, expect, it } from "vitest";
import {
  ARTIFACT,
  artifact,
  blob,
  type Fields,
  INDEX,
  image,
  index,
  type TestDescriptor,
  type TestDocument,
} from "../documents.ts";
import { digestOf, type TestRepository, unseen } from "../repository.ts";

const OTHER = "application/vnd.hiatus.conformance.other";

/** The tests. */
export function tryReferrers(repositoryOf: () => TestRepository): void {
  const maker = () => ({ repository: repositoryOf(), algorithm: "sha256" as const });
  const list = async (digest: string, query = "") => {
    const answer = await repositoryOf().send("GET", `referrers/${digest}${query}`, {
      status: 200,
      headers: { "content-type": INDEX },
    });
    const { schemaVersion, mediaType, manifests } = JSON.parse(answer.body.toString());
    expect({ schemaVersion, mediaType }).toEqual({ schemaVersion: 2, mediaType: INDEX });
    return { manifests: manifests as readonly TestDescriptor[], headers: answer.headers };
  };
  /** Pushes something, and expects to be told of its subject. */
  const put = async ({ mediaType, bytes, digest }: TestDocument, subject?: TestDescriptor) => {
    const headers = subject === undefined ? {} : { "oci-subject": subject.digest };
    const request = { headers: { "content-type": mediaType }, body: bytes };
    await repositoryOf().send("PUT", `manifests/${digest}`, { status: 201, headers }, request);
  };
  /** What a list must say of a referrer. */
  const entry = ({ descriptor }: TestDocument, fields: Fields) => ({ ...descriptor, ...fields });

  describe("referrers", () => {
    it("of nothing are none, and that is no error", async () => {
      expect((await list(digestOf(unseen()))).manifests).toEqual([]);
    });

    it("of what is no digest are refused", async () => {
      await repositoryOf().send("GET", "referrers/sha256:baddigeststring", { status: 400 });
    });

    it("are listed with type and annotations, filtered by type, and gone when deleted", async () => {
      const subject = await image(maker());
      await put(subject);
      const annotations = { "org.opencontainers.conformance": "hello" };
      const typed = await artifact(maker(), { annotations, subject: subject.descriptor });
      const plain = await image(maker(), { subject: subject.descriptor });
      const config = await blob(maker(), OTHER);
      const byConfig = await image(maker(), { config, subject: subject.descriptor });
      const [child, list1] = index(maker(), [await image(maker())], {
        ...{ artifactType: ARTIFACT, annotations, subject: subject.descriptor },
      });
      if (child === undefined || list1 === undefined) throw new Error("unreached");
      await put(child);
      for (const document of [typed, plain, byConfig, list1]) {
        await put(document, subject.descriptor);
      }
      const expected = [
        entry(typed, { artifactType: ARTIFACT, annotations }),
        entry(plain, { artifactType: "application/vnd.oci.image.config.v1+json" }),
        entry(byConfig, { artifactType: OTHER }),
        entry(list1, { artifactType: ARTIFACT, annotations }),
      ];
      const all = await list(subject.digest);
      expect(all.manifests).toHaveLength(expected.length);
      expect(all.manifests).toEqual(expect.arrayContaining(expected));

      const query = `?artifactType=${encodeURIComponent(ARTIFACT)}`;
      const filtered = await list(subject.digest, query);
      expect(filtered.headers["oci-filters-applied"]).toBe("artifactType");
      expect(filtered.manifests).toHaveLength(2);
      expect(filtered.manifests).toEqual(expect.arrayContaining([expected[0], expected[3]]));
      const none = await list(subject.digest, "?artifactType=application%2Fx.nothing");
      expect(none.manifests).toEqual([]);

      await repositoryOf().send("DELETE", `manifests/${typed.digest}`, { status: 202 });
      const left = (await list(subject.digest)).manifests.map(({ digest }) => digest);
      expect(left.toSorted()).toEqual(
        [plain, byConfig, list1].map(({ digest }) => digest).toSorted(),
      );
    });

    it("may come before what they refer to", async () => {
      const subject = await image(maker());
      const early = await artifact(maker(), { subject: subject.descriptor });
      await put(early, subject.descriptor);
      expect((await list(subject.digest)).manifests).toEqual([
        entry(early, { artifactType: ARTIFACT }),
      ]);
      await put(subject);
      expect((await list(subject.digest)).manifests).toHaveLength(1);
    });

    it("of an index are listed", async () => {
      const documents = index(maker(), [await image(maker())]);
      for (const document of documents) await put(document);
      const subject = documents.at(-1)?.descriptor;
      if (subject === undefined) throw new Error("unreached");
      const attached = await artifact(maker(), { subject });
      await put(attached, subject);
      const [child, outer] = index(maker(), [await artifact(maker())], { subject });
      if (child === undefined || outer === undefined) throw new Error("unreached");
      await put(child);
      await put(outer, subject);
      const { manifests } = await list(subject.digest);
      expect(manifests).toHaveLength(2);
      expect(manifests).toEqual(
        expect.arrayContaining([entry(attached, { artifactType: ARTIFACT }), entry(outer, {})]),
      );
    });
  });
}
