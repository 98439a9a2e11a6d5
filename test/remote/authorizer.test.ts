import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { HiatusError } from "../../src/errors.ts";
import { createAuthMemory } from "../../src/remote/auth-memory.ts";
import type { Purpose } from "../../src/remote/authorizer.ts";
import {
  basicCredential,
  identityToken,
  registryToken,
} from "../../src/remote/credentials/secrets.ts";
import type { Credential } from "../../src/remote/credentials.ts";
import type { ClientEvent } from "../../src/remote/events.ts";
import { type AuthorizerOptions, createAuthorizer } from "../../src/remote/token-authorizer.ts";
import { failureOf } from "../failure.ts";
import { fakeClock, fakeNet, json, ownPace } from "./fake-net.ts";
import type { Handler } from "./handler-transport.ts";

const REGISTRY = "registry.example";
const ORIGIN = "https://registry.example";
const AUTH = "https://auth.example";
const USER = basicCredential("hanna", "correct horse", "a test");
const HEADER = `Basic ${Buffer.from("hanna:correct horse").toString("base64")}`;
const REFRESH = identityToken("refresh-0123456789", "a test");

function purpose(scopes = ["repository:a:pull"], repository = "a"): Purpose {
  return { origin: ORIGIN, registry: REGISTRY, repository, scopes };
}

const bearer = (scope?: string) =>
  `Bearer realm="${AUTH}/token",service="s"${scope === undefined ? "" : `,scope="${scope}"`}`;

interface Setup {
  readonly credential?: Credential | undefined;
  /** What `/v2/` answers with in `WWW-Authenticate`; without it, 200. */
  readonly challenge?: string | undefined;
  readonly token?: Handler;
  readonly options?: Partial<AuthorizerOptions>;
}

/** A registry, a token service that numbers its tokens, and an authorizer for them. */
function setUp({ credential, challenge, token, options = {} }: Setup = {}) {
  let count = 0;
  const net = fakeNet({
    [ORIGIN]: () =>
      challenge === undefined
        ? new Response("{}")
        : new Response(null, { status: 401, headers: { "www-authenticate": challenge } }),
    [AUTH]: token ?? (() => json({ token: `token-${++count}`, expires_in: 300 })),
  });
  const clock = fakeClock();
  const events: ClientEvent[] = [];
  const memory = createAuthMemory();
  const authorizer = createAuthorizer({
    registry: REGISTRY,
    credentials: async () => credential,
    transport: net.transport,
    memory,
    onEvent: (event) => events.push(event),
    ...ownPace(clock),
    ...options,
  });
  const warnings = () =>
    events.flatMap((event) => (event.type === "warning" ? [event.message] : []));
  return { net, clock, events, memory, authorizer, warnings };
}

