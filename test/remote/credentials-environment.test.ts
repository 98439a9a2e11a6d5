import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  environmentSource,
  mirrorVariable,
  registryVariable,
} from "../../src/remote/credentials/environment.ts";
import { failureOf } from "../failure.ts";
import { scratch } from "../folder.ts";
import { holds } from "../property.ts";
import { plainCredential } from "./plain-credential.ts";

async function find(env: Record<string, string>, registry = "r.example", mirror?: string) {
  return plainCredential(await environmentSource({ env, mirror })(registry, "a"));
}

function file(content: string | Uint8Array): string {
  const path = join(scratch(), "secret");
  writeFileSync(path, content);
  return path;
}

const basic = (username: string, password: string) => ({ kind: "basic", username, password });

describe("names of variables", () => {
  test.each<[string, string]>([
    ["ghcr.io", "HIATUS_GHCR_IO"],
    ["docker.io", "HIATUS_DOCKER_IO"],
    ["registry-1.docker.io", "HIATUS_DOCKER_IO"],
    ["registry.example.com:5000", "HIATUS_REGISTRY_EXAMPLE_COM_5000"],
    ["my-registry.example", "HIATUS_MY__REGISTRY_EXAMPLE"],
    ["a--b.example", "HIATUS_A____B_EXAMPLE"],
    ["127.0.0.1:5000", "HIATUS_127_0_0_1_5000"],
    ["[::1]:5000", "HIATUS____1__5000"],
  ])("of registry %s begin with %s", (registry, expected) => {
    expect(registryVariable(registry)).toBe(expected);
  });

  test("of mirrors have _ for whatever is no letter or digit", () => {
    expect(mirrorVariable("aliyun-cn.2")).toBe("HIATUS_ALIYUN_CN_2");
  });

  test("are never those of another host, whose owner would get the password", async () => {
    const label = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,4}[a-z0-9])?$/);
    const host = fc
      .tuple(
        fc.array(label, { minLength: 1, maxLength: 3 }),
        fc.option(fc.integer({ min: 1, max: 65535 })),
      )
      // The last label of a name is never all digits, or it would be an address.
      .map(
        ([labels, port]) => `${[...labels, "example"].join(".")}${port === null ? "" : `:${port}`}`,
      );
    await holds(
      fc.property(host, host, (a, b) => {
        expect(registryVariable(a) === registryVariable(b)).toBe(a === b);
      }),
      2000,
    );
    for (const other of ["my.registry.example", "my-registry-example", "my.registry-example"]) {
      expect(registryVariable(other)).not.toBe(registryVariable("my-registry.example"));
    }
  });
});

