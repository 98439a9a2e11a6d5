import { describe, expect, onTestFinished, test } from "vitest";
import type { Authorizer } from "../../src/remote/authorizer.ts";
import { type ClientOptions, type ClientRequest, createClient } from "../../src/remote/client.ts";
import type { ClientEvent } from "../../src/remote/events.ts";
import { createLimiter } from "../../src/remote/limiter.ts";
import { createNodeTransport } from "../../src/remote/node-transport.ts";
import type { HttpRequest } from "../../src/remote/transport.ts";
import { failureOf } from "../failure.ts";
import { type Handler, handlerTransport } from "./handler-transport.ts";
import { httpServer, textOf } from "./loopback.ts";

const CANARY = "Bearer canary-9f2c";

/** Always says the canary, and takes note of refusals. */
function canary(again: readonly boolean[] = []) {
  const refusals: unknown[] = [];
  const authorizer: Authorizer = {
    authorize: async () => `${CANARY}${refusals.length === 0 ? "" : refusals.length}`,
    refused: async (purpose, challenges, used) => {
      refusals.push({ purpose, challenges, used });
      return again[refusals.length - 1] ?? false;
    },
  };
  return { authorizer, refusals };
}

/** A client of https://r.example whose world is a handler. */
function setUp(handler: Handler, options: Partial<ClientOptions> = {}) {
  const requests: HttpRequest[] = [];
  const events: ClientEvent[] = [];
  const http = handlerTransport(handler);
  const clock = fastClock();
  const limiter = createLimiter({}, clock);
  const client = createClient({
    registry: "r.example",
    transport: (request) => {
      requests.push(request);
      return http(request);
    },
    clock,
    limiter: () => limiter,
    onEvent: (event) => events.push(event),
    ...options,
  });
  const send = (fields: Partial<ClientRequest> = {}) =>
    client.send({
      method: "GET",
      path: "/v2/x/blobs/y",
      repository: "x",
      scopes: ["repository:x:pull"],
      ...fields,
    } as ClientRequest);
  return { client, send, requests, events };
}

/** A clock on which waiting takes no time. */
function fastClock() {
  let now = 0;
  const sleep = async (milliseconds: number): Promise<void> => {
    now += milliseconds;
  };
  return { now: () => now, random: () => 0, sleep };
}

const redirect = (status: number, location: string) =>
  new Response(null, { status, headers: { location } });

describe("createClient", () => {
  test("asks its registry, by its name and with its headers", async () => {
    const { client, send, requests } = setUp(() => new Response("hello"));
    expect(client.origin.href).toBe("https://r.example/");
    const response = await send({
      path: "/v2/x/tags/list?n=5",
      headers: { accept: "application/json" },
    });
    expect(await textOf(response)).toBe("hello");
    expect(requests[0]?.url.href).toBe("https://r.example/v2/x/tags/list?n=5");
    expect(requests[0]?.headers).toEqual({ accept: "application/json", "user-agent": "hiatus" });
    expect(requests[0]?.chosenBy).toBe("user");
  });

  test.each([
    "//evil.example/v2/",
    "v2/",
    "https://evil.example/v2/",
    "\\\\evil.example/",
    "/\\evil.example/",
  ])("takes no %j for a path", async (path) => {
    const { send, requests } = setUp(() => new Response());
    expect((await failureOf(send({ path }))).code).toBe("INVALID");
    expect(requests).toEqual([]);
  });

  test("gives any answer as it is, unless some are expected", async () => {
    const { send } = setUp(() =>
      Response.json({ errors: [{ code: "BLOB_UNKNOWN" }] }, { status: 404 }),
    );
    expect((await send()).status).toBe(404);
    expect((await send({ expect: [200, 404] })).status).toBe(404);
    const error = await failureOf(send({ expect: [200] }));
    expect(error.code).toBe("NOT_FOUND");
    expect(error.detail).toMatchObject({
      registry: "r.example",
      codes: ["BLOB_UNKNOWN"],
      status: 404,
    });
  });

  test("tells each Warning once, without control characters", async () => {
    const two = setUp(
      () => new Response(null, { headers: { warning: '299 - "the tag is \\"old\\""' } }),
    );
    await two.send();
    await two.send();
    const warnings = two.events.filter(({ type }) => type === "warning");
    expect(warnings).toEqual([
      { type: "warning", registry: "r.example", message: 'the tag is "old"' },
    ]);
    const other = setUp(() => new Response(null, { headers: { warning: '199 proxy "stale"' } }));
    await other.send();
    expect(other.events.some(({ type }) => type === "warning")).toBe(false);
  });

  test("says aloud that nothing is verified", () => {
    const events: ClientEvent[] = [];
    createClient({
      registry: "r.example",
      tls: { insecure: true },
      onEvent: (event) => events.push(event),
    });
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ type: "warning", registry: "r.example" });
    expect((events[0] as { message: string }).message).toContain("not verified");
  });
});

