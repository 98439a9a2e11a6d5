/** One index digest, whatever the folder, umask, time zone, locale, cache, user and runtime. */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { snapshot } from "../cli/snapshot.ts";
import { importScript, type Runtimes } from "../scripts.ts";
import { copyCheckout, runProgram } from "./checkout.ts";

const runtimes = await importScript<Runtimes>("runtimes");
const whyNot = runtimes.whyNoRuntimes();
const PLAIN = { PATH: "/usr/bin:/bin", TZ: "UTC", LC_ALL: "C" };

let base: string;
let one: string;
let other: string;
let locked: string;
let first: Readonly<Record<string, string>>;
let rounds = 0;

interface Build {
  readonly checkout?: string;
  readonly program?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly umask?: string;
  readonly args?: readonly string[];
  /** Name of the compile cache. @default one of its own */
  readonly cache?: string;
  readonly id?: number;
}

/** Builds all platforms, and returns the digest and every file that came out. */
async function build(how: Build = {}) {
  const { checkout = one, env = {}, umask = "022", args = [], id } = how;
  const home = join(base, `home-${rounds++}`);
  mkdirSync(home);
  if (id !== undefined) chownSync(home, id, id);
  const main = how.program
    ? [...how.program, join(checkout, "src", "cli", "main.ts")]
    : [process.execPath, join(checkout, "lib", "cli", "main.js")];
  const cache = how.cache === undefined ? join(home, "cache") : join(base, how.cache);
  const argv = [...main, "build", "--locked", "--quiet", "--out", join(home, "out"), ...args];
  const { code, stdout, stderr } = await runProgram(argv, {
    cwd: checkout,
    umask,
    env: { ...PLAIN, HOME: home, HIATUS_CACHE_DIR: cache, ...env },
    ...(id === undefined ? {} : { id }),
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return { digest: stdout.trim(), files: snapshot(join(home, "out")) };
}

/** Expects what the first build made, byte for byte: layout, archive, binaries and record. */
async function expectSame(how: Build): Promise<void> {
  const { digest, files } = await build(how);
  expect(digest).toBe(locked);
  expect(Object.keys(files)).toEqual(Object.keys(first));
  for (const [name, bytes] of Object.entries(files))
    expect({ [name]: bytes }).toEqual({ [name]: first[name] });
}

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), "hiatus-test-"));
  chmodSync(base, 0o755);
  one = join(base, "one");
  other = join(base, "another place", "with ümläuts", "and-a-much-longer-name".repeat(4));
  for (const folder of [one, other]) copyCheckout(folder, { packages: true, compiled: true });
  const lock = JSON.parse(readFileSync(join(one, "images", "pause", "digests.json"), "utf8")) as {
    index: { digest: string };
  };
  locked = lock.index.digest;
  ({ files: first } = await build({ cache: "warm" }));
}, 120_000);
afterAll(() => rmSync(base, { recursive: true }));

describe("the index digest", () => {
  test("is the locked one, from a warm cache as from a cold", async () => {
    await expectSame({ cache: "warm" });
    await expectSame({});
    await expectSame({ args: ["--no-cache"] });
  });

  test("does not depend on folders, umask, time zone or locale", async () => {
    await expectSame({
      checkout: other,
      umask: "077",
      env: { TZ: "Asia/Kathmandu", LC_ALL: "tr_TR.UTF-8", LANG: "tr_TR.UTF-8" },
    });
    await expectSame({
      checkout: other,
      umask: "000",
      env: { TZ: "Pacific/Kiritimati", LC_ALL: "de_DE" },
    });
  });

  test("does not depend on how many compile at a time", async () => {
    await expectSame({ args: ["--jobs", "1"] });
    await expectSame({ args: ["--jobs", "11"] });
  });

  test("does not depend on what compilers and npm find in the environment", async () => {
    const decoy = join(base, "decoy");
    await expectSame({
      env: {
        CFLAGS: "-O0 -g",
        CPPFLAGS: "-DVERSION=evil",
        CPATH: decoy,
        C_INCLUDE_PATH: decoy,
        LIBRARY_PATH: decoy,
        ZIG_LIB_DIR: decoy,
        ZIG_GLOBAL_CACHE_DIR: decoy,
        NODE_ENV: "production",
        USER: "somebody",
        HOSTNAME: "elsewhere",
      },
    });
  });

  test("changes when the version does, so that equality above means something", async () => {
    const { code, stderr } = await runProgram(
      [
        process.execPath,
        join(one, "lib", "cli", "main.js"),
        "build",
        "--locked",
        "-q",
        "--version",
        "3.10.3",
        "--out",
        join(base, "changed"),
      ],
      { cwd: one, env: { ...PLAIN, HOME: base, HIATUS_CACHE_DIR: join(base, "warm") } },
    );
    expect(code).toBe(3);
    expect(stderr).toMatch(/version\n {4}locked 3\.10\.2\n {4}built {2}3\.10\.3/);
  });

  const isRoot = process.getuid?.() === 0;
  test.skipIf(!isRoot)(
    `does not depend on the user${isRoot ? "" : " (not tried: only root can become others)"}`,
    async () => {
      await expectSame({ id: 65_534 });
      await expectSame({ id: 12_345, umask: "027" });
    },
  );

  describe.skipIf(whyNot !== undefined)(
    `in other runtimes${whyNot === undefined ? "" : ` (not tried: ${whyNot})`}`,
    () => {
      test.each(["node22", "node24"] as const)(
        "is the same in %s",
        async (name) => {
          const node = (await runtimes.ensureRuntime(name)) as string;
          const home = join(base, name);
          mkdirSync(home);
          const argv = [
            node,
            join(other, "lib", "cli", "main.js"),
            "build",
            "--locked",
            "-q",
            "--no-cache",
            "--out",
            home,
          ];
          const { code, stdout, stderr } = await runProgram(argv, {
            cwd: other,
            env: { ...PLAIN, HOME: home },
          });
          expect({ code, stderr, digest: stdout.trim() }).toEqual({
            code: 0,
            stderr: "",
            digest: locked,
          });
          expect(snapshot(home)).toEqual(first);
        },
        180_000,
      );

      test("is the same in Deno, which runs the sources as they are", async () => {
        const deno = (await runtimes.ensureRuntime("deno")) as string;
        const program = [deno, "run", "--quiet", "--allow-all"];
        await expectSame({ program, args: ["--no-cache"] });
        await expectSame({ program, checkout: other, umask: "077", env: { TZ: "Asia/Kathmandu" } });
      }, 180_000);
    },
  );
});
