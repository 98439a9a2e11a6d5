import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OUTSIDE_LIMIT } from "../../src/release/report/from-outside.ts";
import { formatHtml } from "../../src/release/report/html.ts";
import { holds } from "../property.ts";
import {
  type Ending,
  HOSTILE,
  outcomesOf,
  SAMPLES,
  type SampleName,
  sampleOutcome,
  sampleReport,
} from "./report-sample.ts";

const NAMES = Object.keys(SAMPLES) as readonly SampleName[];

/** Names of elements and attributes in their order: what a page is made of, without its text. */
function bones(page: string): readonly string[] {
  return [...page.matchAll(/<\/?([a-z][a-z0-9]*)((?:\s+[a-z-]+(?:="[^"]*")?)*)\s*>/g)].map(
    ([, name, attributes]) =>
      `${name} ${[...(attributes ?? "").matchAll(/([a-z-]+)(?:="[^"]*")?/g)].map(([, one]) => one).join(" ")}`,
  );
}

/** A page whose foreign texts are all this one. */
function pageWith(text: string): string {
  const endings: readonly Ending[] = ["broken", "unreachable", "bare"];
  const outcomes = endings.map((ending, at) => sampleOutcome(at, ending, {}, text));
  return formatHtml(sampleReport(outcomes, "failed"));
}

describe("formatHtml", () => {
  test.each(NAMES)("of %s may run and use only what is in it, by its hash", (name) => {
    const page = formatHtml(SAMPLES[name]());
    const policy = /content-security-policy" content="([^"]*)"/.exec(page)?.[1] ?? "";
    expect(policy).toMatch(/^default-src &#39;none&#39;; /);
    for (const [kind, tag] of [
      ["script", "script"],
      ["style", "style"],
    ] as const) {
      const parts = [...page.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, "gs"))];
      expect(parts).toHaveLength(1);
      const hash = createHash("sha256")
        .update(parts[0]?.[1] ?? "")
        .digest("base64");
      expect(policy).toContain(`${kind}-src &#39;sha256-${hash}&#39;`);
    }
    const attributes = bones(page).flatMap((one) => one.split(" ").slice(1));
    expect(attributes.filter((one) => /^(?:style|on)/.test(one))).toEqual([]);
    // Nothing is fetched: addresses are places on the page, the document beside it, and the icon itself.
    const addresses = [...page.matchAll(/ (?:href|src)="([^"]*)"/g)].map(([, address]) => address);
    expect(
      addresses.filter((one) => !/^(#[a-z0-9-]+|report\.json|data:image\/svg)/.test(one ?? "")),
    ).toEqual([]);
  });

  test.each(NAMES)("of %s leads only to what is there, and names everything once", (name) => {
    const page = formatHtml(SAMPLES[name]());
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const targets = [...page.matchAll(/ href="#([^"]*)"/g)].map(([, id]) => id);
    expect(targets.filter((id) => !ids.includes(id))).toEqual([]);
  });

  test.each(NAMES)("of %s is the same twice", (name) => {
    expect(formatHtml(SAMPLES[name]())).toBe(formatHtml(SAMPLES[name]()));
  });

  test("never lets text become markup, whoever wrote it", async () => {
    const plain = bones(pageWith("text"));
    expect(plain.length).toBeGreaterThan(100);
    const piece = fc.oneof(
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.constantFrom(
        "<script>",
        "</style>",
        '" onclick="',
        "' x='",
        "<!--",
        "]]>",
        "&lt;",
        HOSTILE,
        "`",
      ),
    );
    await holds(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 6 }), (pieces) => {
        expect(bones(pageWith(`x${pieces.join("")}`))).toEqual(plain);
      }),
      60,
    );
  });

  test("shows what cannot be seen as its code point", () => {
    const page = formatHtml(SAMPLES.hostile());
    expect(page).toContain("\\u{202e}txt.exe");
    for (const character of ["\u001b", "\u202e"]) expect(page).not.toContain(character);
    expect(page).not.toContain("<script>alert");
  });

  test("says the verdict in words, and every failure with its remedy", () => {
    const page = formatHtml(SAMPLES.failed());
    expect(page).toContain("<h1>pause 3.10.2 is at some mirrors and not at others</h1>");
    expect(page).toContain("<code>hiatus release --resume</code>");
    expect(page).toContain("<code>hiatus release --rollback</code>");
    for (const { failures } of SAMPLES.failed().mirrors) {
      for (const { message, hint } of failures) {
        const shown = (text: string) => text.replaceAll('"', "&quot;").replaceAll("'", "&#39;");
        expect(page).toContain(shown(message));
        expect(page).toContain(`<b>Remedy</b> ${shown(hint ?? "")}`);
      }
    }
  });

  test("puts what failed first, and what must succeed before what need not", () => {
    const page = formatHtml(SAMPLES.hundred());
    const matrix = page.slice(page.indexOf('<table role="table" class="matrix"'));
    const names = [...matrix.matchAll(/<div class="who"><a href="#m\d+">([^<]*)</g)].map(
      ([, one]) => one,
    );
    expect(names.slice(0, 7)).toEqual([
      "zot-lab",
      "site-021",
      "site-081",
      "site-033",
      "site-080",
      "site-064",
      "ghcr",
    ]);
    expect(names).toHaveLength(100);
  });

  test("stands together what has one remedy", () => {
    const page = formatHtml(SAMPLES.hundred());
    expect(page.match(/<li class="trouble/g)).toHaveLength(4);
    expect(page).toContain("Staging failed at 3 mirrors");
  });

  test.each([
    ["with eleven tags each", () => SAMPLES.hundred()],
    [
      "that all fail with the longest messages",
      () => {
        const long = HOSTILE.repeat(40).slice(0, OUTSIDE_LIMIT);
        const outcomes = outcomesOf(100, {}, "broken").map((one, at) =>
          sampleOutcome(at, "broken", one.mirror, `${at} ${long}`),
        );
        return sampleReport(outcomes, "failed");
      },
    ],
    [
      "that have other tags each",
      () =>
        sampleReport(
          outcomesOf(100, {}, "released", (at) => ({
            tags: ["3.10.2", ...Array.from({ length: 9 }, (_, i) => `site-${at}-${i}`)],
          })),
          "released",
        ),
    ],
  ])("fits 100 mirrors %s into 2 MiB", (_, report) => {
    expect(Buffer.byteLength(formatHtml(report()))).toBeLessThan(2 * 1024 * 1024);
  });
});
