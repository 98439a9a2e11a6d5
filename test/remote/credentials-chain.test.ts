import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { credentialFor, findCredentials, firstOf } from "../../src/remote/credentials/chain.ts";
import { basicCredential } from "../../src/remote/credentials/secrets.ts";
import type { CredentialSource } from "../../src/remote/credentials.ts";
import { failureOf } from "../failure.ts";
import { scratch } from "../folder.ts";
import { plainCredential } from "./plain-credential.ts";

function write(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

function login(path: string, user: string): void {
  const auth = Buffer.from(`${user}:pw`).toString("base64");
  write(path, JSON.stringify({ auths: { "r.example": { auth } } }));
}

async function userOf(source: CredentialSource): Promise<string | undefined> {
  const credential = plainCredential(await source("r.example", "a"));
  return credential?.kind === "basic" ? credential.username : undefined;
}

describe("findCredentials", () => {
  test("asks what was said, variables, Podman's files and Docker's, in this order", async () => {
    const home = scratch();
    const find = (more: object = {}) =>
      userOf(findCredentials({ env: {}, home, uid: undefined, ...more }));
    const uid = 4_294_967_294;
    expect(await find({ uid })).toBeUndefined();
    login(join(home, ".docker", "config.json"), "docker");
    expect(await find({ uid })).toBe("docker");
    login(join(home, ".config", "containers", "auth.json"), "podman");
    expect(await find({ uid })).toBe("podman");
    login(join(home, "named"), "named");
    const env = { REGISTRY_AUTH_FILE: join(home, "named") };
    expect(await find({ env })).toBe("named");
    const variables = {
      ...env,
      HIATUS_R_EXAMPLE_USERNAME: "variable",
      HIATUS_R_EXAMPLE_PASSWORD: "pw",
    };
    expect(await find({ env: variables })).toBe("variable");
    const mirror = { ...variables, HIATUS_M_USERNAME: "mirror", HIATUS_M_PASSWORD: "pw" };
    expect(await find({ env: mirror, mirror: "m" })).toBe("mirror");
    const explicit = credentialFor("r.example", basicCredential("said", "pw", "a test"));
    expect(await find({ env: mirror, mirror: "m", explicit })).toBe("said");
  });

  test("reads nothing before it is asked, and each repository once", async () => {
    const home = scratch();
    const path = join(home, ".docker", "config.json");
    const source = findCredentials({ env: { XDG_RUNTIME_DIR: home }, home });
    login(path, "first");
    expect(await userOf(source)).toBe("first");
    login(path, "second");
    expect(await userOf(source)).toBe("first");
  });

  test("throws when a place is broken, unless an earlier one knows", async () => {
    const home = scratch();
    write(join(home, ".docker", "config.json"), "{");
    const env = { XDG_RUNTIME_DIR: home };
    expect(await failureOf(findCredentials({ env, home })("r.example", "a"))).toMatchObject({
      code: "CONFIG",
    });
    login(join(home, "containers", "auth.json"), "podman");
    expect(await userOf(findCredentials({ env, home }))).toBe("podman");
  });

  test("takes what belongs to the process unless told otherwise", async () => {
    process.env.HIATUS_R_EXAMPLE_USERNAME = "process";
    process.env.HIATUS_R_EXAMPLE_PASSWORD = "pw";
    try {
      expect(await userOf(findCredentials())).toBe("process");
    } finally {
      delete process.env.HIATUS_R_EXAMPLE_USERNAME;
      delete process.env.HIATUS_R_EXAMPLE_PASSWORD;
    }
  });
});

describe("credentialFor", () => {
  test("gives to one registry, under all of its names, and to no other", async () => {
    const credential = basicCredential("said", "pw", "a test");
    const source = credentialFor("index.docker.io", credential);
    expect(await source("docker.io", "library/a")).toBe(credential);
    expect(await source("docker.io.evil.example", "library/a")).toBeUndefined();
    expect(await credentialFor("R.example:5000", credential)("r.example:5000", "a")).toBe(
      credential,
    );
    expect(await credentialFor("r.example", credential)("r.example:5000", "a")).toBeUndefined();
  });
});

describe("firstOf", () => {
  test("stops with its signal between sources", async () => {
    const stop = new AbortController();
    let asked = false;
    const source = firstOf([
      async () => {
        stop.abort("stopped");
        return undefined;
      },
      async () => {
        asked = true;
        return undefined;
      },
    ]);
    await expect(source("r.example", "a", { signal: stop.signal })).rejects.toBe("stopped");
    expect(asked).toBe(false);
  });
});
