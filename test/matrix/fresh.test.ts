/** A fresh clone and one command: with Node and npm, or with Deno alone. Packages come from the registry, or npm's cache. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { packageRoot } from "../../src/package-root.ts";
import { digestsOf, snapshot } from "../cli/snapshot.ts";
import { importScript, type Runtimes } from "../scripts.ts";
import { copyCheckout, runProgram } from "./checkout.ts";

const runtimes = await importScript<Runtimes>("runtimes");
const whyNot = runtimes.whyNoRuntimes();
const npmCache = process.env.npm_config_cache ?? join(process.env.HOME ?? "", ".npm");
/** Deno's own cache of packages, kept between runs as npm keeps its own. */
const denoCache = join(packageRoot(), ".cache", "deno");
const lock = JSON.parse(
  readFileSync(join(packageRoot(), "images", "pause", "digests.json"), "utf8"),
) as { index: { digest: string }; platforms: object };

let base: string;
let clone: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "hiatus-test-"));
  clone = join(base, "hiatus");
  mkdirSync(clone);
  copyCheckout(clone);
});
afterEach(() => rmSync(base, { recursive: true }));

const run = (argv: readonly string[], env: Readonly<Record<string, string>>) =>
  runProgram(argv, {
    cwd: clone,
    env: { HOME: base, HIATUS_CACHE_DIR: join(base, "cache"), ...env },
  });

describe("a fresh clone", () => {
  test("builds with `npm run build:images`, which installs and compiles what is missing", async () => {
    const env = {
      PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
      npm_config_cache: npmCache,
      npm_config_prefer_offline: "true",
    };
    const { code, stdout, stderr } = await run(
      ["npm", "run", "--silent", "build:images", "--", "--locked"],
      env,
    );
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    expect(stderr).toContain("hiatus: installing the locked dependencies\n");
    expect(stderr).toContain("hiatus: compiling the sources\n");
    for (const name of Object.keys(lock.platforms)) expect(stdout).toContain(`\n  ${name} `);
    expect(stdout).toContain(lock.index.digest);
    expect(stdout).toContain("npx hiatus inspect oci:dist/pause/oci:3.10.2");
    expect(digestsOf(join(clone, "dist", "pause")).index.digest).toBe(lock.index.digest);

    // Again it installs and compiles nothing, and its standard output is the script's alone.
    const again = await run(["npm", "run", "--silent", "build:images", "--", "-q"], env);
    expect(again).toMatchObject({ code: 0, stdout: `${lock.index.digest}\n`, stderr: "" });
    const npx = await run(["npx", "--no-install", "hiatus", "--version"], env);
    expect(npx.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const tree = await run(
      ["npx", "--no-install", "hiatus", "inspect", "oci:dist/pause/oci:3.10.2"],
      env,
    );
    expect(tree).toMatchObject({ code: 0 });
    expect(tree.stdout).toContain(lock.index.digest);
  }, 300_000);

  test.skipIf(whyNot !== undefined)(
    `builds with \`deno task build:images\` on a machine without Node${whyNot === undefined ? "" : ` (not tried: ${whyNot})`}`,
    async () => {
      const deno = (await runtimes.ensureRuntime("deno")) as string;
      // Only Deno is on PATH: neither Node nor npm nor a shell.
      const env = { PATH: dirname(deno), DENO_DIR: denoCache };
      const { code, stdout, stderr } = await run([deno, "task", "build:images", "--locked"], env);
      expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toContain(lock.index.digest);
      expect(stdout).toContain("deno task hiatus inspect oci:dist/pause/oci:3.10.2");
      expect(existsSync(join(clone, "lib"))).toBe(false);
      const first = snapshot(join(clone, "dist"));

      const again = await run([deno, "task", "--quiet", "build:images", "-q", "--no-cache"], env);
      expect(again).toMatchObject({ code: 0, stdout: `${lock.index.digest}\n`, stderr: "" });
      expect(snapshot(join(clone, "dist"))).toEqual(first);
      const tree = await run(
        [deno, "task", "--quiet", "hiatus", "inspect", "oci:dist/pause/oci:3.10.2"],
        env,
      );
      expect(tree).toMatchObject({ code: 0 });
      expect(tree.stdout).toContain(lock.index.digest);
    },
    300_000,
  );
});
