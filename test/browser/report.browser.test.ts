/** The report of a release in headless Chromium, from a file: looks, policy, clipboard, filter, keyboard, narrow, print, no script. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { formatHtml } from "../../src/release/report/html.ts";
import { scratch } from "../folder.ts";
import { digestFor, SAMPLES, type SampleName } from "../release/report-sample.ts";
import { axe, describeInBrowser, type Look, overflow, rolesOf, screenshot } from "./browser.ts";

const SHOWN = [
  "one",
  "ten",
  "failed",
  "drifted",
  "rollback",
  "planned",
  "hostile",
  "broad",
] as const;
/** In both colours; what the others have besides, light shows. */
const DARK: readonly string[] = ["failed", "drifted"];
/** Milliseconds: axe looks at every one of some thousand cells, which takes a busy machine a while. */
const PATIENCE = 90_000;
const UNFOLD = "for (const one of document.querySelectorAll('details')) one.open = true";

describeInBrowser("the report in Chromium", ({ open }) => {
  /** As people open it: a file of their disk. */
  function show(name: SampleName, look?: Look) {
    const path = join(scratch(), "index.html");
    writeFileSync(path, formatHtml(SAMPLES[name]()));
    return open(pathToFileURL(path).href, look);
  }

  const looks = SHOWN.flatMap((name) =>
    (DARK.includes(name) ? (["light", "dark"] as const) : (["light"] as const)).map(
      (scheme) => [name, scheme] as const,
    ),
  );
  test.each(looks)(
    "%s in %s colours has nothing that axe or the console complains about",
    async (name, scheme) => {
      const { page, complaints } = await show(name, { scheme });
      await screenshot(page, `report-${name}-${scheme}`);
      // Everything that can be opened is looked at as well.
      await page.evaluate(UNFOLD);
      expect(await axe(page)).toEqual([]);
      expect(complaints).toEqual([]);
      expect(await overflow(page)).toBe(0);
    },
    PATIENCE,
  );

  test.each(SHOWN)(
    "%s fits into 320 pixels, and axe finds nothing there",
    async (name) => {
      const { page } = await show(name, { width: 320 });
      await screenshot(page, `report-${name}-320`);
      await page.evaluate(UNFOLD);
      expect(await overflow(page)).toBe(0);
      expect(await axe(page)).toEqual([]);
    },
    PATIENCE,
  );

  test.each([640, 900])("fits into %i pixels", async (width) => {
    for (const name of ["failed", "broad"] as const) {
      const { page } = await show(name, { width });
      expect(await overflow(page)).toBe(0);
    }
  });

  test("says the verdict and what to do first, in words", async () => {
    const { page } = await show("failed", { script: false });
    expect(await page.title()).toBe("Failed: pause 3.10.2 – hiatus");
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe(
      "pause 3.10.2 is at some mirrors and not at others",
    );
    const headings = await page.getByRole("heading", { level: 2 }).allTextContents();
    expect(headings.slice(0, 3)).toEqual(["What to do next", "What went wrong", "Tags by mirror"]);
    expect(await page.getByText("hiatus release --resume", { exact: true }).isVisible()).toBe(true);
  });

  test("the policy lets nothing in that a stranger wrote", async () => {
    const { page, complaints } = await show("hostile");
    expect(await page.title()).toContain("pause 3.10.2");
    expect(complaints).toEqual([]);
    expect(await page.locator("img, iframe, object").count()).toBe(0);
    await page.evaluate(`{
      const script = document.createElement("script");
      try { script.text = "document.title = 'mine'"; } catch {}
      document.body.append(script);
      const style = document.createElement("div");
      style.setAttribute("style", "color: red");
      document.body.append(style);
    }`);
    expect(await page.title()).toContain("pause 3.10.2");
    expect(complaints.join("\n")).toContain("Content Security Policy");
  });

  test("copy buttons put commands and whole digests into the clipboard, and say so", async () => {
    const permissions = ["clipboard-read", "clipboard-write"];
    const { page, complaints } = await show("ten", { permissions });
    const copied = async (name: string) => {
      await page
        .getByRole("button", { name: `Copy ${name}`, exact: true })
        .first()
        .click();
      await page
        .getByRole("status")
        .filter({ hasText: `Copied ${name}` })
        .waitFor();
      return await page.evaluate("navigator.clipboard.readText()");
    };
    expect(await copied("the command: hiatus repair")).toBe("hiatus repair");
    expect(await copied("the digest for linux/s390x, OCI")).toBe(digestFor("linux/s390x oci"));
    expect(await copied("the Docker command to pull from ghcr")).toBe(
      `docker pull ghcr.io/example/pause@${digestFor("index oci")}`,
    );
    expect(complaints).toEqual([]);
  });

  test("filters every list while typing and says how many are left; only problems, and all again", async () => {
    const { page } = await show("failed");
    const rows = page.locator("table.matrix tbody tr:visible");
    const others = page.locator("table.times tbody tr[data-name]:visible, details.mirror:visible");
    const count = () => page.locator("#count").textContent();
    await page.getByLabel("Filter mirrors").fill("AMAZON");
    expect([await rows.count(), await others.count(), await count()]).toEqual([
      1,
      2,
      "1 of 10 mirrors shown",
    ]);
    await page.getByLabel("Filter mirrors").press("Enter");
    await page.getByLabel("Filter mirrors").press("Escape");
    expect([await rows.count(), await count()]).toEqual([10, "10 mirrors"]);
    await page.getByLabel("Only problems").check();
    expect([await rows.count(), await others.count(), await count()]).toEqual([
      5,
      10,
      "5 of 10 mirrors shown",
    ]);
    await page.getByLabel("Filter mirrors").fill("nowhere");
    expect([await rows.count(), await count()]).toEqual([0, "0 of 10 mirrors shown"]);
    await page.getByLabel("Only problems").uncheck();
    await page.getByLabel("Filter mirrors").fill("");
    expect(await rows.count()).toBe(10);
  });

  test("the matrix is one stop of the Tab key; arrows move, the focus shows whole digests, Enter opens them", async () => {
    const { page } = await show("failed");
    const focused = () =>
      page.evaluate("document.activeElement.getAttribute('href')") as Promise<string>;
    const cells = page.locator("table.matrix td.t a");
    expect(await page.locator('table.matrix td.t a[tabindex="0"]').count()).toBe(1);
    await cells.first().focus();
    expect(await focused()).toBe("#m2t1");
    for (const [key, at] of [
      ["ArrowRight", "#m2t2"],
      ["ArrowDown", "#m3t2"],
      ["End", "#m3t3"],
      ["ArrowRight", "#m3t3"],
      ["Home", "#m3t1"],
      ["ArrowLeft", "#m3t1"],
      ["ArrowUp", "#m2t1"],
      ["ArrowUp", "#m2t1"],
    ] as const) {
      await page.keyboard.press(key);
      expect(await focused(), key).toBe(at);
    }
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowDown");
    const peek = page.locator("#peek");
    expect(await peek.textContent()).toBe(
      `harbor 3.10${digestFor("old")} → ${digestFor("theirs")}`,
    );
    expect(await peek.isVisible()).toBe(true);
    await page.keyboard.press("Escape");
    expect(await peek.isVisible()).toBe(false);
    await page.keyboard.press("Enter");
    const row = page.locator("#m3t2");
    await row.waitFor({ state: "visible" });
    expect(await row.locator("code").allTextContents()).toEqual([
      "3.10",
      digestFor("old"),
      digestFor("theirs"),
    ]);
    // The other way in and out is Tab: not through all the other cells.
    await cells.first().focus();
    await page.keyboard.press("Tab");
    expect(await focused()).toMatch(/^#m\d+$/);
  });

  test("can be walked through with the keyboard, in order and always visibly", async () => {
    const { page } = await show("one");
    const seen = await walk(page, 80);
    expect(seen.slice(0, 4)).toEqual([
      "Skip to content",
      "Copy the digest of the index",
      "Tags by mirror",
      "Platforms by mirror",
    ]);
    expect(seen).toContain("Copy the crictl command to pull from ghcr");
    expect(seen.at(-1)).toBe("report.json");
  });

  test("has the landmarks, headings and tables that screen readers go by, however narrow", async () => {
    const wide = await show("ten");
    const snapshot = await wide.page.locator("body").ariaSnapshot();
    for (const part of [
      '- link "Skip to content"',
      "- banner:",
      "- search:",
      '- searchbox "Filter mirrors"',
      '- navigation "On this page"',
      '- heading "pause 3.10.2 is at 9 of 10 mirrors" [level=1]',
      '- heading "Tags by mirror" [level=2]',
      "- status: 10 mirrors",
      '- table "What became of each tag at each mirror"',
      '- columnheader "3.10.2"',
      '- rowheader "old-datacentre',
      "- contentinfo:",
    ]) {
      expect(snapshot).toContain(part);
    }
    const roles = await rolesOf(wide.page);
    expect(roles.table).toBe(6);
    const narrow = await show("ten", { width: 320 });
    const { table, rowheader, columnheader } = await rolesOf(narrow.page);
    expect({ table, rowheader, columnheader }).toEqual({
      table: roles.table,
      rowheader: roles.rowheader,
      columnheader: roles.columnheader,
    });
  });

  test("can be read without script: everything is there, and no dead controls", async () => {
    const { page, complaints } = await show("failed", { script: false });
    expect(await page.locator("button:visible, input:visible").count()).toBe(0);
    expect(await page.locator("table.matrix tbody tr:visible").count()).toBe(10);
    await page.locator("details.mirror > summary").first().click();
    expect(await page.locator("#m2t2").isVisible()).toBe(true);
    await page.getByRole("link", { name: "raced" }).click();
    expect(await page.locator("#m3t2").isVisible()).toBe(true);
    await page.locator(".digests code").first().click();
    expect(await page.evaluate("String(getSelection())")).toBe(digestFor("index oci"));
    expect(complaints).toEqual([]);
  });

  test("prints whole digests and what is folded up, and no controls", async () => {
    const { page } = await show("failed", { media: "print", width: 794 });
    await screenshot(page, "report-failed-print");
    expect(await page.locator("button:visible, input:visible, nav:visible").count()).toBe(0);
    const cut = `[...document.querySelectorAll("code")].filter((code) => code.scrollWidth > code.clientWidth + 1).length`;
    expect(await page.evaluate(cut)).toBe(0);
    expect(await page.locator("#m3t2").isVisible()).toBe(true);
    expect(await overflow(page)).toBe(0);
    const broad = await show("broad", { media: "print", width: 794 });
    await screenshot(broad.page, "report-broad-print");
    expect(await overflow(broad.page)).toBe(0);
  });

  test("shows 100 mirrors with eleven tags each, their heads in sight while scrolling", async () => {
    const { page, complaints } = await show("hundred");
    await screenshot(page, "report-hundred-light");
    expect(await page.locator("table.matrix tbody tr").count()).toBe(100);
    expect(await page.locator("details.mirror").count()).toBe(100);
    expect(await overflow(page)).toBe(0);
    // Where a head ends up relative to what it scrolls in: at its top, below the bar for the page.
    const top = async (table: string, scroll: string) =>
      (await page.evaluate(`(() => { ${scroll};
        return Math.round(document.querySelector("${table} thead th").getBoundingClientRect().top); })()`)) as number;
    const bar = (await page.evaluate(
      "document.querySelector('.top').getBoundingClientRect().bottom",
    )) as number;
    const row =
      "document.querySelectorAll('table.times tbody tr')[60].scrollIntoView({ block: 'center' })";
    expect(Math.abs((await top("table.times", row)) - bar)).toBeLessThanOrEqual(2);
    const inner = "document.querySelector('.matrix').parentElement";
    const moved = await top(
      "table.matrix",
      `${inner}.scrollIntoView(); ${inner}.scrollTo(500, 3000)`,
    );
    expect(moved).toBe(
      Math.round((await page.evaluate(`${inner}.getBoundingClientRect().top`)) as number),
    );
    await page.getByLabel("Only problems").check();
    expect(await page.locator("#count").textContent()).toBe("6 of 100 mirrors shown");
    expect(complaints).toEqual([]);
  });
});

/** The names of what the Tab key comes to; each must show that it has the focus. */
async function walk(page: Page, most: number): Promise<readonly string[]> {
  const seen: string[] = [];
  for (let i = 0; i < most; i++) {
    await page.keyboard.press("Tab");
    const [name, visible] = (await page.evaluate(`(() => {
      const focused = document.activeElement;
      const { outlineStyle, outlineWidth } = getComputedStyle(focused);
      if (focused === document.body) return ["", true];
      const name = focused.getAttribute("aria-label") ?? focused.textContent.trim();
      return [name, outlineStyle !== "none" && parseFloat(outlineWidth) >= 2];
    })()`)) as [string, boolean];
    // After the last one comes the browser itself.
    if (name === "") break;
    expect(visible, `${name} shows that it is focused`).toBe(true);
    seen.push(name);
  }
  return seen;
}
