import { describe, expect, test } from "vitest";
import type { Authorizer } from "../../src/remote/authorizer.ts";
import { failureOf } from "../failure.ts";
import { FAULTS } from "./fake-registry/faults.ts";
import { answer } from "./fake-registry/registry.ts";
import { MIB, streaming, uploadTarget, varied } from "./fake-registry/uploads.ts";

/** Three chunks. */
const large = varied(10 * MIB);

describe("push of a large stream", () => {
  test("goes in chunks, with one of them in memory at most", async () => {
    let given = 0;
    let received = 0;
    let most = 0;
    const { repository, methods, blobs } = uploadTarget({
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
    const { repository, methods, blobs } = uploadTarget({}, { profile });
    await repository.push(large.descriptor, streaming(large));
    expect(methods().filter((method) => method === "PATCH")).toHaveLength(count);
    expect(blobs.has(large.descriptor.digest)).toBe(true);
  });

  test("makes chunks as large as the registry wants them", async () => {
    const { repository, methods } = uploadTarget({ patchLeast: 6 * MIB });
    await repository.push(large.descriptor, streaming(large));
    expect(methods().filter((method) => method === "PATCH")).toHaveLength(2);
  });

  test("keeps no chunk of gigabytes because a registry wants such chunks", async () => {
    const { repository, methods } = uploadTarget({ patchLeast: 1024 * MIB });
    await repository.push(large.descriptor, streaming(large));
    expect(methods().filter((method) => method === "PATCH")).toHaveLength(1);
  });

  test("that is wrong is given up before its last chunk, and nothing is kept", async () => {
    const wrong = { ...large, bytes: Uint8Array.from(large.bytes) };
    wrong.bytes[9 * MIB] = (wrong.bytes[9 * MIB] ?? 0) ^ 1;
    for (const profile of ["default", "ecr"]) {
      const { registry, repository, methods, blobs } = uploadTarget({}, { profile });
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
      const { repository, methods } = uploadTarget({}, { profile });
      await expect(repository.push(large.descriptor, broken())).rejects.toBe(reason);
      expect(methods().at(-1)).toBe("DELETE");
    }
  });

  test("stops with the reason of the signal", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const { repository, methods } = uploadTarget({
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
    const { repository, methods, blobs, registry } = uploadTarget({
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
      const { repository, blobs } = uploadTarget({
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
    const { repository } = uploadTarget(
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
      const { registry, repository, clock, blobs } = uploadTarget(
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
