import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findEntry, parseAuthFile } from "../../src/remote/credentials/auth-file.ts";
import {
  dockerConfigPath,
  dockerConfigSource,
} from "../../src/remote/credentials/docker-config.ts";
import { fitOf, helperServer, parseKey } from "../../src/remote/credentials/names.ts";
import { podmanAuthPaths, podmanAuthSource } from "../../src/remote/credentials/podman-auth.ts";
import type { CredentialSource } from "../../src/remote/credentials.ts";
import { failureOf } from "../failure.ts";
import { scratch } from "../folder.ts";
import { holds } from "../property.ts";
import { plainCredential } from "./plain-credential.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const auth = (user: string, password = "secret-1") => ({ auth: base64(`${user}:${password}`) });

function write(path: string, content: unknown): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

/** Docker's source over a config.json with this content. */
function docker(content: unknown): CredentialSource {
  const home = scratch();
  write(join(home, ".docker", "config.json"), content);
  return dockerConfigSource({ env: {}, home, uid: undefined });
}

async function userOf(source: CredentialSource, registry: string, repository = "a/b") {
  const credential = plainCredential(await source(registry, repository));
  return credential?.kind === "basic" ? credential.username : credential?.kind;
}

describe("parseKey and fitOf", () => {
  test.each<[string, string, string]>([
    ["registry.example", "registry.example", ""],
    ["registry.example:5000", "registry.example:5000", ""],
    ["Registry.Example", "registry.example", ""],
    ["https://registry.example", "registry.example", ""],
    ["https://registry.example/v1/", "registry.example", ""],
    ["http://registry.example:5000/v2/", "registry.example:5000", ""],
    ["https://registry.example/some/path", "registry.example", ""],
    ["registry.example/v1/", "registry.example", ""],
    ["registry.example/", "registry.example", ""],
    ["registry.example/team", "registry.example", "team"],
    ["registry.example/team/app/", "registry.example", "team/app"],
    ["https://index.docker.io/v1/", "docker.io", ""],
    ["index.docker.io", "docker.io", ""],
    ["registry-1.docker.io", "docker.io", ""],
    ["docker.io/library", "docker.io", "library"],
    ["[::1]:5000", "[::1]:5000", ""],
  ])("reads %s", (key, host, namespace) => {
    expect(parseKey(key)).toEqual({ host, namespace });
  });

  test.each<[string, string, string, number | undefined]>([
    ["r.example", "r.example", "team/app", 0],
    ["r.example/team", "r.example", "team/app", 4],
    ["r.example/team/app", "r.example", "team/app", 8],
    ["r.example/tea", "r.example", "team/app", undefined],
    ["r.example/team/app/more", "r.example", "team/app", undefined],
    ["r.example", "r.example:5000", "team/app", undefined],
    ["r.example:5000", "r.example", "team/app", undefined],
    ["example", "r.example", "team/app", undefined],
    ["r.example.evil", "r.example", "team/app", undefined],
    ["docker.io", "registry-1.docker.io", "library/a", 0],
  ])("%s fits %s/%s: %s", (key, registry, repository, fit) => {
    expect(fitOf(parseKey(key), registry, repository)).toBe(fit);
  });

  test("helpers know Docker Hub by its old address, and others by their host", () => {
    expect(helperServer("docker.io")).toBe("https://index.docker.io/v1/");
    expect(helperServer("Registry.Example:5000")).toBe("Registry.Example:5000");
  });
});