describe("createAuthorizer", () => {
  test("sends nothing and asks nobody while an anonymous user was not refused", async () => {
    const { authorizer, net } = setUp();
    expect(await authorizer.authorize(purpose())).toBeUndefined();
    expect(net.sent).toEqual([]);
  });

  test("gets an anonymous token after the first 401, and from then on at once", async () => {
    const { authorizer, net, memory, warnings } = setUp();
    expect(await authorizer.refused(purpose(), [bearer()], undefined)).toBe(true);
    expect(await authorizer.authorize(purpose())).toBe("Bearer token-1");
    expect(await authorizer.authorize(purpose())).toBe("Bearer token-1");
    expect(net.lines()).toEqual([`GET ${AUTH}/token?service=s&scope=repository:a:pull`]);
    // Another authorizer of this process needs no 401 to know.
    const second = setUp({ options: { memory } });
    expect(await second.authorizer.authorize(purpose())).toBe("Bearer token-1");
    expect(warnings()).toEqual([]);
  });

  test("with a credential asks /v2/ first, once, and nobody is refused", async () => {
    const { authorizer, net } = setUp({ credential: USER, challenge: bearer() });
    const many = [1, 2, 3].map(() => authorizer.authorize(purpose()));
    expect(await Promise.all(many)).toEqual(Array(3).fill("Bearer token-1"));
    expect(net.lines()).toEqual([
      `GET ${ORIGIN}/v2/`,
      `GET ${AUTH}/token?service=s&scope=repository:a:pull`,
    ]);
    expect(net.sent[0]?.headers).not.toHaveProperty("authorization");
    expect(net.sent[1]?.headers.authorization).toBe(HEADER);
  });

  test("sends no credential to a registry that wants none", async () => {
    const { authorizer, net } = setUp({ credential: USER });
    expect(await authorizer.authorize(purpose())).toBeUndefined();
    expect(await authorizer.authorize(purpose())).toBeUndefined();
    expect(net.lines()).toEqual([`GET ${ORIGIN}/v2/`]);
    // Until it wants one after all.
    expect(await authorizer.refused(purpose(), ["basic realm=x"], undefined)).toBe(true);
    expect(await authorizer.authorize(purpose())).toBe(HEADER);
  });

  test.each(["Basic", "BASIC", "basic"])("remembers %s for the origin", async (scheme) => {
    const { authorizer, net, memory } = setUp({
      credential: USER,
      challenge: `${scheme} realm="x"`,
    });
    expect(await authorizer.authorize(purpose())).toBe(HEADER);
    expect(net.sent).toHaveLength(1);
    const second = setUp({ credential: USER, options: { memory } });
    expect(await second.authorizer.authorize(purpose())).toBe(HEADER);
    expect(second.net.sent).toEqual([]);
  });

  test("gives up when Basic was refused", async () => {
    const { authorizer } = setUp({ credential: USER });
    expect(await authorizer.refused(purpose(), ["Basic"], undefined)).toBe(true);
    expect(await authorizer.refused(purpose(), ["Basic"], HEADER)).toBe(false);
    expect(await authorizer.refused(purpose(), [], HEADER)).toBe(false);
  });

  test("gives up when Basic is wanted and nobody has a credential", async () => {
    const { authorizer } = setUp();
    expect(await authorizer.refused(purpose(), ["Basic realm=x"], undefined)).toBe(false);
    expect(await authorizer.authorize(purpose())).toBeUndefined();
  });

  test("says so when Basic is wanted and there is a refresh token", async () => {
    const { authorizer } = setUp({ credential: REFRESH });
    const error = await failureOf(authorizer.refused(purpose(), ["Basic"], undefined));
    expect(error).toMatchObject({ code: "AUTH", detail: { registry: REGISTRY } });
    expect(error.message).toContain("wants a user and a password");
  });

  test("sends a registry token straight, and gives up when it is refused", async () => {
    const { authorizer, net } = setUp({
      credential: registryToken("direct-0123", "a test"),
      challenge: bearer(),
    });
    expect(await authorizer.authorize(purpose())).toBe("Bearer direct-0123");
    expect(await authorizer.refused(purpose(), [bearer()], "Bearer direct-0123")).toBe(false);
    expect(net.sent).toEqual([]);
  });

  test("trades a refresh token", async () => {
    const { authorizer, net } = setUp({ credential: REFRESH, challenge: bearer() });
    expect(await authorizer.authorize(purpose())).toBe("Bearer token-1");
    expect(net.lines().at(-1)).toBe(`POST ${AUTH}/token`);
  });

  test("uses the challenge of /v2/ where a 401 has none", async () => {
    const { authorizer, net } = setUp({ challenge: bearer() });
    expect(await authorizer.refused(purpose(), [], undefined)).toBe(true);
    expect(await authorizer.authorize(purpose())).toBe("Bearer token-1");
    expect(await authorizer.refused(purpose(), ["garbage garbage garbage"], "Bearer token-1")).toBe(
      true,
    );
    expect(await authorizer.authorize(purpose())).toBe("Bearer token-2");
    expect(net.lines().filter((line) => line.endsWith("/v2/"))).toHaveLength(1);
  });

  test("gives up where neither a 401 nor /v2/ has a challenge", async () => {
    const { authorizer, net } = setUp();
    expect(await authorizer.refused(purpose(), ["Negotiate"], undefined)).toBe(false);
    expect(await authorizer.refused(purpose(), [], undefined)).toBe(false);
    expect(net.sent).toHaveLength(1);
  });

  test.each<[string, string[]]>([
    ["in one header", [`Basic realm="x", ${bearer()}`]],
    ["in two headers", ['Basic realm="x"', bearer()]],
    ["whose first realm may not be asked", ['Bearer realm="http://auth.example"', bearer()]],
  ])("takes tokens rather than Basic among challenges %s", async (_, challenges) => {
    const { authorizer } = setUp({ credential: USER });
    expect(await authorizer.refused(purpose(), challenges, undefined)).toBe(true);
    expect(await authorizer.authorize(purpose())).toBe("Bearer token-1");
  });

  test("takes Basic where the token service may not be asked, and says why where there is nothing else", async () => {
    const { authorizer } = setUp({ credential: USER });
    const bad = 'Bearer realm="http://auth.example/token"';
    expect(await authorizer.refused(purpose(), [bad, "Basic"], undefined)).toBe(true);
    expect(await authorizer.authorize(purpose())).toBe(HEADER);
    const error = await failureOf(authorizer.refused(purpose(), [bad], undefined));
    expect(error.message).toContain("plain http, and the registry is not");
  });

  test("goes from Basic to tokens when the registry does", async () => {
    const { authorizer } = setUp({ credential: USER, challenge: "Basic" });
    expect(await authorizer.authorize(purpose())).toBe(HEADER);
    expect(await authorizer.refused(purpose(), [bearer()], HEADER)).toBe(true);
    expect(await authorizer.authorize(purpose())).toBe("Bearer token-1");
  });

  describe("for tokens", () => {
    test("uses one that covers more, and asks for what none covers", async () => {
      const { authorizer, net } = setUp({ challenge: bearer(), credential: USER });
      await authorizer.authorize(purpose(["repository:a:push", "repository:a:pull"]));
      expect(await authorizer.authorize(purpose())).toBe("Bearer token-1");
      expect(await authorizer.authorize(purpose(["repository:a:delete"]))).toBe("Bearer token-2");
      const mount = purpose(["repository:b:pull", "repository:a:pull,push"]);
      expect(await authorizer.authorize(mount)).toBe("Bearer token-3");
      expect(net.lines().at(-1)).toBe(
        `GET ${AUTH}/token?service=s&scope=repository:b:pull&scope=repository:a:pull,push`,
      );
    });

    test("keeps those of different credentials apart, also for one registry", async () => {
      const other = basicCredential("otto", "battery staple", "a test");
      const { authorizer, net } = setUp({
        challenge: bearer(),
        options: { credentials: async (_, repository) => (repository === "a" ? USER : other) },
      });
      const scopes = ["repository:a:pull"];
      expect(await authorizer.authorize(purpose(scopes, "a"))).toBe("Bearer token-1");
      expect(await authorizer.authorize(purpose(scopes, "b"))).toBe("Bearer token-2");
      expect(net.sent.at(-1)?.headers.authorization).not.toBe(HEADER);
    });

    test("shares those of one credential between repositories that it is found for again", async () => {
      const { authorizer, net } = setUp({
        challenge: bearer(),
        options: { credentials: async () => basicCredential("hanna", "correct horse", "a test") },
      });
      await authorizer.authorize(purpose(["x:y:z"], "a"));
      await authorizer.authorize(purpose(["x:y:z"], "b"));
      expect(net.lines().filter((line) => line.startsWith(`GET ${AUTH}`))).toHaveLength(1);
    });

    test("asks again 10 s before the end of one, by its own clock", async () => {
      const { authorizer, clock } = setUp({ challenge: bearer(), credential: USER });
      expect(await authorizer.authorize(purpose())).toBe("Bearer token-1");
      clock.advance(289_999);
      expect(await authorizer.authorize(purpose())).toBe("Bearer token-1");
      clock.advance(1);
      expect(await authorizer.authorize(purpose())).toBe("Bearer token-2");
    });

    test("counts its life from when it was asked for", async () => {
      const clock = fakeClock();
      const { authorizer } = setUp({
        challenge: bearer(),
        credential: USER,
        token: () => {
          clock.advance(30_000);
          return json({ token: `token-${clock.now()}` });
        },
        options: ownPace(clock),
      });
      const first = await authorizer.authorize(purpose());
      clock.advance(19_999);
      expect(await authorizer.authorize(purpose())).toBe(first);
      clock.advance(1);
      expect(await authorizer.authorize(purpose())).not.toBe(first);
    });

    test("asks once for many who want the same at the same time, also after a 401 of all of them", async () => {
      const { authorizer, net } = setUp({ challenge: bearer(), credential: USER });
      const ask = () =>
        Promise.all(Array.from({ length: 20 }, () => authorizer.authorize(purpose())));
      expect(new Set(await ask())).toEqual(new Set(["Bearer token-1"]));
      const retries = Array.from({ length: 20 }, async () => {
        expect(await authorizer.refused(purpose(), [bearer()], "Bearer token-1")).toBe(true);
        return authorizer.authorize(purpose());
      });
      expect(new Set(await Promise.all(retries))).toEqual(new Set(["Bearer token-2"]));
      // A late one, whose token is gone already, costs nothing.
      expect(await authorizer.refused(purpose(), [bearer()], "Bearer token-1")).toBe(true);
      expect(await authorizer.authorize(purpose())).toBe("Bearer token-2");
      expect(net.lines().filter((line) => line.startsWith(`GET ${AUTH}`))).toHaveLength(2);
    });

    test("adds the scopes of the challenge to what it asks for, from then on", async () => {
      const { authorizer, net } = setUp({ challenge: bearer(), credential: USER });
      await authorizer.authorize(purpose());
      const more = `${bearer("repository:b:pull repository:a:pull,push")},error="insufficient_scope"`;
      await authorizer.refused(purpose(), [more], "Bearer token-1");
      await authorizer.authorize(purpose());
      const line = `GET ${AUTH}/token?service=s&scope=repository:b:pull&scope=repository:a:pull,push`;
      expect(net.lines().at(-1)).toBe(line);
      await authorizer.refused(purpose(), [bearer()], "Bearer token-2");
      await authorizer.authorize(purpose());
      expect(net.lines().at(-1)).toBe(line);
      // What another request wants is not changed by that.
      await authorizer.authorize(purpose(["repository:c:pull"], "c"));
      expect(net.lines().at(-1)).toBe(`GET ${AUTH}/token?service=s&scope=repository:c:pull`);
    });

    test("throws what the token service says", async () => {
      const { authorizer } = setUp({
        challenge: bearer(),
        credential: USER,
        token: () => json({}, 401),
      });
      expect(await failureOf(authorizer.authorize(purpose()))).toMatchObject({ code: "AUTH" });
    });

    test("stops waiting with its signal, and the request with the last who waits", async () => {
      let stopped: unknown;
      const { authorizer } = setUp({
        challenge: bearer(),
        credential: USER,
        token: ({ signal }) =>
          new Promise((_, reject) => {
            signal.addEventListener("abort", () => {
              stopped = signal.reason;
              reject(signal.reason);
            });
          }),
      });
      const [one, two] = [new AbortController(), new AbortController()];
      const waiting = [one, two].map(({ signal }) => authorizer.authorize(purpose(), { signal }));
      const ends = waiting.map((promise) => promise.catch((reason) => reason));
      await new Promise((resolve) => setTimeout(resolve, 20));
      one.abort("one");
      expect(await ends[0]).toBe("one");
      expect(stopped).toBeUndefined();
      two.abort("two");
      expect(await ends[1]).toBe("two");
      expect(stopped).toBe("two");
      await expect(
        authorizer.authorize(purpose(), { signal: AbortSignal.abort("late") }),
      ).rejects.toBe("late");
    });
  });

  describe("with a place of credentials that is broken", () => {
    const broken = new HiatusError("CONFIG", "Broken");
    const options = () => {
      let asked = 0;
      const credentials = async () => {
        asked++;
        throw broken;
      };
      return { options: { credentials }, asked: () => asked };
    };

    test("goes on while the registry wants no credential, and looks once", async () => {
      const { options: given, asked } = options();
      const { authorizer } = setUp({ options: given });
      expect(await authorizer.authorize(purpose())).toBeUndefined();
      expect(await authorizer.authorize(purpose())).toBeUndefined();
      expect(asked()).toBe(1);
    });

    test("throws once it does", async () => {
      const { authorizer, memory } = setUp(options());
      await expect(authorizer.refused(purpose(), [bearer()], undefined)).rejects.toBe(broken);
      memory.schemes.set(ORIGIN, { kind: "basic" });
      await expect(authorizer.authorize(purpose())).rejects.toBe(broken);
    });
  });

  test.each<[string, Partial<Purpose>]>([
    ["another registry", { registry: "other.example" }],
    ["another host", { origin: "https://evil.example" }],
    ["another port", { origin: "https://registry.example:8443" }],
    ["a name that begins like it", { origin: "https://registry.example.evil.example" }],
    ["what is no origin", { origin: "registry.example" }],
  ])("has nothing for %s", async (_, other) => {
    const { authorizer, net } = setUp({ credential: registryToken("direct-0123", "a test") });
    expect(await authorizer.authorize({ ...purpose(), ...other })).toBeUndefined();
    expect(await authorizer.refused({ ...purpose(), ...other }, ["Basic"], undefined)).toBe(false);
    expect(net.sent).toEqual([]);
  });

  test("warns when a credential leaves the domain of the registry, once", async () => {
    const { authorizer, warnings } = setUp({ credential: USER, challenge: bearer() });
    await authorizer.authorize(purpose());
    await authorizer.authorize(purpose(["repository:b:pull"]));
    expect(warnings()).toEqual([
      '"registry.example" has its tokens given by "auth.example", so the credential goes there',
    ]);
  });

  test("warns when a credential goes over plain http to another machine", async () => {
    const origin = "http://registry.example";
    const net = fakeNet({
      [origin]: () => new Response(null, { status: 401, headers: { "www-authenticate": "Basic" } }),
    });
    const { authorizer, warnings } = setUp({
      credential: USER,
      options: { transport: net.transport },
    });
    expect(await authorizer.authorize({ ...purpose(), origin })).toBe(HEADER);
    expect(warnings()).toEqual([
      'The credential for "registry.example" goes over plain http, where everybody in between can read it',
    ]);
  });

  test("shows nothing of what it holds", async () => {
    const { authorizer, memory, events } = setUp({ credential: USER, challenge: bearer() });
    await authorizer.authorize(purpose());
    const shown =
      inspect([authorizer, memory, events, USER, REFRESH], { depth: 9 }) +
      JSON.stringify([memory, events, USER, REFRESH]);
    expect(shown).not.toMatch(/horse|token-1|refresh-0|aGFubmE6/);
  });
});

