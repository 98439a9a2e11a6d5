import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  basicCredential,
  identityToken,
  registryToken,
  rememberSecret,
  withoutSecrets,
} from "../../src/remote/credentials/secrets.ts";
import { failureOf } from "../failure.ts";
import { holds } from "../property.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("credentials", () => {
  const made = [
    basicCredential("hanna", "hunter2-one", "a test"),
    identityToken("hunter2-two", "a test"),
    registryToken("hunter2-three", "a test"),
  ];

  test.each(made)("show nothing secret: $kind", (credential) => {
    const shown = [
      inspect(credential, { depth: 9 }),
      inspect({ ...credential }),
      JSON.stringify({ credential }),
      String(credential),
      inspect(structuredClone(credential)),
      inspect(new Error("x", { cause: credential })),
    ].join();
    expect(shown).not.toContain("hunter2");
    expect(shown).toContain(credential.kind);
  });

  test("give what is secret to whoever asks for it", () => {
    const [basic] = made;
    expect(basic?.kind === "basic" && basic.password).toBe("hunter2-one");
  });

  test.each<[string, () => unknown]>([
    ["a user with a colon", () => basicCredential("a:b", "hunter2", "a test")],
    ["a user with a line end", () => basicCredential("a\nb", "hunter2", "a test")],
    ["a password with a zero", () => basicCredential("a", "hunter2\0", "a test")],
    ["a token with a line end", () => registryToken("hunter2\r\n", "a test")],
    ["a token beyond ASCII", () => identityToken("hunter2\u00e9", "a test")],
    ["an empty token", () => registryToken("", "a test")],
  ])("are refused: %s", async (_, make) => {
    const error = await failureOf(make);
    expect(error.code).toBe("CONFIG");
    expect(error.message).toContain("The credential from a test cannot be used: ");
    expect(inspect(error, { depth: 9 })).not.toContain("hunter2");
  });
});

describe("withoutSecrets", () => {
  test.each<[string, (secret: string) => string]>([
    ["as it is", (secret) => secret],
    ["in base64", base64],
    ["in base64 without padding", (secret) => base64(secret).replace(/=+$/, "")],
    ["in base64 for URLs", (secret) => Buffer.from(secret).toString("base64url")],
    ["in base64 behind one byte", (secret) => base64(`x${secret}`)],
    ["in base64 between others", (secret) => base64(`xy${secret}: more`)],
    ["in a URL", encodeURIComponent],
    ["in a form", (secret) => new URLSearchParams({ a: secret }).toString()],
    ["in JSON", (secret) => JSON.stringify(secret)],
  ])("takes a secret out %s", async (_, write) => {
    // Of characters that no other part of the text has, so that what is left can be told.
    const secret = fc.string({
      unit: fc.constantFrom(...'QWZ%"\\/+ \u00fc\u{1f511}789'),
      minLength: 8,
      maxLength: 30,
    });
    await holds(
      fc.property(secret, (text) => {
        rememberSecret(text);
        const clean = withoutSecrets(`begin ${write(text)} end`);
        expect(clean).toContain("***");
        expect(clean).not.toContain(write(text));
        expect(clean).toMatch(/^begin .* end$/);
      }),
      100,
    );
  });

  test("takes a user and a password out together", () => {
    const password = "correct horse battery";
    basicCredential("hanna", password, "a test");
    expect(withoutSecrets(`Basic ${base64(`hanna:${password}`)}.`)).toBe("Basic ***.");
  });

  test("leaves other text alone, and what is too short to be told from it", () => {
    basicCredential("hanna", "abc", "a test");
    expect(withoutSecrets("the alphabet begins with abc")).toBe("the alphabet begins with abc");
  });

  test("forgets the oldest of very many", () => {
    rememberSecret("the-oldest-of-all");
    for (let count = 0; count < 600; count++) rememberSecret(`another-secret-${count}-`);
    expect(withoutSecrets("the-oldest-of-all another-secret-599-")).toBe("the-oldest-of-all ***");
  });
});
