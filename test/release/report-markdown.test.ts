import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatMarkdown, SUMMARY_LIMIT } from "../../src/release/report/markdown.ts";
import { mdCode, mdText } from "../../src/release/report/markdown-text.ts";
import { golden } from "../golden.ts";
import { holds } from "../property.ts";
import {
  HOSTILE,
  outcomesOf,
  SAMPLES,
  type SampleName,
  sampleOutcome,
  sampleReport,
} from "./report-sample.ts";

const NAMES = Object.keys(SAMPLES) as readonly SampleName[];

const foreign = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.string({ unit: fc.constantFrom(..."`|\\*_[]()<>#@!:&~$ \n\tab1./"), maxLength: 60 }),
);

/** What a reader sees: character references read, word joiners not seen. */
function read(markdown: string): string {
  return markdown
    .replaceAll(/&#(\d+);/g, (_, point: string) => String.fromCodePoint(Number(point)))
    .replaceAll("\u2060", "");
}

describe("mdText", () => {
  test("leaves nothing that means something in Markdown or HTML", async () => {
    await holds(
      fc.property(foreign, (text) => {
        const written = mdText(text);
        expect(written.replaceAll(/&#\d+;/g, "")).not.toMatch(/[\\`*_{}[\]<>#+|~@&$^=\n\r\t]/);
        expect(written).not.toMatch(/(?:https?|ftp|mailto):|www\./i);
      }),
    );
  });

  test("reads as it was, but for what cannot be seen", () => {
    const text = "Say `--yes` | see <https://example.com/a_b> & log in_ again: it's 5 > 3";
    expect(read(mdText(text))).toBe(text);
    expect(mdText("Log in again, then go on with --resume")).toBe(
      "Log in again, then go on with --resume",
    );
    expect(mdText("a\u202eb\u001b[0m")).toBe("a&#92;u&#123;202e&#125;b&#92;u&#123;1b&#125;&#91;0m");
  });

  test.each(["@root", "see #12", "!34", ":smile:", "mail root@example.com", "~bug"])(
    "keeps %s from becoming a mention, a link or a picture",
    (text) => {
      expect(mdText(text)).toContain("\u2060");
      expect(read(mdText(text))).toBe(text);
    },
  );
});

describe("mdCode", () => {
  test("cannot be left: its fence is longer than any run in it, on one line", async () => {
    await holds(
      fc.property(foreign, fc.boolean(), (text, inTable) => {
        const written = mdCode(text, inTable);
        if (written === "–") return;
        const [fence = ""] = /^`+/.exec(written) ?? [];
        expect(fence).not.toBe("");
        expect(written.endsWith(fence)).toBe(true);
        const inside = written.slice(fence.length, -fence.length);
        expect(inside.match(/`+/g) ?? []).not.toContain(fence);
        expect(inside).not.toMatch(/[\n\r]/);
        expect(inside.startsWith("`") || inside.endsWith("`")).toBe(false);
      }),
    );
  });

  test("keeps a cell of a table whole", async () => {
    await holds(
      fc.property(foreign, (text) => {
        expect(mdCode(text, true).replaceAll("\\|", "")).not.toContain("|");
      }),
    );
  });
});

describe("formatMarkdown", () => {
  test.each(["failed", "drifted"] as const)("of %s is as it was judged to be good", (name) => {
    const text = Buffer.from(formatMarkdown(SAMPLES[name]()));
    expect(text.toString()).toBe(golden(`report/${name}.md`, text).toString());
  });

  test.each(NAMES)("of %s has tables whose rows have as many cells as their heads", (name) => {
    const tables = formatMarkdown(SAMPLES[name]())
      .split(/\n\n+/)
      .filter((one) => one.startsWith("|"));
    expect(tables.length).toBeGreaterThan(0);
    for (const table of tables) {
      const cells = table
        .trim()
        .split("\n")
        .map((line) => line.replaceAll("\\|", "").split("|").length);
      expect(new Set(cells).size).toBe(1);
    }
  });

  test("folds up what needs nobody, and leaves out last of all what failed", () => {
    const text = formatMarkdown(SAMPLES.hundred());
    expect(text).toContain("<details><summary>94 mirrors with nothing to do</summary>");
    expect(text.match(/\*\*Remedy:\*\*/g)).toHaveLength(6);
    const [before = ""] = text.split("<details>");
    for (const name of ["zot-lab", "site-021", "site-081", "site-033", "site-080", "site-064"]) {
      expect(before).toContain(`| **${name}**`);
    }
  });

  test.each([
    ["as they come", (at: number) => `${at} could not be reached`],
    ["in the longest words", (at: number) => `${at} ${HOSTILE.repeat(30)}`],
  ])("keeps below 64 KiB when 100 mirrors fail, %s", (_, message) => {
    const tags = ["3.10.2", ...Array.from({ length: 11 }, (_, at) => `3.${at}-${"x".repeat(80)}`)];
    const outcomes = outcomesOf(100, {}, "broken", () => ({ tags })).map(({ mirror }, at) =>
      sampleOutcome(at, "broken", mirror, message(at)),
    );
    const text = formatMarkdown(sampleReport(outcomes, "failed"));
    expect(Buffer.byteLength(text)).toBeLessThan(SUMMARY_LIMIT);
    expect(text).toContain("### What to do next");
    expect(text).toMatch(/and \d+ more failures, all of them in the report/);
  });

  test("lets no hostile text through", () => {
    const text = formatMarkdown(SAMPLES.hostile());
    const outsideCode = text.replaceAll(/(`+)(?!`).*?[^`]\1(?!`)/g, "");
    expect(outsideCode).not.toMatch(/<(?!\/?(?:details|summary|br|sub)>)/);
    expect(outsideCode).not.toMatch(/\]\(|!\[/);
    for (const character of ["\u001b", "\u202e"]) expect(text).not.toContain(character);
    expect(text).not.toMatch(/^# head/m);
  });
});
