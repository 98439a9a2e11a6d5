import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { createAuthMemory } from "../../src/remote/auth-memory.ts";
import { basicCredential, identityToken } from "../../src/remote/credentials/secrets.ts";
import { patient } from "../../src/remote/patient.ts";
import { acceptRealm } from "../../src/remote/realm.ts";
import { requestToken, type TokenCredential } from "../../src/remote/token.ts";
import { failureOf } from "../failure.ts";
import { type FakeNet, fakeNet, json, ownPace } from "./fake-net.ts";
import type { Handler } from "./handler-transport.ts";

const SCOPES = ["repository:base:pull", "repository:team/pause:pull,push"];
const USER = basicCredential("hanna", "correct horse", "a test") as TokenCredential;
const REFRESH = identityToken("refresh-0123456789", "a test") as TokenCredential;

interface Asked {
  readonly realm?: string;
  readonly service?: string | undefined;
  readonly scopes?: readonly string[];
  readonly credential?: TokenCredential | undefined;
  readonly memory?: ReturnType<typeof createAuthMemory>;
}

function ask(net: FakeNet, asked: Asked = {}) {
  const { realm = "https://auth.example/token", scopes = SCOPES, credential } = asked;
  const send = patient(net.transport, { registry: "registry.example", ...ownPace() });
  const question = {
    registry: "registry.example",
    realm: acceptRealm(realm, new URL("https://registry.example"), "registry.example"),
    service: "service" in asked ? asked.service : "registry.example",
    scopes,
    credential,
  };
  return requestToken(question, send, { memory: asked.memory ?? createAuthMemory() });
}

function service(handler: Handler): FakeNet {
  return fakeNet({ "https://auth.example": handler });
}

/** Answers by method. */
function byMethod(answers: Readonly<Record<string, () => Response>>): Handler {
  return ({ method }) => answers[method]?.() ?? new Response(null, { status: 500 });
}

const good = () => json({ token: "a-token" });
const status =
  (code: number, body: unknown = {}) =>
  () =>
    json(body, code);

