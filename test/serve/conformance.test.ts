/**
 * Kinds of content through every endpoint, in the order of the conformance suite of the distribution specification that was
 * written anew in 2026: push, list, head, pull, referrers, delete. The suite itself runs in `npm run test:interop`, where
 * the module proxy hands it out.
 *
 * @see https://github.com/opencontainers/distribution-spec/tree/main/conformance
 */
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { type DigestAlgorithm, digestOf } from "../../src/oci/digest.ts";
import { encodeJson } from "../../src/oci/json.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import { createRegistry } from "../../src/serve/fetch.ts";
import { openFolder } from "../../src/serve/folder.ts";
import { createMemoryRepositories } from "../../src/serve/memory.ts";
import type { WritableRepositories } from "../../src/serve/repositories.ts";
import { scratch } from "../folder.ts";
import { type Ask, asks, bytesIn } from "./ask.ts";

const REPOSITORY = "conformance/repo1";
const EXAMPLE = "application/vnd.example.oci.conformance.v1";
const NONDISTRIBUTABLE = "application/vnd.oci.image.layer.nondistributable.v1.tar";

/** Content to be pushed. */
interface Data {
  readonly blobs: Map<string, Uint8Array>;
  /** Children before parents. */
  readonly manifests: { readonly descriptor: Descriptor; readonly bytes: Uint8Array }[];
  readonly tags: Map<string, string>;
  /** By subject. */
  readonly referrers: Map<string, Descriptor[]>;
}

/** What a manifest or an index is made of besides its children. */
interface Extra {
  readonly tag?: string;
  readonly artifactType?: string;
  readonly annotations?: Record<string, string>;
  readonly subject?: Descriptor;
  readonly config?: { readonly mediaType: string; readonly text: string };
  readonly layers?: readonly { readonly mediaType: string; readonly text: string }[];
  readonly foreign?: readonly Descriptor[];
  readonly more?: Record<string, unknown>;
  readonly data?: boolean;
}

/** Makes content whose digests are of one algorithm. */
function maker(algorithm: DigestAlgorithm = "sha256") {
  const data: Data = { blobs: new Map(), manifests: [], tags: new Map(), referrers: new Map() };
  let count = 0;
  const describeAs = (mediaType: string, bytes: Uint8Array, inside = false): Descriptor => ({
    mediaType,
    digest: digestOf(bytes, algorithm),
    size: bytes.byteLength,
    ...(inside ? { data: Buffer.from(bytes).toString("base64") } : {}),
  });
  const blob = (mediaType: string, text: string, inside = false): Descriptor => {
    const bytes = Buffer.from(text);
    const descriptor = describeAs(mediaType, bytes, inside);
    data.blobs.set(descriptor.digest, bytes);
    return descriptor;
  };
  const add = (value: object, type: string | undefined, extra: Extra): Descriptor => {
    const { tag, artifactType, annotations, subject, more } = extra;
    const fields = { artifactType, ...value, subject, annotations, ...more };
    const bytes = encodeJson(fields);
    const { mediaType } = value as { mediaType: string };
    const descriptor = describeAs(mediaType, bytes);
    data.manifests.push({ descriptor, bytes });
    if (tag !== undefined) data.tags.set(tag, descriptor.digest);
    if (subject !== undefined) {
      const artifact = artifactType ?? type;
      const entry: Descriptor = {
        ...descriptor,
        ...(artifact === undefined ? {} : { artifactType: artifact }),
        ...(annotations === undefined ? {} : { annotations }),
      };
      const list = data.referrers.get(subject.digest) ?? [];
      data.referrers.set(subject.digest, [...list, entry]);
    }
    return descriptor;
  };
  const image = (extra: Extra = {}): Descriptor => {
    const number = count++;
    const {
      config = { mediaType: MediaType.ociConfig, text: `{"os":"linux","number":${number}}` },
      layers = [0, 1].map((i) => ({
        mediaType: MediaType.ociLayerGzip,
        text: `layer ${number} ${i}`,
      })),
      foreign = [],
      data: inside = false,
    } = extra;
    const value = {
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      config: blob(config.mediaType, config.text, inside),
      layers: [...foreign, ...layers.map(({ mediaType, text }) => blob(mediaType, text, inside))],
    };
    return add(value, config.mediaType, extra);
  };
  const index = (children: readonly Descriptor[], extra: Extra = {}): Descriptor => {
    const manifests = children.map((child, i) => ({
      ...child,
      platform: { os: "linux", architecture: ["amd64", "arm64"][i] },
    }));
    const value = { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests };
    return add(value, undefined, extra);
  };
  return { data, image, index };
}

type Maker = ReturnType<typeof maker>;

const ARTIFACT: Extra = {
  artifactType: EXAMPLE,
  config: { mediaType: MediaType.ociEmpty, text: "{}" },
  layers: [{ mediaType: EXAMPLE, text: "artifact" }],
};

