import { describe, expect, test } from "vitest";
import { acceptRealm, isSameSite } from "../../src/remote/realm.ts";
import { failureOf } from "../failure.ts";

const accept = (realm: string, origin: string) => acceptRealm(realm, new URL(origin), "r.example");

describe("acceptRealm", () => {
  test.each<[string, string, "user" | "answer"]>([
    ["https://auth.docker.io/token", "https://registry-1.docker.io", "answer"],
    ["https://r.example/token", "https://r.example", "user"],
    ["https://r.example:8443/token", "https://r.example", "user"],
    ["https://auth.example/token", "http://r.example:5000", "answer"],
    ["http://r.example:5001/token", "http://r.example:5000", "user"],
    ["http://127.0.0.1:5001/token", "http://localhost:5000", "user"],
    ["http://localhost:5001/token", "http://127.0.0.2:5000", "user"],
    ["http://[::1]:5001/token", "http://localhost:5000", "user"],
    ["HTTPS://Auth.Example/token", "https://r.example", "answer"],
    ["https://169.254.169.254/token", "https://r.example", "answer"],
  ])("asks %s for %s, as chosen by the %s", (realm, origin, chosenBy) => {
    const accepted = accept(`${realm}?a=b#c`, origin);
    expect(accepted.chosenBy).toBe(chosenBy);
    expect(accepted.url.href).toBe(new URL(`${realm}?a=b`).href);
  });

  test.each<[string, string, string]>([
    ["http://r.example/token", "https://r.example", "plain http, and the registry is not"],
    ["http://127.0.0.1/token", "https://r.example", "plain http, and the registry is not"],
    ["http://localhost/token", "https://localhost:5000", "plain http, and the registry is not"],
    ["http://evil.example/token", "http://r.example:5000", "plain http on another host"],
    ["http://127.0.0.1/token", "http://r.example:5000", "plain http on another host"],
    ["http://evil.example/token", "http://localhost:5000", "plain http on another host"],
    ["http://127.0.0.1.evil.example/token", "http://127.0.0.1:5000", "plain http on another host"],
    ["https://user@auth.example/token", "https://r.example", "names a user"],
    ["https://r.example:secret@evil.example/", "https://r.example", "names a user"],
    ["ftp://auth.example/token", "https://r.example", "neither https nor http"],
    ["file:///etc/passwd", "https://r.example", "neither https nor http"],
    ["javascript:alert(1)", "https://r.example", "neither https nor http"],
    ["/token", "https://r.example", "no URL"],
    ["//auth.example/token", "https://r.example", "no URL"],
    ["https:\\\\auth.example", "https://r.example", "no URL"],
    ["https://auth.example/a b", "https://r.example", "no URL"],
    ["https://auth.example/\u00e9", "https://r.example", "no URL"],
    ["https://auth.example:99999/", "https://r.example", "no URL"],
    ["", "https://r.example", "no URL"],
    ["token", "https://r.example", "no URL"],
  ])("refuses %s for %s", async (realm, origin, why) => {
    const error = await failureOf(() => accept(realm, origin));
    expect(error.code).toBe("REGISTRY");
    expect(error.message).toContain('"r.example" sends its users for tokens to ');
    expect(error.message).toContain(why);
    expect(error.message).not.toContain("secret");
  });
});

describe("isSameSite", () => {
  test.each<[string, string, boolean]>([
    ["https://registry-1.docker.io", "https://auth.docker.io", true],
    ["https://gitlab.com", "https://registry.gitlab.com", true],
    ["https://r.example.", "https://auth.r.example", true],
    ["http://localhost:1", "http://127.0.0.1:2", true],
    ["https://10.0.0.1", "https://10.0.0.1:5000", true],
    ["https://10.0.0.1", "https://9.0.0.1", false],
    ["https://registry", "https://auth", false],
    ["https://docker.io", "https://docker.io.evil.example", false],
    ["https://notdocker.io", "https://docker.io", false],
  ])("%s and %s: %s", (a, b, expected) => {
    expect(isSameSite(new URL(a), new URL(b))).toBe(expected);
  });
});
