import { describe, expect, test } from "vitest";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { encodeJson } from "../../src/oci/json.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import { noKnowledge } from "../../src/remote/knowledge.ts";
import { openRepository } from "../../src/remote/repository.ts";
import { blob, type Piece, piece, pushAll, sample } from "../contract/sample.ts";
import { storeContract } from "../contract/store.ts";
import { bytesOf, failureOf, listOf, streamOf } from "../failure.ts";
import type { Behaviour } from "./fake-registry/behaviour.ts";
import { manyPlatforms, memoryOf, pull, push } from "./fake-registry/carry.ts";
import { fakeClock, openFake } from "./fake-registry/open.ts";
import { complaint, createFakeRegistry } from "./fake-registry/registry.ts";

const STORES: Readonly<Record<string, Partial<Behaviour>>> = {
  "a registry as specified": {},
  "a registry as distribution 3 is": { singlePost: "ignored", referrers: false, missing: "text" },
  "a registry that takes PATCH alone": { singlePost: 405, putsBytes: false, pageLimit: 3 },
};

describe.each(Object.entries(STORES))("openRepository over %s", (_, behaviour) => {
  storeContract(async () => openFake(createFakeRegistry(behaviour).handler));
});

function start(behaviour: Partial<Behaviour> = {}) {
  const registry = createFakeRegistry(behaviour);
  const knowledge = noKnowledge();
  const open = (actions?: "pull") => openFake(registry.handler, { knowledge, actions });
  /** The requests that the work takes. */
  const requestsOf = async (work: Promise<unknown>): Promise<readonly string[]> => {
    const before = registry.requests.length;
    await work;
    return registry.requests.slice(before);
  };
  return { registry, knowledge, open, requestsOf };
}

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

describe("the count of requests", () => {
  test.each([
    ["where a single POST does", {}, 3 * 11 + 2],
    ["where POST and PUT are needed", { singlePost: "ignored" as const }, 5 * 11 + 2],
  ])("for a first push of 11 platforms %s", async (_, behaviour, count) => {
    const { open, requestsOf } = start(behaviour);
    const { all, index } = manyPlatforms(11);
    const from = await memoryOf(...all);
    const first = await requestsOf(push(from, open(), index.descriptor, "1.0"));
    expect(first).toHaveLength(count);
    expect(first[0]).toBe("HEAD /v2/team/pause/manifests/1.0");
    expect(first.at(-1)).toBe("PUT /v2/team/pause/manifests/1.0");
    expect(await requestsOf(push(from, open(), index.descriptor, "1.0"))).toEqual([
      "HEAD /v2/team/pause/manifests/1.0",
    ]);
  });

  test("a way to upload that was found is not looked for again", async () => {
    const { open, requestsOf, knowledge } = start({ singlePost: "ignored" });
    const [one, two] = [blob("one"), blob("two")];
    const posts = async (of: Piece) =>
      (await requestsOf(open().push(of.descriptor, of.bytes))).map((line) => line.slice(0, 45));
    const begin = "POST /v2/team/pause/blobs/uploads/";
    expect((await posts(one))[0]).toBe(`${begin}?digest=sha`);
    expect(knowledge.upload).toBe("put");
    expect((await posts(two))[0]).toBe(begin);
  });

  test("a pull of 11 platforms takes one for each content", async () => {
    const { open, requestsOf } = start();
    const { all, index } = manyPlatforms(11);
    await push(await memoryOf(...all), open(), index.descriptor, "1.0");
    expect(await requestsOf(pull(open("pull"), "1.0"))).toHaveLength(1 + 3 * 11);
  });

  test("a tag of what went through here needs no reading", async () => {
    const { open, requestsOf } = start();
    const { all, index } = sample();
    const repository = open();
    await pushAll(repository, all);
    expect(await requestsOf(repository.tag(index.descriptor, "1.0"))).toEqual([
      "HEAD /v2/team/pause/manifests/1.0",
      "PUT /v2/team/pause/manifests/1.0",
    ]);
    expect(await requestsOf(repository.tag(index.descriptor, "1.0"))).toHaveLength(1);
    expect(await requestsOf(open().tag(index.descriptor, "2.0"))).toHaveLength(3);
  });

  test("content in the data field costs none", async () => {
    const { open, requestsOf } = start();
    const { descriptor, bytes } = blob("inside");
    const data = Buffer.from(bytes).toString("base64");
    const reading = bytesOf(open().fetch({ ...descriptor, data }));
    expect(await requestsOf(reading)).toEqual([]);
    expect(await reading).toEqual(Buffer.from(bytes));
  });

  test("wrong names cost none", async () => {
    const { open, requestsOf } = start();
    const repository = open();
    const work = async () => {
      for (const name of ["", "../1.0", "a/b", "sha256:0", "x".repeat(129)]) {
        expect(await failureOf(repository.resolve(name))).toMatchObject({ code: "NOT_FOUND" });
      }
      const digest = "sha256:../../other" as Descriptor["digest"];
      const wrong = { ...blob("x").descriptor, digest };
      expect(await failureOf(bytesOf(repository.fetch(wrong)))).toMatchObject({ code: "INVALID" });
      expect(await failureOf(repository.exists(wrong))).toMatchObject({ code: "INVALID" });
      expect(await failureOf(repository.push(wrong, new Uint8Array()))).toMatchObject({
        code: "INVALID",
      });
      expect(await failureOf(repository.delete(wrong))).toMatchObject({ code: "INVALID" });
      expect(await failureOf(repository.mount(wrong, "a"))).toMatchObject({ code: "INVALID" });
      const { descriptor } = blob("x");
      for (const from of ["../v2", "A", "a?b", "a b"]) {
        expect(await failureOf(repository.mount(descriptor, from))).toMatchObject({
          code: "INVALID",
        });
      }
    };
    expect(await requestsOf(work())).toEqual([]);
  });
});

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

