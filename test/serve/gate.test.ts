import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hashSync } from "bcryptjs";
import { describe, expect, test, vi } from "vitest";
import { createRegistry } from "../../src/serve/fetch.ts";
import type { Authenticate } from "../../src/serve/gate.ts";
import { htpasswd, parsePasswords } from "../../src/serve/htpasswd.ts";
import { createMemoryRepositories } from "../../src/serve/memory.ts";
import type { RequestRecord } from "../../src/serve/record.ts";
import { blob } from "../contract/sample.ts";
import { failureOf } from "../failure.ts";
import { scratch } from "../folder.ts";
import { asks, codesIn } from "./ask.ts";

const basic = (text: string) => ({
  authorization: `Basic ${Buffer.from(text).toString("base64")}`,
});
const authenticate: Authenticate = async (name, password) => name === "ada" && password === "s:e";
const ADA = basic("ada:s:e");
const CHALLENGE = 'Basic realm="hiatus", charset="UTF-8"';

const PULLS = [
  ["GET", "/v2/"],
  ["GET", "/v2/_catalog"],
  ["GET", "/v2/pause/tags/list"],
  ["HEAD", "/v2/pause/manifests/1.0"],
  ["GET", `/v2/pause/blobs/${blob("x").descriptor.digest}`],
  ["GET", `/v2/pause/referrers/${blob("x").descriptor.digest}`],
  ["GET", "/"],
  ["GET", "/metrics"],
] as const;
const PUSHES = [
  ["POST", "/v2/pause/blobs/uploads/"],
  ["PATCH", "/v2/pause/blobs/uploads/x"],
  ["PUT", "/v2/pause/manifests/1.0"],
  ["DELETE", "/v2/pause/manifests/1.0"],
  ["BREW", "/v2/"],
] as const;

describe("createRegistry with passwords", () => {
  const registry = (anonymousPull: boolean, onRequest?: (record: RequestRecord) => void) =>
    asks(
      createRegistry(createMemoryRepositories(), {
        authenticate,
        anonymousPull,
        onRequest,
        page: () => new Response("page"),
        metrics: () => new Response("counts"),
      }),
    );

  test.each([...PULLS, ...PUSHES])("%s %s asks for a name and a password", async (method, path) => {
    const ask = registry(false);
    for (const headers of [
      {},
      basic(":"),
      basic("ada:wrong"),
      basic("eve:s:e"),
      basic("nocolon"),
      { authorization: "Bearer s:e" },
      { authorization: "Basic !!!" },
      { authorization: ADA.authorization.slice(6) },
    ]) {
      const answer = await ask(method, path, { headers });
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toBe(CHALLENGE);
      if (method !== "HEAD") expect(await codesIn(answer)).toEqual(["UNAUTHORIZED"]);
    }
    const lower = { authorization: ADA.authorization.replace("Basic", "bAsIc") };
    for (const headers of [ADA, lower]) {
      expect((await ask(method, path, { headers })).status).not.toBe(401);
    }
  });

  test.each(PULLS)("%s %s is for everybody with anonymousPull", async (method, path) => {
    const ask = registry(true);
    expect((await ask(method, path)).status).not.toBe(401);
    expect((await ask(method, path, { headers: basic(":") })).status).not.toBe(401);
    // Whoever gives a password means it.
    expect((await ask(method, path, { headers: basic("ada:wrong") })).status).toBe(401);
  });

  test.each(PUSHES)("%s %s is not, even with anonymousPull", async (method, path) => {
    const ask = registry(true);
    expect((await ask(method, path)).status).toBe(401);
    expect((await ask(method, path, { headers: ADA })).status).not.toBe(401);
  });

  test("records who it was, and nothing of the password", async () => {
    const records: RequestRecord[] = [];
    const ask = registry(false, (record) => records.push(record));
    await ask("GET", "/v2/", { headers: ADA });
    await ask("GET", "/v2/", { headers: basic("ada:wrong") });
    expect(records.map(({ user, status, error }) => ({ user, status, error }))).toEqual([
      { user: "ada", status: 200, error: undefined },
      { user: undefined, status: 401, error: "UNAUTHORIZED" },
    ]);
    expect(JSON.stringify(records)).not.toMatch(/s:e|wrong|Basic/);
  });

  test("says to come again when too many passwords are being checked", async () => {
    const ask = asks(
      createRegistry(createMemoryRepositories(), { authenticate: async () => "busy" }),
    );
    const answer = await ask("GET", "/v2/", { headers: ADA });
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([429, "1"]);
    expect(await codesIn(answer)).toEqual(["TOOMANYREQUESTS"]);
  });
});

