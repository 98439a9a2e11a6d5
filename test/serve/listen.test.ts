/** The registry on real ports of Node. */
import { once } from "node:events";
import { request } from "node:https";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { MediaType } from "../../src/oci/media-type.ts";
import type { Handler } from "../../src/serve/exchange.ts";
import { createHandler, type RegistryOptions } from "../../src/serve/handler.ts";
import { type ListenOptions, listen, readTlsFiles } from "../../src/serve/listen.ts";
import { createMemoryRepositories } from "../../src/serve/memory.ts";
import type { RequestRecord } from "../../src/serve/record.ts";
import { verified } from "../../src/store/verify.ts";
import { blob, piece } from "../contract/sample.ts";
import { failureOf } from "../failure.ts";
import { makePki, type Pki } from "../remote/pki.ts";
import { until } from "../runtime/until.ts";
import { ask, sayRaw } from "./ports.ts";

const small = blob("a blob");
const large = piece(MediaType.ociLayerGzip, Buffer.alloc(3_000_000, "0123456789abcdef"));

async function serve(handler: Handler, options: ListenOptions = {}) {
  const listening = await listen(handler, { port: 0, ...options });
  onTestFinished(() => listening.stop());
  return listening;
}

async function registry(options: RegistryOptions = {}, listenOptions: ListenOptions = {}) {
  const repositories = createMemoryRepositories();
  const repository = await repositories.create("pause");
  for (const { descriptor, bytes } of [small, large]) await repository.push(descriptor, bytes);
  const { url, stop } = await serve(createHandler(repositories, options), listenOptions);
  return { url, stop, repository };
}

const path = ({ descriptor }: typeof small) => `/v2/pause/blobs/${descriptor.digest}`;

