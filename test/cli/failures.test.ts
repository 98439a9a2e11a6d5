import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { packageRoot } from "../../src/package-root.ts";
import { scratch } from "../folder.ts";
import { hiatus, jsonLines, type RunOptions } from "./command.ts";
import { fakeGcc, whyNoGcc } from "./fake-gcc.ts";
import { digestsOf, snapshot } from "./snapshot.ts";

let cwd: string;
beforeEach(() => {
  cwd = scratch();
  cpSync(
    join(packageRoot(), "images", "pause", "image.yaml"),
    join(cwd, "images", "pause", "image.yaml"),
    { recursive: true },
  );
});
const run = (args: readonly string[], options: Partial<RunOptions> = {}) =>
  hiatus(["build", ...args], { cwd, ...options });
const AMD64 = ["--platform", "linux/amd64"];

/** An output that a failing build must leave alone. */
async function builtBefore(out = join(cwd, "dist")) {
  expect((await run([...AMD64, "-q", "--out", out])).code).toBe(0);
  const before = snapshot(out);
  return () => {
    expect(snapshot(out)).toEqual(before);
    expect(readdirSync(out)).toEqual(["pause"]);
  };
}

describe("hiatus build without a compiler", () => {
  test.each(["gcc", "clang"])(
    "%s says all that is missing and what to install",
    async (toolchain) => {
      const untouched = await builtBefore();
      const { code, stdout, stderr } = await run(["--toolchain", toolchain], { env: { PATH: "" } });
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toMatch(new RegExp(`^hiatus: The toolchain "${toolchain}" is not complete: `));
      expect(stderr).toMatch(/\n {2}On Debian run `apt-get install [a-z0-9 -]+`/);
      expect(stderr).toContain("--toolchain zig");
      untouched();
    },
  );
});

const why = whyNoGcc();
describe.skipIf(why !== undefined)(
  `hiatus build with a broken compiler${why === undefined ? "" : ` (not tried: ${why})`}`,
  () => {
    const broken = (compile: string) => ({
      env: { PATH: `${fakeGcc(join(cwd, "path"), compile)}:/usr/bin:/bin` },
    });
    const GCC = [...AMD64, "--toolchain", "gcc", "--no-cache"];

    test.each([
      [
        "fails",
        "echo 'pause.c:7:1: error: no such thing' >&2; exit 4",
        "it ended with exit code 4\npause.c:7:1: error: no such thing\n",
      ],
      ["dies", "kill -SEGV $$", "it was ended by SIGSEGV"],
      ["writes nothing", "exit 0", "it wrote no program"],
    ])("that %s shows what it said, and how to see it again", async (_, compile, message) => {
      const untouched = await builtBefore();
      const { code, stdout, stderr } = await run(GCC, broken(compile));
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toContain(`hiatus: gcc could not compile for linux/amd64: ${message}`);
      expect(stderr).toMatch(
        /\n {2}Mend what the compiler says; to see it again, run: cd \S+ && env /,
      );
      untouched();
    });

    test("that writes something else than was asked for is found out", async () => {
      const untouched = await builtBefore();
      const compile = 'while [ "$1" != -o ]; do shift; done; cp /bin/true "$2"';
      const { code, stderr } = await run(GCC, broken(compile));
      expect(code).toBe(1);
      expect(stderr).toContain("The program for linux/amd64 is not sound");
      untouched();
    });

    test("with --json is an event as well", async () => {
      const { code, stdout } = await run([...GCC, "--json"], broken("exit 4"));
      expect(code).toBe(1);
      const lines = jsonLines(stdout);
      expect(lines.map(({ type, state }) => state ?? type)).toEqual(["start", "failed", "error"]);
      expect(lines.at(-1)).toMatchObject({
        code: "TOOLCHAIN",
        detail: { platform: "linux/amd64", status: 4 },
      });
    });
  },
);

