import { describe, expect, test } from "vitest";
import { HiatusError } from "../../src/errors.ts";
import { bytesOf, failureOf } from "../failure.ts";
import type { Behaviour } from "./fake-registry/behaviour.ts";
import { fakeClock, openFake } from "./fake-registry/open.ts";
import { answer, createFakeRegistry } from "./fake-registry/registry.ts";
import { varied } from "./fake-registry/uploads.ts";
import type { Handler } from "./handler-transport.ts";

const { descriptor, bytes } = varied(512 * 1024);

const reset = () =>
  new HiatusError("NETWORK", "No answer", { detail: { reason: "ECONNRESET", sent: true } });

/** The first so many bytes of an answer, in pieces of 16 KiB, and then a reset. */
async function breaking(response: Response, after: number): Promise<Response> {
  const whole = new Uint8Array(await response.arrayBuffer()).subarray(0, after);
  let at = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= whole.byteLength) return controller.error(reset());
      controller.enqueue(whole.slice(at, at + 16384));
      at += 16384;
    },
  });
  return new Response(body, { status: response.status, headers: response.headers });
}

/** A registry with the blob whose downloads break off, each after so many bytes, and then no more. */
function start(breaks: readonly number[], behaviour: Partial<Behaviour> = {}, change?: Handler) {
  const ranges: string[] = [];
  const left = [...breaks];
  const registry = createFakeRegistry({
    ...behaviour,
    around: async (request, next) => {
      if (request.method !== "GET") return next(request);
      ranges.push(request.headers.get("range") ?? "all");
      const response = await (ranges.length > 1 && change ? change(request) : next(request));
      const after = left.shift();
      return after === undefined ? response : breaking(response, after);
    },
  });
  registry.repository("team/pause").blobs.set(descriptor.digest, bytes);
  const clock = fakeClock();
  return { registry, ranges, clock, repository: openFake(registry.handler, { clock }) };
}

async function expectBlob(stream: AsyncIterable<Uint8Array>): Promise<void> {
  expect(Buffer.compare(await bytesOf(stream), bytes)).toBe(0);
}

const KIB = 1024;
/** Nobody starts again right where it broke: the last 64 KiB are asked for once more and compared. */
const from = (broken: number) => `bytes=${broken - 64 * KIB}-${bytes.byteLength - 1}`;

