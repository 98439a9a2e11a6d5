import { describe, expect, test } from "vitest";
import { type Descriptor, describe as describeBytes } from "../../src/oci/descriptor.ts";
import { digestOf } from "../../src/oci/digest.ts";
import { encodeJson } from "../../src/oci/json.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import { type Piece, pushAll, sample } from "../contract/sample.ts";
import { bytesOf, failureOf } from "../failure.ts";
import type { Behaviour } from "./fake-registry/behaviour.ts";
import { openFake } from "./fake-registry/open.ts";
import { answer, createFakeRegistry } from "./fake-registry/registry.ts";
import type { Handler } from "./handler-transport.ts";

const { all, index, manifests } = sample();
const [manifest] = manifests as [Piece];
const other = digestOf(new Uint8Array([1]));

/** Repositories over a registry that answers every request for a manifest like this; one opens them by HEAD, one by GET. */
function answering(make: Handler) {
  return (["head", "get"] as const).map((resolveBy) => openFake(make, { resolveBy }));
}

/** An answer with a manifest. */
function given(
  { method }: Request,
  bytes: Uint8Array,
  headers: Readonly<Record<string, string>>,
): Response {
  return new Response(method === "HEAD" ? null : new Uint8Array(bytes), {
    headers: { "content-length": `${bytes.byteLength}`, ...headers },
  });
}

/** The headers that are right for a piece. */
const right = ({ descriptor }: Piece) => ({
  "content-type": descriptor.mediaType,
  "docker-content-digest": descriptor.digest,
});

describe("resolve", () => {
  test("does not take another manifest for the digest that was asked for", async () => {
    for (const repository of answering((request) =>
      given(request, manifest.bytes, right(manifest)),
    )) {
      const error = await failureOf(repository.resolve(index.descriptor.digest));
      expect(error).toMatchObject({
        code: "CONTENT",
        detail: { expected: index.descriptor.digest },
      });
      expect(error.message).toContain("registry.example/team/pause");
    }
  });

  test("does not take a header's word for the digest of the bytes", async () => {
    const lying = { ...right(index), "docker-content-digest": other };
    const [byHead, byGet] = answering((request) => given(request, index.bytes, lying)) as [
      ReturnType<typeof openFake>,
      ReturnType<typeof openFake>,
    ];
    expect(await failureOf(byGet.resolve("1.0"))).toMatchObject({ code: "CONTENT" });
    // A HEAD has nothing but its word, which reading then refutes.
    const claimed = await byHead.resolve("1.0");
    expect(await failureOf(bytesOf(byHead.fetch(claimed)))).toMatchObject({ code: "CONTENT" });
  });

  test("verifies by the algorithm that the registry uses", async () => {
    const digest = digestOf(index.bytes, "sha512");
    for (const repository of answering((request) =>
      given(request, index.bytes, { ...right(index), "docker-content-digest": digest }),
    )) {
      expect((await repository.resolve("1.0")).digest).toBe(digest);
    }
  });

  test.each(["", "sha256:", "sha256:xyz", "md5:d41d8cd98f00b204e9800998ecf8427e", "../../x"])(
    "computes the digest where the header says %j",
    async (digest) => {
      for (const repository of answering((request) =>
        given(request, index.bytes, { ...right(index), "docker-content-digest": digest }),
      )) {
        expect(await repository.resolve("1.0")).toEqual(index.descriptor);
      }
    },
  );

  test.each(["text/html", "text/plain", "application/json", "application/octet-stream", "x"])(
    "refuses what comes as %s",
    async (type) => {
      const html = new TextEncoder().encode("<html><title>Sign in</title></html>");
      for (const repository of answering((request) =>
        given(request, html, { "content-type": type }),
      )) {
        const error = await failureOf(repository.resolve("1.0"));
        expect(error).toMatchObject({ code: "REGISTRY", detail: { mediaType: type } });
        expect(error.hint).toContain("proxy");
      }
    },
  );

  test("refuses more than a manifest may have, and does not read it", async () => {
    let read = 0;
    const chunk = new Uint8Array(1024 * 1024);
    const endless = () =>
      new ReadableStream<Uint8Array>({
        pull(controller) {
          read += chunk.byteLength;
          controller.enqueue(chunk);
        },
      });
    for (const headers of [
      { "content-type": MediaType.ociIndex },
      { "content-type": MediaType.ociIndex, "content-length": "999999999999" },
    ]) {
      const repository = openFake(({ method }) =>
        method === "HEAD" ? answer(405) : new Response(endless(), { headers }),
      );
      expect(await failureOf(repository.resolve("1.0"))).toMatchObject({ code: "REGISTRY" });
    }
    expect(read).toBeLessThan(16 * 1024 * 1024);
  });

  test("reads a redirect's target only by GET and HEAD, five of them at most", async () => {
    let count = 0;
    const repository = openFake(({ url }) => {
      count++;
      return answer(302, { location: `${url}1` });
    });
    expect(await failureOf(repository.resolve("1.0"))).toMatchObject({ code: "REGISTRY" });
    expect(count).toBe(6);
  });
});