describe("createClient and its authorizer", () => {
  test("shows the authorizer's word, and a caller's never", async () => {
    const { authorizer } = canary();
    const { send, requests } = setUp(() => new Response(), { authorizer });
    await send({ headers: { authorization: "Basic other" } });
    expect(requests[0]?.headers.authorization).toBe(CANARY);
    const anonymous = setUp(() => new Response());
    await anonymous.send({ headers: { authorization: "Basic other" } });
    expect(anonymous.requests[0]?.headers.authorization).toBeUndefined();
  });

  test("lets the authorizer learn from a 401 and asks once more", async () => {
    const { authorizer, refusals } = canary([true]);
    const { send, requests } = setUp(
      (request) =>
        request.headers.get("authorization") === `${CANARY}1`
          ? new Response("in")
          : new Response(null, { status: 401, headers: { "www-authenticate": "Bearer realm=x" } }),
      { authorizer },
    );
    expect(await textOf(await send())).toBe("in");
    expect(requests).toHaveLength(2);
    expect(refusals).toEqual([
      {
        purpose: {
          origin: "https://r.example",
          registry: "r.example",
          repository: "x",
          scopes: ["repository:x:pull"],
        },
        challenges: ["Bearer realm=x"],
        used: CANARY,
      },
    ]);
  });

  test("gives a second 401 as it is, and a first where the authorizer knows no better", async () => {
    for (const again of [[true, true, true], []]) {
      const { authorizer } = canary(again);
      const { send, requests } = setUp(() => new Response("no", { status: 401 }), { authorizer });
      const response = await send();
      expect(response.status).toBe(401);
      expect(await textOf(response)).toBe("no");
      expect(requests).toHaveLength(again.length > 0 ? 2 : 1);
    }
  });

  test("throws what the authorizer throws", async () => {
    const authorizer: Authorizer = {
      authorize: async () => undefined,
      refused: () => Promise.reject(new RangeError("mine")),
    };
    const { send } = setUp(() => new Response(null, { status: 401 }), { authorizer });
    await expect(send()).rejects.toThrow(RangeError);
  });

  test("keeps a token that expires at any request from stopping the work", async () => {
    for (let dies = 1; dies <= 6; dies++) {
      let asked = 0;
      let token = 0;
      const authorizer: Authorizer = {
        authorize: async () => `Bearer ${token}`,
        refused: async () => {
          token++;
          return true;
        },
      };
      const { send } = setUp(
        (request) => {
          asked++;
          const good =
            request.headers.get("authorization") === (asked >= dies ? "Bearer 1" : "Bearer 0");
          return new Response(null, { status: good ? 200 : 401 });
        },
        { authorizer },
      );
      for (let count = 0; count < 6; count++) expect((await send()).status).toBe(200);
    }
  });
});