describe("fetch of a blob", () => {
  test("goes on where the line broke", async () => {
    const { repository, ranges } = start([160 * KIB, 192 * KIB]);
    await expectBlob(repository.fetch(descriptor));
    expect(ranges).toEqual(["all", from(160 * KIB), from((160 - 64 + 192) * KIB)]);
  });

  test("begins anew where little was read", async () => {
    const { repository, ranges } = start([48 * KIB]);
    await expectBlob(repository.fetch(descriptor));
    expect(ranges).toEqual(["all", "all"]);
  });

  test("skips what it has where Range is ignored", async () => {
    const { repository, ranges } = start([160 * KIB, 320 * KIB], { ranges: false });
    await expectBlob(repository.fetch(descriptor));
    expect(ranges).toHaveLength(3);
  });

  test.each([-1, 1, 4096])(
    "begins anew, without Range, where offsets are off by %i",
    async (off) => {
      const odd: Handler = (request) => {
        const range = /^bytes=(\d+)-/.exec(request.headers.get("range") ?? "");
        if (range === null) return new Response(new Uint8Array(bytes));
        const first = Number(range[1]);
        return new Response(bytes.slice(first + off), {
          status: 206,
          headers: {
            "content-range": `bytes ${first}-${bytes.byteLength - 1}/${bytes.byteLength}`,
          },
        });
      };
      const { repository, ranges } = start([160 * KIB], {}, odd);
      await expectBlob(repository.fetch(descriptor));
      expect(ranges).toEqual(["all", from(160 * KIB), "all"]);
    },
  );

  test.each([
    [
      "another range",
      () =>
        new Response(new Uint8Array(bytes), {
          status: 206,
          headers: { "content-range": "bytes 0-99/100" },
        }),
    ],
    ["no range at all", () => new Response(new Uint8Array(bytes), { status: 206 })],
    ["416", () => answer(416)],
  ])("begins anew, without Range, where the answer has %s", async (_, make) => {
    const change: Handler = (request) =>
      request.headers.has("range") ? make() : new Response(new Uint8Array(bytes));
    const { repository, ranges } = start([160 * KIB], {}, change);
    await expectBlob(repository.fetch(descriptor));
    expect(ranges).toEqual(["all", from(160 * KIB), "all"]);
  });

  test("is an error when the content changed in between, and at most all but its end was given", async () => {
    const change: Handler = () => new Response(new Uint8Array(bytes.byteLength));
    const { repository } = start([160 * KIB], {}, change);
    expect(await failureOf(bytesOf(repository.fetch(descriptor)))).toMatchObject({
      code: "CONTENT",
    });
  });

  test("is an error when the line breaks again and again at the same place", async () => {
    const { repository, ranges, clock } = start(Array.from({ length: 50 }, () => 100 * KIB));
    expect(await failureOf(bytesOf(repository.fetch(descriptor)))).toMatchObject({
      code: "NETWORK",
    });
    expect(ranges.length).toBeLessThanOrEqual(8);
    expect(clock.slept()).toBeLessThan(60_000);
  });

  test("is an error when every answer brings a byte", async () => {
    const { repository, ranges } = start(Array.from({ length: 100_000 }, (_, i) => i + 1));
    expect(await failureOf(bytesOf(repository.fetch(descriptor)))).toMatchObject({
      code: "NETWORK",
    });
    expect(ranges.length).toBeLessThanOrEqual(6);
  });

  test("gets on for as long as every answer brings its share", async () => {
    const { repository, ranges } = start(Array.from({ length: 5 }, () => 144 * KIB));
    await expectBlob(repository.fetch(descriptor));
    expect(ranges).toHaveLength(6);
  });

  test("stops at the first byte too many of an answer without end", async () => {
    let given = 0;
    const repository = openFake(() => {
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          given += 64 * KIB;
          controller.enqueue(new Uint8Array(64 * KIB));
        },
      });
      return new Response(body);
    });
    expect(await failureOf(bytesOf(repository.fetch(descriptor)))).toMatchObject({
      code: "CONTENT",
    });
    expect(given).toBeLessThan(2 * bytes.byteLength);
  });

  test("goes on across a redirect to a storage", async () => {
    const hosts: string[] = [];
    const { handler } = (() => {
      const registry = createFakeRegistry({
        around: async (request, next) => {
          const url = new URL(request.url);
          hosts.push(url.host);
          if (url.host === "registry.example") {
            return answer(307, { location: `https://storage.example${url.pathname}?sig=x` });
          }
          const response = await next(request);
          return hosts.length === 2 ? breaking(response, 160 * KIB) : response;
        },
      });
      registry.repository("team/pause").blobs.set(descriptor.digest, bytes);
      return registry;
    })();
    await expectBlob(openFake(handler).fetch(descriptor));
    expect(hosts).toEqual([
      "registry.example",
      "storage.example",
      "registry.example",
      "storage.example",
    ]);
  });

  test("lets go of the answer when the reader has enough", async () => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(bytes.slice(0, 1000)),
      cancel() {
        cancelled = true;
      },
    });
    const repository = openFake(() => new Response(body));
    for await (const _ of repository.fetch(descriptor)) break;
    expect(cancelled).toBe(true);
  });
});

describe("exists of a blob", () => {
  const answers = (make: Handler) => openFake(make).exists(descriptor);

  test.each([
    [{}, true],
    [{ "content-length": `${bytes.byteLength}` }, true],
    [{ "content-length": "0" }, true],
    [{ "content-length": "17" }, false],
    [{ "docker-content-digest": descriptor.digest }, true],
    [{ "docker-content-digest": `sha256:${"0".repeat(64)}` }, false],
    [{ "docker-content-digest": `sha512:${"0".repeat(128)}` }, true],
  ])("with the headers %j it is %s", async (headers, there) => {
    expect(await answers(() => answer(200, headers as Record<string, string>))).toBe(there);
  });

  test.each([401, 403, 418])("%i is an error and no answer", async (status) => {
    expect((await failureOf(answers(() => answer(status)))).detail.status).toBe(status);
  });
});
