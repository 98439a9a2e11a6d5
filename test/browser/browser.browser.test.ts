/** What the tests of pages rely on: that the tools see what is wrong. */
import { expect, test } from "vitest";
import { axe, describeInBrowser, overflow, rolesOf } from "./browser.ts";

const GOOD =
  '<!doctype html><html lang="en"><title>Good</title><main><h1>Good</h1><p>Text</p></main></html>';

describeInBrowser("the tools that look at pages", ({ openHtml }) => {
  test("axe finds a picture without words and pale text, and nothing in a good page", async () => {
    const bad = GOOD.replace(
      "<p>",
      '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw="><p style="color: #bbb">',
    );
    const found = await axe((await openHtml(bad)).page);
    expect(found.map((line) => line.split(":")[0])).toEqual(["color-contrast", "image-alt"]);
    expect(await axe((await openHtml(GOOD)).page)).toEqual([]);
  });

  test("overflow and rolesOf see what is there", async () => {
    const wide = await openHtml(GOOD.replace("<p>", '<p style="width: 500px">'), { width: 320 });
    expect(await overflow(wide.page)).toBeGreaterThan(100);
    expect(await rolesOf(wide.page)).toMatchObject({ main: 1, heading: 1 });
  });

  test("complaints tell of the console, of errors and of what could not be fetched", async () => {
    const script =
      '<script>console.error("one"); fetch("http://127.0.0.1:9/"); throw new Error("two")</script>';
    const { page, complaints } = await openHtml(GOOD.replace("<p>", `${script}<p>`));
    await page.waitForLoadState("networkidle");
    const all = complaints.join("\n");
    for (const text of ["one", "two", "http://127.0.0.1:9/ failed"]) expect(all).toContain(text);
  });
});
