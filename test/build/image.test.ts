import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { ImageDefinition } from "../../src/build/definition.ts";
import { type AssembledIndex, type AssembleOptions, assembleIndex } from "../../src/build/image.ts";
import { parseImageConfig } from "../../src/oci/config.ts";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { digestOf } from "../../src/oci/digest.ts";
import { parseIndex, parseManifest } from "../../src/oci/document.ts";
import { createMemory, type Memory } from "../../src/store/memory.ts";
import { embedded, readAll } from "../../src/store/verify.ts";
import { golden } from "../golden.ts";

const definition: ImageDefinition = {
  name: "pause",
  version: "1.2.3",
  repository: "localhost/pause",
  entrypoint: ["/pause"],
  user: "65535:65535",
  platforms: ["linux/amd64", "linux/arm/v7"],
  annotations: { "org.opencontainers.image.licenses": "Apache-2.0", "com.example.b": "ü", a: "1" },
  labels: { b: "2", "10": "ten", "9": "nine", a: "1" },
  aliases: [],
  inline: "none",
};
const binaries = [
  {
    platform: { architecture: "amd64", os: "linux" },
    bytes: Buffer.from("\x7fELF, or so\n".repeat(40)),
  },
  { platform: { architecture: "arm", os: "linux", variant: "v7" }, bytes: Buffer.from([1, 2, 3]) },
];
const plain: AssembleOptions = { version: "1.2.3", format: "oci", inline: "none" };

const VARIANTS: Readonly<Record<string, AssembleOptions>> = {
  "oci-none": plain,
  "oci-blobs": { ...plain, inline: "blobs" },
  "oci-all": { ...plain, inline: "all" },
  "docker-none": { ...plain, format: "docker" },
  "oci-dated": { ...plain, revision: "g1234abc", sourceDateEpoch: 1_700_000_000 },
  "docker-dated": { ...plain, format: "docker", sourceDateEpoch: 0 },
};

async function assemble(
  options: AssembleOptions,
  changes: Partial<ImageDefinition> = {},
): Promise<AssembledIndex & { readonly store: Memory }> {
  const store = createMemory();
  return {
    store,
    ...(await assembleIndex(store, { ...definition, ...changes }, binaries, options)),
  };
}

const read = (store: Memory, { mediaType, digest, size }: Descriptor) =>
  readAll(store, { mediaType, digest, size });

describe("assembleIndex", () => {
  describe.each(Object.entries(VARIANTS))("%s", (name, options) => {
    test("has the golden bytes of index, manifests and configs", async () => {
      const { store, index, images } = await assemble(options);
      const bytes = await read(store, index);
      expect(Buffer.from(bytes)).toEqual(golden(`image/${name}/index.json`, bytes));
      for (const { platform, manifest, config } of images) {
        for (const [kind, descriptor] of Object.entries({ manifest, config })) {
          const part = await read(store, descriptor);
          const file = `image/${name}/${platform.architecture}-${kind}.json`;
          expect(Buffer.from(part)).toEqual(golden(file, part));
        }
      }
    });

    test("has the golden bytes of layers, before and after compression", async () => {
      const { store, images } = await assemble(options);
      const dated = options.sourceDateEpoch ? "-dated" : "";
      for (const { platform, layer, diffId } of images) {
        const bytes = await read(store, layer);
        const file = `image/${platform.architecture}${dated}.tar`;
        expect(Buffer.from(bytes)).toEqual(golden(`${file}.gz`, bytes));
        const tar = gunzipSync(bytes);
        expect(tar).toEqual(golden(file, tar));
        expect(digestOf(tar)).toBe(diffId);
      }
    });

    test("is what its own readers take it for", async () => {
      const { store, index, images } = await assemble(options);
      const { manifests } = parseIndex(await read(store, index), index.mediaType);
      expect(manifests).toEqual(images.map((image) => image.manifest));
      for (const [position, { platform, manifest, config, layer, diffId }] of images.entries()) {
        expect(manifest.platform).toEqual(binaries[position]?.platform);
        const parsed = parseManifest(await read(store, manifest), manifest.mediaType);
        expect(parsed.config).toMatchObject(config);
        expect(parsed.layers).toMatchObject([layer]);
        expect(parseImageConfig(await read(store, config))).toMatchObject({
          ...platform,
          config: { User: "65535:65535", Entrypoint: ["/pause"], Labels: definition.labels },
          rootfs: { diff_ids: [diffId] },
        });
      }
    });
  });

  test("embeds nothing, blobs, or blobs and manifests", async () => {
    const carried = async (inline: AssembleOptions["inline"]) => {
      const { store, images } = await assemble({ ...plain, inline });
      const [image] = images;
      const manifest = parseManifest(await read(store, image!.manifest), image!.manifest.mediaType);
      const all = [image!.manifest, manifest.config, manifest.layers[0]!];
      return Promise.all(
        all.map(async (descriptor) => {
          const bytes = embedded(descriptor);
          if (bytes !== undefined)
            expect(Buffer.from(bytes)).toEqual(Buffer.from(await read(store, descriptor)));
          return bytes !== undefined;
        }),
      );
    };
    expect(await carried("none")).toEqual([false, false, false]);
    expect(await carried("blobs")).toEqual([false, true, true]);
    expect(await carried("all")).toEqual([true, true, true]);
  });

  test("gives the same index for none and blobs but for the digests of manifests", async () => {
    const [none, blobs] = await Promise.all([
      assemble(plain),
      assemble({ ...plain, inline: "blobs" }),
    ]);
    expect(none.images.map(({ config, layer }) => [config, layer])).toEqual(
      blobs.images.map(({ config, layer }) => [config, layer]),
    );
    expect(none.index.digest).not.toBe(blobs.index.digest);
  });

  test("does not depend on the order of labels and annotations", async () => {
    const reversed = (map: Readonly<Record<string, string>>) =>
      Object.fromEntries(Object.entries(map).reverse());
    const { annotations, labels } = definition;
    const other = await assemble(plain, {
      annotations: reversed(annotations),
      labels: reversed(labels),
    });
    expect(other.index.digest).toBe((await assemble(plain)).index.digest);
    const changed = await assemble(plain, { labels: { ...labels, a: "2" } });
    expect(changed.index.digest).not.toBe(other.index.digest);
  });

  test("lets the version of the build win, and the title of the definition", async () => {
    const { store, index } = await assemble(
      { ...plain, version: "9" },
      { annotations: { "org.opencontainers.image.title": "mine" } },
    );
    expect(parseIndex(await read(store, index), index.mediaType).annotations).toEqual({
      "org.opencontainers.image.title": "mine",
      "org.opencontainers.image.version": "9",
    });
  });

  test("writes SOURCE_DATE_EPOCH into config, annotations and layer, and nothing else of time", async () => {
    const dated = await assemble({ ...plain, sourceDateEpoch: 86_400 });
    const { config, layer, manifest } = dated.images[0]!;
    expect(parseImageConfig(await read(dated.store, config)).created).toBe("1970-01-02T00:00:00Z");
    const { annotations } = parseManifest(await read(dated.store, manifest), manifest.mediaType);
    expect(annotations?.["org.opencontainers.image.created"]).toBe("1970-01-02T00:00:00Z");
    const tar = gunzipSync(await read(dated.store, layer));
    expect(tar.toString("latin1", 136, 147)).toBe((86_400).toString(8).padStart(11, "0"));
    const { store, images } = await assemble(plain);
    expect(parseImageConfig(await read(store, images[0]!.config)).created).toBeUndefined();
  });
});
