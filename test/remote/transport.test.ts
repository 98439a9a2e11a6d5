import { getEventListeners } from "node:events";
import type { Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { createNodeTransport, type NodeTransportOptions } from "../../src/remote/node-transport.ts";
import { bytesOf, failureOf } from "../failure.ts";
import { httpServer, rawServer, requestTo, textOf } from "./loopback.ts";

function open(options: NodeTransportOptions = {}) {
  const transport = createNodeTransport({ proxy: false, ...options });
  onTestFinished(() => transport.close());
  return transport;
}

/** A server that answers every request with the same bytes. */
async function saying(
  bytes: string | Buffer,
  afterwards: (socket: Socket) => void = () => undefined,
) {
  return rawServer((socket) => {
    socket.once("data", () => socket.write(bytes, () => afterwards(socket)));
  });
}

describe("createNodeTransport", () => {
  test("sends method, path, query, headers and body, and gives status, headers and body", async () => {
    const seen: unknown[] = [];
    const origin = await httpServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => (body += chunk));
      request.on("end", () => {
        const { method, url, headers } = request;
        seen.push({
          method,
          url,
          host: headers.host,
          length: headers["content-length"],
          type: headers["content-type"],
          body,
        });
        response.writeHead(201, { location: "/there" }).end("made");
      });
    });
    const response = await open()(
      requestTo(`${origin}/v2/x/blobs/uploads/?digest=sha256%3Aab`, {
        method: "POST",
        headers: { "content-type": "application/octet-stream" },
        body: Buffer.from("hello"),
      }),
    );
    expect(response.status).toBe(201);
    expect(response.headers.get("Location")).toBe("/there");
    expect(await textOf(response)).toBe("made");
    expect(seen).toEqual([
      {
        method: "POST",
        url: "/v2/x/blobs/uploads/?digest=sha256%3Aab",
        host: new URL(origin).host,
        length: "5",
        type: "application/octet-stream",
        body: "hello",
      },
    ]);
  });

  test("keeps headers apart that came more than once", async () => {
    const origin = await httpServer((_, response) => {
      response
        .writeHead(401, [
          ["WWW-Authenticate", 'Basic realm="a"'],
          ["WWW-Authenticate", 'Bearer realm="b"'],
        ] as never)
        .end();
    });
    const { headers } = await open()(requestTo(origin));
    expect(headers.all("www-authenticate")).toEqual(['Basic realm="a"', 'Bearer realm="b"']);
    expect(headers.get("www-authenticate")).toBe('Basic realm="a", Bearer realm="b"');
    expect(headers.all("etag")).toEqual([]);
  });

  test("says that a write without a body has none", async () => {
    let length: string | undefined;
    const origin = await httpServer((request, response) => {
      length = request.headers["content-length"];
      response.end();
    });
    await open()(requestTo(origin, { method: "POST" }));
    expect(length).toBe("0");
  });

  test("streams a body with its length and sends header and small body in one write", async () => {
    const arrivals: string[] = [];
    const origin = await rawServer((socket) => {
      socket.on("data", (chunk) => {
        arrivals.push(chunk.toString());
        socket.write("HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n");
      });
    });
    const transport = open();
    const chunks = async function* () {
      yield Buffer.from("small ");
      yield Buffer.from("");
      yield Buffer.from("body");
    };
    await transport(requestTo(origin, { method: "PUT", body: Buffer.from("small body") }));
    await transport(
      requestTo(origin, {
        method: "PUT",
        body: {
          size: 10,
          async *chunks() {
            yield Buffer.from("small body");
          },
        },
      }),
    );
    expect(arrivals).toHaveLength(2);
    for (const arrival of arrivals) {
      expect(arrival).toMatch(/content-length: 10\r\n[\s\S]*\r\n\r\nsmall body$/);
    }
    await transport(requestTo(origin, { method: "PUT", body: { size: 10, chunks } }));
    expect(arrivals.slice(2).join("")).toMatch(/\r\n\r\nsmall body$/);
  });

  test("carries megabytes both ways unchanged", async () => {
    const origin = await httpServer((request, response) => {
      response.writeHead(200, { "content-length": request.headers["content-length"] });
      request.pipe(response);
    });
    const bytes = Buffer.alloc(3_000_001, "hiatus ");
    const response = await open()(requestTo(origin, { method: "PUT", body: bytes }));
    expect(Buffer.compare(await bytesOf(response.body), bytes)).toBe(0);
  });

  test("uses a connection again, also when an answer was dropped unread", async () => {
    const ports = new Set<number | undefined>();
    const origin = await httpServer((request, response) => {
      ports.add(request.socket.remotePort);
      // Without a length, Node takes the connection of a HEAD for used up.
      response.writeHead(200, { "content-length": "1000" }).end("x".repeat(1000));
    });
    const transport = open();
    for (const method of ["GET", "HEAD", "GET", "GET"] as const) {
      const response = await transport(requestTo(origin, { method }));
      if (method === "GET") response.discard();
      response.discard();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(ports.size).toBe(1);
  });

  test("gives up a connection rather than read a large answer that nobody wants", async () => {
    let closed: (() => void) | undefined;
    const gone = new Promise<void>((resolve) => (closed = resolve));
    const origin = await httpServer((request, response) => {
      request.socket.on("close", () => closed?.());
      response.writeHead(200, { "content-length": "1000000000" }).write("x");
    });
    (await open()(requestTo(origin))).discard();
    await gone;
  });

  test.each(["left", "discarded"])(
    "gives up a connection whose answer is %s in the middle",
    async (how) => {
      let closed: (() => void) | undefined;
      const gone = new Promise<void>((resolve) => {
        closed = resolve;
      });
      const origin = await httpServer((request, response) => {
        request.socket.on("close", () => closed?.());
        response.write("x");
      });
      const response = await open()(requestTo(origin));
      const chunks = response.body[Symbol.asyncIterator]();
      await chunks.next();
      if (how === "left") await chunks.return?.();
      else response.discard();
      await gone;
    },
  );

  test("follows no redirect", async () => {
    const origin = await httpServer((_, response) => {
      response.writeHead(307, { location: "http://127.0.0.1:1/" }).end();
    });
    expect((await open()(requestTo(origin))).status).toBe(307);
  });
});

