/** Pulling: the same answers from a layout, an archive and memory. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { MediaType } from "../../src/oci/media-type.ts";
import { createRegistry } from "../../src/serve/fetch.ts";
import type { RegistryOptions } from "../../src/serve/handler.ts";
import type { Repository } from "../../src/serve/repositories.ts";
import { serveSources } from "../../src/serve/sources.ts";
import { openArchive } from "../../src/store/archive.ts";
import { writeArchive } from "../../src/store/archive-writer.ts";
import { createLayout } from "../../src/store/layout.ts";
import { createMemory } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/source.ts";
import { blob, type Piece, piece, pushAll, sample } from "../contract/sample.ts";
import { listOf } from "../failure.ts";
import { scratch } from "../folder.ts";
import { type Ask, asks, bytesIn, codesIn } from "./ask.ts";

const content = sample();
const { index, signature, signatureBlobs } = content;
const [manifest] = content.manifests as [Piece];
const large = piece(MediaType.ociLayerGzip, Buffer.alloc(700_000, "0123456789abcdef"));

async function fill<T extends Store>(store: T): Promise<T> {
  await pushAll(store, [...content.all, ...signatureBlobs, signature, large]);
  for (const tag of ["1.0", "1.1", "2.0"]) await store.tag(index.descriptor, tag);
  return store;
}

async function archive(): Promise<Repository> {
  const layout = await fill(await createLayout(join(scratch(), "layout")));
  const pieces = [...content.all, ...signatureBlobs, signature, large];
  const file = join(scratch(), "image.tar");
  await writeArchive(file, {
    index: await layout.indexBytes(),
    descriptors: pieces.map(({ descriptor }) => descriptor),
    source: layout,
  });
  return openArchive(file);
}

const KINDS: Readonly<Record<string, () => Promise<Repository>>> = {
  "a layout": async () => fill(await createLayout(join(scratch(), "layout"))),
  "an archive": archive,
  memory: () => fill(createMemory()),
};

function registry(repository: Repository, options: RegistryOptions = {}): Ask {
  return asks(createRegistry(serveSources(new Map([["team/pause", repository]])), options));
}

describe.each(Object.entries(KINDS))("createRegistry over %s", (_, open) => {
  const get = async (path: string, options = {}) =>
    registry(await open())("GET", `/v2/team/pause/${path}`, options);

  test("GET /v2/ says that it is a registry", async () => {
    const answer = await registry(await open())("GET", "/v2/");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("docker-distribution-api-version")).toBe("registry/2.0");
    expect(await answer.json()).toEqual({});
  });

  test("GET and HEAD of a manifest by tag and by digest, listed or not", async () => {
    const ask = registry(await open());
    for (const [reference, { descriptor, bytes }] of [
      ["1.0", index],
      [index.descriptor.digest, index],
      [manifest.descriptor.digest, manifest],
      [signature.descriptor.digest, signature],
    ] as const) {
      const path = `/v2/team/pause/manifests/${reference}`;
      const answer = await ask("GET", path, { headers: { accept: "text/html" } });
      expect(answer.status).toBe(200);
      expect(answer.headers.get("content-type")).toBe(descriptor.mediaType);
      expect(answer.headers.get("docker-content-digest")).toBe(descriptor.digest);
      expect(answer.headers.get("content-length")).toBe(String(bytes.byteLength));
      expect(await bytesIn(answer)).toEqual(Buffer.from(bytes));
      const head = await ask("HEAD", path);
      expect(head.status).toBe(200);
      expect([...head.headers]).toEqual([...answer.headers]);
      expect(await bytesIn(head)).toHaveLength(0);
    }
  });

  test.each([
    "9.9",
    `sha256:${"0".repeat(64)}`,
    "sha256:baddigest",
    ".notatag",
    `md5:${"0".repeat(32)}`,
    content.blobs[0]?.descriptor.digest ?? "",
  ])("GET of the manifest %s is 404", async (reference) => {
    const answer = await get(`manifests/${reference}`);
    expect(answer.status).toBe(404);
    expect(await codesIn(answer)).toEqual(["MANIFEST_UNKNOWN"]);
  });

  test("GET and HEAD of blobs, small and large", async () => {
    const ask = registry(await open());
    for (const { descriptor, bytes } of [...content.blobs, large]) {
      const path = `/v2/team/pause/blobs/${descriptor.digest}`;
      // Twice, because the second may come from memory.
      for (const method of ["GET", "GET", "HEAD"]) {
        const answer = await ask(method, path);
        expect(answer.status).toBe(200);
        expect(answer.headers.get("content-type")).toBe("application/octet-stream");
        expect(answer.headers.get("docker-content-digest")).toBe(descriptor.digest);
        expect(answer.headers.get("content-length")).toBe(String(bytes.byteLength));
        const body = await bytesIn(answer);
        expect(body.equals(method === "GET" ? bytes : Buffer.alloc(0))).toBe(true);
      }
    }
  });

  test("GET of a part of a blob is 206, of no part 416, of what is no range the whole", async () => {
    const ask = registry(await open());
    for (const { descriptor, bytes } of [content.blobs[1] as Piece, large]) {
      const size = bytes.byteLength;
      const range = (header: string) =>
        ask("GET", `/v2/team/pause/blobs/${descriptor.digest}`, { headers: { range: header } });
      for (const [header, start, end] of [
        ["bytes=3-8", 3, 9],
        [`bytes=${size - 2}-`, size - 2, size],
        ["bytes=-5", size - 5, size],
        [`bytes=1-${size + 10}`, 1, size],
      ] as const) {
        const answer = await range(header);
        expect(answer.status).toBe(206);
        expect(answer.headers.get("content-range")).toBe(`bytes ${start}-${end - 1}/${size}`);
        expect(answer.headers.get("content-length")).toBe(String(end - start));
        expect((await bytesIn(answer)).equals(bytes.subarray(start, end))).toBe(true);
      }
      const beyond = await range(`bytes=${size}-`);
      expect(beyond.status).toBe(416);
      expect(beyond.headers.get("content-range")).toBe(`bytes */${size}`);
      expect(await codesIn(beyond)).toEqual(["RANGE_INVALID"]);
      const ignored = await range("lines=1-2");
      expect(ignored.status).toBe(200);
      expect((await bytesIn(ignored)).equals(bytes)).toBe(true);
    }
  });

  test("GET of a blob that is not here is 404, of what is no digest 400", async () => {
    const missing = await get(`blobs/${blob("elsewhere").descriptor.digest}`);
    expect(missing.status).toBe(404);
    expect(await codesIn(missing)).toEqual(["BLOB_UNKNOWN"]);
    const wrong = await get("blobs/sha256:short");
    expect(wrong.status).toBe(400);
    expect(await codesIn(wrong)).toEqual(["DIGEST_INVALID"]);
  });

  test("tags come in pages that link to the next", async () => {
    const ask = registry(await open());
    const list = async (path: string) => {
      const answer = await ask("GET", path);
      expect(answer.status).toBe(200);
      const { name, tags } = (await answer.json()) as { name: string; tags: string[] };
      expect(name).toBe("team/pause");
      return { tags, link: answer.headers.get("link") };
    };
    const path = "/v2/team/pause/tags/list";
    expect(await list(path)).toEqual({ tags: ["1.0", "1.1", "2.0"], link: null });
    expect(await list(`${path}?n=3`)).toEqual({ tags: ["1.0", "1.1", "2.0"], link: null });
    expect(await list(`${path}?last=1.0`)).toEqual({ tags: ["1.1", "2.0"], link: null });
    expect(await list(`${path}?n=0`)).toEqual({ tags: [], link: null });
    const first = await list(`${path}?n=2`);
    expect(first).toEqual({
      tags: ["1.0", "1.1"],
      link: `</v2/team/pause/tags/list?n=2&last=1.1>; rel="next"`,
    });
    const next = /^<(.*)>; rel="next"$/.exec(first.link ?? "")?.[1] ?? "";
    expect(await list(next)).toEqual({ tags: ["2.0"], link: null });
    for (const n of ["-1", "x", "", "1e3", "9999999999"]) {
      const answer = await ask("GET", `${path}?n=${n}`);
      expect(answer.status).toBe(400);
      expect(await codesIn(answer)).toEqual(["PAGINATION_NUMBER_INVALID"]);
    }
  });

  test("referrers are an index, filtered when asked, and never 404", async () => {
    const ask = registry(await open());
    const list = async (digest: string, query = "", name = "team/pause") => {
      const answer = await ask("GET", `/v2/${name}/referrers/${digest}${query}`);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("content-type")).toBe(MediaType.ociIndex);
      const { schemaVersion, mediaType, manifests } = (await answer.json()) as {
        schemaVersion: number;
        mediaType: string;
        manifests: unknown[];
      };
      expect([schemaVersion, mediaType]).toEqual([2, MediaType.ociIndex]);
      return { manifests, filters: answer.headers.get("oci-filters-applied") };
    };
    const { mediaType, digest, size } = signature.descriptor;
    const artifactType = "application/vnd.example.signature";
    const annotations = { "org.example.text": "signed" };
    const found = [{ mediaType, digest, size, artifactType, annotations }];
    const subject = index.descriptor.digest;
    const filters = "artifactType";
    expect(await list(subject)).toEqual({ manifests: found, filters: null });
    expect(await list(subject, `?artifactType=${artifactType}`)).toEqual({
      manifests: found,
      filters,
    });
    expect(await list(subject, "?artifactType=a/b")).toEqual({ manifests: [], filters });
    expect(await list(`sha256:${"0".repeat(64)}`)).toEqual({ manifests: [], filters: null });
    expect(await list(subject, "", "not/here")).toEqual({ manifests: [], filters: null });
    const wrong = await ask("GET", "/v2/team/pause/referrers/latest");
    expect(wrong.status).toBe(400);
    expect(await codesIn(wrong)).toEqual(["DIGEST_INVALID"]);
  });

  test("the catalog names it", async () => {
    const answer = await registry(await open())("GET", "/v2/_catalog");
    expect(await answer.json()).toEqual({ repositories: ["team/pause"] });
  });

  test("a blob is served from a repository that has it and from no other", async () => {
    const other = createMemory();
    const mine = blob("of the other repository");
    await other.push(mine.descriptor, mine.bytes);
    const sources = new Map<string, Repository>([
      ["team/pause", await open()],
      ["other", other],
    ]);
    const ask = asks(createRegistry(serveSources(sources)));
    const { digest } = mine.descriptor;
    expect((await ask("GET", `/v2/other/blobs/${digest}`)).status).toBe(200);
    // It is in memory now, and that must not matter.
    expect((await ask("GET", `/v2/team/pause/blobs/${digest}`)).status).toBe(404);
    expect((await ask("HEAD", `/v2/team/pause/blobs/${digest}`)).status).toBe(404);
    await ask("GET", `/v2/team/pause/manifests/1.0`);
    const path = `/v2/other/manifests/${index.descriptor.digest}`;
    expect((await ask("GET", path)).status).toBe(404);
  });

  test.each([
    ["PUT", "manifests/1.0", "GET, HEAD"],
    ["DELETE", "manifests/1.0", "GET, HEAD"],
    ["POST", "blobs/uploads/", ""],
    ["PATCH", "blobs/uploads/00000000-0000-0000-0000-000000000000", "GET"],
    ["GET", "blobs/uploads/00000000-0000-0000-0000-000000000000", "GET"],
    ["DELETE", `blobs/${index.descriptor.digest}`, "GET, HEAD"],
  ])("%s %s is 405, for nothing can be pushed", async (method, path, allow) => {
    const answer = await registry(await open())(method, `/v2/team/pause/${path}`);
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe(allow);
    expect(await codesIn(answer)).toEqual(["UNSUPPORTED"]);
  });
});

describe("createRegistry", () => {
  const memory = () => fill(createMemory());

  test("404 for a repository that is not here, 400 for what is no name", async () => {
    const ask = registry(await memory());
    for (const path of ["manifests/1.0", "tags/list", `blobs/${index.descriptor.digest}`]) {
      const answer = await ask("GET", `/v2/not/here/${path}`);
      expect(answer.status).toBe(404);
      expect(await codesIn(answer)).toEqual(["NAME_UNKNOWN"]);
      const wrong = await ask("GET", `/v2/NOT/a+name/${path}`);
      expect(wrong.status).toBe(400);
      expect(await codesIn(wrong)).toEqual(["NAME_INVALID"]);
    }
  });

  test("404 for other paths, 405 for other methods", async () => {
    const ask = registry(await memory());
    for (const path of ["/", "/metrics", "/v2/x", "/v3/"]) {
      const answer = await ask("GET", path);
      expect(answer.status).toBe(404);
      expect(await codesIn(answer)).toEqual(["UNSUPPORTED"]);
    }
    const answer = await ask("DELETE", "/v2/");
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe("GET, HEAD");
  });

  test("answers to any name when told to, and to its own in the catalog", async () => {
    const sources = new Map<string, Repository>([["pause", await memory()]]);
    const ask = asks(createRegistry(serveSources(sources, { anyName: true })));
    const path = "/v2/rancher/mirrored-pause/manifests/1.0?ns=registry.k8s.io";
    expect((await ask("GET", path)).status).toBe(200);
    expect(await (await ask("GET", "/v2/_catalog")).json()).toEqual({ repositories: ["pause"] });
  });

  test("content that is damaged on the disk is never sent as a whole", async () => {
    const layout = await fill(await createLayout(join(scratch(), "layout")));
    const errors: unknown[] = [];
    const ask = registry(
      {
        ...withoutClass(layout),
        fetch: async function* (descriptor) {
          const chunks = await listOf(layout.fetch(descriptor));
          yield* chunks.slice(0, -1);
          throw new Error("the disk says no");
        },
      },
      { onError: (error) => errors.push(error) },
    );
    const small = await ask("GET", `/v2/team/pause/manifests/1.0`);
    expect(small.status).toBe(500);
    expect(await codesIn(small)).toEqual(["UNKNOWN"]);
    expect(errors).toMatchObject([{ message: "the disk says no" }]);
    const stream = await ask("GET", `/v2/team/pause/blobs/${large.descriptor.digest}`);
    await expect(bytesIn(stream)).rejects.toThrow("the disk says no");
  });

  test("keeps no more in memory than it may, and serves all the same", async () => {
    const ask = registry(await memory(), { memory: 500 });
    for (let round = 0; round < 2; round++) {
      for (const { descriptor, bytes } of content.blobs) {
        const answer = await ask("GET", `/v2/team/pause/blobs/${descriptor.digest}`);
        expect((await bytesIn(answer)).equals(bytes)).toBe(true);
      }
      expect((await ask("GET", "/v2/team/pause/manifests/1.0")).status).toBe(200);
    }
  });

  test("guests answer at their paths, and only GET and HEAD reach them", async () => {
    const ask = registry(await memory(), {
      page: (request) => (new URL(request.url).pathname === "/" ? new Response("page") : undefined),
      metrics: () => new Response("counts", { headers: { "content-type": "text/plain" } }),
    });
    const page = await ask("GET", "/");
    expect([page.status, await page.text()]).toEqual([200, "page"]);
    expect(page.headers.get("docker-distribution-api-version")).toBeNull();
    const counts = await ask("GET", "/metrics");
    expect([counts.headers.get("content-type"), await counts.text()]).toEqual([
      "text/plain",
      "counts",
    ]);
    const head = await ask("HEAD", "/metrics");
    expect([head.headers.get("content-length"), await head.text()]).toEqual(["6", ""]);
    expect((await ask("POST", "/")).status).toBe(405);
    expect((await ask("GET", "/favicon.ico")).status).toBe(404);
  });
});

/** The calls of a repository as an object of its own. */
function withoutClass(repository: Repository): Repository {
  return {
    fetch: (...args) => repository.fetch(...args),
    exists: (...args) => repository.exists(...args),
    resolve: (...args) => repository.resolve(...args),
    tags: (...args) => repository.tags(...args),
    sizeOf: (...args) => repository.sizeOf(...args),
    referrers: (...args) => repository.referrers(...args),
  };
}
