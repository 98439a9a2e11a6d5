import { describe, expect, test } from "vitest";
import { failureOf, listOf } from "../failure.ts";
import type { Behaviour } from "./fake-registry/behaviour.ts";
import { openFake } from "./fake-registry/open.ts";
import { createFakeRegistry } from "./fake-registry/registry.ts";
import type { Handler } from "./handler-transport.ts";

/** A registry with so many tags, all of one digest that nobody reads. */
function withTags(count: number, behaviour: Partial<Behaviour> = {}) {
  const registry = createFakeRegistry(behaviour);
  const { tags } = registry.repository("team/pause");
  for (let i = 0; i < count; i++) tags.set(`v${i}`, "sha256:none");
  return registry;
}

/** Lists the tags of what the handler is. */
function tagsOf(handler: Handler): Promise<string[]> {
  return listOf(openFake(handler).tags());
}

/** A registry that knows one answer for everything, and counts. */
function answering(make: (count: number, url: URL) => Response) {
  let count = 0;
  const handler: Handler = (request) => make(++count, new URL(request.url));
  return { handler, count: () => count };
}

const link = (target: string) => ({ headers: { link: `<${target}>; rel="next"` } });

describe("Repository.tags", () => {
  test.each([
    [2500, 1000, 3],
    [2000, 1000, 2],
    [1000, 1000, 1],
    [7, 3, 3],
  ])("reads %i tags in pages of %i with %i requests", async (count, pageLimit, requests) => {
    const registry = withTags(count, { pageLimit });
    const tags = await tagsOf(registry.handler);
    expect(tags).toHaveLength(count);
    expect(tags).toEqual([...tags].sort());
    expect(registry.requests).toHaveLength(requests);
  });

  test("asks with no count where 1000 are too many", async () => {
    const registry = withTags(120, { pageLimit: 50, strictPages: true });
    expect(await tagsOf(registry.handler)).toHaveLength(120);
    expect(registry.requests).toHaveLength(4);
  });

  test("there are none in a repository that is not there yet", async () => {
    expect(await tagsOf(createFakeRegistry().handler)).toEqual([]);
  });

  test.each(['{"tags":null}', '{"name":"x"}', '{"name":"x","tags":[]}'])(
    "there are none in %s",
    async (text) => {
      expect(await tagsOf(() => new Response(text))).toEqual([]);
    },
  );

  test("each tag comes once, and what is no tag does not come", async () => {
    const text = '{"tags":["b","a","b","../x","",7,null,"a\\nb",{},"-a","ok"]}';
    expect(await tagsOf(() => new Response(text))).toEqual(["a", "b", "ok"]);
  });

  test.each([
    "<html><title>Sign in</title></html>",
    "",
    "[]",
    "null",
    '"tags"',
    '{"tags":{}}',
    '{"tags":["a"],"tags":["b"]}',
    '{"Tags":["a"]}',
    "{",
    "\xff",
  ])("an answer that is no list is an error: %j", async (text) => {
    const error = await failureOf(tagsOf(() => new Response(text)));
    expect(error).toMatchObject({ code: "REGISTRY" });
    expect(error.hint).toBeTruthy();
    expect(error.message).toContain("registry.example/team/pause");
  });

  test("a list that leads back to itself is an error", async () => {
    const { handler, count } = answering(() =>
      Response.json({ tags: ["a"] }, link("/v2/team/pause/tags/list?n=1000")),
    );
    expect(await failureOf(tagsOf(handler))).toMatchObject({ code: "REGISTRY" });
    expect(count()).toBe(1);
  });

  test("a list that leads in a circle of two is an error", async () => {
    const { handler, count } = answering((number) =>
      Response.json({ tags: [`t${number}`] }, link(`/v2/team/pause/tags/list?last=${number % 2}`)),
    );
    expect(await failureOf(tagsOf(handler))).toMatchObject({ code: "REGISTRY" });
    expect(count()).toBeLessThanOrEqual(4);
  });

  test("a list whose pages say the same for ever is an error", async () => {
    const { handler, count } = answering((number) =>
      Response.json({ tags: ["a", "b"] }, link(`/v2/team/pause/tags/list?last=${number}`)),
    );
    const error = await failureOf(tagsOf(handler));
    expect(error).toMatchObject({ code: "REGISTRY" });
    expect(error.message).toContain("no end");
    expect(count()).toBe(2);
  });

  test("a list of new tags for ever is an error in the end", async () => {
    const { handler, count } = answering((number) =>
      Response.json({ tags: [`t${number}`] }, link(`/v2/team/pause/tags/list?last=${number}`)),
    );
    expect(await failureOf(tagsOf(handler))).toMatchObject({ code: "REGISTRY" });
    expect(count()).toBeLessThanOrEqual(2_000);
  });

  test("a page of gigabytes is not read", async () => {
    let given = 0;
    const chunk = new Uint8Array(1024 * 1024).fill(0x20);
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        given += chunk.byteLength;
        controller.enqueue(chunk);
      },
    });
    const error = await failureOf(tagsOf(() => new Response(body)));
    expect(error).toMatchObject({ code: "REGISTRY" });
    expect(given).toBeLessThan(16 * 1024 * 1024);
  });

  test.each(["https://other.example/", "http://registry.example/", "//other.example/"])(
    "a list is not followed to %s",
    async (target) => {
      const { handler, count } = answering(() => Response.json({ tags: ["a"] }, link(target)));
      expect(await failureOf(tagsOf(handler))).toMatchObject({ code: "REGISTRY" });
      expect(count()).toBe(1);
    },
  );

  test("a list that breaks off in its middle is an error and not a short list", async () => {
    const { handler } = answering((number) =>
      number === 1
        ? Response.json({ tags: ["a"] }, link("/v2/team/pause/tags/list?last=a"))
        : new Response("gone", { status: 404 }),
    );
    expect(await failureOf(tagsOf(handler))).toMatchObject({ code: "NOT_FOUND" });
  });
});
