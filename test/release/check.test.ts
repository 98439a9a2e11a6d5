import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { HiatusError } from "../../src/errors.ts";
import { checkMirrors } from "../../src/release/check.ts";
import { release } from "../../src/release/release.ts";
import type { Piece } from "../contract/sample.ts";
import { pushAll } from "../contract/sample.ts";
import { scratch } from "../folder.ts";
import { type MemoryMirror, memoryMirror, sampleRelease } from "./memory-mirror.ts";

const { image, content } = await sampleRelease();
const old = await sampleRelease("old");

async function released(count = 2): Promise<readonly MemoryMirror[]> {
  const mirrors = Array.from({ length: count }, (_, at) => memoryMirror(`m${at}`));
  await release(image, mirrors, { journal: join(scratch(), "journal.ndjson") });
  return mirrors;
}

describe("checkMirrors", () => {
  test("finds nothing right after a release, and writes nothing", async () => {
    const mirrors = await released();
    const writes = mirrors.map(({ log }) => log.length);
    const checks = await checkMirrors(image, mirrors, { deep: true });
    expect(checks.map(({ status }) => status)).toEqual(["same", "same"]);
    // Two tags, an index, two manifests, four blobs, a signature with its config and layer.
    expect(checks[0]?.compared).toBe(2 + 1 + 2 + 4 + 3);
    expect(mirrors.map(({ log }) => log.length)).toEqual(writes);
  });

  test.each([
    ["a moved tag", "tag 1"],
    ["a lost tag", "tag 1.0"],
    ["a lost blob", "linux/amd64 layer"],
    ["a lost child", "linux/arm/v7 manifest"],
    ["a lost signature", "attachment"],
    ["a damaged blob", "linux/amd64 layer"],
  ])("names %s", async (what, expected) => {
    const mirrors = await released();
    const [{ memory }] = mirrors as [MemoryMirror];
    const [, layer] = content.blobs as [Piece, Piece];
    const [, child] = content.manifests as [Piece, Piece];
    if (what === "a moved tag") {
      await pushAll(memory, old.content.all);
      await memory.tag(old.content.index.descriptor, "1");
    } else if (what === "a lost tag") await memory.untag("1.0");
    else if (what === "a lost blob") await memory.delete(layer.descriptor);
    else if (what === "a lost child") await memory.delete(child.descriptor);
    else if (what === "a lost signature") await memory.delete(content.signature.descriptor);
    else {
      const fetch = memory.fetch.bind(memory);
      memory.fetch = (descriptor, options) => {
        if (descriptor.digest !== layer.descriptor.digest) return fetch(descriptor, options);
        throw new HiatusError("CONTENT", "other bytes");
      };
    }
    const [first, second] = await checkMirrors(image, mirrors, { deep: true });
    expect(first?.status).toBe("drifted");
    expect(first?.findings).toHaveLength(1);
    expect(first?.findings[0]?.what).toMatch(expected);
    expect(second?.status).toBe("same");
  });

  test("does not call a mirror drifted that cannot be reached", async () => {
    const mirrors = await released();
    const [{ memory }] = mirrors as [MemoryMirror];
    memory.resolve = async () => {
      throw new HiatusError("NETWORK", "no route", { hint: "Mend the network" });
    };
    const [first] = await checkMirrors(image, mirrors);
    expect(first).toMatchObject({ status: "failed", failure: { hint: "Mend the network" } });
  });

  test("does not miss attachments at a mirror that shall have none", async () => {
    const plain = memoryMirror("plain", { attachments: "none" });
    await release(image, [plain], { journal: join(scratch(), "journal.ndjson") });
    expect(await checkMirrors(image, [plain])).toMatchObject([{ status: "same" }]);
  });
});
