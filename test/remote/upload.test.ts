import { describe, expect, test } from "vitest";
import { MediaType } from "../../src/oci/media-type.ts";
import type { Authorizer } from "../../src/remote/authorizer.ts";
import { noKnowledge } from "../../src/remote/knowledge.ts";
import { blob, type Piece, piece } from "../contract/sample.ts";
import { failureOf, streamOf } from "../failure.ts";
import type { Behaviour } from "./fake-registry/behaviour.ts";
import { FAULTS } from "./fake-registry/faults.ts";
import { type FakeOptions, fakeClock, openFake } from "./fake-registry/open.ts";
import { answer, complaint, createFakeRegistry } from "./fake-registry/registry.ts";

const MIB = 1024 * 1024;
const small = blob("small");

/** 10 MiB in which no place looks like another: three chunks. */
const large = (() => {
  const bytes = Buffer.alloc(10 * MIB);
  for (let at = 0; at < bytes.byteLength; at += 4) bytes.writeUInt32LE((at * 2654435761) >>> 0, at);
  return piece(MediaType.ociLayerGzip, bytes);
})();

/** The bytes of a piece as a stream of 100,000 bytes at a time. */
async function* streaming({ bytes }: Piece): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += 100_000) yield bytes.subarray(at, at + 100_000);
}

function start(behaviour: Partial<Behaviour> = {}, options: FakeOptions = {}) {
  const registry = createFakeRegistry(behaviour);
  const clock = fakeClock();
  const knowledge = noKnowledge();
  const repository = openFake(registry.handler, { clock, knowledge, ...options });
  const { blobs } = registry.repository("team/pause");
  /** `METHOD`, and of uploads whether with a digest. */
  const methods = () =>
    registry.requests.map((line) => `${line.split(" ", 1)[0]}${/digest=/.test(line) ? "!" : ""}`);
  return { registry, repository, clock, knowledge, blobs, methods };
}

describe("push of a small blob", () => {
  test.each([
    [{}, "default", "POST!", "POST!"],
    [{ singlePost: "ignored" }, "default", "POST! PUT!", "POST PUT!"],
    [{ singlePost: 404 }, "default", "POST! POST PUT!", "POST PUT!"],
    [
      { singlePost: "ignored", putsBytes: false },
      "default",
      "POST! PUT! POST PATCH PUT!",
      "POST PATCH PUT!",
    ],
    [
      { singlePost: 405, putsBytes: false },
      "default",
      "POST! POST PUT! POST PATCH PUT!",
      "POST PATCH PUT!",
    ],
    [
      { singlePost: "ignored", putsBytes: false },
      "artifactory",
      "POST PATCH PUT!",
      "POST PATCH PUT!",
    ],
    [{ singlePost: "ignored" }, "distribution", "POST PUT!", "POST PUT!"],
  ] as const)(
    "to a registry that does %j, as %s, takes %s and then %s",
    async (behaviour, profile, first, then) => {
      const { repository, methods, blobs } = start(behaviour, { profile });
      await repository.push(small.descriptor, small.bytes);
      expect(methods().join(" ")).toBe(first);
      expect(blobs.has(small.descriptor.digest)).toBe(true);
      const before = methods().length;
      const next = blob("another");
      await repository.push(next.descriptor, next.bytes);
      expect(methods().slice(before).join(" ")).toBe(then);
    },
  );

  test("does not give up a way that was refused once for another reason", async () => {
    const { repository, knowledge, methods } = start();
    knowledge.upload = "patch";
    knowledge.refused.add("put");
    await repository.push(small.descriptor, small.bytes);
    expect(methods()).toEqual(["POST", "PATCH", "PUT!"]);
  });

  test("finds another way when the one that worked works no more", async () => {
    const { repository, knowledge, methods } = start({ singlePost: 404, putsBytes: false });
    knowledge.upload = "put";
    await repository.push(small.descriptor, small.bytes);
    expect(methods()).toEqual(["POST", "PUT!", "POST!", "POST", "PATCH", "PUT!"]);
    expect(knowledge.upload).toBe("patch");
  });

  test.each(["DENIED", "NAME_UNKNOWN", "NAME_INVALID"])(
    "tries no other way after %s",
    async (code) => {
      const { registry, repository } = start({ around: () => complaint(400, code) });
      const error = await failureOf(repository.push(small.descriptor, small.bytes));
      expect(error.detail.codes).toEqual([code]);
      expect(registry.requests).toHaveLength(1);
    },
  );

  test("says what the registry said last when it takes no way", async () => {
    const { registry, repository } = start({ around: () => complaint(405, "UNSUPPORTED") });
    expect(await failureOf(repository.push(small.descriptor, small.bytes))).toMatchObject({
      code: "REGISTRY",
      detail: { status: 405, codes: ["UNSUPPORTED"] },
    });
    expect(registry.requests).toHaveLength(3);
  });

  test.each([201, 202])("does not believe %i for other content", async (status) => {
    const { repository, blobs } = start({
      singlePost: status === 201 ? true : "ignored",
      around: async (request, next) => {
        const { status, headers } = await next(request);
        const changed = new Headers(headers);
        changed.set("docker-content-digest", `sha256:${"0".repeat(64)}`);
        return new Response(null, { status, headers: changed });
      },
    });
    expect(await failureOf(repository.push(small.descriptor, small.bytes))).toMatchObject({
      code: "CONTENT",
      detail: { digest: small.descriptor.digest },
    });
    expect(blobs.size).toBe(1);
  });

  test("looks before it sends again what may have been taken", async () => {
    let lose = true;
    const { repository, methods } = start({
      around: async (request, next) => {
        const response = await next(request);
        if (!lose) return response;
        lose = false;
        return answer(504);
      },
    });
    await repository.push(small.descriptor, small.bytes);
    expect(methods()).toEqual(["POST!", "HEAD"]);
  });

  test("sends wrong content nowhere", async () => {
    const { registry, repository } = start();
    for (const content of [new Uint8Array(5), streamOf(new Uint8Array(5)), streamOf()]) {
      expect(await failureOf(repository.push(small.descriptor, content))).toMatchObject({
        code: "CONTENT",
      });
    }
    expect(registry.requests).toEqual([]);
  });
});

