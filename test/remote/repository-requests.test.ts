import { describe, expect, test } from "vitest";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { blob, type Piece, pushAll, sample } from "../contract/sample.ts";
import { bytesOf, failureOf } from "../failure.ts";
import { manyPlatforms, memoryOf, pull, push } from "./fake-registry/carry.ts";

import { start } from "./fake-registry/start.ts";

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