/** A file system of its own, which takes root; in CI it must be had. */
function mount(options: string): string {
  const folder = join(cwd, "mounted");
  mkdirSync(folder);
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder]);
  onTestFinished(() => void execFileSync("umount", ["--lazy", folder]));
  return folder;
}
const isRoot = process.getuid?.() === 0 && process.platform === "linux";
const needsRoot = isRoot || process.env.CI ? "" : " (not tried: mounting takes root on Linux)";

describe.skipIf(needsRoot !== "")(`hiatus build on a disk that refuses${needsRoot}`, () => {
  test("is told when it is full, leaves the previous output, and goes on when there is space", async () => {
    const out = mount("size=128k");
    const untouched = await builtBefore(out);
    const { code, stdout, stderr } = await run(["--out", out]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^hiatus: .*(?:the disk is full|ENOSPC)/m);
    expect(stderr).toMatch(/\n {2}Free some space/);
    expect(stderr).not.toContain("mistake in hiatus");
    untouched();

    execFileSync("mount", ["-o", "remount,size=1m", out]);
    expect((await run(["-q", "--out", out])).code).toBe(0);
    expect(digestsOf(join(out, "pause")).platforms).toHaveLength(11);
  });

  test.each(["16k", "32k", "48k", "64k", "80k", "96k", "112k", "160k", "192k"])(
    "with %s left fails cleanly wherever that happens",
    async (size) => {
      const out = mount(`size=${size}`);
      const { code, stderr } = await run(["-q", "--out", out]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/(?:the disk is full|ENOSPC).*\n {2}Free some space/);
      expect(readdirSync(out)).toEqual([]);
    },
  );

  test("is told when it is read-only", async () => {
    const out = mount("size=1m");
    const untouched = await builtBefore(out);
    execFileSync("mount", ["-o", "remount,ro", out]);
    const { code, stderr } = await run(["--out", out]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^hiatus: Cannot write the build to .*EROFS/m);
    expect(stderr).toMatch(/\n {2}The file system is read-only; choose another folder/);
    untouched();
  });

  test("leaves output and lock alone when the lock cannot be written", async () => {
    const untouched = await builtBefore();
    const images = mount("size=1m");
    cpSync(join(cwd, "images"), images, { recursive: true });
    execFileSync("mount", ["-o", "remount,ro", images]);
    const { code, stderr } = await run(["--update-lock", join(images, "pause")]);
    expect(code).toBe(1);
    expect(stderr).toContain("EROFS");
    untouched();
  });

  test("works without a cache that can be written, and says so", async () => {
    const cache = mount("size=1m");
    execFileSync("mount", ["-o", "remount,ro", cache]);
    const { code, stdout, stderr } = await run([...AMD64, "-q"], {
      env: { HIATUS_CACHE_DIR: cache },
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^sha256:/);
    expect(stderr).toMatch(/cache/);
  });

  test("is told when another user may not write there", async () => {
    const nobody = 65_534;
    // Folders of tests are their owner's alone.
    chmodSync(cwd, 0o755);
    const [home, out] = [join(cwd, "home"), join(cwd, "dist")];
    const untouched = await builtBefore();
    mkdirSync(home);
    chownSync(home, nobody, nobody);
    const env = { HOME: home, TMPDIR: home, HIATUS_CACHE_DIR: join(home, "cache") };
    const { code, stderr } = await run(AMD64, { id: nobody, env });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^hiatus: Cannot write the build to .*EACCES/m);
    expect(stderr).toMatch(/\n {2}Check the permissions/);
    untouched();
    rmSync(out, { recursive: true });
    chmodSync(join(cwd, "images", "pause", "image.yaml"), 0o000);
    const unreadable = await run(AMD64, { id: nobody, env });
    expect(unreadable.code).toBe(2);
    expect(unreadable.stderr).toMatch(/^hiatus: Cannot read ".*image.yaml": EACCES/);
  });
});
