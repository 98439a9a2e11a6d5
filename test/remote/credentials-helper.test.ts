import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { dockerConfigSource } from "../../src/remote/credentials/docker-config.ts";
import { askHelper, isHelperName } from "../../src/remote/credentials/helper.ts";
import { failureOf } from "../failure.ts";
import { scratch } from "../folder.ts";
import { plainCredential } from "./plain-credential.ts";

/** A helper that is a shell script, which counts how often it is asked. */
function helper(script: string, name = "test") {
  const folder = scratch();
  const log = join(folder, "asked");
  const path = join(folder, `docker-credential-${name}`);
  writeFileSync(
    path,
    `#!/bin/sh\nserver=$(cat)\nprintf '%s %s\\n' "$1" "$server" >> '${log}'\n${script}\n`,
  );
  chmodSync(path, 0o755);
  const env = { PATH: `${folder}${delimiter}${process.env.PATH}` };
  const asked = () => (existsSync(log) ? readFileSync(log, "utf8") : "");
  return { folder, env, asked };
}

const answer = (username: string, secret: string) =>
  `printf '%s' '${JSON.stringify({ ServerURL: "x", Username: username, Secret: secret })}'`;
const ask = (env: Record<string, string>, timeout?: number) =>
  askHelper("test", "r.example:5000", { env, timeout });

describe("askHelper", () => {
  test("asks with get and the server on standard input", async () => {
    const { env, asked } = helper(answer("hanna", "a:b c"));
    const credential = await ask(env);
    expect(plainCredential(credential)).toEqual({
      kind: "basic",
      username: "hanna",
      password: "a:b c",
    });
    expect(asked()).toBe("get r.example:5000\n");
  });

  test("takes the user <token> for a refresh token", async () => {
    const { env } = helper(answer("<token>", "id-1234"));
    expect(plainCredential(await ask(env))).toEqual({
      kind: "identity-token",
      username: "<token>",
      token: "id-1234",
    });
  });

  test.each<[string, string]>([
    ["says so", 'echo "credentials not found in native keychain"; exit 1'],
    ["gives an empty secret", answer("", "")],
  ])("gives nothing where the helper %s", async (_, script) => {
    expect(await ask(helper(script).env)).toBeUndefined();
  });

  test.each<[string, string, string]>([
    [
      "fails",
      'echo "no active account" >&2; exit 3',
      '"docker-credential-test" ended 3 when asked for "r.example:5000": no active account',
    ],
    [
      "fails with words on standard output",
      'echo "no credentials server URL"; exit 1',
      'ended 1 when asked for "r.example:5000": no credentials server URL',
    ],
    [
      "is killed",
      "kill -9 $$",
      '"docker-credential-test" was ended by SIGKILL when asked for "r.example:5000"',
    ],
    [
      "gives no JSON",
      "echo hunter2",
      '"docker-credential-test" answered not JSON when asked for "r.example:5000"',
    ],
    ["gives a list", "echo '[]'", 'without "Username" and "Secret"'],
    ["gives null", "echo null", 'without "Username" and "Secret"'],
    ["gives no secret", 'echo \'{"Username":"x"}\'', 'without "Username" and "Secret"'],
    [
      "gives two secrets",
      'echo \'{"Username":"x","Secret":"hunter2","Secret":"hunter3"}\'',
      "answered not JSON",
    ],
    [
      "gives a user with a colon",
      answer("a:b", "hunter2"),
      'The credential from "docker-credential-test" cannot be used',
    ],
    [
      "gives a secret with a line end",
      answer("a", "hunter2\n"),
      "its password has a control character in it",
    ],
    [
      "gives too much",
      `head -c 70000 /dev/zero | tr '\\0' x; ${answer("a", "hunter2")}`,
      "answered not JSON",
    ],
  ])("throws when the helper %s", async (_, script, message) => {
    const error = await failureOf(ask(helper(script).env));
    expect(error.code).toBe("CONFIG");
    expect(error.message).toContain(message);
    expect(error.hint).toBeDefined();
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("hunter");
  });

  test.each<[string, string]>([
    ["its answer, and fails", `${answer("a", "hunter2-hunter2")}; exit 1`],
    [
      "its answer on standard error too",
      `${answer("a", "hunter2-hunter2")}; echo "gave hunter2-hunter2" >&2; exit 1`,
    ],
    ["its answer on standard error alone", `${answer("a", "hunter2-hunter2")} >&2; exit 1`],
    ["a broken answer", 'printf \'{"Secret":"hunter2-hunter2"\'; exit 1'],
    [
      "what looks random",
      "echo 'token eyJhbGciOiJIUzI1NiJ9.hunter2hunter2hunter2xyz expired' >&2; exit 1",
    ],
  ])("repeats nothing secret of a helper that prints %s", async (_, script) => {
    const error = await failureOf(ask(helper(script).env));
    expect(error.message).toContain('ended 1 when asked for "r.example:5000"');
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("hunter2");
  });

  test("repeats little of a helper that says much", async () => {
    const error = await failureOf(ask(helper("yes no | head -c 100000 >&2; exit 1").env));
    expect(error.message.length).toBeLessThan(400);
  });

  test("does not wait for ever", async () => {
    const { env } = helper("exec sleep 60");
    const error = await failureOf(ask(env, 50));
    expect(error.message).toBe(
      '"docker-credential-test" did not answer within 0.05 s when asked for "r.example:5000"',
    );
    expect(error.hint).toContain("echo r.example:5000 | docker-credential-test get");
  });

  test("ends the helper with its signal", async () => {
    const { env } = helper("exec sleep 60");
    const stop = new AbortController();
    const asking = askHelper("test", "r.example", { env, signal: stop.signal });
    setTimeout(() => stop.abort("stopped"), 50);
    await expect(asking).rejects.toBe("stopped");
  });

  test("says when the helper is not there", async () => {
    const error = await failureOf(askHelper("nowhere", "r.example", { env: { PATH: scratch() } }));
    expect(error.message).toBe(
      '"docker-credential-nowhere" cannot be asked for "r.example": it is not in the PATH',
    );
  });

  test("takes a helper that answers without reading", async () => {
    const folder = scratch();
    writeFileSync(join(folder, "docker-credential-test"), `#!/bin/sh\n${answer("a", "b")}\n`, {
      mode: 0o755,
    });
    const env = { PATH: `${folder}${delimiter}${process.env.PATH}` };
    expect(plainCredential(await ask(env))).toMatchObject({ username: "a" });
  });

  test("hands on the environment, but for the passwords of this program", async () => {
    const { env } = helper(
      `printf '{"Username":"x","Secret":"%s|%s|%s"}' "$AWS_PROFILE" "$HIATUS_X_PASSWORD" "$HIATUS_X_TOKEN"`,
    );
    const given = { ...env, AWS_PROFILE: "work", HIATUS_X_PASSWORD: "p", HIATUS_X_TOKEN: "t" };
    expect(plainCredential(await ask(given))).toMatchObject({ password: "work||" });
  });

  test.each([
    "",
    ".",
    "..",
    "-x",
    "a/b",
    "../x",
    "a\\b",
    "a b",
    "a\0b",
    "x.",
    "a;b",
    "$(x)",
    "x".repeat(65),
  ])("starts nothing for the name %j", async (name) => {
    expect(isHelperName(name)).toBe(false);
    const error = await failureOf(askHelper(name, "r.example", { env: {} }));
    expect(error.message).toContain("is no name of a credential helper");
  });

  test.each(["ecr-login", "gcr", "osxkeychain", "desktop.exe", "acr_env"])(
    "knows the name %s",
    (name) => {
      expect(isHelperName(name)).toBe(true);
    },
  );
});

