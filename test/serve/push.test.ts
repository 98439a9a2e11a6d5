/** Pushing: the same answers from memory and from a folder. */
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { describe as describeBytes } from "../../src/oci/descriptor.ts";
import { digestOf } from "../../src/oci/digest.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import { createRegistry } from "../../src/serve/fetch.ts";
import { openFolder } from "../../src/serve/folder.ts";
import { createMemoryRepositories } from "../../src/serve/memory.ts";
import type { WritableRepositories } from "../../src/serve/repositories.ts";
import {
  blob,
  image,
  indexOf,
  jsonPiece,
  type Piece,
  piece,
  referrer,
  sample,
} from "../contract/sample.ts";
import { scratch } from "../folder.ts";
import { type Ask, asks, bytesIn, codesIn, pushBlob, pushManifest, pushSample } from "./ask.ts";

const KINDS: Readonly<Record<string, () => Promise<WritableRepositories>>> = {
  memory: async () => createMemoryRepositories(),
  "a folder": async () => {
    const folder = await openFolder(join(scratch(), "registry"));
    onTestFinished(() => folder.close());
    return folder;
  },
};

const content = sample();
const small = blob("a small blob");
const large = piece(MediaType.ociLayerGzip, Buffer.alloc(700_001, "0123456789abcdef"));
const UPLOADS = "/v2/pause/blobs/uploads/";