describe("requestToken", () => {
  test("asks anonymously by GET, with one scope for each resource and the most wanted last", async () => {
    const net = service(good);
    expect(await ask(net)).toEqual({ value: "a-token", lifetime: 60_000 });
    expect(net.lines()).toEqual([
      "GET https://auth.example/token?service=registry.example&scope=repository:base:pull&scope=repository:team/pause:pull,push",
    ]);
    expect(net.sent[0]).toMatchObject({ chosenBy: "answer" });
    expect(net.sent[0]?.headers).not.toHaveProperty("authorization");
  });

  test("keeps the query of the realm as it is, and adds to it", async () => {
    const net = service(good);
    await ask(net, { realm: "https://auth.example/token?a=%2F+b&c", scopes: ["x:y:z"] });
    expect(net.sent[0]?.url.search).toBe("?a=%2F+b&c&service=registry.example&scope=x%3Ay%3Az");
  });

  test("leaves out what there is not", async () => {
    const net = service(good);
    await ask(net, { service: undefined, scopes: [] });
    expect(net.lines()).toEqual(["GET https://auth.example/token"]);
  });

  test("sends a user and a password by GET with Basic, as UTF-8, and asks for no offline token", async () => {
    const net = service(good);
    const credential = basicCredential("hänna", "pass:wörd", "a test") as TokenCredential;
    await ask(net, { credential });
    const { authorization = "" } = net.sent[0]?.headers ?? {};
    expect(Buffer.from(authorization.replace("Basic ", ""), "base64").toString()).toBe(
      "hänna:pass:wörd",
    );
    expect(net.sent).toHaveLength(1);
    expect(net.lines()[0]).not.toContain("offline");
  });

  test("sends a refresh token by POST, in the body and nowhere else", async () => {
    const net = service(() => json({ access_token: "a-token", expires_in: 300 }));
    expect(await ask(net, { credential: REFRESH })).toEqual({
      value: "a-token",
      lifetime: 300_000,
    });
    const [sent] = net.sent;
    expect(net.lines()).toEqual(["POST https://auth.example/token"]);
    expect(sent?.headers["content-type"]).toBe("application/x-www-form-urlencoded");
    expect(Object.fromEntries(new URLSearchParams(sent?.body))).toEqual({
      grant_type: "refresh_token",
      refresh_token: "refresh-0123456789",
      service: "registry.example",
      scope: SCOPES.join(" "),
      client_id: "hiatus",
    });
    expect(sent?.headers).not.toHaveProperty("authorization");
  });

  test.each([400, 401, 404, 405])(
    "falls back to GET where POST answers %i, and remembers",
    async (code) => {
      const net = service(byMethod({ POST: status(code), GET: good }));
      const memory = createAuthMemory();
      await ask(net, { credential: REFRESH, memory });
      await ask(net, { credential: REFRESH, memory });
      expect(net.sent.map(({ method }) => method)).toEqual(["POST", "GET", "GET"]);
      const { authorization = "" } = net.sent[1]?.headers ?? {};
      expect(Buffer.from(authorization.replace("Basic ", ""), "base64").toString()).toBe(
        "<token>:refresh-0123456789",
      );
    },
  );

  test.each([404, 405])("falls back to POST where GET answers %i to a password", async (code) => {
    const net = service(byMethod({ GET: status(code), POST: good }));
    await ask(net, { credential: USER });
    expect(net.sent.map(({ method }) => method)).toEqual(["GET", "POST"]);
    expect(new URLSearchParams(net.sent[1]?.body).get("grant_type")).toBe("password");
  });

  test.each([400, 401, 403, 429])(
    "sends a password that was answered with %i no second way",
    async (code) => {
      const net = service(status(code, {}));
      await failureOf(ask(net, { credential: USER }));
      expect(new Set(net.sent.map(({ method }) => method))).toEqual(new Set(["GET"]));
      expect(net.sent.length).toBe(code === 429 ? 5 : 1);
    },
  );

  test.each<[string, unknown, number]>([
    ["nothing", undefined, 60],
    ["less than a minute", 5, 60],
    ["a minute and more", 61.5, 61.5],
    ["a string", "3600", 3600],
    ["a negative number", -1, 60],
    ["null", null, 60],
    ["words", "soon", 60],
    ["an object", {}, 60],
  ])(
    "takes %s for the lifetime, never less than 60 s, whatever issued_at says",
    async (_, expires, seconds) => {
      const net = service(() =>
        json({ token: "a-token", expires_in: expires, issued_at: "1970-01-01T00:00:00Z" }),
      );
      expect((await ask(net)).lifetime).toBe(seconds * 1000);
    },
  );

  test.each<[string, () => Response]>([
    ["an empty token", () => json({ token: "", access_token: "" })],
    ["no token", () => json({ hello: "world" })],
    ["a token that is no string", () => json({ token: 1 })],
    ["a token with a line end", () => json({ token: "secret-a\r\nX: y" })],
    ["a token with a space", () => json({ token: "secret-a b" })],
    ["two tokens under one key", () => new Response('{"token":"secret-a","token":"secret-b"}')],
    ["a list", () => json(["secret-a"])],
    [
      "HTML",
      () => new Response("<html>secret-a</html>", { headers: { "content-type": "text/html" } }),
    ],
    ["half of JSON", () => new Response('{"token":"secret-a')],
    ["nothing", () => new Response(null, { status: 204 })],
  ])("refuses %s, and repeats nothing of it", async (_, answer) => {
    const error = await failureOf(ask(service(answer)));
    expect(error.code).toBe("REGISTRY");
    expect(error.message).toMatch(
      /^The token service of "registry.example", GET https:\/\/auth\.example\/token\?…, answered with 20[04] and /,
    );
    expect(inspect(error, { depth: 9 })).not.toContain("secret-a");
  });

  test.each<[string, () => Response]>([
    ["announced", () => new Response("{}", { headers: { "content-length": "65537" } })],
    [
      "endless",
      () =>
        new Response(
          new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(1000).fill(32)) }),
        ),
    ],
  ])("refuses more than 64 KiB, %s", async (_, answer) => {
    const error = await failureOf(ask(service(answer)));
    expect(error).toMatchObject({ code: "REGISTRY", detail: { limit: 65536 } });
  });

  test.each([301, 302, 303, 307, 308])("follows no redirect (%i)", async (code) => {
    const net = service(
      () => new Response(null, { status: code, headers: { location: "https://evil.example/" } }),
    );
    const error = await failureOf(ask(net, { credential: USER }));
    expect(error.message).toContain(`answered with ${code}, a redirect, which is not followed`);
    expect(net.sent).toHaveLength(1);
  });

  test("tells an anonymous user how to log in", async () => {
    const error = await failureOf(ask(service(status(401))));
    expect(error).toMatchObject({
      code: "AUTH",
      detail: { status: 401, registry: "registry.example", scopes: SCOPES },
      hint: 'Log in to "registry.example" with docker login or podman login, or set HIATUS_REGISTRY_EXAMPLE_USERNAME and HIATUS_REGISTRY_EXAMPLE_PASSWORD',
    });
  });

  test("repeats what the service says, but nothing that was sent to it", async () => {
    const encoded = Buffer.from("hanna:correct horse").toString("base64");
    const said = `no user with correct horse, correct%20horse, correct+horse, ${encoded}\u001b[31m`;
    const body = { errors: [{ code: "UNAUTHORIZED", message: said }] };
    const error = await failureOf(ask(service(status(401, body)), { credential: USER }));
    expect(error.message).toBe(
      'The token service of "registry.example", GET https://auth.example/token?…, answered with 401: UNAUTHORIZED: no user with ***, ***, ***, ***',
    );
    expect(error.detail).toMatchObject({ codes: ["UNAUTHORIZED"] });
    expect(error.hint).toBe(
      'Log in to "registry.example" again with a credential that is right, or see whether it may have repository:base:pull repository:team/pause:pull,push',
    );
  });

  test("throws the refusal of the credential rather than that of the method", async () => {
    const first = service(byMethod({ POST: status(401), GET: status(404) }));
    expect(await failureOf(ask(first, { credential: REFRESH }))).toMatchObject({ code: "AUTH" });
    const second = service(byMethod({ POST: status(404), GET: status(401) }));
    expect(await failureOf(ask(second, { credential: REFRESH }))).toMatchObject({ code: "AUTH" });
  });

  test("tries again after 503, as often as other requests", async () => {
    let left = 2;
    const net = service(() => (left-- > 0 ? new Response(null, { status: 503 }) : good()));
    expect((await ask(net)).value).toBe("a-token");
    expect(net.sent).toHaveLength(3);
  });

  describe("with delete in the scope", () => {
    const scopes = ["repository:team/pause:delete,pull"];
    const quay =
      (refusal: () => Response): Handler =>
      ({ url }) =>
        url.includes("delete") ? refusal() : good();

    test.each<[string, () => Response]>([
      ["200 without a token", () => json({})],
      ["400", status(400)],
      ["401", status(401)],
      ["403", status(403)],
    ])("asks again without it after %s, and remembers", async (_, refusal) => {
      const net = service(quay(refusal));
      const memory = createAuthMemory();
      await ask(net, { scopes, memory });
      await ask(net, { scopes, memory });
      expect(net.sent.map(({ url }) => url.searchParams.get("scope"))).toEqual([
        "repository:team/pause:delete,pull",
        "repository:team/pause:pull",
        "repository:team/pause:pull",
      ]);
    });

    test("asks once where it works", async () => {
      const net = service(good);
      await ask(net, { scopes });
      expect(net.sent).toHaveLength(1);
    });

    test("throws the first refusal when there is no token either way", async () => {
      const net = service(({ url }) =>
        json({ message: url.includes("delete") ? "one" : "two" }, 403),
      );
      expect((await failureOf(ask(net, { scopes }))).message).toContain("403: one");
    });

    test("does not ask again after 500", async () => {
      const net = service(({ url }) => (url.includes("delete") ? json({}, 501) : good()));
      expect(await failureOf(ask(net, { scopes }))).toMatchObject({ detail: { status: 501 } });
      expect(net.sent).toHaveLength(1);
    });
  });
});
