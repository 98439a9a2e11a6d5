import { describe, expect, test } from "vitest";
import {
  AnswerLimit,
  complaintsOf,
  type Question,
  readBody,
  responseError,
} from "../../src/remote/answer.ts";
import { printable, redactUrl } from "../../src/remote/text.ts";
import type { HttpResponse } from "../../src/remote/transport.ts";
import { failureOf } from "../failure.ts";

const question: Question = {
  registry: "r.example",
  method: "GET",
  url: new URL("https://r.example/v2/team/pause/manifests/3.10?sig=secret"),
  repository: "team/pause",
};

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly chunks?: () => AsyncIterable<Uint8Array>;
}

function answer(text: string | Uint8Array, { status = 200, headers = {}, chunks }: Answer = {}) {
  const state = { discarded: 0 };
  const response: HttpResponse = {
    status,
    headers: {
      get: (name) => headers[name],
      all: (name) => (headers[name] === undefined ? [] : [headers[name]]),
    },
    body:
      chunks?.() ??
      (async function* () {
        yield Buffer.from(text as string);
      })(),
    discard: () => void state.discarded++,
  };
  return { response, state };
}

describe("readBody", () => {
  test("reads up to the limit", async () => {
    const { response } = answer("abc");
    expect(Buffer.from(await readBody(response, 3, question)).toString()).toBe("abc");
  });

  test("stops an endless answer at the limit and lets go of it", async () => {
    let given = 0;
    const { response, state } = answer("", {
      async *chunks() {
        for (;;) {
          given += 1000;
          yield Buffer.alloc(1000);
        }
      },
    });
    const error = await failureOf(readBody(response, AnswerLimit.token, question));
    expect(error.code).toBe("REGISTRY");
    expect(error.message).toBe(
      "GET https://r.example/v2/team/pause/manifests/3.10?… was answered with more than 65536 bytes",
    );
    expect(given).toBeLessThan(70_000);
    expect(state.discarded).toBeGreaterThan(0);
  });

  test("does not begin to read what announces too much", async () => {
    const { response, state } = answer("", { headers: { "content-length": "8388609" } });
    const guarded = {
      ...response,
      get body(): never {
        throw new Error("was read");
      },
    };
    expect((await failureOf(readBody(guarded, AnswerLimit.manifest, question))).code).toBe(
      "REGISTRY",
    );
    expect(state.discarded).toBe(1);
  });
});

describe("complaintsOf", () => {
  const of = (text: string) => complaintsOf(Buffer.from(text));

  test("reads the registry's own codes and messages", () => {
    const errors = [
      { code: "MANIFEST_UNKNOWN", message: "manifest unknown", detail: { Tag: "3.10" } },
      { code: "X" },
      { message: "only words" },
    ];
    expect(of(JSON.stringify({ errors }))).toEqual([
      { code: "MANIFEST_UNKNOWN", message: "manifest unknown" },
      { code: "X", message: "" },
      { code: "", message: "only words" },
    ]);
  });

  test.each([
    ['{"details":"incorrect username"}', "incorrect username"],
    ['{"error":"invalid_grant","error_description":"expired"}', "expired"],
    ['{"error":"invalid_grant"}', "invalid_grant"],
    ['{"message":"go away"}', "go away"],
    ['"just text"', "just text"],
    [
      "toomanyrequests: You have reached your limit",
      "toomanyrequests: You have reached your limit",
    ],
    ["<html><head><title>502 Bad Gateway</title></head><body>…</body></html>", "502 Bad Gateway"],
    ["<!DOCTYPE html><style>b{}</style><p>Please <b>log in</b></p>", "Please log in"],
    ['{"errors": broken', '{"errors": broken'],
  ])("makes the best of %j", (text, message) => {
    expect(of(text)).toEqual([{ code: "", message }]);
  });

  test.each(["", "   ", "{}", "[]", "null", '{"errors":[]}', '{"errors":{}}'])(
    "makes nothing of %j",
    (text) => {
      expect(
        of(text).filter(({ code, message }) => code + message !== "" && message !== text),
      ).toEqual([]);
    },
  );

  test("takes ten of many, and cuts what is long", () => {
    const errors = Array.from({ length: 1000 }, () => ({
      code: "C".repeat(1000),
      message: "m".repeat(1000),
    }));
    const complaints = of(JSON.stringify({ errors }));
    expect(complaints).toHaveLength(10);
    expect(complaints[0]?.code).toHaveLength(64);
    expect(complaints[0]?.message).toHaveLength(200);
  });

  test("is fast on what is made to be slow", () => {
    for (const evil of [
      "<".repeat(60_000),
      "<script".repeat(9000),
      "<title ".repeat(9000),
      "\u001b[".repeat(30_000),
    ]) {
      expect(of(evil).length).toBeLessThanOrEqual(1);
    }
  });
});

