import { describe, expect, test } from "vitest";
import { blob } from "../contract/sample.ts";
import { failureOf, streamOf } from "../failure.ts";
import { answer, complaint } from "./fake-registry/registry.ts";
import { uploadTarget } from "./fake-registry/uploads.ts";

const small = blob("small");

describe("push of a small blob", () => {
  test.each([
    [{}, "default", "POST!", "POST!"],
    [{ singlePost: "ignored" }, "default", "POST! PUT!", "POST PUT!"],
    [{ singlePost: 404 }, "default", "POST! POST PUT!", "POST PUT!"],
    [
      { singlePost: "ignored", putsBytes: false },
      "default",
      "POST! PUT! POST PATCH PUT!",
      "POST PATCH PUT!",
    ],
    [
      { singlePost: 405, putsBytes: false },
      "default",
      "POST! POST PUT! POST PATCH PUT!",
      "POST PATCH PUT!",
    ],
    [
      { singlePost: "ignored", putsBytes: false },
      "artifactory",
      "POST PATCH PUT!",
      "POST PATCH PUT!",
    ],
    [{ singlePost: "ignored" }, "distribution", "POST PUT!", "POST PUT!"],
  ] as const)(
    "to a registry that does %j, as %s, takes %s and then %s",
    async (behaviour, profile, first, then) => {
      const { repository, methods, blobs } = uploadTarget(behaviour, { profile });
      await repository.push(small.descriptor, small.bytes);
      expect(methods().join(" ")).toBe(first);
      expect(blobs.has(small.descriptor.digest)).toBe(true);
      const before = methods().length;
      const next = blob("another");
      await repository.push(next.descriptor, next.bytes);
      expect(methods().slice(before).join(" ")).toBe(then);
    },
  );

  test("does not give up a way that was refused once for another reason", async () => {
    const { repository, knowledge, methods } = uploadTarget();
    knowledge.upload = "patch";
    knowledge.refused.add("put");
    await repository.push(small.descriptor, small.bytes);
    expect(methods()).toEqual(["POST", "PATCH", "PUT!"]);
  });

  test("finds another way when the one that worked works no more", async () => {
    const { repository, knowledge, methods } = uploadTarget({ singlePost: 404, putsBytes: false });
    knowledge.upload = "put";
    await repository.push(small.descriptor, small.bytes);
    expect(methods()).toEqual(["POST", "PUT!", "POST!", "POST", "PATCH", "PUT!"]);
    expect(knowledge.upload).toBe("patch");
  });

  test.each(["DENIED", "NAME_UNKNOWN", "NAME_INVALID"])(
    "tries no other way after %s",
    async (code) => {
      const { registry, repository } = uploadTarget({ around: () => complaint(400, code) });
      const error = await failureOf(repository.push(small.descriptor, small.bytes));
      expect(error.detail.codes).toEqual([code]);
      expect(registry.requests).toHaveLength(1);
    },
  );

  test("says what the registry said last when it takes no way", async () => {
    const { registry, repository } = uploadTarget({ around: () => complaint(405, "UNSUPPORTED") });
    expect(await failureOf(repository.push(small.descriptor, small.bytes))).toMatchObject({
      code: "REGISTRY",
      detail: { status: 405, codes: ["UNSUPPORTED"] },
    });
    expect(registry.requests).toHaveLength(3);
  });

  test.each([201, 202])("does not believe %i for other content", async (status) => {
    const { repository, blobs } = uploadTarget({
      singlePost: status === 201 ? true : "ignored",
      around: async (request, next) => {
        const { status, headers } = await next(request);
        const changed = new Headers(headers);
        changed.set("docker-content-digest", `sha256:${"0".repeat(64)}`);
        return new Response(null, { status, headers: changed });
      },
    });
    expect(await failureOf(repository.push(small.descriptor, small.bytes))).toMatchObject({
      code: "CONTENT",
      detail: { digest: small.descriptor.digest },
    });
    expect(blobs.size).toBe(1);
  });

  test("goes into the upload that a probe kept, once", async () => {
    const { repository, methods, blobs } = uploadTarget();
    await repository.probe({ keep: true });
    await repository.push(small.descriptor, small.bytes);
    const next = blob("another");
    await repository.push(next.descriptor, next.bytes);
    await repository.abandonUploads();
    expect(methods()).toEqual(["POST", "PUT!", "POST!"]);
    expect([...blobs.keys()]).toEqual([small.descriptor.digest, next.descriptor.digest]);
  });

  test.each([
    ["forgot", 404, "BLOB_UPLOAD_UNKNOWN"],
    ["refuses", 400, "BLOB_UPLOAD_INVALID"],
  ])(
    "begins anew where the registry %s the upload of a probe, and learns no way from it",
    async (_, status, code) => {
      let refuses = true;
      const { repository, knowledge, methods, blobs } = uploadTarget({
        around: (request, next) => {
          if (request.method !== "PUT" || !refuses) return next(request);
          refuses = false;
          return complaint(status, code);
        },
      });
      await repository.probe({ keep: true });
      await repository.push(small.descriptor, small.bytes);
      expect(methods()).toEqual(["POST", "PUT!", "POST!"]);
      expect(blobs.has(small.descriptor.digest)).toBe(true);
      expect([...knowledge.refused]).toEqual([]);
    },
  );

  test("looks first when the answer of the upload of a probe got lost", async () => {
    let lose = true;
    const { repository, methods } = uploadTarget({
      around: async (request, next) => {
        const response = await next(request);
        if (request.method !== "PUT" || !lose) return response;
        lose = false;
        return answer(504);
      },
    });
    await repository.probe({ keep: true });
    await repository.push(small.descriptor, small.bytes);
    expect(methods()).toEqual(["POST", "PUT!", "HEAD"]);
  });

  test("looks before it sends again what may have been taken", async () => {
    let lose = true;
    const { repository, methods } = uploadTarget({
      around: async (request, next) => {
        const response = await next(request);
        if (!lose) return response;
        lose = false;
        return answer(504);
      },
    });
    await repository.push(small.descriptor, small.bytes);
    expect(methods()).toEqual(["POST!", "HEAD"]);
  });

  test("sends wrong content nowhere", async () => {
    const { registry, repository } = uploadTarget();
    for (const content of [new Uint8Array(5), streamOf(new Uint8Array(5)), streamOf()]) {
      expect(await failureOf(repository.push(small.descriptor, content))).toMatchObject({
        code: "CONTENT",
      });
    }
    expect(registry.requests).toEqual([]);
  });
});
