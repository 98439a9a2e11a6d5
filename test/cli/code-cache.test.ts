/** Starting from V8's code cache: what is written, by whom it is believed, and that the command works without. */
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { packageRoot } from "../../src/package-root.ts";
import { runProgram } from "../matrix/checkout.ts";

let base: string;
let cli: string;
const isRoot = process.geteuid?.() === 0;

/** The compiled command in a place of its own, as an installation has it. */
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "hiatus-test-"));
  cli = join(base, "lib", "cli");
  mkdirSync(join(base, "native", "reaper"), { recursive: true });
  cpSync(join(packageRoot(), "package.json"), join(base, "package.json"));
  cpSync(join(packageRoot(), "lib", "cli"), cli, {
    recursive: true,
    filter: (path) => !path.includes("cache"),
  });
});
afterEach(() => {
  chmodSync(cli, 0o755);
  rmSync(base, { recursive: true });
});

const caches = () => readdirSync(cli).filter((name) => name.includes("cache"));
const only = (): string => {
  const [name = "", ...others] = caches();
  expect(others).toEqual([]);
  return join(cli, name);
};

/** Runs it. */
async function run(args: readonly string[], node: readonly string[] = []) {
  const argv = [process.execPath, ...node, join(cli, "main.js"), ...args];
  return runProgram(argv, { cwd: base, env: { PATH: process.env.PATH ?? "", HOME: base } });
}

const HELP = ["push", "--help"];
const good = async (node: readonly string[] = []) => {
  const { code, stdout, stderr } = await run(HELP, node);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain("Usage: hiatus push");
};
/** A time long ago, so that writing again shows. */
const past = new Date(2020, 1, 1);

describe("the code cache", () => {
  test("is written beside the bundle by the first run and left alone by the next", async () => {
    await good();
    const file = only();
    expect(file).toMatch(/\/registry-[0-9A-Z]{8}\.js\.push\.v[\d.]+-\w+\.cache$/);
    expect(statSync(file).mode & 0o022).toBe(0);
    const bytes = readFileSync(file);
    utimesSync(file, past, past);
    await good();
    expect(statSync(file).mtime).toEqual(past);
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  test("is kept for each command by itself, under names that no argument makes", async () => {
    await good();
    await run(["tags", "--help"]);
    await run(["build", "--help"]);
    await run(["--version"]);
    await run(["../../x", "--help"]);
    const uses = caches().map((name) => name.split(".")[2]);
    expect(uses.sort()).toEqual(["build", "other", "push", "tags"]);
  });

  test("is not written by a run that failed", async () => {
    expect((await run(["push", "--no-such-option"])).code).toBe(2);
    expect(caches()).toEqual([]);
  });

  test("that is cut short, damaged or of other flags is replaced", async () => {
    await good();
    const file = only();
    const bytes = readFileSync(file);
    for (const wrong of [bytes.subarray(0, 100), Buffer.alloc(0), Buffer.alloc(bytes.length, 7)]) {
      writeFileSync(file, wrong);
      await good();
      expect(readFileSync(file).equals(wrong)).toBe(false);
    }
    utimesSync(file, past, past);
    await good(["--no-opt"]);
    expect(statSync(file).mtime).not.toEqual(past);
  });

  test("that others may write is not believed", async () => {
    await good();
    const file = only();
    chmodSync(file, 0o666);
    utimesSync(file, past, past);
    await good();
    expect(statSync(file).mtime).not.toEqual(past);
    expect(statSync(file).mode & 0o022).toBe(0);
  });

  test("is neither written nor believed for a bundle that others may write", async () => {
    for (const name of readdirSync(cli)) {
      if (name.endsWith(".js")) chmodSync(join(cli, name), 0o666);
    }
    await good();
    expect(caches()).toEqual([]);
  });

  test.skipIf(!isRoot)(
    "of another owner is not believed, and nobody but the bundle's owner writes one (needs root)",
    async () => {
      await good();
      const file = only();
      chownSync(file, 65534, 65534);
      utimesSync(file, past, past);
      await good();
      expect(statSync(file).uid).toBe(0);
      rmSync(file);
      for (const name of readdirSync(cli)) chownSync(join(cli, name), 65534, 65534);
      await good();
      expect(caches()).toEqual([]);
    },
  );

  test("does without where nothing can be written", async () => {
    // Root may write everywhere, but not make a file where a folder is in the way.
    await good();
    const file = only();
    rmSync(file);
    mkdirSync(file);
    await good();
    expect(caches()).toEqual([file.slice(cli.length + 1)]);
    if (isRoot) return;
    rmSync(file, { recursive: true });
    chmodSync(cli, 0o555);
    await good();
    expect(existsSync(file)).toBe(false);
  });
});
