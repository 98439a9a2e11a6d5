/** Everything that a stranger may have named, in every place where the page shows it. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { html, render } from "../../src/serve/page/html.ts";
import { createPage } from "../../src/serve/page/page.ts";
import { createMemory, type Memory } from "../../src/store/memory.ts";
import type { Source } from "../../src/store/source.ts";
import { holds } from "../property.ts";
import { putImage, putIndex, repositoriesOf } from "./page-sample.ts";

const NASTY = `"'><script>alert(1)</script><img src=x onerror=alert(2)>&lt;\u202e\u0000\u001b[2J`;

/** Tags that no store of ours would take, but a source of somebody else might give. */
function withTags(store: Memory, tags: readonly string[], named: Descriptor): Source {
  return {
    fetch: (...args) => store.fetch(...args),
    exists: (...args) => store.exists(...args),
    resolve: async () => named,
    tags: async function* () {
      yield* tags;
    },
  };
}

async function hostile(): Promise<Readonly<Record<string, Source>>> {
  const store = createMemory();
  const more = { labels: { [NASTY]: NASTY }, annotations: { [NASTY]: NASTY }, user: NASTY };
  const manifest = await putImage(store, "linux/amd64", "1", more);
  const platform = { os: NASTY, architecture: NASTY, variant: NASTY, "os.version": NASTY };
  const index = await putIndex(store, [{ ...manifest, platform }], { [NASTY]: NASTY });
  const referrers = async function* () {
    yield { ...manifest, artifactType: NASTY, annotations: { [NASTY]: NASTY } };
  };
  return {
    index: Object.assign(withTags(store, [NASTY, "1"], index), { referrers }),
    manifest: withTags(store, [NASTY, "1"], manifest),
    [NASTY]: store,
  };
}

describe("what strangers named", () => {
  test.each([
    "/",
    "/r/index",
    "/r/index:1",
    "/r/manifest",
    "/r/manifest:1",
    `/?q=${encodeURIComponent(NASTY)}`,
    `/r/index?q=${encodeURIComponent(NASTY)}&page=${encodeURIComponent(NASTY)}`,
    `/r/${encodeURIComponent(NASTY)}`,
    `/r/index:${encodeURIComponent(NASTY)}`,
  ])("never becomes markup at %s", async (path) => {
    const page = createPage(repositoriesOf(await hostile()));
    const response = await page(new Request(`http://localhost:5000${path}`));
    const text = (await response?.text()) ?? "";
    expect(text).toContain("<h1>");
    expect(text.match(/<script/g)).toHaveLength(1);
    expect(text).not.toContain("<img");
    expect(text).not.toMatch(/alert\(1\)<\/script>/);
    // An attribute that was broken out of would show as a quote right before markup of theirs.
    expect(text).not.toContain(`"'>`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
  });

  test("is shown, escaped, where it belongs", async () => {
    const page = createPage(repositoriesOf(await hostile()));
    const ask = async (path: string) =>
      (await (await page(new Request(`http://localhost:5000${path}`)))?.text()) ?? "";
    const shown = "&quot;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;";
    for (const path of ["/r/index", "/r/index:1", "/r/manifest:1"]) {
      expect(await ask(path), path).toContain(shown);
    }
    expect(await ask("/r/index:1")).toContain("&amp;lt;\\u{202e}\\u{0}\\u{1b}[2J");
  });

  test("in the host of the request reaches no command", async () => {
    const page = createPage(repositoriesOf(await hostile()));
    for (const host of ["a$(id):5000", "a;id", "a`id`", "a&&id", "a'b", 'a"b', "a{b}"]) {
      const response = await page(new Request(`http://${host}/r/manifest:1`));
      const text = (await response?.text()) ?? "";
      expect(text).toContain("<code>docker pull registry.example/manifest:1</code>");
      expect(text.toLowerCase()).not.toContain("id:5000");
    }
  });

  test("is cut where a page would drown in it", async () => {
    const store = createMemory();
    const annotations = Object.fromEntries(
      Array.from({ length: 300 }, (_, i) => [`key-${i}`, "x".repeat(10_000)]),
    );
    await store.tag(await putImage(store, "linux/amd64", "1", { annotations }), "1");
    const page = createPage(repositoriesOf({ a: store }));
    const text = (await (await page(new Request("http://localhost/r/a:1")))?.text()) ?? "";
    expect(text.length).toBeLessThan(300_000);
    expect(text).toContain("The first 100 of 300");
    expect(text).toContain("… (10,000 characters)");
  });
});

describe("html", () => {
  test("escapes text and nothing else, whatever the text", async () => {
    await holds(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const markup = render(html`<p title="${text}">${text}</p>`);
        const inside = /^<p title="([^"<>]*)">([^<>]*)<\/p>$/.exec(markup);
        expect(inside?.[1]).toBe(inside?.[2]);
        // Every ampersand begins one of five entities.
        expect(inside?.[1]?.replaceAll(/&(amp|lt|gt|quot|#39);/g, "")).not.toContain("&");
      }),
    );
  });

  test("keeps markup, joins lists, and leaves out what is not there", () => {
    expect(
      render(html`<b>${html`<i>${"&"}</i>`}${[1, html`<br>`, "<"]}${undefined}${false}</b>`),
    ).toBe("<b><i>&amp;</i>1<br>&lt;</b>");
  });
});