describe("a token that stops working after k requests", () => {
  /** Refuses a token that was used k times, with the challenge or without. */
  function registry(k: number) {
    const used = new Map<string, number>();
    return (header: string | undefined): boolean => {
      if (header === undefined) return false;
      const times = (used.get(header) ?? 0) + 1;
      used.set(header, times);
      return times <= k;
    };
  }

  const REQUESTS = 24;
  test.each(Array.from({ length: REQUESTS + 1 }, (_, index) => index + 1))(
    "converges for k = %i with one token for each 401",
    async (k) => {
      for (const challenge of [[bearer("repository:a:pull")], [bearer()], []]) {
        const { authorizer, net } = setUp({ challenge: bearer(), credential: USER });
        const accepts = registry(k);
        let refusals = 0;
        for (let request = 0; request < REQUESTS; request++) {
          let done = accepts(await authorizer.authorize(purpose()));
          if (!done) {
            refusals++;
            const used = await authorizer.authorize(purpose());
            expect(await authorizer.refused(purpose(), challenge, used)).toBe(true);
            done = accepts(await authorizer.authorize(purpose()));
          }
          expect(done).toBe(true);
        }
        const tokens = net.lines().filter((line) => line.startsWith(`GET ${AUTH}`)).length;
        expect(tokens).toBe(1 + refusals);
        expect(refusals).toBe(Math.ceil(REQUESTS / k) - 1);
      }
    },
  );

  test.each([1, 2, 3, 5, 8])("converges for k = %i when requests overlap", async (k) => {
    const { authorizer, net } = setUp({ challenge: bearer(), credential: USER });
    const accepts = registry(k);
    let refusals = 0;
    const request = async (): Promise<void> => {
      for (;;) {
        const used = await authorizer.authorize(purpose());
        await Promise.resolve();
        if (accepts(used)) return;
        refusals++;
        expect(await authorizer.refused(purpose(), [bearer()], used)).toBe(true);
      }
    };
    await Promise.all(Array.from({ length: 16 }, request));
    const tokens = net.lines().filter((line) => line.startsWith(`GET ${AUTH}`)).length;
    expect(tokens).toBeGreaterThanOrEqual(16 / k);
    expect(tokens).toBeLessThanOrEqual(1 + refusals);
  });
});