describe("Docker's config.json", () => {
  test.each<[string, Record<string, unknown>, unknown]>([
    ["auth", auth("hanna", "a:b"), { kind: "basic", username: "hanna", password: "a:b" }],
    [
      "auth without padding",
      { auth: base64("ab:c").replace(/=+$/, "") },
      { kind: "basic", username: "ab", password: "c" },
    ],
    [
      "auth that ends with zeros",
      { auth: base64("ab:c\0\0") },
      { kind: "basic", username: "ab", password: "c" },
    ],
    [
      "auth over user and password",
      { ...auth("hanna"), username: "x", password: "y" },
      { kind: "basic", username: "hanna", password: "secret-1" },
    ],
    [
      "user and password",
      { username: "x", password: "y" },
      { kind: "basic", username: "x", password: "y" },
    ],
    [
      "an identity token",
      { identitytoken: "id-1" },
      { kind: "identity-token", username: "<token>", token: "id-1" },
    ],
    [
      "an identity token of Azure",
      { auth: base64("0000:"), identitytoken: "id-1" },
      { kind: "identity-token", username: "0000", token: "id-1" },
    ],
    [
      "a registry token",
      { registrytoken: "reg-1", identitytoken: "id-1" },
      { kind: "registry-token", token: "reg-1" },
    ],
    ["nothing", {}, undefined],
    ["null", null as never, undefined],
    ["empty strings", { auth: "", identitytoken: "" }, undefined],
  ])("gives %s", async (_, entry, expected) => {
    const source = docker({ auths: { "r.example": entry } });
    expect(plainCredential(await source("r.example", "a"))).toEqual(expected);
    expect(await source("other.example", "a")).toBeUndefined();
  });

  test("knows Docker Hub by all of its names", async () => {
    for (const key of [
      "https://index.docker.io/v1/",
      "docker.io",
      "index.docker.io",
      "registry-1.docker.io",
    ]) {
      expect(await userOf(docker({ auths: { [key]: auth("hub") } }), "docker.io")).toBe("hub");
    }
  });

  test("takes the key that is written as the registry is before one that means the same", async () => {
    const auths = {
      "https://r.example/v1/": auth("old"),
      "r.example": auth("new"),
      "http://r.example": auth("other"),
    };
    expect(await userOf(docker({ auths }), "r.example")).toBe("new");
    expect(
      await userOf(
        docker({ auths: { "r.example": {}, "https://r.example": auth("old") } }),
        "r.example",
      ),
    ).toBe("old");
  });

  test("lies where DOCKER_CONFIG says, or at home", () => {
    const places = { home: "/home/hanna", uid: 1 };
    expect(dockerConfigPath({ ...places, env: { DOCKER_CONFIG: "/etc/docker" } })).toBe(
      "/etc/docker/config.json",
    );
    expect(dockerConfigPath({ ...places, env: { DOCKER_CONFIG: "" } })).toBe(
      "/home/hanna/.docker/config.json",
    );
  });

  test("may be missing, empty of credentials, or a link, as Kubernetes mounts it", async () => {
    const home = scratch();
    const source = () => dockerConfigSource({ env: {}, home, uid: undefined });
    expect(await source()("r.example", "a")).toBeUndefined();
    const real = write(join(home, "..data", "config.json"), {
      auths: { "r.example": auth("linked") },
    });
    mkdirSync(join(home, ".docker"));
    symlinkSync(real, join(home, ".docker", "config.json"));
    expect(await userOf(source(), "r.example")).toBe("linked");
    expect(await docker({ psFormat: "x" })("r.example", "a")).toBeUndefined();
    expect(
      await docker({ auths: null, credHelpers: null, credsStore: "" })("r.example", "a"),
    ).toBeUndefined();
  });

  const secret = "secret-of-mine";
  const broken: readonly [string, string, string, number | undefined][] = [
    [
      "not JSON",
      `{\n  "auths": {\n    "r.example": { "auth": ${secret} }\n  }\n}`,
      "it is not JSON (line 3)",
      3,
    ],
    ["cut short", `{"auths": {"r.example": {"auth": "${secret}"`, "it is not JSON (line 1)", 1],
    ["a comma too many", `{"auths": {},\n"x": "${secret}",\n}`, "it is not JSON (line 3)", 3],
    ["empty", "", "it is not JSON (line 1)", 1],
    [
      "a key twice",
      `{\n"auths": {},\n"auths": {"r.example": {"auth": "${secret}"}}}`,
      "a key is there twice, or it is nested too deep (line 3)",
      3,
    ],
    [
      "a secret as a key twice",
      `{"${secret}": 1, "${secret}": 2}`,
      "a key is there twice, or it is nested too deep (line 1)",
      1,
    ],
    ["a list", `["${secret}"]`, "it is not an object", undefined],
    ["auths as a list", `{"auths": ["${secret}"]}`, '"auths" is not an object', undefined],
    [
      "an entry as a string",
      `{"auths": {"r.example": "${secret}"}}`,
      "an entry is not an object",
      undefined,
    ],
    [
      "auth as a number",
      '{"auths": {"r.example": {"auth": 12345}}}',
      '"auth" of "r.example" is not a string',
      undefined,
    ],
    [
      "auth that is no base64",
      `{"auths": {"r.example": {"auth": "${secret}!"}}}`,
      '"auth" of "r.example" is not the base64 of a user, a colon and a password',
      undefined,
    ],
    [
      "auth without a colon",
      `{"auths": {"r.example": {"auth": "${base64(secret)}"}}}`,
      '"auth" of "r.example" is not the base64 of a user, a colon and a password',
      undefined,
    ],
    [
      "a password in a key",
      `{"auths": {"https://user:${secret}@r.example": {"auth": "!"}, "r.example": {"auth": "!"}}}`,
      '"auth" of "r.example" is not the base64',
      undefined,
    ],
    [
      "a token with a line end",
      `{"auths": {"r.example": {"registrytoken": "${secret}\\n"}}}`,
      "its token is empty or has a space or a control character in it",
      undefined,
    ],
    [
      "a helper with a path",
      `{"credsStore": "../../${secret}"}`,
      "it names a credential helper by what is no name of one",
      undefined,
    ],
    [
      "a helper that is no string",
      `{"credHelpers": {"r.example": {"x": "${secret}"}}}`,
      "it names a credential helper by what is no name of one",
      undefined,
    ],
  ];
  test.each(broken)(
    "says where it is broken and nothing that it holds: %s",
    async (_, text, why, line) => {
      const home = scratch();
      const path = write(join(home, ".docker", "config.json"), text);
      const error = await failureOf(
        dockerConfigSource({ env: {}, home, uid: undefined })("r.example", "a"),
      );
      expect(error.code).toBe("CONFIG");
      expect(error.message).toContain(`"${path}`);
      expect(error.message).toContain(why);
      if (line !== undefined) expect(error.detail).toEqual({ path, line });
      const shown = inspect(error, { depth: 9, showHidden: true });
      for (const writing of [secret, base64(secret), "12345"]) expect(shown).not.toContain(writing);
    },
  );

  test("with one broken entry still serves the others", async () => {
    const source = docker({ auths: { "a.example": { auth: "!" }, "b.example": auth("b") } });
    expect(await userOf(source, "b.example")).toBe("b");
    expect(await failureOf(source("a.example", "x"))).toMatchObject({ code: "CONFIG" });
  });

  test.each<[string, (path: string) => void, string]>([
    ["a folder", (path) => mkdirSync(path, { recursive: true }), "it is a folder"],
    [
      "more than 1 MiB",
      (path) => write(path, `{"x":"${"y".repeat(1024 * 1024)}"}`),
      "it has more than 1048576 bytes",
    ],
    [
      "not UTF-8",
      (path) => writeFileSync(write(path, ""), Buffer.from([0x7b, 0xff, 0x7d])),
      "it is not UTF-8",
    ],
  ])("is refused when it is %s", async (_, make, why) => {
    const home = scratch();
    const path = join(home, ".docker", "config.json");
    make(path);
    const error = await failureOf(
      dockerConfigSource({ env: {}, home, uid: undefined })("r.example", "a"),
    );
    expect(error).toMatchObject({
      code: "CONFIG",
      message: `Cannot read the credentials in "${path}": ${why}`,
      detail: { path },
    });
  });

  test("with any mistake is refused at a line that it has, and JSON is never refused", async () => {
    const lines = fc.array(
      fc.constantFrom('{"a":', "[", "1", '"x"', "}", "]", ",", ":", "null", "-", "\\", " "),
      { maxLength: 12 },
    );
    await holds(
      fc.property(lines, (parts) => {
        const text = parts.join("\n");
        const line = lineOfRefusal(text);
        expect(line === undefined).toBe(isObject(text));
        if (line !== undefined) expect(line).toBeLessThanOrEqual(text.split("\n").length);
      }),
      2000,
    );
    await holds(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(0, 2), (value, indent) => {
        expect(lineOfRefusal(JSON.stringify({ value }, undefined, indent))).toBeUndefined();
      }),
    );
  });
});

