/** `--push` of the self-extracting script: what reaches a registry, what is said to whom, and what is refused. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Outgoing } from "../../src/serve/exchange.ts";
import { startRegistry, type TestRegistry, type TestRegistryOptions } from "../cli/registry.ts";
import { httpServer } from "../remote/loopback.ts";
import { makePki, type Pki } from "../remote/pki.ts";
import { environment, findProgram } from "../runtime/command.ts";
import { describeWith } from "../runtime/needs.ts";
import { makeRunFile, type RunFile, runCommand, SHELL_PROGRAMS, SHELLS } from "./run-shells.ts";

let base: string;
let made: RunFile;
let pki: Pki;
let bin: string;
let temporary: string;

/** What was called with which words and which variables, by everybody. */
let calls: string;

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), "hiatus-test-"));
  pki = makePki();
  made = await makeRunFile(base);
  temporary = join(base, "tmp");
  mkdirSync(temporary);
  calls = join(base, "calls");
  bin = join(base, "bin");
  mkdirSync(bin);
  // Every program that may get to know something writes down what all others could see of it.
  for (const name of ["curl", "base64", "sed", "awk", "tr", "cat", "printf", "mktemp"]) {
    // Absolute paths: a program that writes down by itself that it was called would never end.
    const text = `#!/bin/sh\n{ echo "${name} $*"; /bin/cat /proc/$$/environ; echo; } >>"${calls}"\nexec ${findProgram(name)} "$@"\n`;
    writeFileSync(join(bin, name), text, { mode: 0o755 });
  }
}, 120_000);
afterAll(() => {
  pki?.remove();
  rmSync(base, { recursive: true, force: true });
});
afterEach(() => expect(readdirSync(temporary)).toEqual([]));

const SECRET = "wonder: land\"'\\ $(id) %s";
const CREDENTIALS = { HIATUS_USERNAME: "alice", HIATUS_PASSWORD: SECRET };
const authenticate = async (name: string, password: string) =>
  name === "alice" && password === SECRET;

