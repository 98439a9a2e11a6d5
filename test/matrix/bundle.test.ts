/** One digest of every form of a bundle, whatever the runtime, umask, time zone and locale. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BUNDLE_FORMS } from "../../src/bundle/form.ts";
import { digestOf } from "../../src/oci/digest.ts";
import { packageRoot } from "../../src/package-root.ts";
import { useBuild } from "../cli/built.ts";
import { importScript, type Runtimes } from "../scripts.ts";
import { runProgram } from "./checkout.ts";

const runtimes = await importScript<Runtimes>("runtimes");
const whyNot = runtimes.whyNoRuntimes();
const OUT = useBuild("amd64,arm64,s390x");
const LIB = join(packageRoot(), "lib", "cli", "main.js");
const SOURCE = join(packageRoot(), "src", "cli", "main.ts");

let base: string;
let rounds = 0;
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), "hiatus-test-"));
});
afterAll(() => rmSync(base, { recursive: true }));

interface Host {
  readonly program?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly umask?: string;
}

/** The digest of each form, as this host writes it. */
async function digestsOn({ program = [process.execPath, LIB], env = {}, umask }: Host = {}) {
  const home = join(base, `home-${rounds++}`);
  mkdirSync(home);
  const digests: Record<string, string> = {};
  for (const form of BUNDLE_FORMS) {
    const file = join(home, `pause.${form}`);
    const args = ["bundle", `oci:${OUT()}/oci`, "--out", file, "--quiet"];
    const { code, stderr } = await runProgram([...program, ...args], {
      cwd: home,
      env: { PATH: "/usr/bin:/bin", HOME: home, TZ: "UTC", LC_ALL: "C", ...env },
      ...(umask === undefined ? {} : { umask }),
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    digests[form] = digestOf(readFileSync(file));
  }
  return digests;
}

describe("every form of a bundle has one digest", () => {
  test("whatever the umask, the time zone and the locale", async () => {
    const other = { TZ: "Asia/Kathmandu", LC_ALL: "tr_TR.UTF-8", LANG: "tr_TR.UTF-8" };
    expect(await digestsOn({ env: other, umask: "077" })).toEqual(await digestsOn());
  }, 60_000);

  test.skipIf(whyNot !== undefined).each(["node22", "node24", "deno"] as const)(
    "in %s as in the Node that runs the tests",
    async (name) => {
      const runtime = (await runtimes.ensureRuntime(name)) as string;
      const program = name === "deno" ? [runtime, "run", "--allow-all", SOURCE] : [runtime, LIB];
      expect(await digestsOn({ program })).toEqual(await digestsOn());
    },
    120_000,
  );
});