describe("environmentSource", () => {
  test.each<[string, Record<string, string>, unknown]>([
    [
      "user and password",
      { HIATUS_R_EXAMPLE_USERNAME: "u", HIATUS_R_EXAMPLE_PASSWORD: "p w" },
      basic("u", "p w"),
    ],
    ["a token", { HIATUS_R_EXAMPLE_TOKEN: "t-1" }, { kind: "registry-token", token: "t-1" }],
    [
      "a refresh token",
      { HIATUS_R_EXAMPLE_USERNAME: "<token>", HIATUS_R_EXAMPLE_PASSWORD: "id-1" },
      { kind: "identity-token", username: "<token>", token: "id-1" },
    ],
    [
      "empty variables",
      {
        HIATUS_R_EXAMPLE_USERNAME: "",
        HIATUS_R_EXAMPLE_TOKEN: "",
        HIATUS_R_EXAMPLE_PASSWORD_FILE: "",
      },
      undefined,
    ],
    [
      "those of others",
      { HIATUS_S_EXAMPLE_TOKEN: "t", HIATUS_R_EXAMPLE_COM_TOKEN: "t" },
      undefined,
    ],
    ["nothing", {}, undefined],
  ])("gives %s", async (_, env, expected) => {
    expect(await find(env)).toEqual(expected);
  });

  test("reads files, without the line end at their end", async () => {
    const env = {
      HIATUS_R_EXAMPLE_USERNAME_FILE: file("u\n"),
      HIATUS_R_EXAMPLE_PASSWORD_FILE: file(" p w \r\n"),
    };
    expect(await find(env)).toEqual(basic("u", " p w "));
    expect(await find({ HIATUS_R_EXAMPLE_TOKEN_FILE: file("t-1\n") })).toEqual({
      kind: "registry-token",
      token: "t-1",
    });
  });

  test("asks for the mirror before the host", async () => {
    const env = { HIATUS_HOME_TOKEN: "mirror", HIATUS_R_EXAMPLE_TOKEN: "host" };
    expect(await find(env, "r.example", "home")).toMatchObject({ token: "mirror" });
    expect(await find(env, "r.example", "away")).toMatchObject({ token: "host" });
    expect(await find(env, "s.example")).toBeUndefined();
  });

  const secret = "hunter2hunter2";
  test.each<[string, () => Record<string, string>, string]>([
    [
      "a user alone",
      () => ({ HIATUS_R_EXAMPLE_USERNAME: "u" }),
      "HIATUS_R_EXAMPLE_USERNAME is set, but HIATUS_R_EXAMPLE_PASSWORD is not",
    ],
    [
      "a password alone",
      () => ({ HIATUS_R_EXAMPLE_PASSWORD: secret }),
      "HIATUS_R_EXAMPLE_PASSWORD is set, but HIATUS_R_EXAMPLE_USERNAME is not",
    ],
    [
      "a token and a password",
      () => ({ HIATUS_R_EXAMPLE_TOKEN: secret, HIATUS_R_EXAMPLE_PASSWORD: secret }),
      "HIATUS_R_EXAMPLE_TOKEN is set, and so is HIATUS_R_EXAMPLE_USERNAME or HIATUS_R_EXAMPLE_PASSWORD",
    ],
    [
      "a password and its file",
      () => ({ HIATUS_R_EXAMPLE_PASSWORD: secret, HIATUS_R_EXAMPLE_PASSWORD_FILE: "/x" }),
      "HIATUS_R_EXAMPLE_PASSWORD is set, and so is HIATUS_R_EXAMPLE_PASSWORD_FILE",
    ],
    [
      "a file that is not there",
      () => ({ HIATUS_R_EXAMPLE_TOKEN_FILE: "/nowhere/secret" }),
      'HIATUS_R_EXAMPLE_TOKEN_FILE names "/nowhere/secret", which is not there',
    ],
    ["an empty file", () => ({ HIATUS_R_EXAMPLE_TOKEN_FILE: file("\n") }), "which is empty"],
    [
      "a file that is not UTF-8",
      () => ({ HIATUS_R_EXAMPLE_TOKEN_FILE: file(Buffer.from([0xff])) }),
      "it is not UTF-8",
    ],
    [
      "a token with a space",
      () => ({ HIATUS_R_EXAMPLE_TOKEN: `${secret} x` }),
      "The credential from HIATUS_R_EXAMPLE_TOKEN cannot be used: its token is empty or has a space",
    ],
    [
      "a token with two lines",
      () => ({ HIATUS_R_EXAMPLE_TOKEN_FILE: file(`${secret}\n${secret}\n`) }),
      "The credential from HIATUS_R_EXAMPLE_TOKEN cannot be used",
    ],
    [
      "a user with a colon",
      () => ({ HIATUS_R_EXAMPLE_USERNAME: "a:b", HIATUS_R_EXAMPLE_PASSWORD: secret }),
      "its user name has a colon",
    ],
  ])("refuses %s", async (_, env, message) => {
    const error = await failureOf(find(env()));
    expect(error.code).toBe("CONFIG");
    expect(error.message).toContain(message);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(secret);
  });
});
