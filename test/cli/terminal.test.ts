import { cpSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { packageRoot } from "../../src/package-root.ts";
import { scratch } from "../folder.ts";
import { runInTerminal, whyNoTerminal } from "./in-terminal.ts";
import { digestsOf } from "./snapshot.ts";

let cwd: string;
beforeEach(() => {
  cwd = scratch();
  cpSync(join(packageRoot(), "images"), join(cwd, "images"), { recursive: true });
});

const inTerminal = (columns: number, args: string, env: Record<string, string> = {}) =>
  runInTerminal(args, { cwd, columns, env: { HIATUS_CACHE_DIR: join(cwd, "cache"), ...env } });

/** What is on the screen in the end: a carriage return goes back, "erase in line" clears what is right of it. */
function screenOf(output: string): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: terminals are controlled by them
  const plain = output.replaceAll(/\u001b\[[0-9;]*m/g, "").replaceAll("\r\n", "\n");
  return plain.split("\n").map((line) => line.split("\r\u001b[K").at(-1) ?? "");
}

const why = whyNoTerminal();
describe.skipIf(why !== "")(`hiatus build in a terminal${why}`, () => {
  test("shows progress on one line that is gone in the end", async () => {
    const { code, stdout } = await inTerminal(120, "build --jobs 1");
    expect(code).toBe(0);
    const progress = stdout.split("\n")[0] ?? "";
    const steps = progress.split("\r\u001b[K").map((step) => step.trim());
    expect(steps).toHaveLength(24);
    expect(steps.at(1)).toMatch(/^compiling .*0 done.* linux\/amd64$/);
    expect(steps.at(-2)).toMatch(/^compiling .*11 done.* linux\/mips64le$/);
    expect(steps.at(-1)).toBe("");
    expect(screenOf(stdout).join("\n")).not.toContain("compiling");
  });

  test("shows whole digests where there is room, and keeps to the width where there is not", async () => {
    const wide = screenOf((await inTerminal(120, "build")).stdout);
    const { index, platforms } = digestsOf(join(cwd, "dist", "pause"));
    const rows = (screen: readonly string[]) => screen.filter((line) => /^ {2}linux\//.test(line));
    expect(rows(wide).map((line) => line.split(/ +/).at(-1))).toEqual(
      platforms.map(({ manifest }) => manifest.digest),
    );
    const narrow = screenOf((await inTerminal(80, "build")).stdout);
    expect(rows(narrow).map((line) => line.split(/ +/).at(-1))).toEqual(
      platforms.map(({ manifest }) => `${manifest.digest.slice(0, 19)}…`),
    );
    const table = narrow.slice(
      0,
      narrow.findIndex((line) => line.startsWith("  next")),
    );
    // The digest to copy is whole in any case.
    expect(table.filter((line) => line.length > 80)).toEqual([`  index    ${index.digest}`]);
  });

  test("has colours, unless NO_COLOR says otherwise", async () => {
    expect((await inTerminal(80, "build")).stdout).toContain("\u001b[36mlinux/amd64\u001b[39m");
    const { stdout } = await inTerminal(80, "build", { NO_COLOR: "1" });
    expect(stdout.replaceAll("\u001b[K", "")).not.toContain("\u001b");
  });

  test("takes progress away before it tells of an error", async () => {
    const { code, stdout } = await inTerminal(80, "build --locked --stamp x");
    expect(code).toBe(3);
    const screen = screenOf(stdout);
    expect(screen.join("\n")).not.toContain("compiling");
    expect(screen[0]).toMatch(/^hiatus: The build differs from /);
  });
});
