import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createLayout } from "../../src/store/layout.ts";
import { pushAll, sample } from "../contract/sample.ts";
import { scratch } from "../folder.ts";
import { makePki, type Pki } from "../remote/pki.ts";
import { ended, hiatus, jsonLines, type RunOptions, start } from "./command.ts";
import { askedOf, htmlPage, startRegistry } from "./registry.ts";

const { index, all } = sample();
const PASSWORD = "correct horse battery staple";
const authenticate = async (name: string, password: string) =>
  name === "me" && password === PASSWORD;

let cwd: string;
let pki: Pki;
beforeAll(() => {
  pki = makePki();
});
afterAll(() => pki.remove());
beforeEach(async () => {
  cwd = scratch();
  const layout = await createLayout(join(cwd, "image"));
  await pushAll(layout, all);
  await layout.tag(index.descriptor, "1");
});
const run = (args: readonly string[], options: Partial<RunOptions> = {}) =>
  hiatus(args, { cwd, ...options });
const typing = async (input: string, args: readonly string[]) => {
  const child = start(args, { cwd, stdio: ["pipe", "pipe", "pipe"] });
  child.stdin?.end(input);
  return ended(child);
};

describe("connections with a password", () => {
  test("take it from standard input, and print it nowhere", async () => {
    const { host } = await startRegistry({ authenticate });
    const push = ["push", "oci:image", `${host}/pause`, "--username", "me", "--password-stdin"];
    const { code, stdout, stderr } = await typing(`${PASSWORD}\n`, push);
    expect(code).toBe(0);
    expect(stdout + stderr).not.toContain(PASSWORD);
    const json = await typing(PASSWORD, [...push, "--json"]);
    expect(json.code).toBe(0);
    expect(json.stdout).not.toContain(PASSWORD);
    expect(json.stdout).not.toContain(Buffer.from(`me:${PASSWORD}`).toString("base64"));
  });

  test("take it from variables and from Docker's file", async () => {
    const { host } = await startRegistry({ authenticate });
    const name = `HIATUS_${host.replaceAll(/[.:]/g, "_")}`;
    const env = { [`${name}_USERNAME`]: "me", [`${name}_PASSWORD`]: PASSWORD };
    expect((await run(["push", "oci:image", `${host}/pause`, "-q"], { env })).code).toBe(0);
    mkdirSync(join(cwd, ".docker"));
    const auth = Buffer.from(`me:${PASSWORD}`).toString("base64");
    writeFileSync(
      join(cwd, ".docker", "config.json"),
      JSON.stringify({ auths: { [host]: { auth } } }),
    );
    expect(await run(["tags", `${host}/pause`])).toMatchObject({ code: 0, stdout: "1\n" });
  });

  test.each([
    [[], "401.*\n {2}Log in to"],
    [["--username", "me", "--password-stdin"], 'refuses the password of "me" .*\n {2}Check name'],
  ])(
    "that is missing or wrong are refused once, and say what to do (%j)",
    async (options, message) => {
      const registry = await startRegistry({ authenticate });
      const args = ["push", "oci:image", `${registry.host}/pause`, ...options];
      const { code, stderr } = await typing("wrong", args);
      expect(code).toBe(1);
      expect(stderr).toMatch(new RegExp(`hiatus: .*${registry.host}.*${message}`));
      expect(registry.requests.length).toBeLessThan(5);
    },
  );

  test("do not guess for whom it is", async () => {
    const [one, two] = [await startRegistry({ authenticate }), await startRegistry()];
    const to = [`${one.host}/pause`, `${two.host}/pause`];
    const args = ["push", "oci:image", ...to, "--username", "me", "--password-stdin"];
    const { code, stderr } = await typing(PASSWORD, args);
    expect(code).toBe(2);
    expect(stderr).toContain(`cannot be for "${one.host}" and "${two.host}" at once`);
    expect([...askedOf(one), ...askedOf(two)]).toEqual([]);
  });

  test("give that of the destination to nobody else", async () => {
    const [source, to] = [await startRegistry(), await startRegistry({ authenticate })];
    await run(["push", "oci:image", `${source.host}/pause`, "-q"]);
    source.requests.length = 0;
    const args = ["push", `${source.host}/pause:1`, `${to.host}/pause`, "-q"];
    const login = ["--username", "me", "--password-stdin"];
    expect((await typing(PASSWORD, [...args, ...login])).code).toBe(0);
    expect(source.requests.length).toBeGreaterThan(0);
    expect(source.requests.every(({ user }) => user === undefined)).toBe(true);
  });

  test.each(["", "\n"])("want one that is not empty (%j)", async (input) => {
    const args = ["tags", "127.0.0.1:9/pause", "--username", "me", "--password-stdin"];
    const { code, stderr } = await typing(input, args);
    expect(code).toBe(2);
    expect(stderr).toContain("No password came on standard input");
  });
});

