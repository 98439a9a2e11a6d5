/** The self-extracting script as a text: size, determinism, what it refuses to say. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunContent } from "../../src/bundle/run/content.ts";
import { runScript } from "../../src/bundle/run/run-script.ts";
import { buildPause } from "../runtime/pause-image.ts";
import { runContentOf } from "./run-sample.ts";

let base: string;
let content: RunContent;

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), "hiatus-test-"));
  content = await runContentOf(await buildPause(base));
}, 120_000);
afterAll(() => rmSync(base, { recursive: true, force: true }));

describe("runScript", () => {
  test("has at most 40 kB for eleven platforms, plain ASCII in lines that every terminal takes", () => {
    const script = Buffer.from(runScript(content));
    expect(content.platforms).toHaveLength(11);
    expect(script.byteLength).toBeLessThanOrEqual(40_000);
    const text = script.toString("latin1");
    expect(text).toMatch(/^#!\/bin\/sh\n\{\n/);
    expect(text).toMatch(/\n\}\n\\exit 1\n# sha256 [0-9a-f]{64}\n$/);
    expect(text).toMatch(/^[\n -~]*$/);
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThan(1000);
    expect(text.split("\n")).not.toContain("EOF");
  });

  test("is a function of its content", () => {
    expect(runScript(content)).toEqual(runScript({ ...content }));
  });

  test.each([
    ["a version with a space", { version: "3.10 2" }],
    ["a name that ends the line", { name: "pause\nroot" }],
    ["a repository with a command", { repository: "a$(id)" }],
    ["a tag that is an option", { tags: ["-n"] }],
    ["no tag", { tags: [] }],
    ["contents without the root", { contents: [] }],
    [
      "a media type with a quote",
      {
        contents: [
          {
            kind: "blob" as const,
            descriptor: { mediaType: "a'b", digest: `sha256:${"0".repeat(64)}` as const, size: 1 },
          },
        ],
      },
    ],
  ])("refuses %s", (_, part) => {
    expect(() => runScript({ ...content, ...part })).toThrowError(
      expect.objectContaining({ code: "INVALID" }),
    );
  });
});