describe("listen", () => {
  test("answers on loopback, at the port that it says", async () => {
    const { url } = await registry();
    expect(url.hostname).toBe("127.0.0.1");
    const answer = await ask(url, "/v2/");
    expect([answer.status, answer.body.toString()]).toEqual([200, "{}"]);
    expect(answer.headers["docker-distribution-api-version"]).toBe("registry/2.0");
  });

  test("sends small and large bodies, parts of them, and lengths only for HEAD", async () => {
    const { url } = await registry();
    for (const one of [small, large]) {
      const { bytes } = one;
      const whole = await ask(url, path(one));
      expect(whole.body.equals(bytes)).toBe(true);
      const part = await ask(url, path(one), { headers: { range: "bytes=2-4" } });
      expect([part.status, part.body]).toEqual([206, Buffer.from(bytes.subarray(2, 5))]);
      const head = await ask(url, path(one), { method: "HEAD" });
      expect(head.headers["content-length"]).toBe(String(bytes.byteLength));
      expect(head.body).toHaveLength(0);
    }
  });

  test("takes bodies of all sizes, with and without their length", async () => {
    const { url } = await registry();
    for (const bytes of [Buffer.from("x"), Buffer.alloc(2_000_000, "y")]) {
      const one = piece(MediaType.ociLayerGzip, bytes);
      for (const headers of [
        { "content-length": String(bytes.byteLength) },
        { "transfer-encoding": "chunked" },
      ]) {
        const upload = `/v2/new/blobs/uploads/?digest=${one.descriptor.digest}`;
        const answer = await ask(url, upload, { method: "POST", headers, body: bytes });
        expect(answer.status).toBe(201);
        const got = await ask(url, `/v2/new/blobs/${one.descriptor.digest}`);
        expect(got.body.equals(bytes)).toBe(true);
      }
    }
  });

  test("records each request with what was sent, when its answer is over", async () => {
    const records: RequestRecord[] = [];
    let begun = 0;
    const { url } = await registry({
      onBegin: () => begun++,
      onRequest: (record) => records.push(record),
    });
    await ask(url, path(small), { headers: { "user-agent": "test/1" } });
    await ask(url, path(large));
    await ask(url, path(large), { method: "HEAD" });
    await ask(url, "/v2/pause/blobs/uploads/?digest=x", { method: "POST", body: "four" });
    await ask(url, "/v2/pause/manifests/nothing");
    await until("five records", () => records.length === 5);
    expect(begun).toBe(5);
    expect(
      records.map(({ method, route, status, bytes, error }) => ({
        method,
        route,
        status,
        bytes,
        error,
      })),
    ).toEqual([
      {
        method: "GET",
        route: "blob",
        status: 200,
        bytes: small.bytes.byteLength,
        error: undefined,
      },
      {
        method: "GET",
        route: "blob",
        status: 200,
        bytes: large.bytes.byteLength,
        error: undefined,
      },
      { method: "HEAD", route: "blob", status: 200, bytes: 0, error: undefined },
      {
        method: "POST",
        route: "uploads",
        status: 400,
        bytes: expect.any(Number),
        error: "DIGEST_INVALID",
      },
      {
        method: "GET",
        route: "manifest",
        status: 404,
        bytes: expect.any(Number),
        error: "MANIFEST_UNKNOWN",
      },
    ]);
    expect(records[0]).toMatchObject({
      path: path(small),
      repository: "pause",
      reference: small.descriptor.digest,
      remote: "127.0.0.1",
      userAgent: "test/1",
      user: undefined,
    });
    for (const { ms, time } of records) {
      expect(ms).toBeGreaterThan(0);
      expect(Math.abs(Date.now() - time)).toBeLessThan(60_000);
    }
  });

  test("a client that goes away is 499 in the record, and hurts nobody", async () => {
    const records: RequestRecord[] = [];
    const errors: unknown[] = [];
    const { url, repository } = await registry({
      onRequest: (record) => records.push(record),
      onError: (error) => errors.push(error),
    });
    // More than the buffers of a connection take in.
    const huge = piece(MediaType.ociLayerGzip, Buffer.alloc(40_000_000));
    await repository.push(huge.descriptor, huge.bytes);
    const { hostname, port } = url;
    // In the middle of a body that it sends, and of one that it gets.
    const sending = connect(Number(port), hostname);
    await once(sending, "connect");
    sending.write(
      "POST /v2/pause/blobs/uploads/?digest=sha256:" +
        `${"0".repeat(64)} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nhalf`,
    );
    const getting = connect(Number(port), hostname);
    await once(getting, "connect");
    getting.write(`GET ${path(huge)} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await once(getting, "data");
    getting.destroy();
    sending.destroy();
    await until("two records", () => records.length === 2);
    expect(records.map(({ status }) => status)).toEqual([499, 499]);
    expect(errors).toEqual([]);
    expect((await ask(url, path(small))).status).toBe(200);
  });

  test("content that turns out to be wrong breaks the connection off", async () => {
    const { url, repository } = await registry();
    const { descriptor, bytes } = large;
    const pieces = [bytes.subarray(0, 1_000_000), Buffer.alloc(2_000_000, "damaged")];
    Object.assign(repository, { fetch: () => verified(descriptor, pieces) });
    await expect(ask(url, path(large))).rejects.toThrow(/aborted|hang up|ECONNRESET/);
    expect((await ask(url, "/v2/")).status).toBe(200);
  });

  test.each([
    ["/v2/../../../etc/passwd", 404],
    ["/v2/a/../../x/manifests/1", 400],
    ["/v2/%2e%2e/manifests/1", 400],
    ["/v2/pause/blobs/..%2f..%2fsecret", 404],
    ["//etc/passwd", 404],
    ["/v2/pause/manifests/..", 404],
    ["http://elsewhere.example/v2/", 404],
  ])("the path %s leads nowhere", async (target, status) => {
    const { url } = await registry();
    expect((await ask(url, target)).status).toBe(status);
  });

  test("what is not HTTP, or two lengths at once, is refused and the connection closed", async () => {
    const { url } = await registry();
    for (const text of [
      "NONSENSE\r\n\r\n",
      "POST /v2/pause/blobs/uploads/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /v2/pause/blobs/uploads/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
      `GET /v2/ HTTP/1.1\r\nHost: x\r\nX-Large: ${"a".repeat(20_000)}\r\n\r\n`,
    ]) {
      expect(await sayRaw(url, text)).toMatch(/^HTTP\/1\.1 4\d\d /);
    }
  });

  test("a host header is not repeated unless it is a host", async () => {
    const seen: string[] = [];
    const { url } = await registry({
      page: (request) => {
        seen.push(request.url);
        return new Response("page");
      },
    });
    for (const host of ["registry.example:5000", 'evil"><script>', "a b"]) {
      await ask(url, "/", { headers: { host } });
    }
    expect(seen).toEqual([
      "http://registry.example:5000/",
      "http://localhost/",
      "http://localhost/",
    ]);
  });

  test("a client that says nothing for too long is cut off", async () => {
    const { url } = await registry({}, { patience: 100 });
    const half = `POST /v2/pause/blobs/uploads/?digest=${small.descriptor.digest} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf`;
    expect(await sayRaw(url, half)).not.toContain("201");
    expect((await ask(url, path(small))).status).toBe(200);
  });

  test("stop lets what is under way end, and takes nothing new", async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let asked = false;
    const { url, stop } = await registry({
      page: async () => {
        asked = true;
        await held;
        return new Response("late");
      },
    });
    const answer = ask(url, "/");
    await until("the request", () => asked);
    const stopped = stop();
    await expect(ask(url, "/v2/")).rejects.toThrow("ECONNREFUSED");
    release();
    expect((await answer).body.toString()).toBe("late");
    await stopped;
  });

  test("stop cuts off what takes longer than its grace", async () => {
    let asked = false;
    const { url, stop } = await registry(
      {
        page: () => {
          asked = true;
          return new Promise(() => undefined);
        },
      },
      { grace: 50 },
    );
    const answer = ask(url, "/");
    answer.catch(() => undefined);
    await until("the request", () => asked);
    await stop();
    await expect(answer).rejects.toThrow(/hang up|ECONNRESET/);
  });

  test("says what is in the way of listening", async () => {
    const { url } = await registry();
    const taken = await failureOf(
      listen(async () => ({ status: 200, headers: {} }), { port: Number(url.port) }),
    );
    expect(taken).toMatchObject({ code: "IO" });
    expect(taken.message).toBe(`Cannot listen on 127.0.0.1 port ${url.port}: EADDRINUSE`);
    expect(taken.hint).toContain("choose another port");
    const foreign = await failureOf(
      listen(async () => ({ status: 200, headers: {} }), { host: "192.0.2.1", port: 0 }),
    );
    expect(foreign.message).toContain("EADDRNOTAVAIL");
  });
});

describe("listen with TLS", () => {
  let pki: Pki;
  beforeAll(() => {
    pki = makePki();
  });
  afterAll(() => pki.remove());

  const secure = (url: URL, target: string, ca: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const sent = request(new URL(target, url), { ca }, (answer) => {
        answer.resume();
        answer.on("end", () => resolve(answer.statusCode ?? 0));
      });
      sent.on("error", reject);
      sent.end();
    });

  test("answers by https to those who trust its authority", async () => {
    const tls = readTlsFiles(join(pki.folder, "good.crt"), join(pki.folder, "good.key"));
    const { url } = await registry({}, { tls });
    expect(url.protocol).toBe("https:");
    expect(await secure(url, "/v2/", pki.ca)).toBe(200);
    expect(await secure(url, path(large), pki.ca)).toBe(200);
    await expect(secure(url, "/v2/", pki.self.cert)).rejects.toThrow();
    // Plain HTTP gets no answer of the registry.
    await expect(ask(url, "/v2/")).rejects.toThrow();
  });

  test("refuses a key that does not belong to the certificate", async () => {
    const tls = { cert: pki.good.cert, key: pki.self.key };
    const error = await failureOf(
      listen(async () => ({ status: 200, headers: {} }), { port: 0, tls }),
    );
    expect(error).toMatchObject({ code: "CONFIG" });
  });

  test("refuses files that are not there or not PEM", async () => {
    const good = join(pki.folder, "good.crt");
    const missing = await failureOf(async () => readTlsFiles(good, "/does/not/exist"));
    expect(missing.message).toBe('Cannot read "/does/not/exist": ENOENT');
    const swapped = await failureOf(async () => readTlsFiles(good, good));
    expect(swapped.message).toBe(`"${good}" does not hold a private key in PEM form`);
  });
});