function made(make: (tools: Maker) => void, algorithm?: DigestAlgorithm): Data {
  const tools = maker(algorithm);
  make(tools);
  return tools.data;
}

const KINDS: Readonly<Record<string, Data>> = {
  "an image": made(({ image }) => image({ tag: "image" })),
  "an image with uncompressed layers": made(({ image }) =>
    image({
      tag: "plain",
      layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", text: "plain" }],
    }),
  ),
  "an image with a manifest of 3.9 MB": made(({ image }) => {
    const keys = Array.from({ length: 390 }, (_, i) => [`large-${i}`, "A".repeat(10_000)]);
    image({ tag: "large", annotations: Object.fromEntries(keys) });
  }),
  "an index": made(({ image, index }) => index([image(), image()], { tag: "index" })),
  "an index of indexes": made(({ image, index }) =>
    index([index([image(), image()]), index([image(), image()])], { tag: "nested" }),
  ),
  "an empty index": made(({ index }) => index([], { tag: "index" })),
  "an artifact": made(({ image }) => image({ ...ARTIFACT, tag: "artifact" })),
  "an index of artifacts": made(({ image, index }) =>
    index([image(ARTIFACT), image({ ...ARTIFACT, annotations: { second: "yes" } })], {
      tag: "artifacts",
      artifactType: EXAMPLE,
    }),
  ),
  "an artifact without content": made(({ image }) =>
    image({
      ...ARTIFACT,
      tag: "nothing",
      layers: [{ mediaType: MediaType.ociEmpty, text: "{}" }],
    }),
  ),
  "artifacts with a subject": made(({ image }) => {
    const subject = image({ tag: "image" });
    image({ subject });
    image({ ...ARTIFACT, subject, tag: "a", annotations: { greeting: "hello", one: "1" } });
    image({ ...ARTIFACT, artifactType: `${EXAMPLE}b`, subject, annotations: { greeting: "hi" } });
  }),
  "an index with a subject": made(({ image, index }) => {
    const subject = index([image(), image()], { tag: "index" });
    index([image(ARTIFACT)], {
      subject,
      artifactType: EXAMPLE,
      annotations: { greeting: "hello" },
    });
  }),
  "an artifact whose subject is missing": made(({ image }) => {
    const bytes = Buffer.from("missing content");
    const subject = { mediaType: MediaType.ociManifest, digest: digestOf(bytes), size: 123 };
    image({ ...ARTIFACT, subject, tag: "tagged" });
  }),
  "content inside of descriptors": made(({ image }) => image({ tag: "data", data: true })),
  "layers that may not be distributed": made(({ image }) => {
    const foreign = [NONDISTRIBUTABLE, `${NONDISTRIBUTABLE}+gzip`].map((mediaType) => ({
      mediaType,
      digest: digestOf(Buffer.from(mediaType)),
      size: 123_456,
      urls: ["https://store.example/blob"],
    }));
    image({ tag: "foreign", foreign });
  }),
  "fields that nobody knows": made(({ image, index }) => {
    const more = { "org.example.field": { deep: [1, null, "x"] } };
    index([image({ more }), image({ more })], { tag: "fields", more });
  }),
  "no layers": made(({ image }) => image({ tag: "no-layers", layers: [] })),
  "SHA-512 digests": made(({ image, index }) => void index([image(), image()]), "sha512"),
};

const PUSHES: readonly ((ask: Ask, digest: string, bytes: Uint8Array) => Promise<Response>)[] = [
  (ask, digest, body) => ask("POST", `/v2/${REPOSITORY}/blobs/uploads/?digest=${digest}`, { body }),
  async (ask, digest, body) => ask("PUT", `${await start(ask)}?digest=${digest}`, { body }),
  async (ask, digest, body) => {
    const location = await start(ask);
    const headers = { "content-range": `0-${body.byteLength - 1}` };
    expect((await ask("PATCH", location, { body, headers })).status).toBe(202);
    return ask("PUT", `${location}?digest=${digest}`);
  },
];

async function start(ask: Ask): Promise<string> {
  const answer = await ask("POST", `/v2/${REPOSITORY}/blobs/uploads/`);
  expect(answer.status).toBe(202);
  return answer.headers.get("location") ?? "";
}

const REGISTRIES: Readonly<Record<string, () => Promise<WritableRepositories>>> = {
  memory: async () => createMemoryRepositories(),
  "a folder": async () => {
    const folder = await openFolder(join(scratch(), "registry"));
    onTestFinished(() => folder.close());
    return folder;
  },
};

