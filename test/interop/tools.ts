/**
 * What every tool that copies images has to do with a registry: the same tests for each of them, ours included.
 *
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, inject, it } from "vitest";
import { type Client, type ClientKind, pathOf, type Remote } from "./client.ts";
import { expectInLayout, expectInRegistry } from "./expect-whole.ts";
import type { Fixture } from "./fixtures.ts";
import { copiedBy } from "./quirks.ts";
import { askRegistry, MANIFEST_TYPES } from "./raw.ts";
import type { Registry } from "./registry.ts";
import { sha256 } from "./sha256.ts";
import { scratchFolder } from "./stages.ts";

/** The tests of one tool with one registry, which runs while they do. */
export function tryTool(
  kind: ClientKind,
  registryOf: () => Registry,
  variants: readonly Fixture["variant"][],
): void {
  const fixtures = inject("fixtures");
  const home = `by-${pathOf(kind.name)}`;
  let client: Client;
  let folder: string;
  let version: string;
  const at = (repository: string, reference: string): Remote => ({
    ...{ registry: registryOf(), reference, repository: `${home}/${repository}` },
  });
  let count = 0;
  const fresh = () => ({ layout: join(folder, `pulled-${++count}`), tag: "pulled" });
  const expected = (variant: keyof typeof fixtures) =>
    copiedBy(kind.name, version, fixtures[variant], fixtures);

  beforeAll(async () => {
    folder = await scratchFolder(kind.name);
    version = await kind.version();
    const settings = join(folder, "client");
    await mkdir(settings);
    client = await kind.open(settings, registryOf());
    // For tests that are run alone.
    await client.push(fixtures.blobs, at("pause", "ready"));
  });
  for (const variant of variants) {
    it(`pushes and pulls an image with inline "${variant}"`, async () => {
      const image = fixtures[variant];
      await client.push(image, at(variant, image.tag));
      await expectInRegistry(registryOf(), `${home}/${variant}`, image.tag, expected(variant));
      const byTag = fresh();
      await client.pull(at(variant, image.tag), byTag);
      await expectInLayout(byTag.layout, expected(variant));
      const byDigest = fresh();
      await client.pull(at(variant, expected(variant).root.digest), byDigest);
      await expectInLayout(byDigest.layout, expected(variant));
    });
  }

  it("pushes again what is there", async () => {
    await client.push(fixtures.blobs, at("pause", "ready"));
    await expectInRegistry(registryOf(), `${home}/pause`, "ready", expected("blobs"));
  });

  it("copies to another repository of the registry", async () => {
    await client.copy(at("pause", "ready"), at("copy", "1"));
    await expectInRegistry(registryOf(), `${home}/copy`, "1", expected("blobs"));
  });

  it("resolves a tag", async () => {
    expect(await client.resolve(at("pause", "ready"))).toBe(expected("blobs").root.digest);
  });

  it("lists tags", async () => {
    await client.copy(at("pause", "ready"), at("tags", "b"));
    await client.copy(at("pause", "ready"), at("tags", "a"));
    expect((await client.tags(registryOf(), `${home}/tags`)).toSorted()).toEqual(["a", "b"]);
  });

  it("says that a tag is not there, and pulls nothing", async () => {
    await expect(client.pull(at("pause", "absent"), fresh())).rejects.toThrow(/exit code/);
  });

  if (kind.can.delete) {
    it("removes a manifest", async () => {
      const { digest } = expected("blobs").root;
      await client.copy(at("pause", "ready"), at("removed", "1"));
      await client.delete?.(at("removed", digest));
      for (const reference of ["1", digest]) {
        const path = `/v2/${home}/removed/manifests/${reference}`;
        const { status } = await askRegistry(registryOf(), path, {
          headers: { accept: MANIFEST_TYPES },
        });
        expect(status, path).toBe(404);
      }
    });
  }

  if (kind.can.referrers) {
    it("attaches a file, finds it, and copies both", async () => {
      const { referrers } = client;
      if (referrers === undefined)
        throw new Error(`${kind.name} does not know referrers after all`);
      const file = join(folder, "attached.txt");
      await writeFile(file, "Attached to an image\n");
      await client.copy(at("pause", "ready"), at("subject", "1"));
      await referrers.attach(at("subject", "1"), file);
      const [found = "", ...more] = await referrers.list(at("subject", "1"));
      expect(more).toEqual([]);
      await referrers.copy(at("subject", "1"), at("subject-copy", "1"));
      expect(await referrers.list(at("subject-copy", "1"))).toEqual([found]);
      await expectInRegistry(registryOf(), `${home}/subject-copy`, "1", expected("blobs"));
      const path = `/v2/${home}/subject-copy/manifests/${found}`;
      const { body } = await askRegistry(registryOf(), path, {
        headers: { accept: MANIFEST_TYPES },
      });
      expect(sha256(body)).toBe(found);
      expect(JSON.parse(body.toString()).subject.digest).toBe(expected("blobs").root.digest);
    });
  }
}
