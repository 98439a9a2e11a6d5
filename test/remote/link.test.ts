import { describe, expect, test } from "vitest";
import { nextPage } from "../../src/remote/link.ts";
import { failureOf } from "../failure.ts";

const request = new URL("https://registry.example/v2/team/pause/tags/list?n=2");

describe("nextPage", () => {
  test.each([
    ['</v2/x/tags/list?n=2&last=b>; rel="next"', "/v2/x/tags/list?n=2&last=b"],
    ["</v2/x/tags/list?last=b>; rel=next", "/v2/x/tags/list?last=b"],
    ["</a>;REL=NEXT", "/a"],
    ['</p>; rel="prev", </n>; rel="next"', "/n"],
    ['</p>; title="a, <b>; rel=next"; rel="prev", </n>; rel="next"', "/n"],
    ['</p>; title="\\", </q>"; rel=prev, </n>; rel="next"', "/n"],
    ['</n>; rel="last next"', "/n"],
    ["<?last=b>; rel=next", "/v2/team/pause/tags/list?last=b"],
    ["<https://registry.example/n>; rel=next", "/n"],
    ["</a,b>; rel=next", "/a,b"],
    ['/v2/x/tags/list?n=2&last=b; rel="next"', "/v2/x/tags/list?n=2&last=b"],
  ])("reads %s", (header, path) => {
    expect(nextPage(header, request)?.href).toBe(`https://registry.example${path}`);
  });

  test.each([
    undefined,
    "",
    '</p>; rel="prev"',
    "</p>",
    "</p; rel=next",
    "rel=next",
    '</p>; title="x; rel=next',
    '</p>; rel="nextish"',
    '/p; rel="prev"',
    '; rel="next"',
  ])("finds none in %j", (header) => {
    expect(nextPage(header, request)).toBeUndefined();
  });

  test.each([
    "<https://other.example/n>; rel=next",
    "<//other.example/n>; rel=next",
    "<http://registry.example/n>; rel=next",
    "<https://registry.example:8443/n>; rel=next",
    "<file:///etc/passwd>; rel=next",
    "<>; rel=next",
    "//other.example/n; rel=next",
    `</${"a".repeat(9000)}>; rel=next`,
  ])("refuses to be led elsewhere by %s", async (header) => {
    expect(await failureOf(() => nextPage(header, request))).toMatchObject({ code: "REGISTRY" });
  });

  test("reads a header of many links in one pass", () => {
    const header = `${"<a>;rel=x,".repeat(800)}</n>; rel=next`;
    expect(nextPage(header, request)?.pathname).toBe("/n");
    expect(nextPage("<".repeat(8000), request)).toBeUndefined();
    expect(nextPage(`<a>${'"\\'.repeat(4000)}`, request)).toBeUndefined();
  });
});