describe.each(Object.entries(REGISTRIES))("conformance of createRegistry over %s", (_, open) => {
  test.each(Object.entries(KINDS))("%s", async (_name, data) => {
    await through(asks(createRegistry(await open())), data, false);
  });

  test.each(["sha256", "sha512"] as const)("tags beside a %s digest", async (algorithm) => {
    const { data, image, index } = maker(algorithm);
    index([image(), image()], { tag: "top" });
    for (const [i, { descriptor }] of data.manifests.entries()) {
      data.tags.set(`tag-${i}`, descriptor.digest);
    }
    await through(asks(createRegistry(await open())), data, true);
  });
});

async function through(ask: Ask, data: Data, tagsBeside: boolean): Promise<void> {
  const at = (path: string) => `/v2/${REPOSITORY}/${path}`;
  let turn = 0;
  for (const [digest, bytes] of data.blobs) {
    const push = PUSHES[turn++ % PUSHES.length];
    const answer = await push?.(ask, digest, bytes);
    expect(answer?.status).toBe(201);
    expect(answer?.headers.get("docker-content-digest")).toBe(digest);
    await gives(ask, answer?.headers.get("location") ?? "", bytes, digest);
  }

  const putManifest = async (
    { descriptor, bytes }: Data["manifests"][number],
    reference: string,
  ): Promise<Response> => {
    const headers = { "content-type": descriptor.mediaType };
    const answer = await ask("PUT", at(`manifests/${reference}`), { headers, body: bytes });
    expect(answer.status).toBe(201);
    expect(answer.headers.get("docker-content-digest")).toBe(descriptor.digest);
    const { subject } = JSON.parse(Buffer.from(bytes).toString()) as { subject?: Descriptor };
    expect(answer.headers.get("oci-subject")).toBe(subject?.digest ?? null);
    const location = answer.headers.get("location") ?? "";
    await gives(ask, location, bytes, descriptor.digest, descriptor.mediaType);
    return answer;
  };
  for (const manifest of data.manifests) {
    const { digest } = manifest.descriptor;
    const named = [...data.tags].filter(([, tagged]) => tagged === digest).map(([tag]) => tag);
    const query = tagsBeside ? `?${named.map((tag) => `tag=${tag}`).join("&")}` : "";
    const answer = await putManifest(manifest, `${digest}${query}`);
    if (tagsBeside) expect(answer.headers.get("oci-tag")?.split(", ").sort()).toEqual(named.sort());
    else for (const tag of named) await putManifest(manifest, tag);
  }

  const tags = [...data.tags.keys()].sort();
  const list = async (query = "") => {
    const answer = await ask("GET", at(`tags/list${query}`));
    return ((await answer.json()) as { tags: string[] }).tags;
  };
  expect(await list()).toEqual(tags);
  for (const [i, tag] of tags.entries()) {
    expect(await list(`?last=${tag}`)).toEqual(tags.slice(i + 1));
  }

  for (const [tag, digest] of data.tags) {
    const manifest = data.manifests.find(({ descriptor }) => descriptor.digest === digest);
    const { bytes, descriptor } = manifest ?? expect.fail();
    await gives(ask, at(`manifests/${tag}`), bytes, digest, descriptor.mediaType);
  }
  for (const [subject, expected] of data.referrers) {
    const types = new Set(expected.map(({ artifactType }) => artifactType));
    for (const type of [undefined, ...types]) {
      const query = type === undefined ? "" : `?artifactType=${encodeURIComponent(type)}`;
      const answer = await ask("GET", at(`referrers/${subject}${query}`));
      expect(answer.headers.get("oci-filters-applied")).toBe(
        type === undefined ? null : "artifactType",
      );
      const { manifests } = (await answer.json()) as { manifests: Descriptor[] };
      const wanted = expected.filter((one) => type === undefined || one.artifactType === type);
      expect(manifests).toHaveLength(wanted.length);
      expect(manifests).toEqual(expect.arrayContaining(wanted));
    }
  }

  const deleted = async (path: string): Promise<void> => {
    expect((await ask("DELETE", at(path))).status).toBe(202);
    for (const method of ["HEAD", "GET"]) expect((await ask(method, at(path))).status).toBe(404);
  };
  for (const tag of tags) await deleted(`manifests/${tag}`);
  for (const { descriptor } of [...data.manifests].reverse()) {
    await deleted(`manifests/${descriptor.digest}`);
  }
  for (const digest of data.blobs.keys()) await deleted(`blobs/${digest}`);
  expect(await list()).toEqual([]);
}

/** GET gives the bytes, HEAD their length, both the same headers. */
async function gives(
  ask: Ask,
  path: string,
  bytes: Uint8Array,
  digest: string,
  mediaType = "application/octet-stream",
): Promise<void> {
  for (const method of ["HEAD", "GET"]) {
    const answer = await ask(method, path);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe(mediaType);
    expect(answer.headers.get("content-length")).toBe(String(bytes.byteLength));
    expect(answer.headers.get("docker-content-digest")).toBe(digest);
    const body = await bytesIn(answer);
    expect(body.equals(method === "GET" ? bytes : Buffer.alloc(0))).toBe(true);
  }
}