/** Where an upload must not lead. Credentials must not go there, and most of it must not be asked at all. */
const HOSTILE: readonly (readonly [string, "refused" | "without credentials"])[] = [
  ["http://registry.example/u", "refused"],
  ["http://evil.example/u", "refused"],
  ["http://169.254.169.254/latest/meta-data", "refused"],
  ["https://user:secret@registry.example/u", "refused"],
  ["https://user:secret@evil.example/u", "refused"],
  ["https://registry.example@evil.example/u", "refused"],
  ["//user@evil.example/u", "refused"],
  ["ftp://registry.example/u", "refused"],
  ["file:///etc/passwd", "refused"],
  ["file://registry.example/etc/passwd", "refused"],
  ["data:,x", "refused"],
  ["javascript:alert(1)", "refused"],
  ["blob:https://registry.example/x", "refused"],
  ["wss://registry.example/u", "refused"],
  ["gopher://registry.example/u", "refused"],
  ["ldap://registry.example/u", "refused"],
  ["https:evil.example/u", "refused"],
  ["https:/evil.example/u", "refused"],
  ["https:\\\\evil.example\\u", "refused"],
  ["\\\\evil.example\\u", "refused"],
  ["/\\evil.example/u", "refused"],
  ["https://", "refused"],
  ["https://[::1/u", "refused"],
  ["https://evil.example:99999/u", "refused"],
  ["https://ev il.example/u", "refused"],
  ["", "refused"],
  [`/${"a".repeat(9000)}`, "refused"],
  [`/u?digest=sha256:${"0".repeat(64)}`, "refused"],
  ["https://evil.example/u", "without credentials"],
  ["//evil.example/u", "without credentials"],
  ["https://evil.example:443/u", "without credentials"],
  ["https://registry.example:8443/u", "without credentials"],
  ["https://registry.example.evil.example/u", "without credentials"],
  ["https://registry.example./u", "without credentials"],
  ["https://xn--rgistry-bya.example/u", "without credentials"],
  ["https://169.254.169.254/latest/meta-data", "without credentials"],
  ["https://[fd00::1]/u", "without credentials"],
  ["https://0x7f000001/u", "without credentials"],
  ["https://2130706433/u", "without credentials"],
  ["https://evil.example/u?x=https://registry.example/", "without credentials"],
  ["https://evil.example/u#@registry.example/", "without credentials"],
  ["https://evil.example/v2/team/pause/blobs/uploads/1", "without credentials"],
];

