import { describe, expect, test } from "vitest";
import { isLoopback, parseAddress } from "../../src/serve/address.ts";
import { failureOf } from "../failure.ts";

describe("parseAddress", () => {
  test.each([
    ["127.0.0.1:5000", "127.0.0.1", 5000],
    [":5000", "0.0.0.0", 5000],
    ["localhost:0", "localhost", 0],
    ["[::1]:443", "::1", 443],
    ["[::]:65535", "::", 65535],
    ["registry.example:8080", "registry.example", 8080],
  ])("%s", (text, host, port) => {
    expect(parseAddress(text)).toEqual({ host, port });
  });

  test.each([
    "",
    "5000",
    "127.0.0.1",
    "::1:5000",
    "[1.2.3.4]:1",
    "[x]:1",
    "a:65536",
    "a:-1",
    "a b:1",
  ])("%j is refused", async (text) => {
    expect(await failureOf(async () => parseAddress(text))).toMatchObject({ code: "USAGE" });
  });
});

describe("isLoopback", () => {
  test.each([
    ["127.0.0.1", true],
    ["127.8.9.10", true],
    ["::1", true],
    ["localhost", true],
    ["0.0.0.0", false],
    ["::", false],
    ["127.example", false],
    ["10.0.0.1", false],
  ])("%s: %s", (host, expected) => {
    expect(isLoopback(host)).toBe(expected);
  });
});