describe("printable", () => {
  test.each([
    ["\u001b[31mred\u001b[0m", "red"],
    ["\u001b]0;title\u0007text", "text"],
    ["\u001b]8;;http://x\u001b\\link", "link"],
    ["a\u0000b\u0008c\u007fd\u009be", "abcde"],
    ["line\r\nnext\tcolumn", "line next column"],
    ["right\u202eleft\u200b\ufeff", "rightleft"],
    ["  ", ""],
    ["\ud800", ""],
    ["plain ünïcode 漢字 🎉", "plain ünïcode 漢字 🎉"],
  ])("makes %j fit for a line", (text, expected) => expect(printable(text)).toBe(expected));

  test("cuts by characters, not through them", () => {
    expect(printable("🎉".repeat(300))).toBe(`${"🎉".repeat(199)}…`);
    expect(printable("x".repeat(200))).toBe("x".repeat(200));
  });
});

test("redactUrl keeps scheme, host and path", () => {
  const url = new URL("https://me:secret@s3.example:9000/a/b?X-Amz-Signature=abc#frag");
  expect(redactUrl(url)).toBe("https://s3.example:9000/a/b?…");
  expect(redactUrl(new URL(`https://r.example/${"x".repeat(500)}`)).length).toBeLessThan(450);
});

describe("responseError", () => {
  const errorFor = (status: number, text = "", fields: Partial<Question> = {}) =>
    responseError(answer(text, { status }).response, { ...question, ...fields });
  const withCode = (code: string, message = "") => JSON.stringify({ errors: [{ code, message }] });

  test("says what was asked, what came back and what to do, and keeps codes for programs", async () => {
    const error = await errorFor(404, withCode("MANIFEST_UNKNOWN", "manifest unknown"));
    expect(error.code).toBe("NOT_FOUND");
    expect(error.message).toBe(
      "GET https://r.example/v2/team/pause/manifests/3.10?… was answered with 404: MANIFEST_UNKNOWN: manifest unknown",
    );
    expect(error.hint).toBe("Check the name, and that it was pushed");
    expect(error.detail).toEqual({
      registry: "r.example",
      method: "GET",
      url: "https://r.example/v2/team/pause/manifests/3.10?…",
      status: 404,
      codes: ["MANIFEST_UNKNOWN"],
    });
  });

  test.each([
    [401, withCode("UNAUTHORIZED"), "AUTH", /^Log in to "r.example" for "team\/pause"/],
    [403, withCode("DENIED"), "AUTH", /rights/],
    [404, withCode("NAME_UNKNOWN"), "NOT_FOUND", /created first/],
    [400, withCode("NAME_INVALID"), "REGISTRY", /repository's name/],
    [400, withCode("MANIFEST_INVALID"), "REGISTRY", /its reason/],
    [400, "Client sent an HTTP request to an HTTPS server.\n", "REGISTRY", /leave plain http away/],
    [
      400,
      "<html><title>400 The plain HTTP request was sent to HTTPS port</title></html>",
      "REGISTRY",
      /leave plain http away/,
    ],
    [405, "", "REGISTRY", /does not allow/],
    [412, "", "REGISTRY", /policy/],
    [413, "", "REGISTRY", /too large/],
    [415, "", "REGISTRY", /media type/],
    [429, "slow down", "REGISTRY", /Wait/],
    [301, "", "REGISTRY", /elsewhere/],
    [500, "", "REGISTRY", /log/],
    [502, "<html><title>502 Bad Gateway</title></html>", "REGISTRY", /log/],
    [599, "", "REGISTRY", /log/],
  ] as const)("takes %i %j for %s", async (status, text, code, hint) => {
    const error = await errorFor(status, text);
    expect(error.code).toBe(code);
    expect(error.hint).toMatch(hint);
    expect(error.detail.status).toBe(status);
  });

  test("does not send people to log in for what a storage behind the registry refuses", async () => {
    const url = new URL("https://s3.example/blob?sig=secret");
    const error = await errorFor(403, "<Error><Code>AccessDenied</Code></Error>", {
      url,
      elsewhere: true,
    });
    expect(error.code).toBe("REGISTRY");
    expect(error.hint).toContain('"r.example" pointed to that host');
    expect(error.message).toContain(
      "GET https://s3.example/blob?… was answered with 403: AccessDenied",
    );
  });

  test("never repeats what moves a cursor, nor a whole page", async () => {
    const error = await errorFor(500, `\u001b[2J\u0007${"long ".repeat(10_000)}`);
    expect(error.message).not.toMatch(/\p{Cc}/u);
    expect(error.message.length).toBeLessThan(400);
  });

  test("reads no more than it may, and does not mind a body that breaks", async () => {
    let given = 0;
    const endless = answer("", {
      status: 500,
      async *chunks() {
        for (;;) {
          given += 10_000;
          yield Buffer.alloc(10_000, "x");
        }
      },
    });
    expect((await responseError(endless.response, question)).detail.status).toBe(500);
    expect(given).toBeLessThan(80_000);
    const broken = answer("", {
      status: 503,
      async *chunks() {
        yield Buffer.from("half a rea");
        throw new Error("reset");
      },
    });
    expect((await responseError(broken.response, question)).message).toContain("503: half a rea");
  });
});