interface PushOptions {
  readonly shell?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

function push(target: string, { shell = ["dash"], args = [], env = {} }: PushOptions = {}) {
  return runCommand([...shell, made.file, "--push", target, ...args], {
    cwd: base,
    env: { ...environment({ TMPDIR: temporary, HOME: base }), ...env },
  });
}

const writes = ({ requests }: TestRegistry) =>
  requests.filter(({ method }) => !["GET", "HEAD"].includes(method));

/** Everything of the image is there, by what the registry itself says. */
async function expectWhole(host: string, tag: string) {
  const answer = await fetch(`http://${host}/v2/k8s/pause/manifests/${tag}`);
  expect(answer.headers.get("docker-content-digest")).toBe(made.image.record.index.digest);
}

describeWith({ programs: [...SHELL_PROGRAMS, "curl", "wget", "openssl"] }, "--push", () => {
  test.each(SHELLS.map((shell) => [shell.join(" "), shell] as const))(
    "moves everything under %s, tags last, and nothing the second time",
    async (_, shell) => {
      const registry = await startRegistry();
      const target = `${registry.host}/k8s/pause:1`;
      const first = await push(target, { shell, args: ["--tag", "_2", "--tag=3.x"] });
      expect(first).toMatchObject({ code: 0, stderr: "" });
      expect(first.stdout).toContain("37 written");
      for (const tag of ["1", "_2", "3.x"]) await expectWhole(registry.host, tag);
      const puts = writes(registry)
        .filter(({ method, path }) => method === "PUT" && path.includes("/manifests/"))
        .map(({ path }) => path.replace(/.*\/manifests\//, ""));
      expect(puts).toHaveLength(15);
      expect(puts.slice(11)).toEqual([made.image.record.index.digest, "1", "_2", "3.x"]);
      registry.requests.length = 0;
      const again = await push(target, { shell, args: ["--tag", "_2"] });
      expect(again).toMatchObject({ code: 0, stderr: "" });
      expect(again.stdout).toContain("nothing written");
      expect(writes(registry)).toEqual([]);
    },
  );

  test("uses the tags of the bundle when none is said, and writes nothing in a dry run", async () => {
    const registry = await startRegistry();
    const target = `localhost:${registry.host.split(":")[1]}/k8s/pause`;
    const dry = await push(target, { args: ["--dry-run"] });
    expect(dry).toMatchObject({ code: 0, stderr: "" });
    expect(dry.stdout.match(/would write/g)).toHaveLength(34);
    expect(dry.stdout).toContain("would set the tag 3.10.2");
    expect(dry.stdout).toContain("35 to write, 0 there already");
    expect(writes(registry)).toEqual([]);
    expect(await push(target)).toMatchObject({ code: 0 });
    await expectWhole(registry.host, made.image.tag);
  });

  test("asks once for a blob, and for nothing where the tag names the image already", async () => {
    const registry = await startRegistry();
    const requestsOf = async (tag: string) => {
      registry.requests.length = 0;
      const target = `${registry.host}/k8s/pause:${tag}`;
      expect(await push(target)).toMatchObject({ code: 0, stderr: "" });
      return registry.requests.length;
    };
    // A look at the tag; blobs by two, manifests by one; everything back; for the tag a look, the move and a look.
    expect(await requestsOf("1")).toBe(1 + 22 * 2 + 12 + 34 + 3);
    expect(await requestsOf("1")).toBe(1 + 34 + 2);
    // The first blob that is said to be there is asked for another way too.
    expect(await requestsOf("2")).toBe(1 + (34 + 1) + 34 + 3);
    expect(writes(registry).filter(({ method }) => method === "PUT")).toHaveLength(1);
  });

  test("sends what was lost behind a tag that names the image", async () => {
    let loses = false;
    const lost = made.image.record.index.digest;
    const registry = await startRegistry({
      instead: (method, target) => {
        if (method === "PUT" && target.endsWith(`/manifests/${lost}`)) loses = false;
        return loses && target.endsWith(`/manifests/${lost}`) ? text(404, "") : undefined;
      },
    });
    const target = `${registry.host}/k8s/pause:1`;
    expect(await push(target)).toMatchObject({ code: 0 });
    loses = true;
    const again = await push(target);
    expect(again).toMatchObject({ code: 0, stderr: "" });
    expect(again.stdout).toContain("1 written");
    expect(loses).toBe(false);
  });

  test.each([400, 404, 405])("does without mounts where they get %i", async (status) => {
    const registry = await startRegistry({
      instead: (_, target) => (target.includes("?mount=") ? text(status, "") : undefined),
    });
    expect(await push(`${registry.host}/k8s/pause:1`)).toMatchObject({ code: 0, stderr: "" });
    await expectWhole(registry.host, "1");
  });

  test("trusts the authority that is named, and nobody else unless told so aloud", async () => {
    const registry = await startRegistry({ tls: pki.good, authenticate });
    const target = `${registry.host}/k8s/pause:1`;
    const ca = join(pki.folder, "ca.crt");
    const { code, stdout, stderr } = await push(target, { args: ["--ca", ca], env: CREDENTIALS });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(made.image.record.index.digest);
    registry.requests.length = 0;
    const other = join(pki.folder, "self.crt");
    const refused = await push(target, { args: ["--ca", other], env: CREDENTIALS });
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain("--ca FILE");
    expect(registry.requests).toEqual([]);
    const insecure = await push(target, { args: ["--insecure"], env: CREDENTIALS });
    expect(insecure).toMatchObject({ code: 0 });
    expect(insecure.stderr).toContain("--insecure");
  });

  describe("with a password", () => {
    const withFile = (name: string, text: string) => {
      writeFileSync(join(base, name), text);
      return join(base, name);
    };
    const auth = Buffer.from(`alice:${SECRET}`).toString("base64");
    const stored = (host: string) => {
      const folder = mkdtempSync(join(base, "docker-"));
      const auths = { "example.com": { auth: "eDp5" }, [host]: { auth }, z: {} };
      writeFileSync(join(folder, "config.json"), JSON.stringify({ x: 1, auths }, undefined, "\t"));
      return folder;
    };
    const places: Readonly<Record<string, (host: string) => Record<string, string>>> = {
      "in variables": () => CREDENTIALS,
      "in a file": () => ({
        HIATUS_USERNAME: "alice",
        HIATUS_PASSWORD_FILE: withFile("password", `${SECRET}\n`),
      }),
      "of docker's": (host) => ({ DOCKER_CONFIG: stored(host) }),
      "of docker's, by address": (host) => ({ DOCKER_CONFIG: stored(`https://${host}/v1/`) }),
      "of podman's": (host) => ({ REGISTRY_AUTH_FILE: join(stored(host), "config.json") }),
    };

    test.each(Object.keys(places))("%s, which nobody sees", async (place) => {
      const registry = await startRegistry({ authenticate });
      const env = { ...places[place]!(registry.host), PATH: `${bin}:${environment().PATH}` };
      writeFileSync(calls, "");
      // Of all shells it is mksh that has no printf of its own.
      const shell = ["mksh"];
      const args = ["--dry-run"];
      const answer = await push(`${registry.host}/k8s/pause:1`, { env, shell, args });
      expect(answer).toMatchObject({ code: 0, stderr: "" });
      expect(registry.requests.at(-1)).toMatchObject({ status: 404, user: "alice" });
      const seen = readFileSync(calls, "utf8");
      expect(seen).toContain("curl -q -K settings");
      expect(seen).not.toContain(auth);
      const words = seen
        .split("\n")
        .filter((line) => /^(?:curl|base64|tr|cat|printf|sed|awk) /.test(line));
      expect(words.filter((line) => line.includes("wonder") || line.includes(auth))).toEqual([]);
    });

    test.each([
      ["a wrong one", { HIATUS_USERNAME: "alice", HIATUS_PASSWORD: "x" }],
      ["none", {}],
      ["one of somebody else's", { DOCKER_CONFIG: "stored" }],
    ])("%s is refused, and nothing is written", async (_, env) => {
      const registry = await startRegistry({ authenticate });
      const known = "DOCKER_CONFIG" in env ? { DOCKER_CONFIG: stored("127.0.0.1:1") } : env;
      const answer = await push(`${registry.host}/k8s/pause:1`, { env: known });
      expect(answer).toMatchObject({ code: 1, stdout: "" });
      expect(writes(registry)).toEqual([]);
    });
  });

  describe("tells nobody else who we are", () => {
    /** A server beside the registry, and what it was told. */
    const stranger = async () => {
      const told: (string | undefined)[] = [];
      const origin = await httpServer((request: IncomingMessage, response) => {
        told.push(request.headers.authorization);
        request.resume();
        request.on("end", () => response.writeHead(201).end());
      });
      // Another name of this machine is another origin.
      return { origin: origin.replace("127.0.0.1", "localhost"), told };
    };

    test("when an upload goes elsewhere", async () => {
      const { origin, told } = await stranger();
      const registry = await startRegistry({
        authenticate,
        instead: (method) =>
          method === "POST"
            ? { status: 202, headers: { location: `${origin}/up?state=1`, "content-length": "0" } }
            : undefined,
      });
      const answer = await push(`${registry.host}/k8s/pause:1`, { env: CREDENTIALS });
      // The stranger took the blobs, so the registry lacks them and refuses the first manifest.
      expect(answer).toMatchObject({ code: 1 });
      expect(told).toHaveLength(22);
      expect(new Set(told)).toEqual(new Set([undefined]));
    });

    test("when a blob is read elsewhere", async () => {
      const { origin, told } = await stranger();
      const registry = await startRegistry({
        authenticate,
        instead: (method, target) =>
          method === "GET" && target.includes("/blobs/")
            ? { status: 307, headers: { location: `${origin}/blob`, "content-length": "0" } }
            : undefined,
      });
      const answer = await push(`${registry.host}/k8s/pause:1`, { env: CREDENTIALS });
      expect(answer).toMatchObject({ code: 1 });
      expect(answer.stderr).toContain("does not give back sha256:");
      expect(told.length).toBeGreaterThan(0);
      expect(new Set(told)).toEqual(new Set([undefined]));
    });

    test.each([
      ["a realm without TLS", (origin: string) => `${origin}/token`],
      ["a realm with a user", () => "https://a@localhost/token"],
      ["a realm with a command", () => "https://localhost/$(id)"],
      ["a realm that is a file", () => "file:///etc/passwd"],
    ])("when %s is named over TLS", async (_, realm) => {
      const { origin, told } = await stranger();
      const registry = await startRegistry({
        tls: pki.good,
        instead: () => unauthorized(`Bearer realm="${realm(origin)}",service="x"`),
      });
      const args = ["--ca", join(pki.folder, "ca.crt")];
      const answer = await push(`${registry.host}/k8s/pause:1`, { env: CREDENTIALS, args });
      expect(answer).toMatchObject({ code: 1, stdout: "" });
      expect(told).toEqual([]);
    });
  });

  test.each(["token", "access_token"])(
    "takes a %s that expires and asks for another",
    async (field) => {
      const grants: { readonly url: string; readonly authorization: string | undefined }[] = [];
      const realm = await httpServer((request, response) => {
        grants.push({ url: request.url ?? "", authorization: request.headers.authorization });
        response.end(JSON.stringify({ expires_in: 60, [field]: `t-${grants.length}.x/+=` }));
      });
      let left = 0;
      let wanted = 0;
      const registry = await startRegistry();
      const front = await httpServer(async (request, response) => {
        const current = `Bearer t-${grants.length}.x/+=`;
        if (request.headers.authorization !== current || left-- <= 0) {
          left = 50;
          wanted++;
          const challenge = `Bearer realm="${realm}/t?a=b",service="one two",scope="x"`;
          response.writeHead(401, { "www-authenticate": ['Basic realm="z"', challenge] }).end();
          return;
        }
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        const { connection: _, host: __, ...headers } = request.headers as Record<string, string>;
        const method = request.method ?? "GET";
        const body = ["GET", "HEAD"].includes(method) ? null : Buffer.concat(chunks);
        const answer = await fetch(`http://${registry.host}${request.url}`, {
          method,
          headers,
          body,
        });
        response.writeHead(answer.status, Object.fromEntries(answer.headers));
        response.end(Buffer.from(await answer.arrayBuffer()));
      });
      const host = front.replace("http://", "");
      const answer = await push(`${host}/k8s/pause:1`, { env: CREDENTIALS });
      expect(answer).toMatchObject({ code: 0, stderr: "" });
      await expectWhole(registry.host, "1");
      expect(wanted).toBeGreaterThan(1);
      expect(grants[0]?.url).toBe("/t?a=b&service=one%20two&scope=repository:k8s/pause:pull,push");
      const basic = Buffer.from(`alice:${SECRET}`).toString("base64");
      expect(new Set(grants.map(({ authorization }) => authorization))).toEqual(
        new Set([`Basic ${basic}`]),
      );
    },
  );

  describe("does not believe a registry", () => {
    const cases: Readonly<Record<string, TestRegistryOptions["instead"]>> = {
      "that has everything already, and then nothing": (method) =>
        method === "HEAD" ? { status: 200, headers: { "content-length": "1" } } : undefined,
      "that mounts everything already, and then has nothing": (_, target) =>
        target.includes("?mount=") ? text(201, "") : undefined,
      "that gives back other bytes": (method, target) =>
        method === "GET" && target.includes("/blobs/") ? text(200, "other") : undefined,
      "that accepts and forgets": (method) =>
        method === "PUT" ? text(201, "") : method === "GET" ? text(404, "") : undefined,
      "that leads nowhere": (method) => (method === "POST" ? text(202, "") : undefined),
      "that answers with a page": () => text(200, "<title>Log in</title>"),
    };
    test.each(Object.keys(cases))("%s", async (name) => {
      const registry = await startRegistry({ instead: cases[name]! });
      const answer = await push(`${registry.host}/k8s/pause:1`);
      if (name.includes("already")) expect(answer).toMatchObject({ code: 0 });
      else expect(answer).toMatchObject({ code: 1, stdout: "" });
    });
  });

  describe("without curl", () => {
    /** The system's programs, but a curl that does not run and what is given for wget. */
    const pathWith = (wget: string | undefined) => {
      const folder = mkdtempSync(join(base, "wget-"));
      writeFileSync(join(folder, "curl"), "#!/bin/sh\nexit 127\n", { mode: 0o755 });
      if (wget !== undefined) symlinkSync(wget, join(folder, "wget"));
      return { PATH: `${folder}:${environment().PATH}` };
    };

    test("GNU wget does it, with TLS and a password", async () => {
      const plain = await startRegistry();
      const target = `${plain.host}/k8s/pause:1`;
      expect(await push(target, { env: pathWith(undefined) })).toMatchObject({
        code: 0,
        stderr: "",
      });
      await expectWhole(plain.host, "1");
      plain.requests.length = 0;
      expect(await push(target, { env: pathWith(undefined) })).toMatchObject({ code: 0 });
      expect(writes(plain)).toEqual([]);
      const locked = await startRegistry({ tls: pki.good, authenticate });
      const env = { ...pathWith(undefined), ...CREDENTIALS };
      const args = ["--ca", join(pki.folder, "ca.crt")];
      const name = `${locked.host}/k8s/pause:1`;
      expect(await push(name, { env, args })).toMatchObject({ code: 0, stderr: "" });
      locked.requests.length = 0;
      expect(await push(name, { env })).toMatchObject({ code: 1, stdout: "" });
      expect(await push(name, { env, args: ["--ca", join(pki.folder, "self.crt")] })).toMatchObject(
        {
          code: 1,
          stdout: "",
        },
      );
      expect(locked.requests).toEqual([]);
    });

    test("busybox's wget cannot, which is said before anything is asked", async () => {
      const registry = await startRegistry();
      const env = pathWith(findProgram("busybox"));
      const answer = await push(`${registry.host}/k8s/pause:1`, { env });
      expect(answer).toMatchObject({ code: 1, stdout: "" });
      expect(answer.stderr).toContain("busybox");
      expect(registry.requests).toEqual([]);
    });
  });

  test("speaks plain HTTP only to this machine", async () => {
    const answer = await push("registry.invalid:5000/k8s/pause:1");
    expect(answer.code).toBe(1);
    expect(answer.stderr).toContain("https://registry.invalid:5000");
  });
});

function text(status: number, body: string): Outgoing {
  const bytes = new TextEncoder().encode(body);
  return { status, headers: { "content-length": String(bytes.byteLength) }, body: bytes };
}

function unauthorized(challenge: string): Outgoing {
  return { status: 401, headers: { "www-authenticate": challenge, "content-length": "0" } };
}
