/** HTTP/2, as far as it differs: one connection for all, streams that end badly, and servers that do not speak it. */
import { createSecureServer, type Http2Server, type ServerHttp2Stream } from "node:http2";
import { createServer as createTlsServer } from "node:https";
import type { Server } from "node:net";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createNodeTransport } from "../../src/remote/node-transport.ts";
import { bytesOf, failureOf } from "../failure.ts";
import { listening, requestTo, textOf } from "./loopback.ts";
import { makePki, type Pki } from "./pki.ts";

let pki: Pki;
beforeAll(() => {
  pki = makePki();
});
afterAll(() => pki?.remove());

function open(stallTimeout?: number) {
  const transport = createNodeTransport({ proxy: false, tls: { ca: [pki.ca] }, stallTimeout });
  onTestFinished(() => transport.close());
  return transport;
}

type Listener = (stream: ServerHttp2Stream, headers: Record<string, unknown>) => void;

/** A server that speaks nothing but HTTP/2; its origin, and how many connections it saw. */
async function h2Server(listener: Listener) {
  const server: Http2Server = createSecureServer({ ...pki.good, allowHTTP1: false });
  const seen = { connections: 0 };
  const sessions = new Set<{ destroy(): void; goaway(): void }>();
  server.on("session", (session) => {
    seen.connections++;
    sessions.add(session);
    session.on("error", () => undefined);
  });
  server.on("stream", (stream, headers) => {
    stream.on("error", () => undefined);
    listener(stream, headers);
  });
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
  });
  const origin = `https://${await listening(server as unknown as Server)}`;
  return { origin, seen, sessions };
}