describe("createClient and redirects", () => {
  test.each([301, 302, 303, 307, 308])(
    "follows %i to another host without credentials",
    async (status) => {
      const { authorizer, refusals } = canary([true, true]);
      const { send, requests } = setUp(
        (request) =>
          new URL(request.url).host === "r.example"
            ? redirect(status, "https://user:pass@s3.example/b?sig=1#f")
            : new Response("blob", { status: 401 }),
        { authorizer },
      );
      const response = await send({ headers: { range: "bytes=0-" } });
      expect(response.status).toBe(401);
      expect(requests.map(({ url, headers, chosenBy }) => [url.href, headers, chosenBy])).toEqual([
        [
          "https://r.example/v2/x/blobs/y",
          { "user-agent": "hiatus", range: "bytes=0-", authorization: CANARY },
          "user",
        ],
        ["https://s3.example/b?sig=1", { "user-agent": "hiatus", range: "bytes=0-" }, "answer"],
      ]);
      expect(refusals).toEqual([]);
    },
  );

  test.each([
    ["another host", "https://evil.example/"],
    ["a host below", "https://sub.r.example/"],
    ["a host that looks like it", "https://r.example.evil.example/"],
    ["another port", "https://r.example:8443/"],
    ["it as user", "https://r.example@evil.example/"],
    ["another host without a scheme", "//evil.example/"],
    ["another host with backslashes", "\\\\evil.example\\"],
  ])("shows no credentials to %s", async (_, location) => {
    const { authorizer } = canary();
    const { send, requests } = setUp(
      (request) =>
        request.url === "https://r.example/v2/x/blobs/y" ? redirect(307, location) : new Response(),
      { authorizer },
    );
    await send();
    expect(requests).toHaveLength(2);
    expect(requests[1]?.url.origin).not.toBe("https://r.example");
    expect(requests[1]?.headers.authorization).toBeUndefined();
  });

  test("shows no credentials any more once it was elsewhere, also at home", async () => {
    const { authorizer } = canary();
    const { send, requests } = setUp(
      (request) => {
        const { href } = new URL(request.url);
        if (href === "https://r.example/v2/x/blobs/y") return redirect(307, "https://s3.example/");
        return href === "https://s3.example/"
          ? redirect(307, "https://r.example/v2/other/")
          : new Response();
      },
      { authorizer },
    );
    await send();
    expect(requests.map(({ headers }) => headers.authorization)).toEqual([
      CANARY,
      undefined,
      undefined,
    ]);
  });

  test("keeps its credentials for redirects at home", async () => {
    const { authorizer } = canary();
    const { send, requests } = setUp(
      (request) => (request.url.endsWith("/y") ? redirect(307, "../z?a=b") : new Response()),
      { authorizer },
    );
    await send();
    expect(requests[1]?.url.href).toBe("https://r.example/v2/x/z?a=b");
    expect(requests[1]?.headers.authorization).toBe(CANARY);
  });

  test.each([
    ["from https to http", "http://r.example/v2/"],
    ["to a file", "file:///etc/passwd"],
    ["to data", "data:text/plain,x"],
    ["to what is no URL", "https://[/"],
  ])("does not go %s", async (_, location) => {
    const { send, requests } = setUp(() => redirect(307, location));
    const error = await failureOf(send());
    expect(error.code).toBe("REGISTRY");
    expect(error.message).toMatch(/^"r.example" (?:points|redirects) /);
    expect(requests).toHaveLength(1);
  });

  test("ends after five", async () => {
    const { send, requests } = setUp(() => redirect(302, "/again?secret=1"));
    const error = await failureOf(send());
    expect(error.message).toBe(
      '"r.example" redirects more than 5 times (GET https://r.example/again?…)',
    );
    expect(requests).toHaveLength(6);
  });

  test("follows no redirect of a write, and none without a Location", async () => {
    const { send } = setUp(() => redirect(307, "https://s3.example/"));
    expect((await send({ method: "PUT", body: Buffer.from("x") })).status).toBe(307);
    const bare = setUp(() => new Response(null, { status: 304 }));
    expect((await bare.send()).status).toBe(304);
  });

  test("blames the storage and not the login for what the storage refuses", async () => {
    const { send } = setUp((request) =>
      new URL(request.url).host === "r.example"
        ? redirect(307, "https://s3.example/?sig=1")
        : new Response(null, { status: 403 }),
    );
    const error = await failureOf(send({ expect: [200] }));
    expect(error.code).toBe("REGISTRY");
    expect(error.message).toContain("https://s3.example/?…");
  });
});

describe("createClient and URLs of answers", () => {
  test("shows credentials to its own origin only, and no user that stands in the URL", async () => {
    const { authorizer } = canary();
    const { send, requests } = setUp(() => new Response(null, { status: 201 }), { authorizer });
    await send({
      method: "PUT",
      path: undefined,
      url: new URL("https://a:b@r.example/v2/x/blobs/uploads/1?_state=s"),
    } as never);
    await send({
      method: "PUT",
      path: undefined,
      url: new URL("https://a:b@s3.example/upload?sig=s"),
    } as never);
    expect(
      requests.map(({ url, headers, chosenBy }) => [url.href, headers.authorization, chosenBy]),
    ).toEqual([
      ["https://r.example/v2/x/blobs/uploads/1?_state=s", CANARY, "user"],
      ["https://s3.example/upload?sig=s", undefined, "answer"],
    ]);
  });

  test("takes another port of the registry's host for the user's choice, but shows it no credentials", async () => {
    const { authorizer } = canary();
    const { send, requests } = setUp(() => new Response(), { authorizer });
    await send({ path: undefined, url: new URL("https://r.example:9000/") } as never);
    expect(requests[0]?.chosenBy).toBe("user");
    expect(requests[0]?.headers.authorization).toBeUndefined();
  });
});

