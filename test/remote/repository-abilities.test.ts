import { describe, expect, test } from "vitest";
import { blob, type Piece, pushAll, sample } from "../contract/sample.ts";
import { bytesOf, failureOf, listOf } from "../failure.ts";
import type { Behaviour } from "./fake-registry/behaviour.ts";
import { openFake } from "./fake-registry/open.ts";
import { complaint, createFakeRegistry } from "./fake-registry/registry.ts";

import { start } from "./fake-registry/start.ts";

/** The answer to a mount that names other content than was asked for. */
const otherMounted = () =>
  new Response(null, {
    status: 201,
    headers: { "docker-content-digest": `sha256:${"0".repeat(64)}` },
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
    const { open } = start({ around: otherMounted });
    expect(await failureOf(open().mount(descriptor, "team/other"))).toMatchObject({
      code: "CONTENT",
    });
  });
});

describe("a probe that names a blob", () => {
  const { descriptor, bytes } = blob("named");
  const other = blob("other");

  test("learns in its one request whether that is there", async () => {
    const { registry, open, requestsOf } = start();
    const probe = (repository = open()) => repository.probe({ blob: descriptor });
    registry.repository("team/other").blobs.set(descriptor.digest, bytes);
    expect(await probe()).toBe(false);
    expect(registry.uploads.size).toBe(0);
    await open().push(descriptor, bytes);
    const repository = open();
    expect(
      await requestsOf(probe(repository).then((there) => expect(there).toBe(true))),
    ).toHaveLength(1);
    expect(await open().probe()).toBeUndefined();
  });

  test("leaves its upload to whichever blob comes first", async () => {
    const { registry, open, requestsOf } = start();
    const repository = open();
    expect(await repository.probe({ keep: true, blob: descriptor })).toBe(false);
    const requests = await requestsOf(repository.push(other.descriptor, other.bytes));
    expect(requests.map((line) => line.split(" ", 1)[0])).toEqual(["PUT"]);
    expect([...registry.repository("team/pause").blobs.keys()]).toEqual([other.descriptor.digest]);
  });

  test.each([400, 401, 403, 404, 405])("does without where a mount gets %i", async (mounts) => {
    const { open, requestsOf } = start({ mounts });
    const repository = open();
    const there = repository.probe({ keep: true, blob: descriptor });
    expect(await requestsOf(there)).toHaveLength(2);
    expect(await there).toBeUndefined();
    await repository.push(descriptor, bytes);
    expect(await repository.exists(descriptor)).toBe(true);
  });

  test("does not take the word of a registry that names other content", async () => {
    const { open } = start({ around: otherMounted });
    expect(await open().probe({ blob: descriptor })).toBeUndefined();
  });

  test("says what keeps it from pushing", async () => {
    const { open } = start({ around: () => complaint(403, "DENIED") });
    expect(await failureOf(open().probe({ blob: descriptor }))).toMatchObject({
      code: "AUTH",
      detail: { status: 403, codes: ["DENIED"] },
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
