import { describe, expect, it } from "vitest";
import { tryBlobs } from "./checklist/blobs.ts";
import { tryManifests } from "./checklist/manifests.ts";
import { tryReferrers } from "./checklist/referrers.ts";
import { tryTags } from "./checklist/tags.ts";
import { INDEX } from "./documents.ts";
import { digestOf, expectCode, testRepository, unseen } from "./repository.ts";
import { describeSubject, SUBJECTS } from "./subject.ts";

for (const kind of SUBJECTS) {
  describeSubject(kind, "checklist", (registryOf) => {
    const at = (name: string) => () => testRepository(registryOf(), `conformance/${name}`);

    describe("the registry", () => {
      it("answers /v2/", async () => {
        const root = new URL("/v2/", registryOf().origin);
        await at("nothing")().send("GET", root, { status: 200 });
      });

      it("knows no repository that nobody pushed to", async () => {
        expectCode(await at("nothing")().send("GET", "tags/list", { status: 404 }), "NAME_UNKNOWN");
      });

      it("has no referrers in a repository that nobody pushed to", async () => {
        const headers = { "content-type": INDEX };
        const path = `referrers/${digestOf(unseen())}`;
        const answer = await at("nothing")().send("GET", path, { status: 200, headers });
        expect(JSON.parse(answer.body.toString())).toMatchObject({ manifests: [] });
      });

      it("takes no name that is none", async () => {
        const path = new URL("/v2/UPPER/CASE/blobs/uploads/", registryOf().origin);
        const answer = await at("nothing")().send("POST", path, { status: [400, 404] });
        expectCode(answer, "NAME_INVALID", "NAME_UNKNOWN");
      });
    });
    tryBlobs(at("blobs"), at("other"));
    tryManifests(at("manifests"));
    tryTags(at("tags"));
    tryReferrers(at("referrers"));
  });
}
