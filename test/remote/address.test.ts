import { describe, expect, onTestFinished, test } from "vitest";
import { bareHost, isLoopbackName, isPublicAddress, isSameHost } from "../../src/remote/address.ts";
import type { Lookup } from "../../src/remote/connect.ts";
import { createNodeTransport } from "../../src/remote/node-transport.ts";
import { failureOf } from "../failure.ts";
import { httpServer, requestTo } from "./loopback.ts";

describe("isPublicAddress", () => {
  test.each([
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:a9fe:a9fe",
    "::FFFF:127.0.0.1",
    "0:0:0:0:0:ffff:192.168.0.1",
    "::ffff:0:10.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:a00:1::",
    "2002:7f00:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "feb0::1",
    "fec0::1",
    "ff02::1",
    "",
    "localhost",
    "256.1.1.1",
    "1.2.3",
    "[::1]",
  ])("takes %j for private", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  test.each([
    "1.1.1.1",
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.0",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.1",
    "192.167.255.255",
    "198.17.255.255",
    "198.20.0.1",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2a00:1450:4001:82a::200e",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::1",
  ])("takes %j for public", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
});

describe("isLoopbackName", () => {
  test.each([
    "localhost",
    "LOCALHOST",
    "localhost.",
    "x.localhost",
    "127.0.0.1",
    "127.9.9.9",
    "::1",
    "[::1]",
    "[::ffff:7f00:1]",
  ])("takes %j for this machine", (name) => expect(isLoopbackName(name)).toBe(true));
  test.each([
    "registry.example",
    "localhost.example",
    "mylocalhost",
    "128.0.0.1",
    "127.example",
    "::2",
    "[::ffff:8.8.8.8]",
    "::",
    "0.0.0.0",
  ])("takes %j for another", (name) => expect(isLoopbackName(name)).toBe(false));
});

test("isSameHost looks at hosts, not at ports, and takes this machine for one", () => {
  const same = (a: string, b: string) => isSameHost(new URL(a), new URL(b));
  expect(same("https://r.example", "http://R.example:5000")).toBe(true);
  expect(same("http://localhost:5000", "http://127.0.0.1:5001")).toBe(true);
  expect(same("https://r.example", "https://s.example")).toBe(false);
  expect(same("https://r.example", "https://x.r.example")).toBe(false);
  expect(same("http://localhost", "http://10.0.0.1")).toBe(false);
});

test("bareHost gives what a resolver takes", () => {
  expect(bareHost("[::1]")).toBe("::1");
  expect(bareHost("r.example.")).toBe("r.example");
});

describe("createNodeTransport, led by an answer", () => {
  const guarded = (allowPrivate: readonly string[] = [], addresses: readonly string[] = []) => {
    const lookup: Lookup = (_, __, done) =>
      done(
        null,
        addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
      );
    const transport = createNodeTransport({ proxy: false, allowPrivate, lookup });
    onTestFinished(() => transport.close());
    return transport;
  };
  const told = (url: string) => requestTo(url, { chosenBy: "answer" });

  test.each([
    "http://127.0.0.1:1/",
    "http://2130706433:1/",
    "http://0x7f.1:1/",
    "http://localhost:1/",
    "http://a.localhost:1/",
    "http://[::1]:1/",
    "http://[::ffff:169.254.169.254]/latest/meta-data/",
    "http://169.254.169.254/latest/meta-data/",
    "http://10.0.0.1/",
    "http://0.0.0.0:1/",
    "https://192.168.0.1/",
  ])("does not go to %s", async (url) => {
    const error = await failureOf(guarded()(told(url)));
    expect(error.code).toBe("REGISTRY");
    expect(error.message).toContain("is not a public address");
    expect(error.hint).toContain("--allow-private");
  });

  test("goes where the user allows it", async () => {
    const origin = await httpServer((_, response) => response.end());
    expect((await guarded(["127.0.0.0/8"])(told(origin))).status).toBe(200);
    const other = guarded([`127.0.0.1:${Number(new URL(origin).port) + 1}`]);
    expect((await failureOf(other(told(origin)))).code).toBe("REGISTRY");
  });

  test("goes there when the user chose the host, and keeps the two apart", async () => {
    const origin = await httpServer((_, response) => response.end());
    const transport = guarded();
    expect((await transport(requestTo(origin))).status).toBe(200);
    expect((await failureOf(transport(told(origin)))).code).toBe("REGISTRY");
  });

  test("looks at what a name means when it connects", async () => {
    let asked = 0;
    const origin = await httpServer((_, response) => {
      asked++;
      response.end();
    });
    const { port } = new URL(origin);
    for (const address of ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fd00::1"]) {
      const error = await failureOf(
        guarded([], [address])(told(`http://innocent.example:${port}/`)),
      );
      expect(error.message).toContain(`which is not a public address (${address})`);
    }
    expect(asked).toBe(0);
    const byUser = requestTo(`http://innocent.example:${port}/`);
    expect((await guarded([], ["127.0.0.1"])(byUser)).status).toBe(200);
    const both = guarded([], ["127.0.0.1", "240.0.0.1", "::"]);
    expect((await failureOf(both(told(`http://innocent.example:${port}/`)))).code).toBe("REGISTRY");
  });
});