describe("createNodeTransport, when things break", () => {
  test("says that nothing listens", async () => {
    const error = await failureOf(open()(requestTo("http://127.0.0.1:1/v2/")));
    expect(error.code).toBe("NETWORK");
    expect(error.message).toMatch(
      /^No answer from "127.0.0.1:1": nothing listens there \(connection refused\) \(GET http:/,
    );
    expect(error.detail).toMatchObject({
      reason: "ECONNREFUSED",
      sent: false,
      lasting: "unless-reached",
    });
    expect(error.hint).toContain("Check the host and the port");
  });

  test("says that a host is not known", async () => {
    const error = await failureOf(open()(requestTo("http://nowhere.invalid/v2/")));
    expect(error.detail.reason).toMatch(/ENOTFOUND|EAI_AGAIN/);
    expect(error.message).toContain('No answer from "nowhere.invalid"');
  });

  test("tells a reset before the answer, and that the request may have been seen", async () => {
    const origin = await rawServer((socket) => socket.once("data", () => socket.resetAndDestroy()));
    const error = await failureOf(open()(requestTo(origin)));
    expect(error.detail).toMatchObject({ reason: "ECONNRESET", sent: true, lasting: false });
  });

  test("tells a hang-up before the answer", async () => {
    const origin = await rawServer((socket) => socket.once("data", () => socket.end()));
    expect((await failureOf(open()(requestTo(origin)))).detail.reason).toBe("ECONNRESET");
  });

  test.each([
    ["of known length", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc"],
    ["in chunks", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n"],
  ])("breaks the body %s off when the connection breaks in it", async (_, head) => {
    const origin = await saying(head, (socket) => socket.end());
    const response = await open()(requestTo(origin));
    const seen: string[] = [];
    const error = await failureOf(async () => {
      for await (const chunk of response.body) seen.push(Buffer.from(chunk).toString());
    });
    expect(seen).toEqual(["abc"]);
    expect(error.code).toBe("NETWORK");
    expect(error.detail).toMatchObject({ reason: "ECONNRESET", sent: true });
  });

  test("refuses an endless head", async () => {
    const origin = await rawServer((socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\n");
        const line = `x: ${"a".repeat(1000)}\r\n`;
        const more = (): void => {
          while (!socket.destroyed && socket.write(line));
        };
        socket.on("drain", more);
        more();
      });
    });
    const error = await failureOf(open()(requestTo(origin)));
    expect(error.detail).toMatchObject({ reason: "HPE_HEADER_OVERFLOW", lasting: true });
  });

  test.each([
    ["what is not HTTP", "SSH-2.0-OpenSSH_9.9\r\n"],
    ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab"],
    [
      "a length beside chunks",
      "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
  ])("refuses %s", async (_, bytes) => {
    const error = await failureOf(open()(requestTo(await saying(bytes))));
    expect(error.code).toBe("NETWORK");
    expect(error.detail.reason).toMatch(/^HPE_/);
    expect(error.message).toContain("the answer is not HTTP");
  });

  test("refuses another protocol", async () => {
    const origin = await saying(
      "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
    );
    expect((await failureOf(open()(requestTo(origin)))).code).toBe("NETWORK");
  });

  test("gives up when no answer comes", async () => {
    const origin = await rawServer(() => undefined);
    const error = await failureOf(open({ stallTimeout: 50 })(requestTo(`${origin}/v2/`)));
    expect(error.message).toContain("nothing moved for 0.05 s");
    expect(error.detail).toMatchObject({ reason: "ETIMEDOUT", sent: true });
  });

  test("gives up on a head that comes byte by byte", async () => {
    const origin = await rawServer((socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\nx: ");
        const timer = setInterval(() => socket.write("a"), 5);
        socket.once("close", () => clearInterval(timer));
      });
    });
    const error = await failureOf(open({ stallTimeout: 80 })(requestTo(origin)));
    expect(error.detail.reason).toBe("ETIMEDOUT");
  });

  test("gives up on a body that stands still or trickles", async () => {
    for (const every of [undefined, 5]) {
      const origin = await saying("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nab", (socket) => {
        const timer = every === undefined ? undefined : setInterval(() => socket.write("c"), every);
        socket.once("close", () => clearInterval(timer));
      });
      const response = await open({ stallTimeout: 80 })(requestTo(origin));
      const error = await failureOf(bytesOf(response.body));
      expect(error.detail).toMatchObject({ reason: "ETIMEDOUT", sent: true });
    }
  });

  test("does not count the time in which nobody reads", async () => {
    const origin = await saying("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nab", (socket) =>
      setTimeout(() => socket.write("cd"), 150),
    );
    const response = await open({ stallTimeout: 100 })(requestTo(origin));
    const chunks = response.body[Symbol.asyncIterator]();
    await chunks.next();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await chunks.next()).done).toBe(false);
  });

  test("gives up when its own body is not taken", async () => {
    const origin = await rawServer((socket) => socket.pause());
    const body = {
      size: 1e9,
      async *chunks() {
        for (;;) yield Buffer.alloc(1e6);
      },
    };
    const error = await failureOf(
      open({ stallTimeout: 80 })(requestTo(origin, { method: "PUT", body })),
    );
    expect(error.detail.reason).toBe("ETIMEDOUT");
  });

  test("gives up connecting after the time for that", async () => {
    // Accepts and says nothing where TLS would begin.
    const origin = await rawServer(() => undefined);
    const error = await failureOf(
      open({ connectTimeout: 50 })(requestTo(origin.replace("http:", "https:"))),
    );
    expect(error.detail).toMatchObject({ reason: "ETIMEDOUT", sent: false });
    expect(error.message).toContain("too long to connect");
  });

  test("throws what its body throws, and what is wrong with its size", async () => {
    const origin = await httpServer((request, response) => {
      request.resume().on("end", () => response.end());
      request.on("error", () => undefined);
    });
    const put = (size: number, ...texts: string[]) =>
      open()(
        requestTo(origin, {
          method: "PUT",
          body: {
            size,
            async *chunks() {
              for (const text of texts) {
                if (text === "!") throw new RangeError("mine");
                yield Buffer.from(text);
              }
            },
          },
        }),
      );
    await expect(put(6, "abc", "!")).rejects.toThrow(RangeError);
    expect((await failureOf(put(6, "abc"))).message).toBe(
      "A request's body has 3 bytes where 6 were promised",
    );
    expect((await failureOf(put(2, "abc"))).code).toBe("CONTENT");
    expect((await put(3, "abc", "")).status).toBe(200);
    expect((await put(0)).status).toBe(200);
  });

  test("takes an answer that comes before the body is sent, and stops sending", async () => {
    let pulled = 0;
    const origin = await httpServer((request, response) => {
      request.on("error", () => undefined);
      response.writeHead(413).end("no");
    });
    const body = {
      size: 1e12,
      async *chunks() {
        for (;;) {
          pulled++;
          yield Buffer.alloc(100_000);
        }
      },
    };
    const response = await open()(requestTo(origin, { method: "PUT", body }));
    expect(response.status).toBe(413);
    expect(await textOf(response)).toBe("no");
    await new Promise((resolve) => setTimeout(resolve, 20));
    const until = pulled;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(pulled).toBe(until);
  });

  test("refuses headers that cannot be written, naming no value", async () => {
    const headers = { authorization: "Bearer secret\r\nx: y" };
    const error = await failureOf(open()(requestTo("http://127.0.0.1:1/", { headers })));
    expect(error.message).toContain("cannot be written as HTTP");
    expect(JSON.stringify(error) + error.message + String(error.cause)).not.toContain("secret");
  });
});