describe("mount", () => {
  const { descriptor, bytes } = blob("shared");

  test("takes a blob from another repository in one request", async () => {
    const { registry, open, requestsOf } = start();
    registry.repository("team/other").blobs.set(descriptor.digest, bytes);
    const repository = open();
    expect(await requestsOf(repository.mount(descriptor, "team/other"))).toHaveLength(1);
    expect(await bytesOf(repository.fetch(descriptor))).toEqual(Buffer.from(bytes));
  });

  test("that is not done gives its upload to the push that follows", async () => {
    const { open, requestsOf } = start();
    const repository = open();
    expect(await repository.mount(descriptor, "team/other")).toBe(false);
    const requests = await requestsOf(repository.push(descriptor, bytes));
    expect(requests.map((line) => line.split(" ", 1)[0])).toEqual(["PUT"]);
    expect(await repository.exists(descriptor)).toBe(true);
  });

  test("does not wait with an upload that the registry forgot", async () => {
    const { registry, open } = start();
    const repository = open();
    expect(await repository.mount(descriptor, "team/other")).toBe(false);
    registry.uploads.clear();
    await repository.push(descriptor, bytes);
    expect(await repository.exists(descriptor)).toBe(true);
  });

  test.each([400, 401, 403, 404, 405])("is given up where the answer is %i", async (mounts) => {
    const { registry, open } = start({ mounts });
    registry.repository("team/other").blobs.set(descriptor.digest, bytes);
    expect(await open().mount(descriptor, "team/other")).toBe(false);
  });

  test("is not believed when the registry names other content", async () => {
    const { open } = start({
      around: () =>
        new Response(null, {
          status: 201,
          headers: { "docker-content-digest": `sha256:${"0".repeat(64)}` },
        }),
    });
    expect(await failureOf(open().mount(descriptor, "team/other"))).toMatchObject({
      code: "CONTENT",
    });
  });
});

describe("delete and untag", () => {
  const { all, index, manifests } = sample();

  test.each([
    [{ deletes: false }, "405"],
    [
      {
        around: (request: Request, next: (request: Request) => unknown) =>
          request.method === "DELETE" ? complaint(400, "UNSUPPORTED") : next(request),
      } as Partial<Behaviour>,
      "400",
    ],
  ])("say so where the registry does neither", async (behaviour, status) => {
    const { open } = start(behaviour);
    const repository = open();
    await pushAll(repository, all);
    await repository.tag(index.descriptor, "1.0");
    for (const work of [
      repository.delete(index.descriptor),
      repository.delete((all[0] as Piece).descriptor),
      repository.untag("1.0"),
    ]) {
      const error = await failureOf(work);
      expect(error).toMatchObject({ code: "REGISTRY", detail: { unsupported: true } });
      expect(error.message).toContain(status);
    }
    expect((await repository.resolve("1.0")).digest).toBe(index.descriptor.digest);
  });

  test("untag says so where only digests are deleted, as distribution 2.8 does", async () => {
    const { open } = start({ untag: "refused" });
    const repository = open();
    await pushAll(repository, all);
    await repository.tag(index.descriptor, "1.0");
    expect(await failureOf(repository.untag("1.0"))).toMatchObject({
      code: "REGISTRY",
      detail: { unsupported: true, codes: ["DIGEST_INVALID"] },
    });
    expect(await listOf(repository.tags())).toEqual(["1.0"]);
  });

  test("untag puts back what went with its tag, and says what else may be gone", async () => {
    const { open } = start({ untag: "manifest" });
    const repository = open();
    await pushAll(repository, all);
    for (const tag of ["1.0", "latest"]) await repository.tag(index.descriptor, tag);
    const error = await failureOf(repository.untag("latest"));
    expect(error).toMatchObject({ code: "REGISTRY", detail: { tag: "latest" } });
    expect(error.message).toContain("put back");
    expect(await open().exists(index.descriptor)).toBe(true);
  });

  test("untag puts back what lost its last tag where that is how it is meant", async () => {
    const { handler } = createFakeRegistry({ untag: "manifest" });
    const repository = openFake(handler, { profile: "ecr" });
    await pushAll(repository, all);
    await repository.tag(index.descriptor, "1.0");
    await repository.untag("1.0");
    expect(await repository.exists(index.descriptor)).toBe(true);
    expect(await listOf(repository.tags())).toEqual([]);
  });

  test("what was deleted is not whole any more, and pushing it mends that", async () => {
    const { open } = start();
    const repository = open();
    await pushAll(repository, all);
    const [manifest] = manifests as [Piece];
    await repository.delete((all[0] as Piece).descriptor);
    expect(await repository.exists(manifest.descriptor)).toBe(false);
    expect(await repository.exists(index.descriptor)).toBe(false);
    await repository.push((all[0] as Piece).descriptor, (all[0] as Piece).bytes);
    expect(await repository.exists(index.descriptor)).toBe(true);
  });
});
