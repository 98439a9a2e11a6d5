import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer as createTlsServer } from "node:https";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { createNodeTransport } from "../../src/remote/node-transport.ts";
import type { TlsOptions } from "../../src/remote/tls.ts";
import { readCertsFolder, readTlsFiles } from "../../src/remote/tls-files.ts";
import { extraRoots } from "../../src/remote/tls-roots.ts";
import { failureOf } from "../failure.ts";
import { scratch } from "../folder.ts";
import { httpServer, httpsServer, listening, requestTo, textOf } from "./loopback.ts";
import { makePki, type Pair, type Pki } from "./pki.ts";

let pki: Pki;
beforeAll(() => {
  pki = makePki();
});
afterAll(() => pki?.remove());

function open(tls?: TlsOptions) {
  const transport = createNodeTransport({ proxy: false, tls, allowPrivate: ["127.0.0.1"] });
  onTestFinished(() => transport.close());
  return transport;
}

/** A server with a certificate, which says whose certificate the client showed. */
function serverOf(pair: Pair, options: object = {}) {
  return httpsServer({ ...pair, ...options }, (request, response) => {
    const { subject } = (request.socket as import("node:tls").TLSSocket).getPeerCertificate() ?? {};
    response.end(`hello ${subject?.CN ?? "stranger"}`);
  });
}

describe("createNodeTransport over TLS", () => {
  test("trusts a root that was given, by address and by name, and keeps the connection", async () => {
    const origin = await serverOf(pki.good);
    const transport = open({ ca: [pki.ca] });
    expect(await textOf(await transport(requestTo(origin)))).toBe("hello stranger");
    const named = origin.replace("127.0.0.1", "localhost");
    expect(await textOf(await transport(requestTo(named)))).toBe("hello stranger");
  });

  test("trusts the system's roots, also beside a root that was given", async () => {
    const origin = await serverOf(pki.good);
    onTestFinished(() => void vi.unstubAllEnvs());
    vi.stubEnv("SSL_CERT_FILE", join(pki.folder, "ca.crt"));
    vi.stubEnv("NODE_EXTRA_CA_CERTS", "");
    expect((await open()(requestTo(origin))).status).toBe(200);
    expect((await open({ ca: [pki.self.cert] })(requestTo(origin))).status).toBe(200);
  });

  test("shows a client certificate to hosts that the user chose, and to no others", async () => {
    const origin = await serverOf(pki.good, {
      requestCert: true,
      rejectUnauthorized: false,
      ca: pki.ca,
    });
    const transport = open({ ca: [pki.ca], certificates: [pki.good] });
    expect(await textOf(await transport(requestTo(origin)))).toBe("hello good");
    const told = requestTo(origin, { chosenBy: "answer" });
    expect(await textOf(await transport(told))).toBe("hello stranger");
  });

  test("skips verification when asked, and only for hosts that the user chose", async () => {
    const origin = await serverOf(pki.self);
    const transport = open({ insecure: true });
    expect((await transport(requestTo(origin))).status).toBe(200);
    const error = await failureOf(transport(requestTo(origin, { chosenBy: "answer" })));
    expect(error.detail.reason).toBe("DEPTH_ZERO_SELF_SIGNED_CERT");
  });

  test("does not skip verification because the environment says so", async () => {
    onTestFinished(() => void vi.unstubAllEnvs());
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    const error = await failureOf(open()(requestTo(await serverOf(pki.self))));
    expect(error.detail.reason).toBe("DEPTH_ZERO_SELF_SIGNED_CERT");
  });

  test.each([
    [
      "another host's certificate",
      "wrongHost",
      "its certificate is for another host",
      /name that the certificate has/,
    ],
    ["a certificate signed by itself", "self", "its certificate is signed by itself", /--ca /],
  ] as const)("refuses %s", async (_, name, message, hint) => {
    const error = await failureOf(open({ ca: [pki.ca] })(requestTo(await serverOf(pki[name]))));
    expect(error.code).toBe("NETWORK");
    expect(error.message).toContain(message);
    expect(error.hint).toMatch(hint);
    expect(error.detail).toMatchObject({ sent: false, lasting: true });
  });

  test("refuses a certificate of an unknown authority", async () => {
    const error = await failureOf(open()(requestTo(await serverOf(pki.good))));
    expect(error.message).toContain("an authority that is not trusted here");
    expect(error.hint).toContain("--insecure");
  });

  test("refuses an expired certificate", async () => {
    const error = await failureOf(open({ ca: [pki.ca] })(requestTo(await serverOf(pki.expired))));
    // Deno does not say more than that it cannot be verified.
    const deno = "deno" in process.versions;
    expect(error.message).toContain(deno ? "not trusted here" : "its certificate has expired");
    expect(error.detail.lasting).toBe(true);
  });

  test("says that a client certificate is wanted", async () => {
    const origin = await serverOf(pki.good, {
      requestCert: true,
      rejectUnauthorized: true,
      ca: pki.ca,
    });
    const error = await failureOf(open({ ca: [pki.ca] })(requestTo(origin)));
    expect(error.message).toContain("it wants a client certificate");
    expect(error.hint).toContain("--cert and --key");
  });

  test("says that plain http is spoken where https was expected", async () => {
    const origin = await httpServer((_, response) => response.end());
    const error = await failureOf(open()(requestTo(origin.replace("http:", "https:"))));
    expect(error.message).toContain("it does not speak TLS at that port");
    expect(error.hint).toContain("--plain-http");
  });

  test("hints at https where plain http is hung up on", async () => {
    const origin = await serverOf(pki.good);
    const error = await failureOf(open()(requestTo(origin.replace("https:", "http:"))));
    expect(error.code).toBe("NETWORK");
    expect(error.hint).toContain("leave plain http away");
  });

  test("says what cannot be used as certificate or key", async () => {
    const tls = { certificates: [{ cert: pki.good.cert, key: pki.self.key }] };
    const error = await failureOf(open(tls)(requestTo("https://127.0.0.1:1/")));
    expect(error.code).toBe("CONFIG");
    expect(error.message).toMatch(/^The certificates or keys for TLS cannot be used/);
  });

  test("loads the system's roots only when those at hand are not enough, and once", async () => {
    let handshakes = 0;
    const server = createTlsServer(pki.good, (_, response) => response.end());
    server.on("connection", () => handshakes++);
    const origin = `https://${await listening(server)}`;
    const transport = open({ ca: [pki.ca] });
    await transport(requestTo(origin));
    expect(handshakes).toBe(1);
    onTestFinished(() => void vi.unstubAllEnvs());
    vi.stubEnv("SSL_CERT_FILE", join(pki.folder, "ca.crt"));
    const wide = open();
    for (const method of ["GET", "GET"] as const) {
      (await wide(requestTo(origin, { method, headers: { connection: "close" } }))).discard();
    }
    expect(handshakes).toBe(1 + 2 + 1);
  });
});

