/** What registries refuse for good: said clearly, and without harm to what is there. */
import { describe, expect, test } from "vitest";
import { parseDocument } from "../../src/oci/document.ts";
import { encodeJson } from "../../src/oci/json.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import { objectionsTo } from "../../src/remote/objections.ts";
import { profileOf } from "../../src/remote/profiles.ts";
import { jsonPiece, type Piece, piece, pushAll, sample } from "../contract/sample.ts";
import { failureOf, listOf } from "../failure.ts";
import { memoryOf, push } from "./fake-registry/carry.ts";
import { openFake } from "./fake-registry/open.ts";
import { REFUSALS, type Refusal } from "./fake-registry/refusals.ts";
import { createFakeRegistry, type FakeRegistry } from "./fake-registry/registry.ts";

const { all, index, manifests, signature, signatureBlobs } = sample();

/** An image in Docker's types. */
const docker = (() => {
  const config = piece(MediaType.dockerConfig, encodeJson({ architecture: "amd64", os: "linux" }));
  const manifest = jsonPiece(MediaType.dockerManifest, {
    schemaVersion: 2,
    mediaType: MediaType.dockerManifest,
    config: config.descriptor,
    layers: [],
  });
  return { config, manifest };
})();

function work(
  repository: ReturnType<typeof openFake>,
  what: Refusal["what"],
): () => Promise<unknown> {
  switch (what) {
    case "signature":
      return () => repository.push(signature.descriptor, signature.bytes);
    case "docker":
      return () => repository.push(docker.manifest.descriptor, docker.manifest.bytes);
    case "index over a tag of a manifest":
      return () => repository.tag(index.descriptor, "amd64");
    case "anything":
      return async () => push(await memoryOf(...all), repository, index.descriptor, "2.0");
  }
}

describe.each(REFUSALS)(
  "a registry that refuses $name ($source)",
  ({ around, profile, what, says }) => {
    test("is quoted, with what to do about it, and keeps what it has", async () => {
      let strict = false;
      const registry: FakeRegistry = createFakeRegistry({
        around: (request, next) => (strict ? around(() => registry)(request, next) : next(request)),
      });
      const repository = openFake(registry.handler, { profile });
      const [manifest] = manifests as [Piece];
      await pushAll(repository, [...all, ...signatureBlobs, docker.config]);
      await repository.tag(index.descriptor, "1.0");
      await repository.tag(manifest.descriptor, "amd64");
      strict = true;
      const error = await failureOf(work(openFake(registry.handler, { profile }), what));
      expect(["REGISTRY", "AUTH"]).toContain(error.code);
      expect(`${error.message} ${error.hint}`).toMatch(says);
      expect(error.message).toContain("registry.example/v2/team/pause");
      strict = false;
      expect(await listOf(repository.tags())).toEqual(["1.0", "amd64"]);
      expect((await repository.resolve("1.0")).digest).toBe(index.descriptor.digest);
      expect((await repository.resolve("amd64")).digest).toBe(manifest.descriptor.digest);
    });
  },
);

describe("objectionsTo", () => {
  const read = ({ descriptor, bytes }: Piece) => parseDocument(bytes, descriptor.mediaType);

  test.each([
    ["aliyun", signature, ["empty-config"]],
    ["huawei", signature, ["empty-config"]],
    ["zot", docker.manifest, ["docker-types"]],
    ["aliyun", index, []],
    ["zot", signature, []],
    ["default", signature, []],
    ["default", docker.manifest, []],
  ] as const)("as far as %s is known", (name, piece, expected) => {
    expect(objectionsTo(profileOf("registry.example", name), read(piece))).toEqual(expected);
  });
});