describe("connections with TLS", () => {
  const localhost = (host: string) => host.replace("127.0.0.1", "localhost");

  test("trust the authority that is named, and no other", async () => {
    const { host } = await startRegistry({ tls: pki.good });
    const to = `${localhost(host)}/pause`;
    const ca = join(pki.folder, "ca.crt");
    expect((await run(["push", "oci:image", to, "--ca", ca, "-q"])).code).toBe(0);
    expect(await run(["tags", to, "--ca", ca])).toMatchObject({ code: 0, stdout: "1\n" });
    const stranger = await run(["tags", to, "--no-plain-http"]);
    expect(stranger.code).toBe(1);
    expect(stranger.stderr).toMatch(
      /^hiatus: No answer from "localhost:\d+": .*certificate.*GET https:/,
    );
    expect(stranger.stderr).toMatch(/\n {2}Trust its root \(--ca FILE/);
  });

  test("refuse the certificate of another host", async () => {
    const { host } = await startRegistry({ tls: pki.wrongHost });
    const { code, stderr } = await run([
      "tags",
      `${host}/pause`,
      "--ca",
      join(pki.folder, "ca.crt"),
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain(host);
  });

  test("take any with --insecure, and say so once", async () => {
    const { host } = await startRegistry({ tls: pki.self });
    const args = ["push", "oci:image", `${host}/pause`, "--insecure"];
    const { code, stderr } = await run(args);
    expect(code).toBe(0);
    expect(
      stderr.match(/is not verified: whoever is in between can read and change/g),
    ).toHaveLength(1);
    const [event] = jsonLines((await run([...args, "--json"])).stdout).filter(
      ({ type }) => type === "warning",
    );
    expect(event).toMatchObject({ registry: host, destination: `${host}/pause:1` });
  });

  test("speak it on loopback only when asked to", async () => {
    const { host } = await startRegistry();
    expect((await run(["tags", `${host}/pause`, "--no-plain-http"])).stderr).toMatch(
      /does not speak TLS/,
    );
  });
});

describe("connections with something that is no registry", () => {
  test.each([
    ["inspect", "HOST/pause:1"],
    ["verify", "HOST/pause:1"],
    ["tags", "HOST/pause"],
    ["pull", "HOST/pause:1 oci:copy"],
    ["push", "oci:image HOST/pause"],
  ])("%s of a login page says what came back and what to do", async (command, args) => {
    const { host } = await startRegistry({ instead: () => htmlPage("Log in") });
    const words = args.replace("HOST", host).split(" ");
    const { code, stderr } = await run([command, ...words]);
    expect(code).toBe(1);
    expect(stderr).toContain(`${host}/pause`);
    expect(stderr).toMatch(/\n {2}Check that this is a registry/);
    expect(stderr).not.toContain("mistake in hiatus");
  });

  test("name the request and what came back of an answer that is no success", async () => {
    const body = new TextEncoder().encode("\u001b[2Jgo away");
    const { host } = await startRegistry({
      instead: () => ({ status: 418, headers: { "content-length": String(body.length) }, body }),
    });
    const { code, stderr } = await run(["inspect", `${host}/pause:1`]);
    expect(code).toBe(1);
    expect(stderr).toContain(`GET http://${host}/v2/pause/manifests/1`);
    expect(stderr).toContain("418");
    expect(stderr).toContain("go away");
    expect(stderr).not.toContain("\u001b");
  });

  test("try again what may pass, say so once, and go on", async () => {
    let busy = 2;
    const registry = await startRegistry({
      instead: () => (busy-- > 0 ? { status: 503, headers: { "retry-after": "0" } } : undefined),
    });
    const { code, stderr } = await run(["push", "oci:image", `${registry.host}/pause`]);
    expect(code).toBe(0);
    expect(stderr.match(/status 503; sending HEAD/g)).toHaveLength(1);
  });
});

describe("hiatus inspect and verify of a registry", () => {
  test("show and check what is there", async () => {
    const registry = await startRegistry();
    const to = `${registry.host}/pause:1`;
    await run(["push", "oci:image", to, "-q"]);
    registry.requests.length = 0;
    const there = await run(["inspect", to]);
    const here = await run(["inspect", "oci:image"]);
    expect(there.code).toBe(0);
    // A layout keeps the tag where one can see it.
    const lines = (stdout: string) => stdout.split("\n").slice(1);
    const without = lines(here.stdout).filter((line) => !line.includes("image.ref.name"));
    expect(lines(there.stdout)).toEqual(without);
    // The index, the manifests and their configs; no layer.
    expect(registry.requests).toHaveLength(5);
    expect(JSON.parse((await run(["inspect", to, "--json"])).stdout)).toMatchObject({
      reference: to,
      tag: "1",
      descriptor: { digest: index.descriptor.digest },
    });
    registry.requests.length = 0;
    const verified = await run(["verify", to, "--structure", "--all"]);
    // The sample is no pause image; that its bytes came is what counts here.
    expect(verified.code).toBe(3);
    expect(verified.stdout).toMatch(/^ {2}linux\/arm\/v7 +manifest +passed /m);
    expect(verified.stdout).toMatch(/^ {2}linux\/arm\/v7 +config +passed /m);
    const gets = registry.requests.map(({ path }) => path);
    expect(new Set(gets).size).toBe(gets.length);
  });

  test("by digest read that and do not look at the tag beside it", async () => {
    const registry = await startRegistry();
    await run(["push", "oci:image", `${registry.host}/pause:1`, "-q"]);
    const named = `${registry.host}/pause:moved@${index.descriptor.digest}`;
    expect((await run(["inspect", named])).code).toBe(0);
  });

  test("name a blob that is not what it should be", async () => {
    const wrong = new TextEncoder().encode("x".repeat(all[0]!.bytes.length));
    const digest = all[0]!.descriptor.digest;
    const registry = await startRegistry({
      instead: (method, target) =>
        method === "GET" && target.endsWith(digest)
          ? { status: 200, headers: { "content-length": String(wrong.length) }, body: wrong }
          : undefined,
    });
    const to = `${registry.host}/pause:1`;
    await run(["push", "oci:image", to, "-q"]);
    const inspected = await run(["inspect", to]);
    expect(inspected.code).toBe(1);
    expect(inspected.stderr).toContain(digest);
    const verified = await run(["verify", to, "--structure"]);
    expect(verified.code).toBe(3);
    expect(verified.stdout).toMatch(/FAILED[\s\S]*linux\/amd64: .*config/);
  });
});