describe.each(Object.entries(KINDS))("createRegistry over %s", (_, open) => {
  const registry = async (): Promise<Ask> => asks(createRegistry(await open()));

  const pulls = async (ask: Ask, { descriptor, bytes }: Piece, name = "pause") => {
    const answer = await ask("GET", `/v2/${name}/blobs/${descriptor.digest}`);
    expect(answer.status).toBe(200);
    expect((await bytesIn(answer)).equals(bytes)).toBe(true);
  };
  const start = async (ask: Ask): Promise<string> => {
    const answer = await ask("POST", UPLOADS);
    expect(answer.status).toBe(202);
    const location = answer.headers.get("location") ?? "";
    expect(location).toMatch(/^\/v2\/pause\/blobs\/uploads\/[0-9a-f-]{36}$/);
    expect(answer.headers.get("range")).toBe("0-0");
    return location;
  };
  const stream = (...pieces: readonly Uint8Array[]) =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (const one of pieces) controller.enqueue(one);
        controller.close();
      },
    });
  const breaking = (first: Uint8Array) => {
    let sent = false;
    return new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent) controller.error(new Error("reset"));
        else controller.enqueue(first);
        sent = true;
      },
    });
  };

  describe.each([
    ["small", small],
    ["large", large],
    ["empty", piece(MediaType.ociLayerGzip, new Uint8Array())],
  ])("a %s blob", (_size, one) => {
    const { descriptor, bytes } = one;
    const { digest } = descriptor;

    test("in one request", async () => {
      const ask = await registry();
      const answer = await pushBlob(ask, "pause", one);
      expect(answer.headers.get("location")).toBe(`/v2/pause/blobs/${digest}`);
      expect(answer.headers.get("docker-content-digest")).toBe(digest);
      await pulls(ask, one);
    });

    test("in one request whose length is not told", async () => {
      const ask = await registry();
      const answer = await ask("POST", `${UPLOADS}?digest=${digest}`, { body: stream(bytes) });
      expect(answer.status).toBe(201);
      await pulls(ask, one);
    });

    test("in two requests", async () => {
      const ask = await registry();
      const location = await start(ask);
      const answer = await ask("PUT", `${location}?digest=${digest}`, { body: bytes });
      expect(answer.status).toBe(201);
      expect(answer.headers.get("location")).toBe(`/v2/pause/blobs/${digest}`);
      await pulls(ask, one);
      expect((await ask("GET", location)).status).toBe(404);
    });

    test("in a stream and an end", async () => {
      const ask = await registry();
      const location = await start(ask);
      const half = Math.floor(bytes.byteLength / 2);
      const body = stream(bytes.subarray(0, half), bytes.subarray(half));
      const patched = await ask("PATCH", location, { body });
      expect(patched.status).toBe(202);
      expect((await ask("PUT", `${location}?digest=${digest}`)).status).toBe(201);
      await pulls(ask, one);
    });

    test("by SHA-512, told beforehand or not", async () => {
      const ask = await registry();
      const other = digestOf(bytes, "sha512");
      const path = `${UPLOADS}?digest-algorithm=sha512&digest=${other}`;
      expect((await ask("POST", path, { body: bytes })).status).toBe(201);
      await pulls(ask, { bytes, descriptor: { ...descriptor, digest: other } });
      const again = piece(MediaType.ociLayerGzip, Buffer.concat([bytes, Buffer.from("!")]));
      const second = digestOf(again.bytes, "sha512");
      const location = await start(ask);
      await ask("PATCH", location, { body: again.bytes });
      expect((await ask("PUT", `${location}?digest=${second}`)).status).toBe(201);
      await pulls(ask, { ...again, descriptor: { ...again.descriptor, digest: second } });
    });

    test("with wrong content is refused and leaves nothing, however it is sent", async () => {
      const ask = await registry();
      const wrong = Buffer.concat([bytes, Buffer.from("oh no")]);
      const refused = async (answer: Response) => {
        expect(answer.status).toBe(400);
        expect(await codesIn(answer)).toEqual(["DIGEST_INVALID"]);
      };
      await refused(await ask("POST", `${UPLOADS}?digest=${digest}`, { body: wrong }));
      await refused(await ask("POST", `${UPLOADS}?digest=${digest}`, { body: stream(wrong) }));
      const put = await start(ask);
      await refused(await ask("PUT", `${put}?digest=${digest}`, { body: wrong }));
      expect((await ask("GET", put)).status).toBe(404);
      const patched = await start(ask);
      await ask("PATCH", patched, { body: stream(wrong) });
      await refused(await ask("PUT", `${patched}?digest=${digest}`));
      expect((await ask("HEAD", `/v2/pause/blobs/${digest}`)).status).toBe(404);
    });
  });

  test("a blob in pieces, told where each begins", async () => {
    const ask = await registry();
    const { descriptor, bytes } = small;
    const location = await start(ask);
    const send = (first: number, last: number, method = "PATCH", path = location) =>
      ask(method, path, {
        headers: { "content-range": `${first}-${last}` },
        body: bytes.subarray(first, last + 1),
      });
    const one = await send(0, 3);
    expect([one.status, one.headers.get("range")]).toEqual([202, "0-3"]);
    expect(one.headers.get("location")).toBe(location);
    // Out of order, by PATCH and by PUT: the answer says where to go on, and nothing was taken.
    const put = `${location}?digest=${descriptor.digest}`;
    for (const answer of [await send(8, 11), await send(0, 3), await send(8, 11, "PUT", put)]) {
      expect(answer.status).toBe(416);
      expect([answer.headers.get("location"), answer.headers.get("range")]).toEqual([
        location,
        "0-3",
      ]);
      expect(await codesIn(answer)).toEqual(["RANGE_INVALID"]);
    }
    const status = await ask("GET", location);
    expect([status.status, status.headers.get("range")]).toEqual([204, "0-3"]);
    expect((await send(4, 7)).headers.get("range")).toBe("0-7");
    expect((await send(8, 11, "PUT", put)).status).toBe(201);
    await pulls(ask, small);
  });

  test("a piece that is not as long as it says is not taken", async () => {
    const ask = await registry();
    const location = await start(ask);
    for (const header of ["0-9", "0-1"]) {
      const body = Buffer.from("four");
      const answer = await ask("PATCH", location, { headers: { "content-range": header }, body });
      expect(answer.status).toBe(400);
      expect(await codesIn(answer)).toEqual(["SIZE_INVALID"]);
    }
    const garbage = { headers: { "content-range": "bytes=0-3" }, body: "four" };
    expect(await codesIn(await ask("PATCH", location, garbage))).toEqual(["BLOB_UPLOAD_INVALID"]);
    const digest = digestOf(Buffer.from("five!"));
    const put = await ask("PUT", `${location}?digest=${digest}`, {
      body: stream(Buffer.from("five!")),
    });
    expect(put.status).toBe(201);
  });

  test("a client that goes away can go on where it was, or send the last piece again", async () => {
    const ask = await registry();
    const { descriptor, bytes } = large;
    const location = await start(ask);
    await ask("PATCH", location, { body: breaking(bytes.subarray(0, 1000)) });
    const status = await ask("GET", location);
    expect(status.headers.get("range")).toBe("0-999");
    await ask("PATCH", location, {
      headers: { "content-range": "1000-1999" },
      body: bytes.subarray(1000, 2000),
    });
    const put = `${location}?digest=${descriptor.digest}`;
    await ask("PUT", put, { body: breaking(bytes.subarray(2000, 5000)) });
    expect((await ask("GET", location)).headers.get("range")).toBe("0-1999");
    expect((await ask("PUT", put, { body: bytes.subarray(2000) })).status).toBe(201);
    await pulls(ask, large);
  });

  test("requests on one upload wait for each other", async () => {
    const ask = await registry();
    const location = await start(ask);
    const bytes = Buffer.from("abcdefghij");
    await Promise.all(
      [...bytes].map((byte) => ask("PATCH", location, { body: stream(Buffer.of(byte)) })),
    );
    const put = `${location}?digest=${digestOf(bytes)}`;
    const [first, second] = await Promise.all([ask("PUT", put), ask("PUT", put)]);
    expect([first?.status, second?.status]).toEqual([201, 404]);
  });

  test("an upload can be cancelled, and is known in its own repository only", async () => {
    const ask = await registry();
    const location = await start(ask);
    await pushBlob(ask, "other", small);
    const elsewhere = location.replace("/pause/", "/other/");
    expect((await ask("GET", elsewhere)).status).toBe(404);
    expect((await ask("DELETE", location)).status).toBe(204);
    const gone = await ask("DELETE", location);
    expect(gone.status).toBe(404);
    expect(await codesIn(gone)).toEqual(["BLOB_UPLOAD_UNKNOWN"]);
    for (const id of ["x", "..", "%2e%2e%2f", "00000000-0000-0000-0000-000000000000"]) {
      expect((await ask("PATCH", `${UPLOADS}${id}`, { body: "x" })).status).toBe(404);
    }
  });

  test("mounts a blob from the repository that is named, or from any, and else starts an upload", async () => {
    const ask = await registry();
    await pushBlob(ask, "library/busybox", small);
    const mount = (query: string) => ask("POST", `${UPLOADS}?mount=${query}`);
    const { digest } = small.descriptor;
    for (const query of [`${digest}&from=not/here`, `${digest}&from=UPPER`]) {
      const answer = await mount(query);
      expect(answer.status).toBe(202);
      expect(answer.headers.get("location")).toMatch(/\/blobs\/uploads\//);
    }
    expect((await ask("HEAD", `/v2/pause/blobs/${digest}`)).status).toBe(404);
    for (const query of [`${digest}&from=library/busybox`, digest]) {
      const answer = await mount(query);
      expect(answer.status).toBe(201);
      expect(answer.headers.get("location")).toBe(`/v2/pause/blobs/${digest}`);
      expect(answer.headers.get("docker-content-digest")).toBe(digest);
      await pulls(ask, small);
      expect((await ask("DELETE", `/v2/pause/blobs/${digest}`)).status).toBe(202);
      await pulls(ask, small, "library/busybox");
    }
    expect((await mount(large.descriptor.digest)).status).toBe(202);
    expect(await codesIn(await mount("sha256:x"))).toEqual(["DIGEST_INVALID"]);
  });

  test.each([
    ["POST", "?digest=sha256:x", "DIGEST_INVALID"],
    ["POST", "?digest=", "DIGEST_INVALID"],
    ["POST", `?digest=md5:${"0".repeat(32)}`, "DIGEST_INVALID"],
    ["POST", "?digest-algorithm=md5", "DIGEST_INVALID"],
  ])("%s %s is refused", async (method, query, code) => {
    const ask = await registry();
    const answer = await ask(method, `${UPLOADS}${query}`, { body: "x" });
    expect(answer.status).toBe(400);
    expect(await codesIn(answer)).toEqual([code]);
  });

  test("PUT without a digest is refused, and the upload stays", async () => {
    const ask = await registry();
    const location = await start(ask);
    expect(await codesIn(await ask("PUT", location, { body: "x" }))).toEqual(["DIGEST_INVALID"]);
    expect((await ask("GET", location)).status).toBe(204);
  });

  test("a blob larger than it may be is refused while it comes", async () => {
    const ask = asks(createRegistry(await open(), { blobLimit: 300_000 }));
    const { descriptor, bytes } = large;
    const single = await ask("POST", `${UPLOADS}?digest=${descriptor.digest}`, { body: bytes });
    expect(single.status).toBe(413);
    const location = await start(ask);
    expect((await ask("PATCH", location, { body: bytes.subarray(0, 299_999) })).status).toBe(202);
    expect((await ask("PATCH", location, { body: "xx" })).status).toBe(413);
  });

  test("an image by its tag, and everything of it comes back as it was", async () => {
    const ask = await registry();
    await pushSample(ask, "team/pause", content, "1.0");
    for (const { descriptor, bytes } of [content.index, ...content.manifests]) {
      const answer = await ask("GET", `/v2/team/pause/manifests/${descriptor.digest}`);
      expect(answer.headers.get("content-type")).toBe(descriptor.mediaType);
      expect((await bytesIn(answer)).equals(bytes)).toBe(true);
    }
    const answer = await ask("HEAD", "/v2/team/pause/manifests/1.0");
    expect(answer.headers.get("docker-content-digest")).toBe(content.index.descriptor.digest);
    expect(await (await ask("GET", "/v2/_catalog")).json()).toEqual({
      repositories: ["team/pause"],
    });
  });

  test("a manifest by its digest with tags beside it, by SHA-256 and SHA-512", async () => {
    const ask = await registry();
    for (const one of content.blobs) await pushBlob(ask, "pause", one);
    const [manifest] = content.manifests as [Piece];
    const { mediaType } = manifest.descriptor;
    for (const [algorithm, tags] of [
      ["sha256", ["a", "b"]],
      ["sha512", ["c", "d"]],
    ] as const) {
      const digest = digestOf(manifest.bytes, algorithm);
      const query = tags.map((tag) => `tag=${tag}`).join("&");
      const answer = await ask("PUT", `/v2/pause/manifests/${digest}?${query}`, {
        headers: { "content-type": mediaType },
        body: manifest.bytes,
      });
      expect(answer.status).toBe(201);
      expect(answer.headers.get("oci-tag")).toBe(tags.join(", "));
      expect(answer.headers.get("docker-content-digest")).toBe(digest);
      expect(answer.headers.get("location")).toBe(`/v2/pause/manifests/${digest}`);
      for (const reference of [...tags, digest]) {
        const head = await ask("HEAD", `/v2/pause/manifests/${reference}`);
        expect(head.headers.get("docker-content-digest")).toBe(digest);
      }
    }
  });

  test("a referrer says what it refers to, before its subject is there and after", async () => {
    const ask = await registry();
    const { blobs, manifest } = referrer(content.index, "early");
    for (const one of blobs) await pushBlob(ask, "pause", one);
    const answer = await pushManifest(ask, "pause", manifest);
    const subject = content.index.descriptor.digest;
    expect(answer.headers.get("oci-subject")).toBe(subject);
    const list = async () => {
      const found = await ask("GET", `/v2/pause/referrers/${subject}`);
      const { manifests } = (await found.json()) as { manifests: { digest: string }[] };
      return manifests.map(({ digest }) => digest);
    };
    expect(await list()).toEqual([manifest.descriptor.digest]);
    // A tag may come and go.
    await pushManifest(ask, "pause", manifest, "signature");
    expect((await ask("DELETE", "/v2/pause/manifests/signature")).status).toBe(202);
    expect(await list()).toEqual([manifest.descriptor.digest]);
    await ask("DELETE", `/v2/pause/manifests/${manifest.descriptor.digest}`);
    expect(await list()).toEqual([]);
  });

  test("many referrers come in pages", async () => {
    const ask = await registry();
    const layer = blob("shared");
    await pushBlob(ask, "pause", layer);
    const text = "x".repeat(1_500_000);
    const pushed: string[] = [];
    for (let i = 0; i < 4; i++) {
      const one = jsonPiece(MediaType.ociManifest, {
        schemaVersion: 2,
        mediaType: MediaType.ociManifest,
        artifactType: "application/vnd.example",
        config: layer.descriptor,
        layers: [],
        subject: content.index.descriptor,
        annotations: { text, number: String(i) },
      });
      await pushManifest(ask, "pause", one);
      pushed.push(one.descriptor.digest);
    }
    const found: string[] = [];
    let next = `/v2/pause/referrers/${content.index.descriptor.digest}?artifactType=application/vnd.example`;
    let pages = 0;
    while (next !== "") {
      const answer = await ask("GET", next);
      const bytes = await bytesIn(answer);
      expect(bytes.byteLength).toBeLessThanOrEqual(4 * 1024 * 1024);
      const { manifests } = JSON.parse(bytes.toString()) as { manifests: { digest: string }[] };
      found.push(...manifests.map(({ digest }) => digest));
      next = /^<(.*)>; rel="next"$/.exec(answer.headers.get("link") ?? "")?.[1] ?? "";
      pages++;
    }
    expect(pages).toBe(2);
    expect(found).toEqual(pushed.sort());
  });

  test("a manifest of 3.9 MB is taken, and one over 4 MiB is refused by what it says and by what comes", async () => {
    const ask = await registry();
    const config = blob("config");
    await pushBlob(ask, "pause", config);
    const made = (size: number) =>
      jsonPiece(MediaType.ociManifest, {
        schemaVersion: 2,
        config: config.descriptor,
        layers: [],
        annotations: { text: "A".repeat(size) },
      });
    const allowed = made(3_900_000);
    await pushManifest(ask, "pause", allowed, "large");
    const answer = await ask("GET", "/v2/pause/manifests/large");
    expect((await bytesIn(answer)).equals(allowed.bytes)).toBe(true);
    const { bytes } = made(4 * 1024 * 1024);
    for (const body of [bytes, stream(bytes)]) {
      const refused = await ask("PUT", "/v2/pause/manifests/large", {
        headers: { "content-type": MediaType.ociManifest },
        body,
      });
      expect(refused.status).toBe(413);
      expect(await codesIn(refused)).toEqual(["MANIFEST_INVALID"]);
    }
  });

  test("a manifest is refused before what it names, and says what is missing", async () => {
    const ask = await registry();
    const [first, second] = content.blobs as [Piece, Piece];
    await pushBlob(ask, "pause", first);
    const [manifest] = content.manifests as [Piece];
    const answer = await ask("PUT", "/v2/pause/manifests/1.0", {
      headers: { "content-type": manifest.descriptor.mediaType },
      body: manifest.bytes,
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      errors: [{ code: "MANIFEST_BLOB_UNKNOWN", detail: { digest: second.descriptor.digest } }],
    });
    expect((await ask("HEAD", "/v2/pause/manifests/1.0")).status).toBe(404);
  });

  test("layers that may not be distributed need not be there", async () => {
    const ask = await registry();
    const config = blob("config");
    await pushBlob(ask, "pause", config);
    const foreign = (mediaType: string) => ({
      ...describeBytes(mediaType, Buffer.from(mediaType)),
      urls: ["https://example.invalid/layer"],
    });
    const manifest = jsonPiece(MediaType.ociManifest, {
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      config: config.descriptor,
      layers: [
        foreign("application/vnd.oci.image.layer.nondistributable.v1.tar"),
        foreign("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"),
        foreign("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"),
      ],
    });
    await pushManifest(ask, "pause", manifest, "windows");
    expect((await ask("GET", "/v2/pause/manifests/windows")).status).toBe(200);
  });

  const [valid] = content.manifests as [Piece];
  const text = Buffer.from(valid.bytes).toString();
  test.each([
    [
      "with another digest than the path",
      `sha256:${"0".repeat(64)}`,
      text,
      undefined,
      "DIGEST_INVALID",
    ],
    ["by what is no digest", "sha256:baddigeststring", text, undefined, "DIGEST_INVALID"],
    ["by what is no tag", ".hidden", text, undefined, "MANIFEST_INVALID"],
    ["by a tag that is too long", "a".repeat(129), text, undefined, "MANIFEST_INVALID"],
    ["with a second tag that is none", "1.0?tag=..%2f..", text, undefined, "MANIFEST_INVALID"],
    ["that is no JSON", "1.0", "blablabla", undefined, "MANIFEST_INVALID"],
    ["called an index", "1.0", text, MediaType.ociIndex, "MANIFEST_INVALID"],
    ["called something else", "1.0", text, "application/json", "MANIFEST_INVALID"],
    [
      "with the same key twice",
      "1.0",
      text.replace("{", '{"schemaVersion":2,'),
      undefined,
      "MANIFEST_INVALID",
    ],
    [
      "that is an index as well",
      "1.0",
      text.replace("{", '{"manifests":[],'),
      undefined,
      "MANIFEST_INVALID",
    ],
  ])("a manifest %s is refused", async (_why, reference, body, type, code) => {
    const ask = await registry();
    for (const one of content.blobs) await pushBlob(ask, "pause", one);
    const answer = await ask("PUT", `/v2/pause/manifests/${reference}`, {
      headers: { "content-type": type ?? valid.descriptor.mediaType },
      body,
    });
    expect(answer.status).toBe(400);
    expect(await codesIn(answer)).toEqual([code]);
    expect(await (await ask("GET", "/v2/pause/tags/list")).json()).toMatchObject({ tags: [] });
  });

  test.each([undefined, `${valid.descriptor.mediaType}; charset=utf-8`])(
    "a manifest with the content type %s is what it says itself",
    async (type) => {
      const ask = await registry();
      for (const one of content.blobs) await pushBlob(ask, "pause", one);
      const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };
      const body = valid.bytes;
      expect((await ask("PUT", "/v2/pause/manifests/1.0", { headers, body })).status).toBe(201);
      const answer = await ask("HEAD", "/v2/pause/manifests/1.0");
      expect(answer.headers.get("content-type")).toBe(valid.descriptor.mediaType);
    },
  );

  test("deleting a tag leaves the manifest, deleting the manifest takes its tags along", async () => {
    const ask = await registry();
    await pushSample(ask, "pause", content, "1.0");
    await pushManifest(ask, "pause", content.index, "1.1");
    await pushManifest(ask, "pause", content.index, "1.2");
    const { digest } = content.index.descriptor;
    const status = async (method: string, reference: string) =>
      (await ask(method, `/v2/pause/manifests/${reference}`)).status;
    expect(await status("DELETE", "1.0")).toBe(202);
    expect(await status("GET", "1.0")).toBe(404);
    expect(await status("DELETE", "1.0")).toBe(404);
    expect(await status("GET", digest)).toBe(200);
    expect(await status("DELETE", digest)).toBe(202);
    for (const reference of ["1.1", "1.2", digest]) {
      expect(await status("GET", reference)).toBe(404);
      expect(await status("HEAD", reference)).toBe(404);
      expect(await status("DELETE", reference)).toBe(404);
    }
    expect(await status("DELETE", "..")).toBe(404);
    expect(await (await ask("GET", "/v2/pause/tags/list")).json()).toEqual({
      name: "pause",
      tags: [],
    });
    // The children are images of their own.
    expect(await status("GET", content.manifests[0]?.descriptor.digest ?? "")).toBe(200);
  });

  test("a blob that was deleted is gone at once, and a manifest is not deleted as a blob", async () => {
    const ask = await registry();
    await pushSample(ask, "pause", content, "1.0");
    const [one] = content.blobs as [Piece];
    const path = `/v2/pause/blobs/${one.descriptor.digest}`;
    await bytesIn(await ask("GET", path));
    expect((await ask("DELETE", path)).status).toBe(202);
    for (const method of ["GET", "HEAD", "DELETE"]) {
      expect((await ask(method, path)).status).toBe(404);
    }
    const manifest = await ask("DELETE", `/v2/pause/blobs/${content.index.descriptor.digest}`);
    expect(manifest.status).toBe(405);
    expect((await ask("GET", "/v2/pause/manifests/1.0")).status).toBe(200);
  });

  test("deletes answer 404 where nothing is", async () => {
    const ask = await registry();
    const { digest } = small.descriptor;
    for (const path of [`manifests/${digest}`, "manifests/1.0", `blobs/${digest}`]) {
      const answer = await ask("DELETE", `/v2/not/here/${path}`);
      expect(answer.status).toBe(404);
      expect(await codesIn(answer)).toEqual(["NAME_UNKNOWN"]);
    }
  });

  test("tags that are set and manifests that are deleted at once leave no tag that names nothing", async () => {
    const ask = await registry();
    const one = image({ architecture: "amd64", os: "linux" }, "contended");
    for (const part of one.blobs) await pushBlob(ask, "pause", part);
    const { manifest } = one;
    const headers = { "content-type": manifest.descriptor.mediaType };
    for (let round = 0; round < 20; round++) {
      await Promise.all([
        ask("PUT", "/v2/pause/manifests/a", { headers, body: manifest.bytes }),
        ask("DELETE", `/v2/pause/manifests/${manifest.descriptor.digest}`),
        ask("PUT", "/v2/pause/manifests/b", { headers, body: manifest.bytes }),
        ask("DELETE", `/v2/pause/manifests/${manifest.descriptor.digest}`),
      ]);
      const { tags } = (await (await ask("GET", "/v2/pause/tags/list")).json()) as {
        tags: string[];
      };
      for (const tag of tags) {
        expect((await ask("GET", `/v2/pause/manifests/${tag}`)).status).toBe(200);
      }
    }
  });

  test("an index of nothing is an index", async () => {
    const ask = await registry();
    const nothing = indexOf();
    await pushManifest(ask, "new/repository", nothing, "empty");
    expect((await ask("GET", "/v2/new/repository/manifests/empty")).status).toBe(200);
  });
});
