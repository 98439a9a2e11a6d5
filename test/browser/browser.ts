/**
 * Pages in headless Chromium, for tests: what a page shows, what it complains about, and whether everybody can use it.
 *
 * @module
 */

import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { AxeResults } from "axe-core";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import { packageRoot } from "../../src/package-root.ts";
import { findProgram } from "../runtime/command.ts";
import { describeWith } from "../runtime/needs.ts";

/** How a page is looked at. */
export interface Look {
  /** @default "light" */
  readonly scheme?: "light" | "dark";
  /** Pixels. @default 1200 */
  readonly width?: number;
  /** @default true */
  readonly script?: boolean;
  /** @default "screen" */
  readonly media?: "screen" | "print";
  /** Of the browser, for example `clipboard-read`. @default none */
  readonly permissions?: readonly string[];
}

/** A page that is open. */
export interface Opened {
  readonly page: Page;
  /** Errors and warnings of the console, violations of the policy, uncaught errors and failed requests, as they come. */
  readonly complaints: readonly string[];
}

/** Opens pages. Each has a profile of its own and is closed with its test. */
export interface Opener {
  /** An address that is served on loopback. */
  open(url: string, look?: Look): Promise<Opened>;
  /** A document of its own, for example the report of a release. */
  openHtml(html: string, look?: Look): Promise<Opened>;
}

/** `describe` with a browser; skipped with the reason where Chromium is not installed, failed in CI. */
export function describeInBrowser(name: string, tests: (opener: Opener) => void): void {
  describeWith({ programs: ["chromium"] }, name, () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await chromium.launch({
        executablePath: findProgram("chromium") ?? "chromium",
        // Chromium refuses to sandbox for root; nothing but our own pages is opened.
        args: [...(process.getuid?.() === 0 ? ["--no-sandbox"] : []), "--disable-dev-shm-usage"],
      });
    });
    afterAll(() => browser?.close());
    tests({
      open: (url, look) => opened(browser, look, (page) => page.goto(url)),
      openHtml: (html, look) => opened(browser, look, (page) => page.setContent(html)),
    });
  });
}

async function opened(
  browser: Browser,
  look: Look = {},
  go: (page: Page) => Promise<unknown>,
): Promise<Opened> {
  const { scheme = "light", width = 1200, script = true, media = "screen", permissions } = look;
  const context: BrowserContext = await browser.newContext({
    colorScheme: scheme,
    viewport: { width, height: 900 },
    javaScriptEnabled: script,
    // Colours in the middle of a transition are nobody's.
    reducedMotion: "reduce",
    ...(permissions === undefined ? {} : { permissions: [...permissions] }),
  });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("requestfailed", (request) => complaints.push(`${request.url()} failed`));
  if (media === "print") await page.emulateMedia({ media });
  await go(page);
  return { page, complaints };
}

/**
 * What axe finds wrong for people with disabilities, one line each; empty when nothing. All rules but the experimental
 * ones, those of WCAG 2.2 AA and the best practices.
 */
export async function axe(page: Page): Promise<readonly string[]> {
  const source = readFileSync(
    createRequire(import.meta.url).resolve("axe-core/axe.min.js"),
    "utf8",
  );
  await page.evaluate(source);
  const results = (await page.evaluate(
    "axe.run(document, { rules: { 'target-size': { enabled: true } } })",
  )) as AxeResults;
  if (results.passes.length === 0) throw new Error("axe looked at nothing");
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary}`),
  );
}

/** How often each role is in the tree that Chromium gives to assistive technology. */
export async function rolesOf(page: Page): Promise<Readonly<Record<string, number>>> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send("Accessibility.getFullAXTree");
  const counts: Record<string, number> = {};
  for (const { ignored, role } of nodes) {
    if (!ignored && role !== undefined) counts[role.value] = (counts[role.value] ?? 0) + 1;
  }
  return counts;
}

/** How many pixels the page is wider than its window: people should never have to scroll sideways. */
export async function overflow(page: Page): Promise<number> {
  return (await page.evaluate(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  )) as number;
}

/** Keeps a picture of the whole page for people to look at. @returns its path */
export async function screenshot(page: Page, name: string): Promise<string> {
  const folder = join(packageRoot(), ".cache", "screenshots");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path, fullPage: true });
  return path;
}
