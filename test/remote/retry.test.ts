import { describe, expect, test } from "vitest";
import { HiatusError } from "../../src/errors.ts";
import type { ClientEvent } from "../../src/remote/events.ts";
import { createLimiter } from "../../src/remote/limiter.ts";
import { type PatientOptions, patient } from "../../src/remote/patient.ts";
import { backoff } from "../../src/remote/retry.ts";
import { parseHttpDate, parseRetryAfter } from "../../src/remote/retry-after.ts";
import type { HttpMethod, HttpRequest, Transport } from "../../src/remote/transport.ts";
import { failureOf } from "../failure.ts";
import { handlerTransport } from "./handler-transport.ts";
import { requestTo } from "./loopback.ts";

describe("parseRetryAfter", () => {
  const now = Date.UTC(1994, 10, 6, 8, 49, 30);
  test.each([
    ["0", 0],
    ["5", 5000],
    [" 5 ", 5000],
    ["1.5", 1500],
    ["60", 60_000],
    ["61", 60_000],
    ["1000000000", 60_000],
    ["9".repeat(60), 60_000],
    ["Sun, 06 Nov 1994 08:49:37 GMT", 7000],
    ["Sunday, 06-Nov-94 08:49:37 GMT", 7000],
    ["Sun Nov  6 08:49:37 1994", 7000],
    ["Sun, 06 Nov 1994 08:49:00 GMT", 0],
    ["Fri, 31 Dec 9999 23:59:59 GMT", 60_000],
  ])("reads %j as %i ms", (value, expected) => {
    expect(parseRetryAfter(value, now)).toBe(expected);
  });

  test.each([
    undefined,
    "",
    "soon",
    "-5",
    "+5",
    "1e9",
    "0x10",
    "5 s",
    "5, 6",
    "Infinity",
    "1994-11-06",
    "Sun, 06 Foo 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 25:49:37 GMT",
    "Sun, 06 Nov 1994 08:49:37 CET",
    "9".repeat(100),
  ])("takes nothing from %j", (value) => expect(parseRetryAfter(value, now)).toBeUndefined());

  test("reads years of two digits as the RFC has it", () => {
    expect(parseHttpDate("Sunday, 06-Nov-94 08:49:37 GMT")).toBe(Date.UTC(1994, 10, 6, 8, 49, 37));
    expect(parseHttpDate("Sunday, 06-Nov-33 08:49:37 GMT")).toBe(Date.UTC(2033, 10, 6, 8, 49, 37));
  });
});

test("backoff is anything below a bound that doubles and ends", () => {
  const bounds = [1, 2, 3, 4, 5, 6, 7, 60].map((attempt) => backoff(attempt, { random: () => 1 }));
  expect(bounds).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 16_000, 16_000]);
  expect(backoff(3, { random: () => 0 })).toBe(0);
});

/** A transport that goes through answers one after the other, and what became of the time. */
function setUp(
  answers: readonly (number | [number, Record<string, string>] | string)[],
  options: Partial<PatientOptions> = {},
) {
  let now = Date.UTC(2026, 0, 1);
  const slept: number[] = [];
  const events: ClientEvent[] = [];
  const clock = {
    now: () => now,
    random: () => 0.5,
    sleep: async (milliseconds: number) => {
      slept.push(milliseconds);
      now += milliseconds;
    },
  };
  let next = 0;
  const bodies: string[] = [];
  const http = handlerTransport(async (request) => {
    bodies.push(await request.text());
    const answer = answers[Math.min(next++, answers.length - 1)] ?? 200;
    if (typeof answer === "string") throw failure(answer);
    const [status, headers] = typeof answer === "number" ? [answer, {}] : answer;
    return new Response(null, { status, headers });
  });
  const limiter = createLimiter({}, clock);
  const transport: Transport = http;
  const send = patient(transport, {
    registry: "r.example",
    clock,
    limiter: () => limiter,
    onEvent: (event) => events.push(event),
    ...options,
  });
  return { send, slept, events, bodies, count: () => next };
}

function failure(reason: string): HiatusError {
  const [code = "", ...rest] = reason.split(" ");
  const detail = {
    reason: code,
    sent: !rest.includes("unsent"),
    lasting: rest.includes("lasting") || (rest.includes("absent") && "unless-reached"),
  };
  return new HiatusError("NETWORK", `No answer: ${code}`, { detail });
}