/** The line at which a text is refused; 0 for a refusal without a line. */
function lineOfRefusal(text: string): number | undefined {
  try {
    parseAuthFile(text, "it");
    return undefined;
  } catch (error) {
    return (error as { detail: { line?: number } }).detail.line ?? 0;
  }
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

describe("Podman's auth.json", () => {
  const file = parseAuthFile(
    JSON.stringify({
      auths: {
        "r.example": auth("host"),
        "r.example/team/app": auth("app"),
        "r.example/team": auth("team"),
        "r.example/empty": {},
      },
    }),
    "auth.json",
  );
  test.each<[string, string]>([
    ["team/app", "app"],
    ["team/app/debug", "app"],
    ["team/application", "team"],
    ["team", "team"],
    ["teams/app", "host"],
    ["empty/x", "host"],
    ["other", "host"],
  ])("for %s gives what fits best", (repository, user) => {
    expect(plainCredential(findEntry(file, "r.example", repository))).toMatchObject({
      username: user,
    });
  });

  test.each<[string, Record<string, string>, number | undefined, string[]]>([
    [
      "REGISTRY_AUTH_FILE",
      { REGISTRY_AUTH_FILE: "/x/auth", XDG_RUNTIME_DIR: "/run/user/7" },
      7,
      ["/x/auth", "/home/h/.config/containers/auth.json"],
    ],
    [
      "XDG_RUNTIME_DIR",
      { XDG_RUNTIME_DIR: "/run/user/7" },
      7,
      ["/run/user/7/containers/auth.json", "/home/h/.config/containers/auth.json"],
    ],
    [
      "the number of the user",
      {},
      7,
      ["/run/containers/7/auth.json", "/home/h/.config/containers/auth.json"],
    ],
    ["XDG_CONFIG_HOME", { XDG_CONFIG_HOME: "/c" }, undefined, ["/c/containers/auth.json"]],
  ])("lies where %s says", (_, env, uid, expected) => {
    expect(podmanAuthPaths({ env, home: "/home/h", uid })).toEqual(expected);
  });

  test("is read file after file, until one knows the registry", async () => {
    const home = scratch();
    const env = { XDG_RUNTIME_DIR: join(home, "run") };
    write(join(home, "run", "containers", "auth.json"), {
      auths: { "a.example": auth("first"), "c.example": {} },
    });
    write(join(home, ".config", "containers", "auth.json"), {
      auths: {
        "a.example": auth("second"),
        "b.example": auth("second"),
        "c.example": auth("second"),
      },
    });
    const source = podmanAuthSource({ env, home, uid: undefined });
    expect(await userOf(source, "a.example")).toBe("first");
    expect(await userOf(source, "b.example")).toBe("second");
    expect(await userOf(source, "c.example")).toBe("second");
    expect(await userOf(source, "d.example")).toBeUndefined();
  });

  test("that REGISTRY_AUTH_FILE names must be there", async () => {
    const home = scratch();
    const path = join(home, "nowhere.json");
    const source = podmanAuthSource({ env: { REGISTRY_AUTH_FILE: path }, home, uid: undefined });
    expect(await failureOf(source("r.example", "a"))).toMatchObject({
      code: "CONFIG",
      message: `REGISTRY_AUTH_FILE names "${path}", which is not there`,
    });
  });
});
