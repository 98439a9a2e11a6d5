import { describe, expect, test } from "vitest";
import { digestOf } from "../../src/oci/digest.ts";
import { resolveLocation, withDigest } from "../../src/remote/location.ts";
import { failureOf } from "../failure.ts";

const request = new URL("https://registry.example/v2/team/pause/blobs/uploads/");
const plain = new URL("http://127.0.0.1:5000/v2/team/pause/blobs/uploads/");
const digest = digestOf(new Uint8Array());
const query = `digest=${encodeURIComponent(digest)}`;

describe("resolveLocation", () => {
  test.each([
    ["https://registry.example/v2/x/1", "https://registry.example/v2/x/1"],
    ["https://registry.example:443/v2/x/1", "https://registry.example/v2/x/1"],
    ["HTTPS://Registry.Example/v2/x/1", "https://registry.example/v2/x/1"],
    ["/v2/x/1?_state=a%2Bb", "https://registry.example/v2/x/1?_state=a%2Bb"],
    ["1", "https://registry.example/v2/team/pause/blobs/uploads/1"],
    ["./1?x", "https://registry.example/v2/team/pause/blobs/uploads/1?x"],
    ["../1", "https://registry.example/v2/team/pause/blobs/1"],
    ["?_state=x", "https://registry.example/v2/team/pause/blobs/uploads/?_state=x"],
    ["//storage.example/a?b", "https://storage.example/a?b"],
    ["https://storage.example:8443/a#b", "https://storage.example:8443/a"],
    ["  /v2/x/1  ", "https://registry.example/v2/x/1"],
  ])("reads %j", (location, expected) => {
    expect(resolveLocation(location, request).href).toBe(expected);
  });

  test("follows plain http to plain http and to https", () => {
    expect(resolveLocation("http://127.0.0.1:5001/a", plain).href).toBe("http://127.0.0.1:5001/a");
    expect(resolveLocation("https://storage.example/a", plain).href).toBe(
      "https://storage.example/a",
    );
  });

  test.each([
    undefined,
    "",
    "   ",
    "http://registry.example/v2/x/1",
    "http://storage.example/",
    "http://169.254.169.254/latest/meta-data",
    "https://user:secret@registry.example/",
    "https://user@registry.example/",
    "https://:secret@registry.example/",
    "//user:secret@registry.example/",
    "https://registry.example@evil.example/",
    "ftp://registry.example/",
    "ftps://registry.example/",
    "file:///etc/passwd",
    "file:/etc/passwd",
    "data:text/plain,hello",
    "javascript:alert(1)",
    "blob:https://registry.example/1",
    "ws://registry.example/",
    "wss://registry.example/",
    "gopher://registry.example/",
    "mailto:someone@registry.example",
    "unix:///run/registry.sock",
    "https:evil.example/",
    "https:/evil.example/",
    "https:\\\\evil.example/",
    "\\\\evil.example\\a",
    "/\\evil.example/a",
    "https://",
    "https://[::1",
    "https://host:99999/",
    "https://host:port/",
    "https://ho st/",
    "https://ho\tst/",
    "/v2/\r\nX-Evil: 1",
    "/v2/\0",
    "/v2/\u00fc",
    "https://\u0435vil.example/",
    "/v2/<script>\u202e",
    `/${"a".repeat(8192)}`,
  ])("refuses %j", async (location) => {
    const error = await failureOf(() => resolveLocation(location, request));
    expect(error).toMatchObject({ code: "REGISTRY" });
    expect(error.hint).toBeTruthy();
    expect(error.message).toContain("registry.example");
    // Printable, short, and with nothing of a user or a query in it.
    expect(error.message).toMatch(/^[ -~\ufffd]{1,400}$/);
    expect(error.message).not.toContain("secret");
  });

  test("a refusal does not repeat what may be a signature", async () => {
    const error = await failureOf(() => resolveLocation("http://a.example/?sig=secret", request));
    expect(`${error.message} ${JSON.stringify(error.detail)}`).not.toContain("secret");
  });
});

describe("withDigest", () => {
  test.each([
    ["https://r.example/u/1", `https://r.example/u/1?${query}`],
    ["https://r.example/u/1?", `https://r.example/u/1?${query}`],
    ["https://r.example/u/1?a=b", `https://r.example/u/1?a=b&${query}`],
    ["https://r.example/u/1?a=b&", `https://r.example/u/1?a=b&${query}`],
    ["https://r.example/u/1?a=%2B+%20c&d", `https://r.example/u/1?a=%2B+%20c&d&${query}`],
    [`https://r.example/u/1?${query}`, `https://r.example/u/1?${query}`],
  ])("adds the digest to %s and writes nothing else anew", (location, expected) => {
    expect(withDigest(new URL(location), digest).href).toBe(expected);
  });

  test("refuses a location for other content", async () => {
    const other = new URL(`https://r.example/u/1?digest=sha256:${"0".repeat(64)}`);
    expect(await failureOf(() => withDigest(other, digest))).toMatchObject({ code: "REGISTRY" });
  });
});