describe("push to where a Location leads", () => {
  const authorizer: Authorizer = {
    authorize: async () => "Bearer canary",
    refused: async () => true,
  };

  test.each(HOSTILE)("%s: %s", async (location, expected) => {
    const elsewhere: (string | null)[] = [];
    const chosen: string[] = [];
    const { handler } = createFakeRegistry({
      around: (request) => {
        const { host, protocol } = new URL(request.url);
        if (host !== "registry.example" || protocol !== "https:") {
          elsewhere.push(request.headers.get("authorization"));
          chosen.push(host);
          return answer(401, { "www-authenticate": 'Basic realm="x"' });
        }
        if (request.method === "POST") return answer(202, { location });
        return answer(500);
      },
    });
    const repository = openFake(handler, { authorizer, attempts: 2 });
    for (const { descriptor, bytes } of [small, large]) {
      const error = await failureOf(repository.push(descriptor, streamOf(bytes)));
      expect(["REGISTRY", "AUTH"]).toContain(error.code);
      expect(`${error.message}${JSON.stringify(error.detail)}`).not.toMatch(/secret|canary/);
      expect(error.hint).toBeTruthy();
    }
    if (expected === "refused") expect(chosen).toEqual([]);
    else expect(chosen.length).toBeGreaterThan(0);
    for (const header of elsewhere) expect(header).toBeNull();
  });
});

