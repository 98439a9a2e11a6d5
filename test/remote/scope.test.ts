import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { coversScopes, mergeScopes, splitScopes, withoutAction } from "../../src/remote/scope.ts";
import { holds } from "../property.ts";

describe("mergeScopes", () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ["nothing", [], []],
    [
      "actions of one repository",
      ["repository:a:pull", "repository:a:push"],
      ["repository:a:pull,push"],
    ],
    [
      "what is there twice",
      ["repository:a:push,pull", "repository:a:pull,pull"],
      ["repository:a:pull,push"],
    ],
    ["* over all others", ["repository:a:pull", "repository:a:*"], ["repository:a:*"]],
    [
      "ports in names",
      ["repository:h:5000/a:pull", "repository:h:5000/a:push"],
      ["repository:h:5000/a:pull,push"],
    ],
    [
      "classes apart",
      ["repository(plugin):a:pull", "repository:a:pull"],
      ["repository(plugin):a:pull", "repository:a:pull"],
    ],
    [
      "what follows no grammar as it came",
      ["aws", "a:b", "a:b:c:", "aws"],
      ["a:b", "a:b:c:", "aws"],
    ],
    [
      "reading before writing",
      ["repository:b:pull", "repository:a:push", "repository:c:pull"],
      ["repository:b:pull", "repository:c:pull", "repository:a:push"],
    ],
  ])("merges %s", (_, scopes, expected) => {
    expect(mergeScopes(scopes)).toEqual(expected);
  });

  test("puts the repository that the request is about last, for those who keep only the last", () => {
    const scopes = ["repository:z:pull,push", "repository:a:pull", "registry:catalog:*"];
    expect(mergeScopes(scopes, "a").at(-1)).toBe("repository:a:pull");
    expect(mergeScopes(scopes, "z").at(-1)).toBe("repository:z:pull,push");
    expect(mergeScopes(scopes, "other").at(-1)).toBe("repository:z:pull,push");
  });

  test("gives the same for any order, and again for its own result", async () => {
    const action = fc.constantFrom("pull", "push", "delete", "*", "");
    const scope = fc.oneof(
      fc
        .tuple(
          fc.constantFrom("repository", "registry"),
          fc.constantFrom("a", "b/c", "h:1/d"),
          fc.array(action),
        )
        .map(([kind, name, actions]) => `${kind}:${name}:${actions.join(",")}`),
      fc.string({ unit: "grapheme-ascii", minLength: 1 }),
    );
    await holds(
      fc.property(fc.array(scope), fc.nat(), (scopes, at) => {
        const merged = mergeScopes(scopes, "a");
        const turned = [...scopes.slice(at % (scopes.length + 1)), ...scopes].slice(0);
        expect(mergeScopes(turned, "a")).toEqual(merged);
        expect(mergeScopes(merged, "a")).toEqual(merged);
        expect(coversScopes(merged, scopes)).toBe(true);
      }),
    );
  });
});

describe("splitScopes", () => {
  test.each<[string, string, readonly string[]]>([
    ["one", "repository:a:pull", ["repository:a:pull"]],
    ["several, with more spaces than needed", " a:b:c  d:e:f ", ["a:b:c", "d:e:f"]],
    ["nothing", "", []],
    ["what is not printable ASCII", "a:b:c d:\u00e9:f g\u0000 h", ["a:b:c", "h"]],
    ["what is too long", `a ${"x".repeat(1025)} b`, ["a", "b"]],
  ])("splits %s", (_, text, expected) => {
    expect(splitScopes(text)).toEqual(expected);
  });

  test("takes 16 at most", () => {
    expect(splitScopes("a ".repeat(100))).toHaveLength(16);
  });
});

describe("coversScopes", () => {
  test.each<[readonly string[], readonly string[], boolean]>([
    [[], [], true],
    [["repository:a:pull"], [], true],
    [[], ["repository:a:pull"], false],
    [["repository:a:pull,push"], ["repository:a:pull"], true],
    [["repository:a:pull"], ["repository:a:pull,push"], false],
    [["repository:a:*"], ["repository:a:delete"], true],
    [["repository:a:pull"], ["repository:a:*"], false],
    [["repository:a:pull"], ["repository:b:pull"], false],
    [["repository:a:pull", "repository:b:pull"], ["repository:b:pull"], true],
    [["aws"], ["aws"], true],
  ])("%j for %j: %s", (granted, wanted, expected) => {
    expect(coversScopes(granted, wanted)).toBe(expected);
  });
});

describe("withoutAction", () => {
  test.each<[readonly string[], readonly string[]]>([
    [["repository:a:delete,pull,push"], ["repository:a:pull,push"]],
    [["repository:a:delete", "repository:b:pull"], ["repository:b:pull"]],
    [
      ["repository:a:*", "aws"],
      ["repository:a:*", "aws"],
    ],
    [["repository:delete:pull"], ["repository:delete:pull"]],
  ])("%j without delete is %j", (scopes, expected) => {
    expect(withoutAction(scopes, "delete")).toEqual(expected);
  });
});
