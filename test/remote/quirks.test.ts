/** Every quirk of real registries, one by one: a push and a pull of the sample must come out right with each of them. */
import { describe, expect, test } from "vitest";
import { copyGraph } from "../../src/graph/copy.ts";
import { noKnowledge } from "../../src/remote/knowledge.ts";
import { pushAll, sample } from "../contract/sample.ts";
import { bytesOf, failureOf, listOf } from "../failure.ts";
import { memoryOf, pull, push } from "./fake-registry/carry.ts";
import { openFake } from "./fake-registry/open.ts";
import { QUIRKS, type Quirk } from "./fake-registry/quirks.ts";
import { createFakeRegistry } from "./fake-registry/registry.ts";
import { MIB, streaming, varied } from "./fake-registry/uploads.ts";

const content = sample();

/** Three chunks. */
const large = varied(9 * MIB);

function start(quirk: Quirk) {
  const registry = createFakeRegistry(quirk.behaviour());
  const knowledge = noKnowledge();
  const open = (actions?: "pull") =>
    openFake(registry.handler, {
      knowledge,
      actions,
      ...(quirk.profile === undefined ? {} : { profile: quirk.profile }),
      ...(quirk.authorizer === undefined ? {} : { authorizer: quirk.authorizer }),
    });
  return { registry, open };
}

describe.each(QUIRKS)("$name ($source)", (quirk) => {
  test("a push and a pull come out right, and a second push writes nothing", async () => {
    const { registry, open } = start(quirk);
    const from = await memoryOf(...content.all);
    const root = content.index.descriptor;
    await push(from, open(), root, "1.0");
    if (quirk.cold !== undefined) expect(registry.requests).toHaveLength(quirk.cold);
    expect(registry.repository("team/pause").tags.get("1.0")).toBe(root.digest);

    const before = registry.requests.length;
    await push(from, open(), root, "1.0");
    expect(registry.requests.slice(before)).toHaveLength(quirk.again ?? 1);
    expect(registry.requests.slice(before).filter((line) => /^P/.test(line))).toEqual([]);

    const pulled = await pull(open("pull"), "1.0");
    for (const { descriptor, bytes } of content.all) {
      expect(await bytesOf(pulled.fetch(descriptor))).toEqual(Buffer.from(bytes));
    }
  });

  test("a signature is found again, by its type and not by another", async () => {
    const { open } = start(quirk);
    const repository = open();
    await pushAll(repository, [...content.all, ...content.signatureBlobs, content.signature]);
    for (const one of [repository, open()]) {
      const all = await listOf(one.referrers(content.index.descriptor));
      expect(all.map(({ digest }) => digest)).toEqual([content.signature.descriptor.digest]);
      const none = { artifactType: "application/vnd.example.other" };
      expect(await listOf(one.referrers(content.index.descriptor, none))).toEqual([]);
    }
  });

  test("a signature goes along with an image under its tag", async () => {
    const { registry, open } = start(quirk);
    const from = await memoryOf(...content.all, ...content.signatureBlobs, content.signature);
    const root = content.index.descriptor;
    const tags = [{ descriptor: root, tag: "1.0" }];
    await copyGraph(from, open(), [root, content.signature.descriptor], { tags });
    expect(registry.repository("team/pause").tags.get("1.0")).toBe(root.digest);
    const { artifactType } = JSON.parse(Buffer.from(content.signature.bytes).toString());
    const [found, ...more] = await listOf(open().referrers(root, { artifactType }));
    expect(more).toEqual([]);
    expect(found?.digest).toBe(content.signature.descriptor.digest);
  });

  test("tags are listed whole and in order, and tags can be moved where that is allowed", async () => {
    const { registry, open } = start(quirk);
    const repository = open();
    await pushAll(repository, content.all);
    const names = ["b", "A", "a", "1.0", "_", "B-1"];
    for (const tag of names) await repository.tag(content.index.descriptor, tag);
    expect(await listOf(open().tags())).toEqual([...names].sort());
    const moved = open().tag(
      (content.manifests[0] as (typeof content.manifests)[0]).descriptor,
      "a",
    );
    if (registry.behaviour.immutable === undefined) await moved;
    else
      expect(await failureOf(moved)).toMatchObject({
        code: "REGISTRY",
        detail: { tag: "a", immutable: true },
      });
  });

  test("the upload of a probe serves the first blob, and is given up where none comes", async () => {
    const { registry, open } = start(quirk);
    const repository = open();
    await repository.probe({ keep: true });
    await push(await memoryOf(...content.all), repository, content.index.descriptor, "1.0");
    await repository.abandonUploads();
    for (const one of content.all) {
      expect(await bytesOf(open().fetch(one.descriptor))).toEqual(Buffer.from(one.bytes));
    }
    // A registry that takes a blob by no PUT keeps what it refused.
    const left = registry.uploads.size;
    await repository.probe({ keep: true });
    expect(registry.uploads.size).toBe(left + 1);
    await repository.abandonUploads();
    await repository.abandonUploads();
    expect(registry.uploads.size).toBe(left);
  });

  test("a mount gives the blob or leaves it to a push", async () => {
    const { registry, open } = start(quirk);
    const [blob] = content.blobs as [(typeof content.blobs)[0]];
    registry.repository("team/other").blobs.set(blob.descriptor.digest, blob.bytes);
    const repository = open();
    if (!(await repository.mount(blob.descriptor, "team/other"))) {
      await repository.push(blob.descriptor, blob.bytes);
    }
    expect(await open().exists(blob.descriptor)).toBe(true);
  });

  if (quirk.large !== true) return;
  test("a large blob goes there and back as a stream", async () => {
    const { registry, open } = start(quirk);
    const { descriptor } = large;
    await open().push(descriptor, streaming(large));
    expect(registry.repository("team/pause").blobs.get(descriptor.digest)?.byteLength).toBe(
      descriptor.size,
    );
    let size = 0;
    for await (const chunk of open().fetch(descriptor)) size += chunk.byteLength;
    expect(size).toBe(descriptor.size);
  });
});