describe("helpers of a config.json", () => {
  function source(config: unknown, script: string) {
    const made = helper(script);
    mkdirSync(join(made.folder, ".docker"));
    writeFileSync(join(made.folder, ".docker", "config.json"), JSON.stringify(config));
    return {
      ...made,
      find: dockerConfigSource({ env: made.env, home: made.folder, uid: undefined }),
    };
  }
  const entry = { auth: Buffer.from("file:pw").toString("base64") };
  const nothing = 'echo "credentials not found in native keychain"; exit 1';

  test("credHelpers alone answer for their registry", async () => {
    const { find, asked } = source(
      { auths: { "r.example": entry, "s.example": entry }, credHelpers: { "r.example": "test" } },
      nothing,
    );
    expect(await find("r.example", "a")).toBeUndefined();
    expect(plainCredential(await find("s.example", "a"))).toMatchObject({ username: "file" });
    expect(asked()).toBe("get r.example\n");
  });

  test("credsStore is asked for every registry, before the entries of the file", async () => {
    const { find, asked } = source(
      { auths: { "r.example": entry, "s.example": {} }, credsStore: "test" },
      `if [ "$server" = s.example ]; then ${answer("store", "pw")}; else ${nothing}; fi`,
    );
    expect(plainCredential(await find("r.example", "a"))).toMatchObject({ username: "file" });
    expect(plainCredential(await find("s.example", "a"))).toMatchObject({ username: "store" });
    expect(asked()).toBe("get r.example\nget s.example\n");
  });

  test("are asked for Docker Hub by its old address", async () => {
    for (const config of [
      { credsStore: "test" },
      { credHelpers: { "docker.io": "test" } },
      { credHelpers: { "https://index.docker.io/v1/": "test" } },
    ]) {
      const { find, asked } = source(config, answer("hub", "pw"));
      expect(plainCredential(await find("docker.io", "library/a"))).toMatchObject({
        username: "hub",
      });
      expect(asked()).toBe("get https://index.docker.io/v1/\n");
    }
  });

  test("are asked once for each registry", async () => {
    const { find, asked } = source({ credsStore: "test" }, answer("x", "pw"));
    await Promise.all(["a", "b", "c"].map((repository) => find("r.example", repository)));
    await find("r.example", "d");
    expect(asked()).toBe("get r.example\n");
  });

  test("are asked again after they failed", async () => {
    const { find, asked } = source({ credsStore: "test" }, "exit 1");
    await failureOf(find("r.example", "a"));
    await failureOf(find("r.example", "a"));
    expect(asked()).toBe("get r.example\nget r.example\n");
  });
});
