/** The registry's page in headless Chromium: looks, policy, clipboard, keyboard, accessibility, narrow windows, no script. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createPage } from "../../src/serve/page/page.ts";
import { createMemory } from "../../src/store/memory.ts";
import { pauseRepository, putImage, repositoriesOf } from "../serve/page-sample.ts";
import { axe, describeInBrowser, overflow, rolesOf, screenshot } from "./browser.ts";
import { type Loopback, serveOnLoopback } from "./loopback.ts";

/** A key or a value that nothing breaks up. */
const LONG = "a-key-that-has-no-place-to-break-it".repeat(8);

const PAGES = {
  home: "/",
  repository: "/r/pause",
  index: "/r/pause:3.10.2",
  image: "/r/odd:1",
  missing: "/r/nope",
} as const;
const NAMES = Object.keys(PAGES) as readonly (keyof typeof PAGES)[];
const SCHEMES = ["light", "dark"] as const;

describeInBrowser("the registry's page in Chromium", ({ open }) => {
  let server: Loopback;
  let digest: string;

  beforeAll(async () => {
    const pause = await pauseRepository();
    digest = (await pause.resolve("3.10.2")).digest;
    const odd = createMemory();
    const labels = { [LONG]: LONG, script: "<script>document.title='mine'</script>" };
    await odd.tag(await putImage(odd, "linux/amd64", "1", { labels, annotations: labels }), "1");
    const table = {
      pause,
      odd,
      "team/tools/empty": createMemory(),
      [`team/${"long-".repeat(30)}name`]: odd,
    };
    server = await serveOnLoopback(
      createPage(repositoriesOf(table), { version: "0.1.0", writable: true, login: true }),
    );
  });
  afterAll(() => server?.close());

  test.each(NAMES.flatMap((name) => SCHEMES.map((scheme) => [name, scheme] as const)))(
    "%s in %s colours has nothing that axe or the console complains about",
    async (name, scheme) => {
      const { page, complaints } = await open(server.url + PAGES[name], { scheme });
      await screenshot(page, `page-${name}-${scheme}`);
      // Everything that can be opened is looked at as well.
      await page.evaluate(
        "for (const one of document.querySelectorAll('details')) one.open = true",
      );
      expect(await axe(page)).toEqual([]);
      // Chromium itself complains about any 404.
      expect(complaints.filter((text) => name !== "missing" || !text.includes("404"))).toEqual([]);
      expect(await page.title()).toMatch(/ – 127\.0\.0\.1:\d+$/);
    },
  );

  test.each(SCHEMES)("is %s where the person wants it so", async (scheme) => {
    const { page } = await open(server.url, { scheme });
    const color = (await page.evaluate(
      "getComputedStyle(document.body).backgroundColor",
    )) as string;
    const [red = 0] = (color.match(/\d+/g) ?? []).map(Number);
    expect(red > 128).toBe(scheme === "light");
  });

  test.each(NAMES)("%s fits into 320 pixels, and axe finds nothing there", async (name) => {
    const { page } = await open(server.url + PAGES[name], { width: 320 });
    await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
    await screenshot(page, `page-${name}-320`);
    expect(await overflow(page)).toBe(0);
    expect(await axe(page)).toEqual([]);
  });

  test.each(NAMES)("%s fits into 640 pixels", async (name) => {
    const { page } = await open(server.url + PAGES[name], { width: 640 });
    expect(await overflow(page)).toBe(0);
  });

  test("the policy lets nothing in that a stranger wrote", async () => {
    const { page, complaints } = await open(`${server.url}/r/odd:1`);
    expect(await page.title()).toContain("odd:1");
    expect(complaints).toEqual([]);
    // Even a script that got into the document would not run.
    await page.evaluate(`{
      const script = document.createElement("script");
      try { script.text = "document.title = 'mine'"; } catch {}
      document.body.append(script);
      const style = document.createElement("div");
      style.setAttribute("style", "color: red");
      document.body.append(style);
    }`);
    expect(await page.title()).toContain("odd:1");
    expect(complaints.join("\n")).toContain("Content Security Policy");
  });

  test("the copy button puts the digest into the clipboard, and says so", async () => {
    const permissions = ["clipboard-read", "clipboard-write"];
    const { page, complaints } = await open(`${server.url}/r/pause`, { permissions });
    await page.getByRole("button", { name: "Copy the digest of 3.10.2" }).click();
    await page.getByRole("status").filter({ hasText: "Copied the digest of 3.10.2" }).waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe(digest);
    expect(complaints).toEqual([]);
  });

  test("copies a command where the browser has no clipboard for plain HTTP", async () => {
    const { page, complaints } = await open(`${server.url}/r/pause:3.10.2`);
    // As it is on every address but this machine's.
    await page.evaluate(`Object.defineProperty(navigator, "clipboard", { value: undefined });
      document.addEventListener("copy", () => { window.copied = String(getSelection()); });`);
    await page.getByRole("button", { name: "Copy the Docker command to pull" }).click();
    await page.getByRole("status").filter({ hasText: "Copied the Docker command" }).waitFor();
    const line = `docker pull ${new URL(server.url).host}/pause:3.10.2`;
    expect(await page.evaluate("window.copied")).toBe(line);
    expect(complaints).toEqual([]);
  });

  test("one click on a digest selects all of it, though not all of it may be shown", async () => {
    const { page } = await open(`${server.url}/r/pause`, { script: false });
    await page.locator("tbody code").first().click();
    expect(await page.evaluate("String(getSelection())")).toBe(digest);
  });

  test("filters while typing, says how many are left, and shows all again on Escape", async () => {
    const { page } = await open(`${server.url}/r/pause`);
    const rows = page.locator("tbody tr:visible");
    expect(await rows.count()).toBe(5);
    expect(await page.getByRole("button", { name: "Filter" }).count()).toBe(0);
    await page.getByLabel("Filter").fill("3.10");
    expect(await rows.count()).toBe(2);
    expect(await page.locator("#count").textContent()).toBe("2 of 5 shown");
    await page.getByLabel("Filter").press("Enter");
    expect(new URL(page.url()).search).toBe("");
    await page.getByLabel("Filter").press("Escape");
    expect(await rows.count()).toBe(5);
    expect(await page.locator("#count").textContent()).toBe("5 tags");
  });

  test("can be walked through with the keyboard, in order and always visibly", async () => {
    const { page } = await open(`${server.url}/r/pause:3.10.2`);
    const seen: string[] = [];
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press("Tab");
      const [name, top, visible] = (await page.evaluate(`(() => {
        const focused = document.activeElement;
        const { outlineStyle, outlineWidth } = getComputedStyle(focused);
        if (focused === document.body) return ["", 0, true];
        const name = focused.getAttribute("aria-label") ?? focused.textContent.trim();
        const { top } = focused.getBoundingClientRect();
        return [name, top + scrollY, outlineStyle !== "none" && parseFloat(outlineWidth) >= 2];
      })()`)) as [string, number, boolean];
      // After the last one comes the browser itself.
      if (name === "") break;
      expect(visible, `${name} shows that it is focused`).toBe(true);
      expect(top, `${name} is not behind the window`).toBeGreaterThanOrEqual(0);
      seen.push(name);
    }
    expect(seen.slice(0, 12)).toEqual([
      ...["Skip to content", "Registry", "Repositories", "pause"],
      ...[digest, "Copy the digest", "Index as JSON", "pull by digest"],
      ...["Docker", "Podman", "ctr", "crictl"].map((tool) => `Copy the ${tool} command to pull`),
    ]);
    expect(seen[12]).toBe("This registry wants a name and a password");
    expect(seen).toContain("linux/mips64le");
    expect(seen.at(-1)).toBe("Copy the digest of referrer 2");
  });

  test("the skip link leads past the bar at the top, and summaries open with the keyboard", async () => {
    const { page } = await open(`${server.url}/r/pause:3.10.2`);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    expect(await page.evaluate("document.activeElement.id")).toBe("main");
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Repositories");
    await page.locator("summary").last().focus();
    await page.keyboard.press("Enter");
    expect(await page.getByText("insecure = true").isVisible()).toBe(true);
  });

  test("has the landmarks, headings and tables that screen readers go by, however narrow", async () => {
    const wide = await open(`${server.url}/r/pause`);
    const snapshot = await wide.page.locator("body").ariaSnapshot();
    for (const part of [
      '- link "Skip to content"',
      "- banner:",
      '- navigation "Breadcrumb"',
      '- heading "pause" [level=1]',
      '- heading "Tags" [level=2]',
      "- status: 5 tags",
      '- searchbox "Filter"',
      '- table "Tags of pause"',
      '- columnheader "Digest"',
      '- rowheader "3.10.2"',
      '- button "Copy the digest of 3.10.2"',
      "- contentinfo:",
    ]) {
      expect(snapshot).toContain(part);
    }
    const narrow = await open(`${server.url}/r/pause`, { width: 320 });
    expect(await narrow.page.locator("body").ariaSnapshot()).toBe(snapshot);
    // What Chromium itself tells assistive technology, which CSS could have taken away.
    const roles = { table: 1, row: 6, columnheader: 4, rowheader: 5, cell: 15 };
    expect(await rolesOf(wide.page)).toMatchObject(roles);
    expect(await rolesOf(narrow.page)).toMatchObject(roles);
  });

  test("works without script: no dead controls, filter and links by the registry", async () => {
    const { page, complaints } = await open(server.url, { script: false });
    expect(await page.locator("button:visible").allTextContents()).toEqual(["Filter"]);
    await page.getByLabel("Filter").fill("pau");
    await page.getByRole("button", { name: "Filter" }).click();
    expect(new URL(page.url()).search).toBe("?q=pau");
    expect(await page.locator("tbody tr").count()).toBe(1);
    await page.getByRole("link", { name: "pause" }).click();
    await page.getByRole("link", { name: "3.10.2" }).click();
    await page.getByText("This registry speaks plain HTTP").click();
    expect(await page.getByText("insecure = true").isVisible()).toBe(true);
    await page.getByRole("link", { name: "linux/arm64/v8" }).click();
    expect(await page.getByText("An image for linux/arm64/v8").isVisible()).toBe(true);
    expect(complaints).toEqual([]);
  });

  test("prints whole digests and what is folded up, and no controls", async () => {
    const { page } = await open(`${server.url}/r/pause:3.10.2`, { media: "print", width: 794 });
    await screenshot(page, "page-index-print");
    expect(await page.locator("button:visible").count()).toBe(0);
    const cut = `[...document.querySelectorAll("code")].filter((code) => code.scrollWidth > code.clientWidth + 1).length`;
    expect(await page.evaluate(cut)).toBe(0);
    expect(await page.getByText("insecure = true").isVisible()).toBe(true);
    expect(await overflow(page)).toBe(0);
  });
});
