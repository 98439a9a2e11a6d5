import { beforeEach, describe, expect, test } from "vitest";
import type { OpenMirror } from "../../src/release/mirror-stores.ts";
import { makeWholeAgain } from "../../src/release/whole-again.ts";
import { createMemory, type Memory } from "../../src/store/memory.ts";
import { type Piece, pushAll, sample } from "../contract/sample.ts";
import { failureOf } from "../failure.ts";
import { type MemoryMirror, memoryMirror } from "./memory-mirror.ts";

const { all, blobs, index, manifests } = sample();
const [first] = manifests as [Piece];

let full: Memory;
let mirror: MemoryMirror;
beforeEach(async () => {
  full = createMemory();
  await pushAll(full, all);
  mirror = memoryMirror("m0");
});
const mend = (open: OpenMirror, ...others: readonly Memory[]) =>
  makeWholeAgain(open, index.descriptor, index.bytes, others);
const pushes = (pieces: readonly Piece[]) =>
  pieces.map(({ descriptor }) => `push ${descriptor.digest}`).sort();

describe("makeWholeAgain", () => {
  test("writes nothing where everything is there", async () => {
    await pushAll(mirror.memory, all);
    await mend(mirror);
    expect(mirror.log).toEqual([]);
  });

  test("gives what is missing from another mirror, children before parents", async () => {
    await mend(mirror, createMemory(), full);
    expect(mirror.log.toSorted()).toEqual(pushes([...blobs, ...manifests]));
    // A memory refuses a parent before its children, and now takes the index.
    await mirror.memory.push(index.descriptor, index.bytes);
  });

  test("gives a manifest from the mirror's own blobs when it is none any more", async () => {
    await pushAll(mirror.memory, blobs);
    const fresh = {
      ...mirror.store,
      fetch: ((descriptor, options) =>
        descriptor.mediaType === "application/octet-stream"
          ? full.fetch(descriptor, options)
          : mirror.memory.fetch(descriptor, options)) as Memory["fetch"],
    };
    await mend({ ...mirror, fresh });
    expect(mirror.log.toSorted()).toEqual(pushes(manifests));
  });

  test("says that nobody has it, and what to do then", async () => {
    await pushAll(mirror.memory, [...blobs, first]);
    const error = await failureOf(mend(mirror, createMemory()));
    expect(error).toMatchObject({
      code: "INCOMPLETE",
      detail: { mirror: "m0", digest: index.descriptor.digest },
    });
    expect(error.message).toContain(manifests[1]?.descriptor.digest);
    expect(error.hint).toContain("roll back again");
    expect(mirror.log).toEqual([]);
  });

  test("asks nothing about what is no manifest", async () => {
    const bytes = new TextEncoder().encode("{");
    await makeWholeAgain(mirror, index.descriptor, bytes, []);
    expect(mirror.log).toEqual([]);
  });
});