describe("extraRoots", () => {
  test("has each root once, from files, folders and the runtime", async () => {
    const folder = scratch();
    writeFileSync(join(folder, "a.pem"), `# comment\n${pki.ca}\nmore\n${pki.self.cert}`);
    writeFileSync(join(folder, "b.0"), pki.ca.replaceAll("\n", "\r\n"));
    const roots = await extraRoots({
      SSL_CERT_FILE: join(pki.folder, "ca.crt"),
      SSL_CERT_DIR: folder,
    });
    const flat = roots.map((pem) => pem.replace(/\s/g, ""));
    expect(flat.filter((pem) => pem === pki.ca.replace(/\s/g, ""))).toHaveLength(1);
    expect(flat).toContain(pki.self.cert.replace(/\s/g, ""));
    expect(roots.length).toBeGreaterThan(50);
  });

  test("goes without what cannot be read", async () => {
    const roots = await extraRoots({
      SSL_CERT_FILE: "/nowhere",
      SSL_CERT_DIR: "/nowhere",
      NODE_EXTRA_CA_CERTS: "/nowhere",
    });
    expect(roots.length).toBeGreaterThan(50);
  });
});

describe("readTlsFiles", () => {
  test("reads what is named", async () => {
    const at = (name: string) => join(pki.folder, name);
    const tls = await readTlsFiles({ ca: at("ca.crt"), cert: at("good.crt"), key: at("good.key") });
    expect(tls.ca).toEqual([pki.ca.trim()]);
    expect(tls.certificates).toEqual([{ cert: pki.good.cert.trim(), key: pki.good.key }]);
    expect(await readTlsFiles({})).toEqual({});
  });

  test("names the file that is wrong", async () => {
    const folder = scratch();
    writeFileSync(join(folder, "empty"), "nothing");
    const missing = await failureOf(readTlsFiles({ ca: join(folder, "missing") }));
    expect(missing.code).toBe("CONFIG");
    expect(missing.message).toMatch(/missing" for TLS: ENOENT$/);
    const empty = await failureOf(readTlsFiles({ ca: join(folder, "empty") }));
    expect(empty.message).toContain("it has no PEM certificate");
    const key = await failureOf(
      readTlsFiles({ cert: join(pki.folder, "good.crt"), key: join(pki.folder, "good.crt") }),
    );
    expect(key.message).toContain("it has no PEM key");
    expect((await failureOf(readTlsFiles({ cert: "x" }))).message).toContain("go together");
  });
});

describe("readCertsFolder", () => {
  test("reads roots and pairs as Docker keeps them", async () => {
    const folder = scratch();
    const of = join(folder, "registry.example:5000");
    mkdirSync(of);
    copyFileSync(join(pki.folder, "ca.crt"), join(of, "root.crt"));
    copyFileSync(join(pki.folder, "good.crt"), join(of, "me.cert"));
    copyFileSync(join(pki.folder, "good.key"), join(of, "me.key"));
    writeFileSync(join(of, "README"), "not ours");
    expect(await readCertsFolder("registry.example:5000", folder)).toEqual({
      ca: [pki.ca.trim()],
      certificates: [{ cert: pki.good.cert.trim(), key: pki.good.key }],
    });
    expect(await readCertsFolder("registry.example", folder)).toBeUndefined();
  });

  test("refuses half a pair", async () => {
    const folder = scratch();
    mkdirSync(join(folder, "r"));
    writeFileSync(join(folder, "r", "me.key"), pki.good.key);
    const error = await failureOf(readCertsFolder("r", folder));
    expect(error.message).toMatch(/r\/me" has only one of \.cert and \.key$/);
  });

  test("takes no name for a way out of the folder", async () => {
    const folder = scratch();
    mkdirSync(join(folder, "certs.d"));
    copyFileSync(join(pki.folder, "ca.crt"), join(folder, "root.crt"));
    for (const name of ["..", ".", "../", "a/../.."]) {
      expect(await readCertsFolder(name, join(folder, "certs.d"))).toBeUndefined();
    }
  });
});