describe("createNodeTransport, when it is stopped", () => {
  const reason = new DOMException("enough", "AbortError");

  test("throws the reason at every stage and leaves no listener", async () => {
    const origin = await rawServer((socket) => {
      socket.once("data", (chunk) => {
        if (!chunk.includes("/silent")) {
          socket.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nab");
        }
      });
    });
    const transport = open();
    const early = AbortSignal.abort(reason);
    await expect(transport(requestTo(origin, { signal: early }))).rejects.toBe(reason);

    const mute = await rawServer(() => undefined);
    const connecting = new AbortController();
    const secure = transport(
      requestTo(mute.replace("http:", "https:"), { signal: connecting.signal }),
    );
    setTimeout(() => connecting.abort(reason), 20);
    await expect(secure).rejects.toBe(reason);

    const waiting = new AbortController();
    const silent = transport(requestTo(`${origin}/silent`, { signal: waiting.signal }));
    setTimeout(() => waiting.abort(reason), 20);
    await expect(silent).rejects.toBe(reason);

    const reading = new AbortController();
    const response = await transport(requestTo(origin, { signal: reading.signal }));
    setTimeout(() => reading.abort(reason), 20);
    await expect(bytesOf(response.body)).rejects.toBe(reason);
    await new Promise((resolve) => setTimeout(resolve, 20));
    for (const { signal } of [connecting, waiting, reading]) {
      expect(getEventListeners(signal, "abort")).toEqual([]);
    }
  });

  test("leaves no listener on a signal that outlives many exchanges", async () => {
    const origin = await httpServer((_, response) => response.end("x"));
    const { signal } = new AbortController();
    const transport = open();
    for (let count = 0; count < 20; count++) {
      await textOf(await transport(requestTo(origin, { signal })));
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});
