import { describe, expect, test } from "vitest";
import { encodeJson } from "../../src/oci/json.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import { openRepository } from "../../src/remote/repository.ts";
import { blob, type Piece, piece, pushAll, sample } from "../contract/sample.ts";
import { storeContract } from "../contract/store.ts";
import { failureOf, streamOf } from "../failure.ts";
import type { Behaviour } from "./fake-registry/behaviour.ts";
import { fakeClock, openFake } from "./fake-registry/open.ts";
import { complaint, createFakeRegistry } from "./fake-registry/registry.ts";

import { start } from "./fake-registry/start.ts";

const STORES: Readonly<Record<string, Partial<Behaviour>>> = {
  "a registry as specified": {},
  "a registry as distribution 3 is": { singlePost: "ignored", referrers: false, missing: "text" },
  "a registry that takes PATCH alone": { singlePost: 405, putsBytes: false, pageLimit: 3 },
};

describe.each(Object.entries(STORES))("openRepository over %s", (_, behaviour) => {
  storeContract(async () => openFake(createFakeRegistry(behaviour).handler));
});

const large = piece(MediaType.ociLayerGzip, Buffer.alloc(100_000, "large"));

/** A manifest over a large layer. */
function heavy(): { readonly config: Piece; readonly manifest: Piece } {
  const config = piece(MediaType.ociEmpty, encodeJson({}));
  const manifest = piece(
    MediaType.ociManifest,
    encodeJson({
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      config: config.descriptor,
      layers: [large.descriptor],
    }),
  );
  return { config, manifest };
}

describe("openRepository", () => {
  test.each([
    ["registry.example", "../x"],
    ["registry.example", "A"],
    ["registry.example", "a?b"],
    ["registry.example", "a#b"],
    ["registry.example", "a@sha256:b"],
    ["registry.example/x", ""],
    ["user@registry.example", "a"],
    ["registry.example:99999", "a"],
    ["", "a"],
  ])("refuses %j with %j", async (registry, repository) => {
    const opened = () => openRepository({ registry, repository });
    expect(await failureOf(opened)).toMatchObject({ code: "INVALID" });
  });

  test("asks for what it is opened for with every request, and for no less than each needs", async () => {
    const scopes: string[] = [];
    const { handler } = createFakeRegistry();
    const authorizer = {
      authorize: async (purpose: { readonly scopes: readonly string[] }) => {
        scopes.push(purpose.scopes.join(" "));
        return undefined;
      },
      refused: async () => false,
    };
    const { descriptor, bytes } = blob("x");
    for (const actions of [undefined, "pull,push"] as const) {
      const repository = openFake(handler, { authorizer, actions });
      await repository.exists(descriptor);
      await repository.mount(descriptor, "team/other");
      await repository.push(descriptor, bytes);
      await repository.delete(descriptor);
    }
    const [read, write] = ["repository:team/pause:pull", "repository:team/pause:pull,push"];
    const other = "repository:team/other:pull";
    expect(scopes).toEqual([
      ...[read, `${write} ${other}`, write, "repository:team/pause:delete,pull"],
      ...[write, `${write} ${other}`, write, "repository:team/pause:delete,pull,push"],
    ]);
  });
});

