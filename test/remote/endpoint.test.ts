import { describe, expect, test } from "vitest";
import { endpointOf } from "../../src/remote/endpoint.ts";
import { failureOf } from "../failure.ts";

describe("endpointOf", () => {
  test.each([
    ["docker.io", "https://registry-1.docker.io"],
    ["registry.k8s.io", "https://registry.k8s.io"],
    ["registry.example:5000", "https://registry.example:5000"],
    ["10.0.0.1:5000", "https://10.0.0.1:5000"],
    ["localhost:5000", "http://localhost:5000"],
    ["127.0.0.1:5000", "http://127.0.0.1:5000"],
    ["[::1]:5000", "http://[::1]:5000"],
  ])("reaches %s at %s", (registry, origin) => {
    expect(endpointOf(registry).origin).toBe(origin);
  });

  test("speaks https to this machine when certificates were given or when asked to", () => {
    expect(endpointOf("localhost:5000", { tls: true }).protocol).toBe("https:");
    expect(endpointOf("localhost:5000", { plainHttp: false }).protocol).toBe("https:");
  });

  test("speaks http to others only when asked to", () => {
    expect(endpointOf("registry.example", { plainHttp: true }).origin).toBe(
      "http://registry.example",
    );
    expect(endpointOf("localhost", { plainHttp: true, tls: true }).protocol).toBe("http:");
  });

  test.each(["", "a/b", "user@host", "host?x", "host#x", "a b", "host:99999", "\\x", "host/"])(
    "refuses %j",
    async (registry) => {
      expect((await failureOf(() => endpointOf(registry))).code).toBe("INVALID");
    },
  );
});