const to = (method: HttpMethod, fields: Partial<HttpRequest> = {}) =>
  requestTo("https://r.example/v2/?token=secret", { method, ...fields });

describe("patient", () => {
  test.each([408, 429, 500, 502, 503, 504])("asks again after %i", async (status) => {
    const { send, count } = setUp([status, status, 200]);
    expect((await send(to("GET"))).status).toBe(200);
    expect(count()).toBe(3);
  });

  test.each([200, 201, 301, 307, 400, 401, 403, 404, 405, 409, 412, 416, 501, 505])(
    "takes %i for an answer",
    async (status) => {
      const { send, count } = setUp([status]);
      expect((await send(to("GET"))).status).toBe(status);
      expect(count()).toBe(1);
    },
  );

  test("gives the last answer after so many attempts", async () => {
    const { send, slept, count } = setUp([503]);
    expect((await send(to("HEAD"))).status).toBe(503);
    expect(count()).toBe(5);
    expect(slept).toEqual([250, 500, 1000, 2000]);
    const twice = setUp([503], { attempts: 2 });
    await twice.send(to("GET"));
    expect(twice.count()).toBe(2);
  });

  test("throws the last failure after so many attempts", async () => {
    const { send, count } = setUp(["ECONNRESET"]);
    expect((await failureOf(send(to("GET")))).detail.reason).toBe("ECONNRESET");
    expect(count()).toBe(5);
  });

  test.each([
    ["0", [250]],
    ["5", [5000]],
    ["1000000000", [60_000]],
    ["Thu, 01 Jan 2026 00:00:07 GMT", [7000]],
    ["Thu, 01 Jan 2020 00:00:00 GMT", [250]],
    ["whenever", [250]],
  ])("waits for a Retry-After of %j", async (value, expected) => {
    for (const status of [429, 503]) {
      const { send, slept } = setUp([[status, { "retry-after": value }], 200]);
      expect((await send(to("GET"))).status).toBe(200);
      expect(slept).toEqual(expected);
    }
  });

  test("reads a date by the clock of who wrote it", async () => {
    const headers = {
      date: "Thu, 01 Jan 2099 00:00:00 GMT",
      "retry-after": "Thu, 01 Jan 2099 00:00:03 GMT",
    };
    const { send, slept } = setUp([[429, headers], 200]);
    await send(to("GET"));
    expect(slept).toEqual([3000]);
  });

  test("holds back every request to an origin that asked for a pause", async () => {
    const { send, slept, count } = setUp([[429, { "retry-after": "30" }], 200], { attempts: 1 });
    expect((await send(to("GET"))).status).toBe(429);
    expect(slept).toEqual([]);
    await send(to("GET"));
    expect(slept).toEqual([30_000]);
    expect(count()).toBe(2);
  });

  test("does not wait longer than it has patience, all waits together", async () => {
    const { send, slept, count } = setUp([[429, { "retry-after": "1000000000" }]]);
    expect((await send(to("GET"))).status).toBe(429);
    expect(slept).toEqual([60_000, 60_000]);
    expect(count()).toBe(3);
  });

  test("does what may not be done twice only once, unless it certainly was not done", async () => {
    for (const answer of [500, 502, 503, 504, 408, "ECONNRESET"]) {
      const { send, count } = setUp([answer]);
      await send(to("POST")).catch(() => undefined);
      expect(count()).toBe(1);
    }
    for (const answer of [429, "ECONNREFUSED unsent"]) {
      const { send, count } = setUp([answer, 201]);
      expect((await send(to("POST"))).status).toBe(201);
      expect(count()).toBe(2);
    }
    const { send, count } = setUp([500, "ECONNRESET", 201]);
    expect((await send(to("PUT"), "safe")).status).toBe(201);
    expect(count()).toBe(3);
    const never = setUp([500]);
    await never.send(to("GET"), "never");
    expect(never.count()).toBe(1);
  });

  test("does not repeat what will fail again", async () => {
    const lasting = setUp(["CERT_HAS_EXPIRED lasting unsent"]);
    await failureOf(lasting.send(to("GET")));
    expect(lasting.count()).toBe(1);
    const absent = setUp(["ECONNREFUSED absent unsent"]);
    await failureOf(absent.send(to("GET")));
    expect(absent.count()).toBe(1);
    const restarting = setUp([200, "ECONNREFUSED absent unsent", 200]);
    await restarting.send(to("GET"));
    expect((await restarting.send(to("GET"))).status).toBe(200);
    expect(restarting.count()).toBe(3);
  });

  test("passes errors on that are not the network's", async () => {
    const broken: Transport = () => Promise.reject(new RangeError("mine"));
    await expect(patient(broken, { registry: "r" })(to("GET"))).rejects.toThrow(RangeError);
  });

  test("sends a body anew each time", async () => {
    let begun = 0;
    const body = {
      size: 4,
      async *chunks() {
        begun++;
        yield Buffer.from("bo");
        yield Buffer.from("dy");
      },
    };
    const { send, bodies } = setUp([500, 503, 201]);
    expect((await send(to("PUT", { body }), "safe")).status).toBe(201);
    expect(bodies).toEqual(["body", "body", "body"]);
    expect(begun).toBe(3);
  });

  test("waits for the first bytes of a body before it takes a slot", async () => {
    const limiter = createLimiter({ concurrency: 1 });
    const send = patient(
      handlerTransport(async (request) => new Response(await request.text())),
      { registry: "r.example", limiter: () => limiter },
    );
    // What is sent comes from the same origin, whose only slot must be free for it.
    const body = {
      size: 4,
      chunks: async function* () {
        const source = await send(
          requestTo("https://r.example/from", { method: "PUT", body: Buffer.from("abcd") }),
        );
        yield* source.body;
      },
    };
    const requests = [1, 2, 3].map(() => send(to("PUT", { body })));
    for (const response of await Promise.all(requests)) {
      let text = "";
      for await (const chunk of response.body) text += Buffer.from(chunk).toString();
      expect(text).toBe("abcd");
    }
  });

  test("throws what a body throws, takes no slot for it and tells of no request", async () => {
    const { send, events } = setUp([200], { concurrency: 1 });
    const body = {
      size: 1,
      chunks: (): AsyncIterable<Uint8Array> => ({
        [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new RangeError("mine")) }),
      }),
    };
    await expect(send(to("PUT", { body }))).rejects.toThrow(RangeError);
    expect(events).toEqual([]);
    expect((await send(to("GET"))).status).toBe(200);
  });

  test("stops waiting when it is told to", async () => {
    const stop = new AbortController();
    const reason = new DOMException("enough", "AbortError");
    const { send, count } = setUp([503], {
      clock: {
        now: () => 0,
        random: () => 1,
        sleep: async (_, signal) => {
          stop.abort(reason);
          throw signal?.reason;
        },
      },
    });
    await expect(send(to("GET", { signal: stop.signal }))).rejects.toBe(reason);
    expect(count()).toBe(1);
  });

  test("tells of every request, retry and pause, and of no query", async () => {
    const { send, events } = setUp([
      "ECONNRESET",
      [429, { "retry-after": "2" }],
      [200, { "content-length": "7" }],
    ]);
    await send(to("GET"));
    expect(events).toEqual([
      {
        type: "request",
        registry: "r.example",
        method: "GET",
        url: "https://r.example/v2/?…",
        sent: 0,
        status: undefined,
        failure: "No answer: ECONNRESET",
        milliseconds: 0,
        received: undefined,
      },
      {
        type: "retry",
        registry: "r.example",
        method: "GET",
        url: "https://r.example/v2/?…",
        why: "ECONNRESET",
        attempt: 2,
        milliseconds: 250,
      },
      {
        type: "request",
        registry: "r.example",
        method: "GET",
        url: "https://r.example/v2/?…",
        sent: 0,
        status: 429,
        milliseconds: 0,
        received: undefined,
      },
      { type: "pause", registry: "r.example", origin: "https://r.example", milliseconds: 2000 },
      {
        type: "retry",
        registry: "r.example",
        method: "GET",
        url: "https://r.example/v2/?…",
        why: "status 429",
        attempt: 3,
        milliseconds: 2000,
      },
      {
        type: "request",
        registry: "r.example",
        method: "GET",
        url: "https://r.example/v2/?…",
        sent: 0,
        status: 200,
        milliseconds: 0,
        received: 7,
      },
    ]);
  });
});
