/** Connections that are begun before there is a request. */
import { createServer } from "node:http";
import { createSecureServer } from "node:http2";
import { createServer as createTlsServer } from "node:https";
import type { Server, Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createNodeTransport } from "../../src/remote/node-transport.ts";
import { failureOf } from "../failure.ts";
import { httpServer, listening, requestTo, textOf } from "./loopback.ts";
import { makePki, type Pki } from "./pki.ts";

let pki: Pki;
beforeAll(() => {
  pki = makePki();
});
afterAll(() => pki?.remove());

function open() {
  const transport = createNodeTransport({ proxy: false, tls: { ca: [pki.ca] } });
  onTestFinished(() => transport.close());
  return transport;
}

/** Servers of each kind, and the sockets that they see. */
const SERVERS = {
  http: async (seen: Socket[]) => {
    const server = createServer((_, response) => response.end("ok"));
    server.on("connection", (socket: Socket) => seen.push(socket));
    return `http://${await listening(server)}`;
  },
  "https with HTTP/1.1": async (seen: Socket[]) => {
    const server = createTlsServer(pki.good, (_, response) => response.end("ok"));
    server.on("secureConnection", (socket: Socket) => seen.push(socket));
    return `https://${await listening(server)}`;
  },
  "https with HTTP/2": async (seen: Socket[]) => {
    const server = createSecureServer(pki.good);
    server.on("secureConnection", (socket: Socket) => seen.push(socket));
    server.on("stream", (stream) => {
      stream.respond({ ":status": 200 });
      stream.end("ok");
    });
    return `https://${await listening(server as unknown as Server)}`;
  },
};
const soon = () => new Promise((resolve) => setTimeout(resolve, 60));

describe.each(Object.keys(SERVERS) as (keyof typeof SERVERS)[])("prepare for %s", (kind) => {
  const start = async () => {
    const seen: Socket[] = [];
    return { origin: await SERVERS[kind](seen), seen };
  };

  test("connects at once, and the first request takes that connection", async () => {
    const { origin, seen } = await start();
    const transport = open();
    const { signal } = new AbortController();
    transport.prepare(new URL(origin), signal);
    transport.prepare(new URL(origin), signal);
    await expect.poll(() => seen.length).toBe(1);
    expect(await textOf(await transport(requestTo(origin)))).toBe("ok");
    expect(await textOf(await transport(requestTo(origin)))).toBe("ok");
    expect(seen).toHaveLength(1);
  });

  test("is joined by a request that comes meanwhile", async () => {
    const { origin, seen } = await start();
    const transport = open();
    transport.prepare(new URL(origin), new AbortController().signal);
    expect(await textOf(await transport(requestTo(origin)))).toBe("ok");
    expect(seen).toHaveLength(1);
  });

  test("closes what nobody used when it is over, and leaves what was used", async () => {
    const { origin, seen } = await start();
    const unused = new AbortController();
    open().prepare(new URL(origin), unused.signal);
    await expect.poll(() => seen.length).toBe(1);
    unused.abort();
    await expect.poll(() => seen.map(({ destroyed }) => destroyed)).toEqual([true]);

    const used = new AbortController();
    const transport = open();
    transport.prepare(new URL(origin), used.signal);
    expect(await textOf(await transport(requestTo(origin)))).toBe("ok");
    used.abort();
    await soon();
    expect(await textOf(await transport(requestTo(origin)))).toBe("ok");
    expect(seen.map(({ destroyed }) => destroyed)).toEqual([true, false]);
  });

  test("takes another connection when the one that was begun is gone", async () => {
    const { origin, seen } = await start();
    const transport = open();
    transport.prepare(new URL(origin), new AbortController().signal);
    await expect.poll(() => seen.length).toBe(1);
    for (const socket of seen) socket.destroy();
    await soon();
    expect(await textOf(await transport(requestTo(origin)))).toBe("ok");
    expect(seen).toHaveLength(2);
  });
});

test("prepare tells the first request what went wrong, and nobody else", async () => {
  const { host } = new URL(await httpServer(() => undefined));
  const transport = open();
  const url = `https://${host}/v2/`;
  transport.prepare(new URL(url), new AbortController().signal);
  await soon();
  const error = await failureOf(transport(requestTo(url)));
  expect(error.code).toBe("NETWORK");
});
