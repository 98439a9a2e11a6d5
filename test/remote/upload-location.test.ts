import { describe, expect, test } from "vitest";
import type { Authorizer } from "../../src/remote/authorizer.ts";
import { blob } from "../contract/sample.ts";
import { failureOf, streamOf } from "../failure.ts";
import { openFake } from "./fake-registry/open.ts";
import { answer, createFakeRegistry } from "./fake-registry/registry.ts";
import { MIB, varied } from "./fake-registry/uploads.ts";

const small = blob("small");
const large = varied(5 * MIB);

/** Where an upload must not lead. Credentials must not go there, and most of it must not be asked at all. */
const HOSTILE: readonly (readonly [string, "refused" | "without credentials"])[] = [
  ["http://registry.example/u", "refused"],
  ["http://evil.example/u", "refused"],
  ["http://169.254.169.254/latest/meta-data", "refused"],
  ["https://user:secret@registry.example/u", "refused"],
  ["https://user:secret@evil.example/u", "refused"],
  ["https://registry.example@evil.example/u", "refused"],
  ["//user@evil.example/u", "refused"],
  ["ftp://registry.example/u", "refused"],
  ["file:///etc/passwd", "refused"],
  ["file://registry.example/etc/passwd", "refused"],
  ["data:,x", "refused"],
  ["javascript:alert(1)", "refused"],
  ["blob:https://registry.example/x", "refused"],
  ["wss://registry.example/u", "refused"],
  ["gopher://registry.example/u", "refused"],
  ["ldap://registry.example/u", "refused"],
  ["https:evil.example/u", "refused"],
  ["https:/evil.example/u", "refused"],
  ["https:\\\\evil.example\\u", "refused"],
  ["\\\\evil.example\\u", "refused"],
  ["/\\evil.example/u", "refused"],
  ["https://", "refused"],
  ["https://[::1/u", "refused"],
  ["https://evil.example:99999/u", "refused"],
  ["https://ev il.example/u", "refused"],
  ["", "refused"],
  [`/${"a".repeat(9000)}`, "refused"],
  [`/u?digest=sha256:${"0".repeat(64)}`, "refused"],
  ["https://evil.example/u", "without credentials"],
  ["//evil.example/u", "without credentials"],
  ["https://evil.example:443/u", "without credentials"],
  ["https://registry.example:8443/u", "without credentials"],
  ["https://registry.example.evil.example/u", "without credentials"],
  ["https://registry.example./u", "without credentials"],
  ["https://xn--rgistry-bya.example/u", "without credentials"],
  ["https://169.254.169.254/latest/meta-data", "without credentials"],
  ["https://[fd00::1]/u", "without credentials"],
  ["https://0x7f000001/u", "without credentials"],
  ["https://2130706433/u", "without credentials"],
  ["https://evil.example/u?x=https://registry.example/", "without credentials"],
  ["https://evil.example/u#@registry.example/", "without credentials"],
  ["https://evil.example/v2/team/pause/blobs/uploads/1", "without credentials"],
];

describe("push to where a Location leads", () => {
  const authorizer: Authorizer = {
    authorize: async () => "Bearer canary",
    refused: async () => true,
  };

  test.each(HOSTILE)("%s: %s", async (location, expected) => {
    const elsewhere: (string | null)[] = [];
    const chosen: string[] = [];
    const { handler } = createFakeRegistry({
      around: (request) => {
        const { host, protocol } = new URL(request.url);
        if (host !== "registry.example" || protocol !== "https:") {
          elsewhere.push(request.headers.get("authorization"));
          chosen.push(host);
          return answer(401, { "www-authenticate": 'Basic realm="x"' });
        }
        if (request.method === "POST") return answer(202, { location });
        return answer(500);
      },
    });
    const repository = openFake(handler, { authorizer, attempts: 2 });
    for (const { descriptor, bytes } of [small, large]) {
      const error = await failureOf(repository.push(descriptor, streamOf(bytes)));
      expect(["REGISTRY", "AUTH"]).toContain(error.code);
      expect(`${error.message}${JSON.stringify(error.detail)}`).not.toMatch(/secret|canary/);
      expect(error.hint).toBeTruthy();
    }
    if (expected === "refused") expect(chosen).toEqual([]);
    else expect(chosen.length).toBeGreaterThan(0);
    for (const header of elsewhere) expect(header).toBeNull();
  });
});