describe("createClient over the wire", () => {
  const open = (registry: string, options: Partial<ClientOptions> = {}) => {
    const transport = createNodeTransport({ proxy: false });
    onTestFinished(() => transport.close());
    const clock = fastClock();
    const limiter = createLimiter({}, clock);
    return createClient({ registry, transport, clock, limiter: () => limiter, ...options });
  };
  const blob = { method: "GET", path: "/v2/x/blobs/y", repository: "x", scopes: [] } as const;

  test("never shows the canary to a second server, wherever the first one points", async () => {
    const seen: string[] = [];
    const spy = await httpServer((request, response) => {
      seen.push(JSON.stringify([request.url, request.rawHeaders]));
      response.end("theirs");
    });
    const { port } = new URL(spy);
    const locations = [
      `${spy}/a`,
      `http://user:pass@127.0.0.1:${port}/b`,
      `//127.0.0.1:${port}/c`,
      `http://localhost:${port}/d`,
    ];
    for (const status of [301, 302, 303, 307, 308]) {
      for (const location of locations) {
        const registry = await httpServer(
          (_, response) => void response.writeHead(status, { location }).end(),
        );
        const { authorizer } = canary([true]);
        const response = await open(new URL(registry).host, { authorizer }).send(blob);
        expect(await textOf(response)).toBe("theirs");
      }
    }
    expect(seen).toHaveLength(20);
    expect(seen.join("\n").toLowerCase()).not.toMatch(
      /canary|authorization|user:pass|dxnlcjpwyxnz/,
    );
  });

  test("is not led from a registry elsewhere to this machine", async () => {
    let asked = 0;
    const victim = await httpServer((_, response) => {
      asked++;
      response.end();
    });
    // The registry has a public name, and its answers come from a handler; all else goes over the wire.
    const wire = createNodeTransport({ proxy: false });
    onTestFinished(() => wire.close());
    for (const location of [
      victim,
      victim.replace("127.0.0.1", "localhost"),
      victim.replace("127.0.0.1", "[::ffff:127.0.0.1]"),
    ]) {
      const fake = handlerTransport(() => redirect(307, location));
      const client = open("r.example", {
        plainHttp: true,
        transport: (request) => (request.url.host === "r.example" ? fake(request) : wire(request)),
      });
      const error = await failureOf(client.send(blob));
      expect(error.code).toBe("REGISTRY");
      expect(error.message).toContain("is not a public address");
    }
    expect(asked).toBe(0);
  });

  test("gets through resets, throttling and broken servers", async () => {
    let asked = 0;
    const origin = await httpServer((request, response) => {
      asked++;
      if (asked === 1) request.socket.resetAndDestroy();
      else if (asked === 2) response.writeHead(429, { "retry-after": "1" }).end("slow down");
      else if (asked === 3)
        response.writeHead(502).end("<html><title>502 Bad Gateway</title></html>");
      else if (asked === 4) request.socket.end();
      else response.end("at last");
    });
    const response = await open(new URL(origin).host).send({ ...blob, expect: [200] });
    expect(await textOf(response)).toBe("at last");
    expect(asked).toBe(5);
  });

  test("ends with one clear error when it does not get through", async () => {
    const origin = await httpServer((_, response) => {
      response
        .writeHead(503, { "content-type": "text/html" })
        .end("<h1>Down for\u001b[31m maintenance</h1>");
    });
    const { host } = new URL(origin);
    const error = await failureOf(open(host).send({ ...blob, expect: [200] }));
    expect(error.code).toBe("REGISTRY");
    expect(error.message).toBe(
      `GET http://${host}/v2/x/blobs/y was answered with 503: Down for maintenance`,
    );
  });
});