describe("push", () => {
  test("asks for a large blob first, once, and sends none that is there", async () => {
    const { open, requestsOf } = start();
    const { descriptor, bytes } = large;
    const repository = open();
    expect(repository.worthAsking(descriptor)).toBe(true);
    expect(await requestsOf(repository.exists(descriptor))).toHaveLength(1);
    expect(repository.worthAsking(descriptor)).toBe(false);
    expect(await requestsOf(repository.push(descriptor, bytes))).toHaveLength(1);
    expect(await requestsOf(repository.push(descriptor, bytes))).toHaveLength(0);
    expect(await requestsOf(open().push(descriptor, streamOf(bytes)))).toEqual([
      `HEAD /v2/team/pause/blobs/${descriptor.digest}`,
    ]);
  });

  test("verifies what it need not send", async () => {
    const { open } = start();
    const repository = open();
    await repository.push(large.descriptor, large.bytes);
    const wrong = Buffer.alloc(100_000, "wrong");
    expect(await failureOf(repository.push(large.descriptor, wrong))).toMatchObject({
      code: "CONTENT",
    });
  });

  test("sends again what the registry said to have and then did not", async () => {
    const { registry, open, requestsOf } = start({
      around: (request, next) =>
        request.method === "HEAD" && request.url.includes("/blobs/")
          ? new Response(null, { headers: { "content-length": "100000" } })
          : next(request),
    });
    const { config, manifest } = heavy();
    const repository = open();
    await pushAll(repository, [config, large]);
    expect(registry.repository("team/pause").blobs.size).toBe(1);
    const early = await failureOf(repository.push(manifest.descriptor, manifest.bytes));
    expect(early).toMatchObject({
      code: "INCOMPLETE",
      detail: { missing: [large.descriptor.digest], status: 400 },
    });
    expect(await requestsOf(repository.exists(large.descriptor))).toEqual([]);
    expect(await repository.exists(large.descriptor)).toBe(false);
    expect(repository.worthAsking(large.descriptor)).toBe(false);
    await pushAll(repository, [large, manifest]);
    expect(registry.repository("team/pause").blobs.size).toBe(2);
    expect(await repository.exists(manifest.descriptor)).toBe(true);
  });

  test.each(["text", "object", "nothing"] as const)(
    "learns from the registry what is missing when it tells %s of it",
    async (missing) => {
      const { registry, open } = start({ missing });
      const { config, manifest } = heavy();
      const repository = open();
      await pushAll(repository, [config, large]);
      registry.repository("team/pause").blobs.delete(large.descriptor.digest);
      const { digest } = large.descriptor;
      const error = await failureOf(repository.push(manifest.descriptor, manifest.bytes));
      expect(error.code).toBe("INCOMPLETE");
      const all = [config.descriptor.digest, digest];
      expect(error.detail.missing).toEqual(missing === "nothing" ? all : [digest]);
    },
  );

  test("waits a moment for what was pushed just now to be seen", async () => {
    const { config, manifest } = heavy();
    let refusals = 2;
    const clock = fakeClock();
    const { handler } = createFakeRegistry({
      around: (request, next) =>
        request.method === "PUT" && request.url.includes("/manifests/") && refusals-- > 0
          ? complaint(404, "MANIFEST_BLOB_UNKNOWN", { digest: large.descriptor.digest })
          : next(request),
    });
    const repository = openFake(handler, { clock });
    await pushAll(repository, [config, large, manifest]);
    expect(await repository.exists(manifest.descriptor)).toBe(true);
    expect(clock.slept()).toBeGreaterThan(0);
  });

  test("says who has to make the repository where the registry does not", async () => {
    const { handler } = createFakeRegistry({
      around: () => complaint(404, "NAME_UNKNOWN"),
    });
    const { descriptor, bytes } = blob("x");
    const manifest = heavy().manifest;
    for (const [profile, hint] of [
      ["ecr", "the repository, unless its registry is set to create it on push"],
      ["harbor", "the project"],
      ["default", "the repository"],
    ] as const) {
      const repository = openFake(handler, { profile });
      for (const work of [
        repository.push(descriptor, bytes),
        repository.push(manifest.descriptor, manifest.bytes),
        repository.pushTagged(manifest.descriptor, manifest.bytes, "1.0"),
      ]) {
        const error = await failureOf(work);
        expect(error).toMatchObject({ code: "REGISTRY", detail: { codes: ["NAME_UNKNOWN"] } });
        expect(error.hint).toContain(hint);
      }
    }
  });

  test("stops while it waits for another attempt", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const { registry, open } = start({
      around: () => {
        controller.abort(reason);
        return complaint(503, "UNAVAILABLE");
      },
    });
    const { descriptor, bytes } = blob("x");
    const pushing = open().push(descriptor, bytes, { signal: controller.signal });
    await expect(pushing).rejects.toBe(reason);
    expect(registry.requests).toHaveLength(1);
  });
});

describe("tag and pushTagged", () => {
  const { all, index, manifests } = sample();
  const [other] = manifests as [Piece];

  test("write nothing where the tag is set already, though it must not be moved", async () => {
    const { open, requestsOf } = start({ immutable: { status: 412, body: "immutable" } });
    await pushAll(open(), all);
    await open().tag(index.descriptor, "1.0");
    expect(await requestsOf(open().pushTagged(index.descriptor, index.bytes, "1.0"))).toEqual([
      "HEAD /v2/team/pause/manifests/1.0",
    ]);
    const error = await failureOf(open().tag(other.descriptor, "1.0"));
    expect(error).toMatchObject({
      code: "REGISTRY",
      detail: { tag: "1.0", immutable: true, status: 412 },
    });
    expect(error.message).toContain('The tag "1.0"');
    expect(error.hint).toContain("immutable");
  });

  test("are content when somebody else set the tag to the same meanwhile", async () => {
    const { registry, open } = start({ immutable: { status: 409, body: "" } });
    const repository = open();
    await pushAll(repository, all);
    expect(await failureOf(repository.resolve("1.0"))).toMatchObject({ code: "NOT_FOUND" });
    registry.repository("team/pause").tags.set("1.0", index.descriptor.digest);
    await repository.tag(index.descriptor, "1.0");
  });

  test("do not take it from memory that a tag is set already", async () => {
    const { registry, open } = start();
    const repository = open();
    await pushAll(repository, all);
    await repository.tag(index.descriptor, "1.0");
    expect((await repository.resolve("1.0")).digest).toBe(index.descriptor.digest);
    registry.repository("team/pause").tags.set("1.0", other.descriptor.digest);
    await repository.tag(index.descriptor, "1.0");
    expect(registry.repository("team/pause").tags.get("1.0")).toBe(index.descriptor.digest);
  });
});
