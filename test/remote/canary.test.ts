/**
 * Who gets to see credentials: every case is a registry, or what it points to, that tries to have them sent astray or printed.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isHiatusError } from "../../src/errors.ts";
import { OTHERS } from "./canary-answers.ts";
import { type Case, mint, realm } from "./canary-case.ts";
import { REALMS, SCHEMES } from "./canary-realms.ts";
import { REDIRECTS } from "./canary-redirects.ts";
import { UPLOADS } from "./canary-uploads.ts";
import {
  everythingShown,
  knowers,
  openCanary,
  openWorld,
  type Route,
  SECRETS,
  secretsIn,
} from "./canary-world.ts";
import { makePki, type Pki } from "./pki.ts";

const LET_IN = ["Basic ", `Bearer ${SECRETS.token}`, `Bearer ${SECRETS.direct}`];

/** Lets nobody in without credentials, but to its token service. */
function guarded({ challenge, routes }: Case): Route {
  return (got, world) => {
    const wanted =
      typeof challenge === "function"
        ? challenge(world, got)
        : (challenge ?? realm(`${world.at.auth}/token`));
    const isIn = wanted === "" || LET_IN.some((start) => got.authorization?.startsWith(start));
    if (isIn || got.path.startsWith("/token")) return routes?.registry?.(got, world);
    return { status: 401, headers: { "www-authenticate": wanted } };
  };
}

let pki: Pki;
beforeAll(() => {
  pki = makePki();
});
afterAll(() => pki.remove());

describe("credentials stay where they belong", () => {
  const cases = [...SCHEMES, ...REALMS, ...REDIRECTS, ...UPLOADS, ...OTHERS];

  test.each(cases)("$name", async (row) => {
    const { login = "password", knows, asks = [], spares = [], fails } = row;
    const world = await openWorld({
      routes: { auth: (got) => mint(got), ...row.routes, registry: guarded(row) },
      pki,
    });
    const { repository, events, authorizer } = openCanary(world, login, pki);
    const { error, text } = await everythingShown(
      () => row.act(repository, world),
      [events, authorizer, repository],
    );
    if (fails === undefined) expect(error).toBeUndefined();
    else {
      expect(isHiatusError(error)).toBe(true);
      expect((error as Error).message).toMatch(fails);
    }
    expect(secretsIn(text)).toEqual([]);
    expect(knowers(world)).toEqual(knows);
    for (const place of asks) expect(world.got[place].length).toBeGreaterThan(0);
    for (const place of spares) expect(world.got[place]).toEqual([]);
  });

  test("are told by the look at who knows what, however they are written", () => {
    for (const [name, secret] of Object.entries(SECRETS)) {
      const writings = [
        secret,
        encodeURIComponent(secret),
        new URLSearchParams({ a: secret }).toString(),
        Buffer.from(`x:${secret}`).toString("base64"),
        Buffer.from(secret).toString("base64url"),
        encodeURIComponent(Buffer.from(`ab:${secret}`).toString("base64")),
        Buffer.from(secret).toString("latin1"),
      ];
      for (const writing of writings) expect(secretsIn(`> ${writing} <`)).toEqual([name]);
    }
    expect(secretsIn("nothing of that kind")).toEqual([]);
  });
});