describe("createNodeTransport over HTTP/2", () => {
  test("sends method, path, query, headers and body, and gives status, headers and body", async () => {
    const got: unknown[] = [];
    const { origin } = await h2Server((stream, headers) => {
      let body = "";
      stream.on("data", (chunk) => (body += chunk));
      stream.on("end", () => {
        got.push([
          ...[headers[":method"], headers[":path"], headers[":authority"], headers[":scheme"]],
          ...[headers["content-length"], headers["content-type"], body],
        ]);
        stream.respond({
          ":status": 401,
          "www-authenticate": ['Basic realm="a"', 'Bearer realm="b"'],
        } as never);
        stream.end("who");
      });
    });
    const transport = open();
    const response = await transport(
      requestTo(`${origin}/v2/x/blobs/uploads/?digest=sha256%3Aab`, {
        method: "POST",
        headers: { "content-type": "application/octet-stream" },
        body: Buffer.from("hello"),
      }),
    );
    expect(response.status).toBe(401);
    expect(response.headers.all("WWW-Authenticate")).toEqual([
      'Basic realm="a"',
      'Bearer realm="b"',
    ]);
    expect(response.headers.get("www-authenticate")).toBe('Basic realm="a", Bearer realm="b"');
    expect(response.headers.get(":status")).toBe("401");
    expect(await textOf(response)).toBe("who");
    await transport(requestTo(`${origin}/v2/`, { method: "POST" }));
    const { host } = new URL(origin);
    expect(got).toEqual([
      [
        ...["POST", "/v2/x/blobs/uploads/?digest=sha256%3Aab", host, "https", "5"],
        ...["application/octet-stream", "hello"],
      ],
      ["POST", "/v2/", host, "https", "0", undefined, ""],
    ]);
  });

  test("sends everything over one connection, also what is begun at once", async () => {
    const { origin, seen } = await h2Server((stream) => {
      stream.respond({ ":status": 200, "content-length": 2 });
      stream.end("ok");
    });
    const transport = open();
    const answers = await Promise.all(
      Array.from({ length: 50 }, async () => textOf(await transport(requestTo(origin)))),
    );
    expect(new Set(answers)).toEqual(new Set(["ok"]));
    const head = await transport(requestTo(origin, { method: "HEAD" }));
    expect(await textOf(head)).toBe("");
    (await transport(requestTo(origin))).discard();
    expect(seen.connections).toBe(1);
  });

  test("speaks HTTP/1.1 where that is all there is, over the connection that found it out", async () => {
    let connections = 0;
    const server = createTlsServer({ ...pki.good, ALPNProtocols: ["http/1.1"] }, (_, response) => {
      response.end("old");
    });
    server.on("secureConnection", () => connections++);
    const origin = `https://${await listening(server)}`;
    const transport = open();
    for (let count = 0; count < 3; count++) {
      expect(await textOf(await transport(requestTo(origin)))).toBe("old");
    }
    expect(connections).toBe(1);
    const all = Array.from({ length: 5 }, async () => textOf(await transport(requestTo(origin))));
    expect(await Promise.all(all)).toEqual(Array(5).fill("old"));
    expect(connections).toBeLessThanOrEqual(5);
  });

  test("carries megabytes both ways unchanged", async () => {
    const { origin } = await h2Server((stream) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        stream.respond({ ":status": 200 });
        stream.end(Buffer.concat(chunks));
      });
    });
    const bytes = Buffer.alloc(5_000_001, "hiatus ");
    const response = await open()(requestTo(origin, { method: "PUT", body: bytes }));
    expect(Buffer.compare(await bytesOf(response.body), bytes)).toBe(0);
  });

  test("opens another connection when the one it had was closed, broken or announced to end", async () => {
    const { origin, seen, sessions } = await h2Server((stream) => {
      stream.respond({ ":status": 200 });
      stream.end("ok");
    });
    const transport = open();
    const ask = async () => textOf(await transport(requestTo(origin)));
    expect(await ask()).toBe("ok");
    for (const session of sessions) session.destroy();
    sessions.clear();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await ask()).toBe("ok");
    for (const session of sessions) session.goaway();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await ask()).toBe("ok");
    expect(seen.connections).toBe(3);
  });

  test.each([
    ["refused, which is as good as not sent", 7, false],
    ["reset, after which nobody knows", 2, true],
    ["cancelled, after which nobody knows", 8, true],
  ])("tells of a stream that was %s", async (_, code, sent) => {
    const { origin } = await h2Server((stream) => stream.close(code));
    const error = await failureOf(open()(requestTo(origin, { method: "POST" })));
    expect(error.code).toBe("NETWORK");
    expect(error.detail).toMatchObject({ sent, lasting: false });
  });

  test.each([
    ["the stream", (stream: ServerHttp2Stream) => stream.close(8)],
    ["the connection", (stream: ServerHttp2Stream) => stream.session?.destroy()],
  ])("does not take a body for whole when %s ends in its middle", async (_, cut) => {
    const { origin } = await h2Server((stream) => {
      stream.respond({ ":status": 200, "content-length": 1000 });
      stream.write("x".repeat(500), () => setTimeout(() => cut(stream), 10));
    });
    const response = await open()(requestTo(origin));
    const error = await failureOf(bytesOf(response.body));
    expect(error.code).toBe("NETWORK");
  });

  test("gives up an answer that does not come, and the connection with it", async () => {
    let quiet = true;
    const { origin, seen } = await h2Server((stream) => {
      if (quiet) return;
      stream.respond({ ":status": 200 });
      stream.end("ok");
    });
    const transport = open(100);
    const error = await failureOf(transport(requestTo(origin)));
    expect(error.detail).toMatchObject({ reason: "ETIMEDOUT", sent: true });
    quiet = false;
    expect(await textOf(await transport(requestTo(origin)))).toBe("ok");
    expect(seen.connections).toBe(2);
  });

  test("gives up a body that stands still", async () => {
    const { origin } = await h2Server((stream) => {
      stream.respond({ ":status": 200 });
      stream.write("x");
    });
    const error = await failureOf(bytesOf((await open(100)(requestTo(origin))).body));
    expect(error.detail.reason).toBe("ETIMEDOUT");
  });

  test("refuses a head of more than 8 KiB", async () => {
    const { origin } = await h2Server((stream) => {
      stream.respond({ ":status": 200, "x-long": "x".repeat(9000) });
      stream.end();
    });
    const error = await failureOf(open()(requestTo(origin)));
    expect(error.detail).toMatchObject({ reason: "HPE_HEADER_OVERFLOW", lasting: true });
  });

  test("stops with the reason of the signal and goes on over the same connection", async () => {
    let quiet = true;
    const { origin, seen } = await h2Server((stream) => {
      if (quiet) return;
      stream.respond({ ":status": 200 });
      stream.end("ok");
    });
    const transport = open();
    const controller = new AbortController();
    const reason = new Error("enough");
    const asked = transport(requestTo(origin, { signal: controller.signal }));
    setTimeout(() => controller.abort(reason), 30);
    await expect(asked).rejects.toBe(reason);
    quiet = false;
    expect(await textOf(await transport(requestTo(origin)))).toBe("ok");
    expect(seen.connections).toBe(1);
  });

  test("lets an answer come before the body was taken", async () => {
    const { origin } = await h2Server((stream) => {
      stream.respond({ ":status": 413 });
      stream.end("too large");
    });
    const body = {
      size: 50_000_000,
      async *chunks() {
        for (let at = 0; at < 500; at++) yield Buffer.alloc(100_000);
      },
    };
    const response = await open()(requestTo(origin, { method: "PUT", body }));
    expect(response.status).toBe(413);
    response.discard();
  });

  test("says what cannot be written before anything is sent", async () => {
    const { origin } = await h2Server((stream) => stream.respond({ ":status": 200 }));
    const headers = { authorization: "Basic a\nb" };
    const error = await failureOf(open()(requestTo(origin, { headers })));
    expect(error.detail).toMatchObject({ sent: false, lasting: true });
    expect(error.message).not.toContain("a\nb");
  });
});
