import { createServer as createHttpServer } from "node:http";
import { connect as connectTcp, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { hostMatcher } from "../../src/remote/host-matcher.ts";
import { createNodeTransport } from "../../src/remote/node-transport.ts";
import {
  type ProxyOptions,
  proxyAuthorization,
  proxyChooser,
  proxyFromEnvironment,
} from "../../src/remote/proxy.ts";
import type { TlsOptions } from "../../src/remote/tls.ts";
import { failureOf } from "../failure.ts";
import { httpServer, httpsServer, listening, rawServer, requestTo, textOf } from "./loopback.ts";
import { makePki, type Pki } from "./pki.ts";

describe("proxyFromEnvironment", () => {
  test("reads capitals before small letters, and takes empty for unset", () => {
    expect(
      proxyFromEnvironment({
        HTTP_PROXY: "http://a",
        http_proxy: "http://b",
        HTTPS_PROXY: "",
        https_proxy: "http://c",
        NO_PROXY: "x",
      }),
    ).toEqual({ http: "http://a", https: "http://c", except: "x" });
    expect(proxyFromEnvironment({})).toEqual({});
  });

  test("does not take a stranger's header for a proxy", () => {
    const environment = { REQUEST_METHOD: "GET", HTTP_PROXY: "http://evil.example" };
    expect(proxyFromEnvironment(environment)).toEqual({});
  });
});

describe("proxyChooser", () => {
  const choose = (options: ProxyOptions) => {
    const chooser = proxyChooser(options);
    return (url: string) => chooser(new URL(url))?.href;
  };

  test("chooses by the scheme of what is asked for", () => {
    const to = choose({ http: "a.example:8080", https: "https://b.example" });
    expect(to("http://r.example/")).toBe("http://a.example:8080/");
    expect(to("https://r.example/")).toBe("https://b.example/");
    expect(choose({ http: "a.example" })("https://r.example/")).toBeUndefined();
  });

  test("never sends this machine's own requests away", () => {
    const to = choose({ http: "p.example", https: "p.example" });
    for (const host of ["localhost:5000", "127.0.0.1", "127.1.1.1:80", "[::1]:5000"]) {
      expect(to(`http://${host}/`)).toBeUndefined();
      expect(to(`https://${host}/`)).toBeUndefined();
    }
  });

  test("leaves excepted hosts alone", () => {
    const to = choose({ https: "p.example", except: " internal.example , 10.0.0.0/8" });
    expect(to("https://r.internal.example/")).toBeUndefined();
    expect(to("https://10.1.2.3/")).toBeUndefined();
    expect(to("https://r.example/")).toBe("http://p.example/");
  });

  test.each(["socks5://p.example:1080", "http://", "http://user:%zz@p.example", "p.example:99999"])(
    "refuses %j and keeps its text to itself",
    async (https) => {
      const error = await failureOf(() => proxyChooser({ https }));
      expect(error.code).toBe("CONFIG");
      expect(error.message + error.hint).not.toContain("p.example");
    },
  );
});

describe("hostMatcher", () => {
  const matches = (entries: string, url: string) => hostMatcher(entries.split(","))(new URL(url));

  test.each([
    ["*", "https://anything.example/"],
    ["r.example", "https://r.example/"],
    ["R.Example", "https://r.EXAMPLE/"],
    ["r.example", "https://r.example./"],
    ["r.example", "https://x.r.example/"],
    [".r.example", "https://x.r.example/"],
    ["*.r.example", "https://x.y.r.example/"],
    ["r.example:443", "https://r.example/"],
    ["r.example:5000", "https://r.example:5000/"],
    ["10.0.0.1", "https://10.0.0.1:5000/"],
    ["10.0.0.1:5000", "https://10.0.0.1:5000/"],
    ["10.0.0.0/8", "https://10.255.0.1/"],
    ["fd00::/8", "https://[fd12::1]/"],
    ["[fd00::1]:5000", "https://[fd00::1]:5000/"],
    ["fd00::1", "https://[fd00:0::1]/"],
    ["a, ,r.example", "https://r.example/"],
  ])("%j has %s", (entries, url) => expect(matches(entries, url)).toBe(true));

  test.each([
    ["", "https://r.example/"],
    [".r.example", "https://r.example/"],
    ["*.r.example", "https://r.example/"],
    ["r.example", "https://bar.example/"],
    ["r.example", "https://xr.example/"],
    ["r.example:5000", "https://r.example/"],
    ["r.example:443", "http://r.example/"],
    ["10.0.0.1", "https://10.0.0.10/"],
    ["10.0.0.0/8", "https://11.0.0.1/"],
    ["10.0.0.0/8", "https://10.example/"],
    ["10.0.0.0/33", "https://10.0.0.1/"],
    ["10.0.0.0/", "https://10.0.0.1/"],
    ["/8", "https://10.0.0.1/"],
    [".", "https://r.example/"],
    ["http://r.example", "https://r.example/"],
  ])("%j has not %s", (entries, url) => expect(matches(entries, url)).toBe(false));
});

test("proxyAuthorization is Basic of the decoded user and password", () => {
  expect(proxyAuthorization(new URL("http://me:p%40ss@p.example"))).toBe(
    `Basic ${Buffer.from("me:p@ss").toString("base64")}`,
  );
  expect(proxyAuthorization(new URL("http://p.example"))).toBeUndefined();
});

describe("createNodeTransport through a proxy", () => {
  let pki: Pki;
  beforeAll(() => {
    pki = makePki();
  });
  afterAll(() => pki?.remove());

  interface Seen {
    readonly line: string;
    readonly host: string | undefined;
    readonly authorization: string | undefined;
  }

  /** A proxy that leads every host to one port of this machine. */
  async function proxyTo(origin: string, seen: Seen[], status = "200 Connection established") {
    const server = createHttpServer((request, response) => {
      note(`${request.method} ${request.url}`, request.headers);
      response.end("by the proxy");
    });
    const note = (line: string, headers: NodeJS.Dict<string | string[]>): void => {
      const { host, "proxy-authorization": authorization } = headers;
      seen.push({ line, host: String(host), authorization: authorization as string | undefined });
    };
    server.on("connect", (request, socket: Socket) => {
      note(`CONNECT ${request.url}`, request.headers);
      if (!status.startsWith("200")) return void socket.end(`HTTP/1.1 ${status}\r\n\r\n`);
      const { hostname, port } = new URL(origin);
      const there = connectTcp(Number(port), hostname, () => {
        socket.write(`HTTP/1.1 ${status}\r\nvia: test\r\n\r\n`);
        socket.pipe(there).pipe(socket);
      });
      there.on("error", () => socket.destroy());
      socket.on("error", () => there.destroy());
    });
    return listening(server);
  }

  function open(proxy: ProxyOptions, tls?: TlsOptions) {
    const transport = createNodeTransport({ proxy, tls });
    onTestFinished(() => transport.close());
    return transport;
  }

  test("asks for plain http by the whole URL, with the proxy's own credentials", async () => {
    const seen: Seen[] = [];
    const proxy = await proxyTo("http://127.0.0.1:1", seen);
    const transport = open({ http: `http://me:secret@${proxy}` });
    const response = await transport(requestTo("http://r.example:5000/v2/?n=1"));
    expect(await textOf(response)).toBe("by the proxy");
    const authorization = `Basic ${Buffer.from("me:secret").toString("base64")}`;
    expect(seen).toEqual([
      { line: "GET http://r.example:5000/v2/?n=1", host: "r.example:5000", authorization },
    ]);
  });

  test("tunnels https, verifies the far end, and shows it nothing of the proxy's", async () => {
    const headers: unknown[] = [];
    const origin = await httpsServer(pki.wrongHost, (request, response) => {
      headers.push(request.rawHeaders.map((text) => text.toLowerCase()));
      response.end("from afar");
    });
    const seen: Seen[] = [];
    const proxy = await proxyTo(origin, seen);
    const transport = open({ https: `http://me:secret@${proxy}` }, { ca: [pki.ca] });
    for (const _ of [1, 2]) {
      expect(await textOf(await transport(requestTo("https://other.example/")))).toBe("from afar");
    }
    expect(seen.map(({ line }) => line)).toEqual(["CONNECT other.example:443"]);
    expect(JSON.stringify(headers)).not.toContain("proxy-authorization");
    const error = await failureOf(transport(requestTo("https://r.example/")));
    expect(error.message).toContain("its certificate is for another host");
  });

  test("speaks TLS to the proxy too", async () => {
    const origin = await httpsServer(pki.wrongHost, (_, response) => response.end("from afar"));
    const inner: Seen[] = [];
    const plain = await proxyTo(origin, inner);
    // A proxy over TLS: what is in the tunnel goes to the plain one.
    const { createServer } = await import("node:tls");
    const server = createServer(pki.good, (socket) => {
      const [host, port] = plain.split(":");
      const there = connectTcp(Number(port), host);
      socket.pipe(there).pipe(socket);
      socket.on("error", () => there.destroy());
      there.on("error", () => socket.destroy());
    });
    const transport = open({ https: `https://${await listening(server)}` }, { ca: [pki.ca] });
    expect(await textOf(await transport(requestTo("https://other.example/")))).toBe("from afar");
    expect(inner).toHaveLength(1);
  });

  test("says what the proxy said, and keeps its password", async () => {
    const proxy = await proxyTo("http://127.0.0.1:1", [], "407 Proxy Authentication Required");
    const error = await failureOf(
      open({ https: `http://me:secret@${proxy}` })(requestTo("https://r.example/")),
    );
    expect(error.message).toBe(
      `The proxy "${proxy}" answered 407 Proxy Authentication Required instead of connecting to "r.example:443"`,
    );
    expect(error.hint).toContain("HTTPS_PROXY");
    expect(error.detail).toMatchObject({ sent: false, lasting: true });
    expect(JSON.stringify(error.detail)).not.toContain("secret");
  });

  test.each([
    ["what is not HTTP", "220 smtp.example ESMTP\r\n\r\n"],
    ["an endless head", `HTTP/1.1 200 OK\r\n${"x: y\r\n".repeat(5000)}`],
  ])("refuses a proxy that answers %s", async (_, bytes) => {
    const origin = await rawServer((socket) => socket.once("data", () => socket.write(bytes)));
    const error = await failureOf(open({ https: origin })(requestTo("https://r.example/")));
    expect(error.message).toContain("answered what is not HTTP");
  });

  test("gives up on a proxy that hangs up or says nothing", async () => {
    const hangs = await rawServer((socket) => socket.once("data", () => socket.end()));
    const one = await failureOf(open({ https: hangs })(requestTo("https://r.example/")));
    expect(one.detail.reason).toBe("ECONNRESET");
    const silent = await rawServer(() => undefined);
    const transport = createNodeTransport({ proxy: { https: silent }, connectTimeout: 50 });
    const two = await failureOf(transport(requestTo("https://r.example/")));
    expect(two.detail.reason).toBe("ETIMEDOUT");
  });

  test("does not ask the proxy for private addresses that an answer names", async () => {
    const seen: Seen[] = [];
    const proxy = await proxyTo("http://127.0.0.1:1", seen);
    const transport = open({ http: proxy, https: proxy });
    for (const url of ["http://169.254.169.254/", "https://10.0.0.1/", "http://[fd00::1]/"]) {
      const error = await failureOf(transport(requestTo(url, { chosenBy: "answer" })));
      expect(error.code).toBe("REGISTRY");
    }
    expect(seen).toEqual([]);
  });

  test("reads the environment when the first request is sent", async () => {
    onTestFinished(() => void vi.unstubAllEnvs());
    const seen: Seen[] = [];
    const transport = createNodeTransport();
    vi.stubEnv("REQUEST_METHOD", "");
    vi.stubEnv("HTTP_PROXY", await proxyTo("http://127.0.0.1:1", seen));
    vi.stubEnv("NO_PROXY", "direct.invalid");
    await transport(requestTo("http://r.example/"));
    expect(seen.map(({ line }) => line)).toEqual(["GET http://r.example/"]);
    expect((await failureOf(transport(requestTo("http://direct.invalid/")))).code).toBe("NETWORK");
    expect(seen).toHaveLength(1);
    const own = await httpServer((_, response) => response.end("direct"));
    expect(await textOf(await transport(requestTo(own)))).toBe("direct");
  });
});