describe("parsePasswords", () => {
  const hash = hashSync("secret", 4);

  test("reads names and bcrypt passwords of every kind, and skips comments", () => {
    const kinds = ["2a", "2b", "2y"].map((kind) => hash.replace("2b", kind));
    const text = `# people\r\nada:${kinds[0]}\r\n\neve: ${kinds[1]} \nbob:${kinds[2]}`;
    expect([...parsePasswords(text, "x")]).toEqual([
      ["ada", kinds[0]],
      ["eve", kinds[1]],
      ["bob", kinds[2]],
    ]);
  });

  test.each([
    ["a password as it is", "ada:secret"],
    ["SHA-1", "ada:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="],
    ["MD5", "ada:$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/"],
    ["no name", `:${hash}`],
    ["no colon", "ada"],
    ["a cost that takes minutes", `ada:${hash.replace("$04$", "$20$")}`],
    ["a hash that is cut short", `ada:${hash.slice(0, -1)}`],
  ])("refuses %s, by the number of its line and without what is in it", async (_, line) => {
    const text = `# one\n${line}\n`;
    const error = await failureOf(async () => parsePasswords(text, '"users"'));
    expect(error.code).toBe("CONFIG");
    expect(error.message).toBe('Line 2 of "users" is not a name and a bcrypt password');
    expect(error.hint).toContain("htpasswd -B");
    expect(JSON.stringify(error.detail) + error.message).not.toContain("secret");
  });
});

describe("htpasswd", () => {
  const file = (text: string) => {
    const path = join(scratch(), "users");
    writeFileSync(path, text);
    return path;
  };
  const ada = `ada:${hashSync("secret", 4)}\n`;

  test("takes what is right, twice, and nothing else", async () => {
    const check = await htpasswd(file(ada));
    expect(await check("ada", "secret")).toBe(true);
    expect(await check("ada", "secret")).toBe(true);
    for (const [name, password] of [
      ["ada", "Secret"],
      ["ada", ""],
      ["eve", "secret"],
      ["", ""],
      ["__proto__", "secret"],
    ] as const) {
      expect(await check(name, password)).toBe(false);
    }
    expect(await check("ada", "secret")).toBe(true);
  });

  test("nobody is let in by a file that names nobody", async () => {
    const check = await htpasswd(file("# nobody\n"));
    expect(await check("ada", "")).toBe(false);
  });

  test("checks no more than sixteen passwords at once", async () => {
    const check = await htpasswd(file(ada));
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) => check("ada", `wrong ${i}`)),
    );
    expect(results.filter((result) => result === "busy")).toHaveLength(4);
    expect(await check("ada", "secret")).toBe(true);
  });

  test("sees a changed file, and keeps the passwords from before when it cannot be used", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      const path = file(ada);
      const errors: unknown[] = [];
      const check = await htpasswd(path, (error) => errors.push(error));
      expect(await check("ada", "secret")).toBe(true);
      appendFileSync(path, `eve:${hashSync("other", 4)}\n`);
      vi.advanceTimersByTime(1001);
      expect(await check("eve", "other")).toBe(true);
      appendFileSync(path, "broken\n");
      vi.advanceTimersByTime(1001);
      expect(await check("eve", "other")).toBe(true);
      expect(errors).toMatchObject([{ code: "CONFIG" }]);
      writeFileSync(path, `ada:${hashSync("changed", 4)}\n`);
      vi.advanceTimersByTime(1001);
      expect(await check("ada", "secret")).toBe(false);
      expect(await check("ada", "changed")).toBe(true);
      expect(await check("eve", "other")).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });

  test("says which file cannot be read", async () => {
    const error = await failureOf(htpasswd("/does/not/exist"));
    expect(error).toMatchObject({ code: "CONFIG" });
    expect(error.message).toContain('"/does/not/exist": ENOENT');
  });
});