describe("push of a large stream", () => {
  test("goes in chunks, with one of them in memory at most", async () => {
    let given = 0;
    let received = 0;
    let most = 0;
    const { repository, methods, blobs } = start({
      around: async (request, next) => {
        if (request.method === "PATCH") {
          most = Math.max(most, given - received);
          received += Number(request.headers.get("content-length"));
        }
        return next(request);
      },
    });
    async function* counted() {
      for await (const chunk of streaming(large)) {
        given += chunk.byteLength;
        yield chunk;
      }
    }
    await repository.push(large.descriptor, counted());
    expect(methods()).toEqual(["HEAD", "POST", "PATCH", "PATCH", "PATCH", "PUT!"]);
    expect(
      Buffer.compare(blobs.get(large.descriptor.digest) ?? new Uint8Array(), large.bytes),
    ).toBe(0);
    // A chunk, and what the source gave when the chunk was full.
    expect(most).toBeLessThanOrEqual(4 * MIB + 200_000);
  });

  test.each([
    ["ecr", 1],
    ["gar", 1],
    ["ghcr", 3],
  ])("as %s takes %i PATCH", async (profile, count) => {
    const { repository, methods, blobs } = start({}, { profile });
    await repository.push(large.descriptor, streaming(large));
    expect(methods().filter((method) => method === "PATCH")).toHaveLength(count);
    expect(blobs.has(large.descriptor.digest)).toBe(true);
  });

  test("makes chunks as large as the registry wants them", async () => {
    const { repository, methods } = start({ patchLeast: 6 * MIB });
    await repository.push(large.descriptor, streaming(large));
    expect(methods().filter((method) => method === "PATCH")).toHaveLength(2);
  });

  test("keeps no chunk of gigabytes because a registry wants such chunks", async () => {
    const { repository, methods } = start({ patchLeast: 1024 * MIB });
    await repository.push(large.descriptor, streaming(large));
    expect(methods().filter((method) => method === "PATCH")).toHaveLength(1);
  });

  test("that is wrong is given up before its last chunk, and nothing is kept", async () => {
    const wrong = { ...large, bytes: Uint8Array.from(large.bytes) };
    wrong.bytes[9 * MIB] = (wrong.bytes[9 * MIB] ?? 0) ^ 1;
    for (const profile of ["default", "ecr"]) {
      const { registry, repository, methods, blobs } = start({}, { profile });
      const error = await failureOf(repository.push(large.descriptor, streaming(wrong)));
      expect(error).toMatchObject({ code: "CONTENT" });
      expect(methods().at(-1)).toBe("DELETE");
      expect(methods()).not.toContain("PUT!");
      expect(registry.uploads.size).toBe(0);
      expect(blobs.size).toBe(0);
    }
  });

  test("passes on what the stream throws, as it is", async () => {
    const reason = new Error("the disk is gone");
    async function* broken() {
      yield large.bytes.subarray(0, 5 * MIB);
      throw reason;
    }
    for (const profile of ["default", "ecr"]) {
      const { repository, methods } = start({}, { profile });
      await expect(repository.push(large.descriptor, broken())).rejects.toBe(reason);
      expect(methods().at(-1)).toBe("DELETE");
    }
  });

  test("stops with the reason of the signal", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const { repository, methods } = start({
      around: (request, next) => {
        if (request.method === "PATCH") controller.abort(reason);
        return next(request);
      },
    });
    const pushing = repository.push(large.descriptor, streaming(large), {
      signal: controller.signal,
    });
    await expect(pushing).rejects.toBe(reason);
    expect(methods()).toEqual(["HEAD", "POST", "PATCH"]);
  });

  test("goes on after the part of a chunk that came through", async () => {
    let cut = true;
    const { repository, methods, blobs, registry } = start({
      around: async (request, next) => {
        if (request.method !== "PATCH" || !cut) return next(request);
        cut = false;
        // A megabyte arrives, and then the line breaks.
        const part = new Uint8Array(await request.arrayBuffer()).slice(0, MIB);
        const upload = [...registry.uploads.values()][0];
        if (upload !== undefined) upload.bytes = part;
        return answer(502);
      },
    });
    await repository.push(large.descriptor, streaming(large));
    expect(methods()).toEqual(["HEAD", "POST", "PATCH", "GET", "PATCH", "PATCH", "PATCH", "PUT!"]);
    expect(blobs.has(large.descriptor.digest)).toBe(true);
  });

  test.each(["0-17", "5-9", "9999999-99999999", "bytes=0-", "x", ""])(
    "is given up where the registry then says it has %j",
    async (range) => {
      const { repository, blobs } = start({
        around: (request, next) => {
          if (request.method === "GET") return answer(204, { range, location: request.url });
          const second = request.headers.get("content-range")?.startsWith("4194304-");
          return second === true ? answer(416) : next(request);
        },
      });
      const error = await failureOf(repository.push(large.descriptor, streaming(large)));
      expect(error).toMatchObject({ code: "NETWORK", detail: { again: true } });
      expect(blobs.size).toBe(0);
    },
  );

  test("that cannot be repeated says so", async () => {
    const { repository } = start(
      { around: (request, next) => (request.method === "PATCH" ? answer(502) : next(request)) },
      { profile: "gar" },
    );
    const error = await failureOf(repository.push(large.descriptor, streaming(large)));
    expect(error).toMatchObject({ code: "NETWORK", detail: { again: true } });
    expect(error.hint).toContain("again");
  });
});

describe("push of a large stream with a fault", () => {
  /** HEAD, POST, three PATCH, PUT. */
  const COUNT = 6;
  const renewing = (): Authorizer => {
    let count = 0;
    return {
      authorize: async () => `Bearer ${count}`,
      refused: async () => {
        count++;
        return true;
      },
    };
  };

  test.each(FAULTS)("$name", async (fault) => {
    for (let k = 0; k < COUNT; k++) {
      let index = 0;
      const { registry, repository, clock, blobs } = start(
        {
          around: (request, next) => (index++ === k ? fault.strike(request, next) : next(request)),
        },
        { authorizer: renewing() },
      );
      const pushing = repository.push(large.descriptor, streaming(large));
      const isHeadLie = fault.name.startsWith("HEAD says") && k === 0;
      if (fault.passes) await pushing;
      else await pushing.catch((error) => expect(error.hint).toBeTruthy());
      const stored = blobs.get(large.descriptor.digest);
      if (stored !== undefined) expect(Buffer.compare(stored, large.bytes)).toBe(0);
      else expect(fault.passes && !isHeadLie).toBe(false);
      expect(registry.requests.length).toBeLessThanOrEqual(COUNT + 12);
      expect(clock.slept()).toBeLessThan(5 * 60_000);
    }
  });
});