describe("fetch of a manifest", () => {
  const serve = (behaviour: Partial<Behaviour>) => {
    const { handler } = createFakeRegistry(behaviour);
    return openFake(handler);
  };

  test.each([
    [MediaType.ociIndex, MediaType.dockerIndex],
    [MediaType.ociIndex, MediaType.ociManifest],
    [MediaType.ociIndex, MediaType.dockerManifest],
  ])("refuses %s that comes as %s", async (mediaType, type) => {
    const repository = openFake((request) =>
      given(request, index.bytes, { ...right(index), "content-type": type }),
    );
    const error = await failureOf(bytesOf(repository.fetch({ ...index.descriptor, mediaType })));
    expect(error).toMatchObject({ code: "CONTENT", detail: { mediaType: type } });
    expect(await repository.exists({ ...index.descriptor, mediaType })).toBe(false);
  });

  test("refuses every manifest with one byte flipped", async () => {
    for (let at = 0; at < manifest.bytes.byteLength; at++) {
      const bytes = Uint8Array.from(manifest.bytes);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
      const repository = openFake((request) => given(request, bytes, right(manifest)));
      expect(await failureOf(bytesOf(repository.fetch(manifest.descriptor)))).toMatchObject({
        code: "CONTENT",
      });
    }
  });

  test("follows none of the urls of foreign layers, and asks for no other host", async () => {
    const hosts = new Set<string>();
    const repository = serve({
      around: (request, next) => {
        hosts.add(new URL(request.url).host);
        return next(request);
      },
    });
    const layer = { ...(all[1] as Piece).descriptor, urls: ["https://evil.example/layer"] };
    const bytes = encodeJson({
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      config: (all[0] as Piece).descriptor,
      layers: [layer],
    });
    const foreign = describeBytes(MediaType.ociManifest, bytes);
    await pushAll(repository, all.slice(0, 2));
    await repository.push(foreign, bytes);
    await bytesOf(repository.fetch(foreign));
    await bytesOf(repository.fetch(layer as Descriptor));
    expect([...hosts]).toEqual(["registry.example"]);
  });
});

describe("push of a manifest", () => {
  test.each(["PUT", "HEAD"])(
    "does not believe a registry that names other content (%s)",
    async (method) => {
      const { handler } = createFakeRegistry({
        around: async (request, next) => {
          const response = await next(request);
          if (request.method !== method || !request.url.includes("/manifests/")) return response;
          const headers = new Headers(response.headers);
          headers.set("docker-content-digest", other);
          return new Response(null, { status: response.status, headers });
        },
      });
      const repository = openFake(handler);
      await pushAll(repository, all.slice(0, 4));
      const pushing = repository.push(manifest.descriptor, manifest.bytes);
      if (method === "PUT") expect(await failureOf(pushing)).toMatchObject({ code: "CONTENT" });
      else await pushing;
      // What a HEAD says of a digest it was asked for must be that digest; else the bytes decide.
      expect(await repository.exists(manifest.descriptor)).toBe(true);
    },
  );

  test("is not done when a page of HTML comes with 200", async () => {
    const repository = openFake(
      () => new Response("<html>Sign in</html>", { headers: { "content-type": "text/html" } }),
    );
    const { descriptor, bytes } = all[0] as Piece;
    expect(await failureOf(repository.push(descriptor, bytes))).toMatchObject({ code: "REGISTRY" });
    expect(await failureOf(repository.push(manifest.descriptor, manifest.bytes))).toMatchObject({
      code: "REGISTRY",
    });
  });

  test.each([
    [400, '{"errors":[{"code":"MANIFEST_INVALID","message":"unsupported media type"}]}'],
    [413, "<html><title>413 Request Entity Too Large</title></html>"],
    [415, ""],
    [418, "\u001b[31mred\u0007\u202e"],
  ])("says what the registry says when it refuses with %i", async (status, body) => {
    const repository = openFake(() => new Response(body, { status }));
    const error = await failureOf(repository.push(manifest.descriptor, manifest.bytes));
    expect(error).toMatchObject({ code: "REGISTRY", detail: { status } });
    expect(error.message).toContain(`${status}`);
    expect(error.message).toContain("PUT https://registry.example/v2/team/pause/manifests/sha256:");
    expect(error.message).toMatch(/^[ -~]{1,400}$/);
    expect(error.hint).toBeTruthy();
  });

  test("looks before it sends again what may have been done", async () => {
    for (const done of [true, false]) {
      let lose = true;
      const registry = createFakeRegistry({
        around: async (request, next) => {
          if (request.method !== "PUT" || !request.url.includes("/manifests/") || !lose) {
            return next(request);
          }
          lose = false;
          if (done) await next(request);
          return answer(502);
        },
      });
      const repository = openFake(registry.handler);
      await pushAll(repository, all.slice(0, 4));
      const before = registry.requests.length;
      await repository.push(manifest.descriptor, manifest.bytes);
      const methods = registry.requests.slice(before).map((line) => line.split(" ", 1)[0]);
      expect(methods).toEqual(done ? ["PUT", "HEAD"] : ["PUT", "HEAD", "PUT"]);
    }
  });
});
