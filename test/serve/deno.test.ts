/** The registry on Deno: the same answers, over its own server. */
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MediaType } from "../../src/oci/media-type.ts";
import { bundle } from "../bundle.ts";
import { piece, sample } from "../contract/sample.ts";
import { makePki } from "../remote/pki.ts";
import { importScript, type Runtimes } from "../scripts.ts";
import { type Ask, bytesIn, pushBlob, pushManifest, pushSample } from "./ask.ts";
import { type Served, startServer } from "./child.ts";
import { ask as raw, sayRaw } from "./ports.ts";

const runtimes = await importScript<Runtimes>("runtimes");
const why = runtimes.whyNoRuntimes();
const content = sample();
const large = piece(MediaType.ociLayerGzip, Buffer.alloc(3_000_000, "0123456789abcdef"));

describe.skipIf(why !== undefined)(
  `createHandler on Deno${why === undefined ? "" : ` (not tried: ${why})`}`,
  () => {
    let folder: string;
    let program: readonly [string, ...string[]];
    let served: Served;
    const ask: Ask = (method, path, { headers, body } = {}) =>
      fetch(new URL(path, served.url), {
        method,
        headers: { ...headers },
        ...(body === undefined ? {} : { body, duplex: "half" }),
      } as RequestInit);

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "hiatus-deno-"));
      const deno = (await runtimes.ensureRuntime("deno")) ?? "deno";
      const module = await bundle("test/serve/serve-child.ts", folder);
      program = [deno, "run", "--allow-all", "--no-lock", "--no-config", module];
      served = await startServer(...program, join(folder, "registry"));
    }, 120_000);
    afterAll(async () => {
      await served?.end("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    });

    test("takes an image and gives it back", async () => {
      await pushSample(ask, "library/pause", content, "1.0");
      await pushBlob(ask, "library/pause", large);
      for (const { descriptor, bytes } of [content.index, ...content.manifests]) {
        const answer = await ask("GET", `/v2/library/pause/manifests/${descriptor.digest}`);
        expect(answer.headers.get("content-type")).toBe(descriptor.mediaType);
        expect((await bytesIn(answer)).equals(bytes)).toBe(true);
      }
      for (const { descriptor, bytes } of [...content.blobs, large]) {
        const path = `/v2/library/pause/blobs/${descriptor.digest}`;
        expect((await bytesIn(await ask("GET", path))).equals(bytes)).toBe(true);
        const part = await ask("GET", path, { headers: { range: "bytes=5-9" } });
        expect([part.status, part.headers.get("content-length")]).toEqual([206, "5"]);
        expect((await bytesIn(part)).equals(bytes.subarray(5, 10))).toBe(true);
      }
    });

    test("answers HEAD with the length that GET would have", async () => {
      await pushSample(ask, "head", content, "1.0");
      await pushBlob(ask, "head", large);
      for (const path of [
        "/v2/head/manifests/1.0",
        `/v2/head/blobs/${large.descriptor.digest}`,
        `/v2/head/blobs/${content.blobs[0]?.descriptor.digest}`,
        "/v2/head/tags/list",
      ]) {
        const get = await raw(served.url, path);
        const head = await raw(served.url, path, { method: "HEAD" });
        expect(head.status).toBe(200);
        expect(head.headers["content-length"]).toBe(String(get.body.byteLength));
        expect(head.headers["content-type"]).toBe(get.headers["content-type"]);
        expect(head.body).toHaveLength(0);
      }
    });

    test("takes uploads in pieces, and refuses those out of order", async () => {
      const start = await ask("POST", "/v2/pieces/blobs/uploads/");
      expect([start.status, start.headers.get("content-length")]).toEqual([202, "0"]);
      const location = start.headers.get("location") ?? "";
      const { bytes, descriptor } = large;
      const patch = (first: number, last: number) =>
        ask("PATCH", location, {
          headers: { "content-range": `${first}-${last}` },
          body: bytes.subarray(first, last + 1),
        });
      expect((await patch(0, 999_999)).status).toBe(202);
      expect((await patch(5, 10)).status).toBe(416);
      expect((await patch(1_000_000, 2_999_999)).status).toBe(202);
      const status = await ask("GET", location);
      expect([status.status, status.headers.get("range")]).toEqual([204, "0-2999999"]);
      const put = await ask("PUT", `${location}?digest=${descriptor.digest}`);
      expect(put.status).toBe(201);
      const again = await ask("POST", "/v2/pieces/blobs/uploads/");
      expect((await ask("DELETE", again.headers.get("location") ?? "")).status).toBe(204);
    });

    test("refuses what is no HTTP, and paths that lead elsewhere", async () => {
      expect(await sayRaw(served.url, "NONSENSE\r\n\r\n")).toMatch(/^(?:HTTP\/1\.1 4\d\d |$)/);
      for (const path of [
        "/v2/../../etc/passwd",
        "/v2/%2e%2e/manifests/1",
        "/v2/a/blobs/..%2f..",
      ]) {
        expect([400, 404]).toContain((await raw(served.url, path)).status);
      }
    });

    test("stops when it is told to, ends with 0, and has everything when it starts again", async () => {
      const dir = join(folder, "stopped");
      const first = await startServer(...program, dir);
      const there: Ask = (method, path, { headers, body } = {}) =>
        fetch(new URL(path, first.url), { method, headers: { ...headers }, body } as RequestInit);
      for (const one of content.blobs) await pushBlob(there, "pause", one);
      for (const one of content.manifests) await pushManifest(there, "pause", one);
      expect(await first.end("SIGTERM")).toEqual({ code: 0, signal: null });
      expect(first.said()).toBe("");
      const second = await startServer(...program, dir);
      const { digest } = content.manifests[0]?.descriptor ?? { digest: "" };
      const answer = await fetch(new URL(`/v2/pause/manifests/${digest}`, second.url));
      const bytes = await bytesIn(answer);
      expect(`sha256:${createHash("sha256").update(bytes).digest("hex")}`).toBe(digest);
      await second.end("SIGKILL");
    });

    test("speaks TLS", async () => {
      const pki = makePki();
      try {
        const tls = { ...pki.good };
        const secure = await startServer(...program, join(folder, "tls"), JSON.stringify({ tls }));
        const ca = readFileSync(join(pki.folder, "ca.crt"));
        const status = await new Promise((resolve, reject) => {
          const sent = request(new URL("/v2/", secure.url), { ca }, (answer) => {
            answer.resume();
            resolve(answer.statusCode);
          });
          sent.on("error", reject);
          sent.end();
        });
        expect(status).toBe(200);
        await secure.end("SIGKILL");
      } finally {
        pki.remove();
      }
    });
  },
);
