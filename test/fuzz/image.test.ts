import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { digestOf } from "../../src/oci/digest.ts";
import { verifyStructure } from "../../src/verify/structure.ts";
import { PROMISED } from "../verify/check-image.ts";
import { AMD64, compilePrograms, layerTar, makeImage, mapSource } from "../verify/made-image.ts";
import { fuzz, near, TIMEOUT } from "./fuzz.ts";

let programs: ReadonlyMap<string, Uint8Array>;
beforeAll(async () => {
  const [name, bytes] = [...(await compilePrograms())].find(([one]) => one === AMD64)!;
  programs = new Map([[name, bytes]]);
}, 60_000);

describe("verifyStructure", () => {
  test("finds every changed byte of every blob", async () => {
    const { source: _, root, content } = makeImage(programs);
    for (const [digest, bytes] of content) {
      for (let at = 0; at < bytes.length; at++) {
        const changed = Uint8Array.from(bytes);
        changed[at]! ^= 1 << (at % 8);
        const source = mapSource(new Map([...content, [digest, changed]]));
        const results = await verifyStructure(source, root, PROMISED);
        expect(results.some(({ status }) => status === "failed")).toBe(true);
      }
    }
  }, 60_000);

  test(
    "has a verdict about any layer, and passes none that holds something else",
    () => {
      const program = programs.get(AMD64)!;
      const sound = layerTar(program);
      return fuzz(
        fc.asyncProperty(near([sound]), fc.boolean(), async (tar, damage) => {
          // With digests that fit: what counts is what the layer holds.
          const layer = damage ? () => gzipSync(tar).subarray(0, -1) : gzipSync;
          const { source, root } = makeImage(programs, { tar: () => tar, layer });
          const results = await verifyStructure(source, root, PROMISED);
          const passed = results.every(({ status }) => status === "passed");
          if (!passed) return;
          expect(damage).toBe(false);
          const name = Buffer.from(tar).toString("latin1", 0, 100).replace(/\0.*$/s, "");
          expect(name.replace(/^\.\//, "")).toBe("pause");
          expect(Buffer.from(tar).toString("latin1", 100, 107)).toMatch(/^0*755/);
          expect(digestOf(gunzipSync(gzipSync(tar)))).toBe(digestOf(tar));
        }),
        400,
      );
    },
    TIMEOUT,
  );

  test(
    "has a verdict about any manifest, config and index",
    () => {
      const { root, images, content } = makeImage(programs);
      const [{ config, child }] = images as [(typeof images)[0]];
      const of = (digest: string) => content.get(digest as never)!;
      const documents = [of(root.digest), of(config.digest), of(child.digest)];
      return fuzz(
        fc.asyncProperty(fc.nat(2), near(documents), async (which, bytes) => {
          const replaced = [root, config, child][which]!;
          const source = mapSource(new Map([...content, [replaced.digest, bytes]]));
          const results = await verifyStructure(source, root, PROMISED);
          const same = Buffer.from(bytes).equals(Buffer.from(documents[which]!));
          expect(results.every(({ status }) => status === "passed")).toBe(same);
        }),
        400,
      );
    },
    TIMEOUT,
  );
});
